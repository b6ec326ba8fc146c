package domain

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"example.org/waypost/schemas/terms"
)

// human is one of an invented population: who they are, and how a practice wrote them down.
type human struct {
	who  int // two of one number are one person
	kind string
	slip bool // the number is not theirs
	Patient
}

// population invents people who live together, and plants among them some who were written down twice, twins, and fathers
// and sons of one name.
type population struct {
	r   *rand.Rand
	all []human
	who int
}

func populate(seed uint64, people, twice, twins, fathers int) []human {
	p := &population{r: rand.New(rand.NewPCG(seed, 0))}
	for len(p.all) < people-twice-2*twins-2*fathers {
		p.household()
	}
	for range twins {
		a := p.person("twin", p.postcode(), p.phone(), p.family(), 1+p.r.IntN(70))
		b := a
		p.who++
		b.who = p.who
		for b.GivenName == a.GivenName {
			b.GivenName = p.given(b.Sex)
		}
		p.all = append(p.all, a, b)
	}
	for range fathers {
		father := p.person("father", p.postcode(), p.phone(), p.family(), 40+p.r.IntN(40))
		father.Sex = terms.SexMale
		father.GivenName = p.given(father.Sex)
		son := father
		p.who++
		son.who = p.who
		son.DateOfBirth = p.born(father.Age(bornAt) - 18 - p.r.IntN(20))
		if p.r.Float64() < 0.3 {
			son.Postcode, son.Phone = p.postcode(), p.phone()
		}
		p.all = append(p.all, father, son)
	}
	for n := len(p.all); twice > 0; twice-- {
		p.all = append(p.all, p.again(p.all[p.r.IntN(n)]))
	}
	return p.all
}

// numbered gives seven in ten their NHS number, and says of each who was written down twice where the number stands: on one record, which may be
// the later, on both, or on the later one with a slip. A digit that is wrong is refused where it is typed, so that a slip is somebody else's
// number: that of who lives with them, or of nobody who is known.
func numbered(seed uint64, all []human) []human {
	r, n, first := rand.New(rand.NewPCG(seed, 1)), 0, map[int]int{}
	next := func() (number string) {
		for ; number == ""; n++ {
			number = testNumber(n)
		}
		return number
	}
	for i := range all {
		h := &all[i]
		if h.kind != "twice" {
			first[h.who] = i
			if r.Float64() < 0.7 {
				h.NHSNumber = next()
			}
			continue
		}
		at := first[h.who]
		known := &all[at]
		h.NHSNumber = known.NHSNumber
		switch x := r.Float64(); {
		case h.NHSNumber == "":
			if x < 0.3 {
				h.NHSNumber = next()
			}
		case x < 0.35:
			h.NHSNumber = ""
		case x < 0.5:
			known.NHSNumber = ""
		case x < 0.51:
			h.NHSNumber, h.slip = next(), true
		case x < 0.52:
			if beside := all[max(at-1, 0)]; beside.who != h.who && beside.NHSNumber != "" {
				h.NHSNumber, h.slip = beside.NHSNumber, true
			}
		}
	}
	return all
}

// testNumber is a number of the 999 range that nobody has, "" where six digits have no check digit. nhsnumber.Test is too slow for so many.
func testNumber(n int) string {
	s, sum := fmt.Sprintf("999%06d", n), 0
	for i := range s {
		sum += int(s[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	if check == 10 {
		return ""
	}
	return s + string(rune('0'+check))
}

// index finds whom somebody may be as the database does (store.Alike): by keys, but who has a number only among those who have none, and by
// the number itself. TestPostgresFindsTheSame holds the two together. The keys are the same with numbers and without, and made once.
type index struct {
	by      map[uint64][]int32
	seed    maphash.Seed
	numbers map[string][]int32
	looked  []int32 // when each was found last
	round   int32
}

func indexed(all []human) *index {
	x := &index{by: map[uint64][]int32{}, seed: maphash.MakeSeed(), numbers: map[string][]int32{}, looked: make([]int32, len(all))}
	for i := range all {
		for _, k := range all[i].LikenessKeys() {
			h := maphash.String(x.seed, k)
			x.by[h] = append(x.by[h], int32(i))
		}
		if n := all[i].NHSNumber; n != "" {
			x.numbers[n] = append(x.numbers[n], int32(i))
		}
	}
	return x
}

// near are those whose keys are like the i-th's, each once.
func (x *index) near(all []human, i int) (found []int32) {
	x.round++
	x.looked[i] = x.round
	for _, k := range all[i].SearchKeys() {
		for _, j := range x.by[maphash.String(x.seed, k)] {
			if x.looked[j] != x.round {
				x.looked[j], found = x.round, append(found, j)
			}
		}
	}
	return found
}

// candidates are those near whom the i-th is compared with.
func (x *index) candidates(all []human, i int, near []int32) (found []int32) {
	mine := all[i].NHSNumber
	for _, j := range near {
		if mine == "" || all[j].NHSNumber == "" {
			found = append(found, j)
		}
	}
	if mine != "" {
		for _, j := range x.numbers[mine] {
			if int(j) != i {
				found = append(found, j)
			}
		}
	}
	return found
}

var bornAt = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)

func (p *population) household() {
	postcode, phone, family := p.postcode(), p.phone(), p.family()
	for n := 1 + p.r.IntN(4); n > 0; n-- {
		if p.r.Float64() < 0.2 {
			family = p.family()
		}
		mine := phone
		if p.r.Float64() < 0.6 { // a mobile of one's own
			mine = p.phone()
		}
		p.all = append(p.all, p.person("", postcode, mine, family, p.r.IntN(95)))
	}
}

func (p *population) person(kind, postcode, phone, family string, age int) human {
	p.who++
	h := human{who: p.who, kind: kind, Patient: Patient{FamilyName: family, Postcode: postcode, Phone: phone, DateOfBirth: p.born(age), Sex: terms.SexFemale}}
	if p.r.IntN(2) == 0 {
		h.Sex = terms.SexMale
	}
	h.GivenName = p.given(h.Sex)
	return h
}

// again is the same person as another desk wrote them down, with one slip or two.
func (p *population) again(h human) human {
	h.kind = "twice"
	for n := 1 + p.r.IntN(2); n > 0; n-- {
		switch x := p.r.Float64(); {
		case x < 0.16:
			h.GivenName = p.mistyped(h.GivenName)
		case x < 0.28:
			h.GivenName = p.short(h.GivenName)
		case x < 0.42:
			h.FamilyName = p.mistyped(h.FamilyName)
		case x < 0.46 && h.Sex == terms.SexFemale:
			h.FamilyName = p.family()
		case x < 0.52:
			if s := swapped(h.DateOfBirth); s != "" {
				h.DateOfBirth = s
			}
		case x < 0.60:
			dates := slipped(h.DateOfBirth)
			h.DateOfBirth = dates[p.r.IntN(len(dates))]
		case x < 0.62:
			h.GivenName, h.FamilyName = h.FamilyName, h.GivenName
		case x < 0.76:
			h.Postcode = p.postcode()
		case x < 0.80:
			h.Postcode = ""
		case x < 0.92:
			h.Phone = p.phone()
		default:
			h.Phone = ""
		}
	}
	if p.r.Float64() < 0.3 {
		h.Sex = ""
	}
	return h
}

func (p *population) mistyped(name string) string {
	b := []byte(name)
	if len(b) < 2 {
		return name
	}
	i := 1 + p.r.IntN(len(b)-1)
	switch p.r.IntN(3) {
	case 0:
		return string(slices.Delete(b, i, i+1))
	case 1:
		b[i-1], b[i] = b[i], b[i-1]
	default:
		b[i] = byte('a' + p.r.IntN(26))
	}
	return string(b)
}

func (p *population) short(name string) string {
	for line := range strings.Lines(shortNames) {
		if names := strings.Fields(line); len(names) > 1 && names[0] == plain(name) {
			return names[1+p.r.IntN(len(names)-1)]
		}
	}
	return name[:1]
}

// among picks the more often the earlier it stands, as names are had.
func (p *population) among(names []string) string {
	x := p.r.Float64()
	return names[int(x*x*float64(len(names)))]
}

func (p *population) given(s terms.Sex) string {
	if s == terms.SexMale {
		return p.among(men)
	}
	return p.among(women)
}

func (p *population) family() string {
	if p.r.Float64() < 0.3 {
		return p.among(families)
	}
	return p.among(beginnings) + p.among(endings)
}

func (p *population) born(age int) string {
	return bornAt.AddDate(-age, 0, -p.r.IntN(365)).Format(time.DateOnly)
}

func (p *population) postcode() string {
	return fmt.Sprintf("M%d %d%c%c", 1+p.r.IntN(40), p.r.IntN(10), "ABDEFGHJLN"[p.r.IntN(10)], "PQRSTUWXYZ"[p.r.IntN(10)])
}

func (p *population) phone() string { return fmt.Sprintf("07700 %06d", p.r.IntN(1_000_000)) }

var (
	men = strings.Fields(`David John Michael Paul Andrew Peter James Robert Mark Stephen Mohammed Christopher Ian Richard Alan Anthony Philip Kevin William
		Daniel Thomas Matthew Simon Martin Graham Brian Colin George Keith Neil Stuart Kenneth Gary Jonathan Nicholas Adam Benjamin Samuel Joseph Edward
		Charles Ali Ahmed Hassan Omar Yusuf Imran Tariq Wei Jun Piotr Krzysztof Kwame Emeka Rajesh Sanjay Vijay Harpreet Gurdeep Ryan Liam Jack Harry
		Oliver Noah Oscar Leo Archie Freddie Albert Ernest Stanley Walter Reginald Cyril Norman Raymond Derek Dennis Trevor Clive Nigel Roger`)
	women = strings.Fields(`Margaret Susan Mary Patricia Elizabeth Catherine Jean Christine Sarah Karen Linda Julie Helen Jennifer Barbara Carol Janet Ann
		Claire Emma Joanne Michelle Tracey Sharon Angela Jacqueline Deborah Sandra Pamela Dorothy Joan Sheila Maureen Eileen Brenda Gillian Rachel Rebecca
		Laura Hannah Charlotte Jessica Sophie Chloe Olivia Amelia Isabella Fatima Aisha Zainab Khadija Nasreen Shazia Priya Anjali Sunita Harpreet Mei
		Xin Agnieszka Katarzyna Ngozi Abena Grace Ruby Violet Ivy Edith Elsie Doris Hilda Irene Gladys Winifred Florence Victoria Samantha Natalie Kelly`)
	families = strings.Fields(`Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall
		Wood Khan Hussain Ahmed Ali Begum Patel Singh Kaur Clarke Hughes Edwards Hill Moore Lewis Harris Cooper King Lee Baker Morris Turner Parker Allen
		Shah Malik Akhtar Chowdhury Nowak Kowalski Okafor Mensah Chen Wang Li Murphy Kelly Ryan Byrne Gallagher Doherty Campbell Stewart Macdonald`)
	beginnings = strings.Fields(`Ash Brad Carl Dun El Far Gar Hal Inger Jack Kel Lang Mar Nor Oak Pem Rad Sel Thorn Ux Wal Yar Bram Crom Dray Eccle Fen
		Gold Harg Ilk Kirk Light Mel Nether Ormer Prest Rams Shuttle Tat Under Wins Whit Bar Broad Chad Den Heath Hor Lyn Mid`)
	endings = strings.Fields(`ton ley ford worth field man son well wood den ham bridge bottom shaw royd by thorpe stead croft land ridge ward gate house stone`)
)
