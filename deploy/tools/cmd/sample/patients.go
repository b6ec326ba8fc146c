package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"example.org/waypost/pkg/nhsnumber"
)

// Named are the practices whose staff one can be in the demonstration; they have most of the patients.
var named = []string{"P84005", "P84016"}

// How many patients there are, and where.
const (
	perNamed  = 42
	elsewhere = 36
	twins     = 4 // people who are known at two practices, or twice, so that matching has something to find
)

// patient is an invented person. There is no such person; the number is of the range kept for tests.
type patient struct {
	GivenName         string   `json:"given_name"`
	FamilyName        string   `json:"family_name"`
	DateOfBirth       string   `json:"date_of_birth"`
	Sex               string   `json:"sex,omitempty"`
	NHSNumber         string   `json:"nhs_number,omitempty"`
	Practice          string   `json:"practice"` // ODS code
	AddressLines      []string `json:"address_lines"`
	Outcode           string   `json:"outcode"` // the first half of the postcode; there is no second
	Phone             string   `json:"phone,omitempty"`
	Email             string   `json:"email,omitempty"`
	Language          string   `json:"language,omitempty"`
	InterpreterNeeded bool     `json:"interpreter_needed,omitempty"`
	Accessibility     []string `json:"accessibility,omitempty"`
	SafeWays          safeWays `json:"safe_ways"`
	SafeNote          string   `json:"safe_note,omitempty"`
	Needs             []string `json:"needs"`               // what the demonstration has them ask for
	SameAs            string   `json:"same_as,omitempty"`   // NHS number of the record this one is a second one of
	Because           string   `json:"because,omitempty"`   // why it is there
	Narrative         string   `json:"narrative,omitempty"` // what the receptionist writes
}

type safeWays struct {
	Phone  bool `json:"phone"`
	Text   bool `json:"text"`
	Email  bool `json:"email"`
	Letter bool `json:"letter"`
}

// people are names by where families come from, so that the sample looks like Greater Manchester.
var people = []struct {
	weight   int
	given    [2][]string // women, men
	family   []string
	language string // when not English
}{
	{
		52,
		[2][]string{{"Margaret", "Susan", "Emma", "Karen", "Chloe", "Jean", "Sophie", "Patricia", "Holly", "Maureen", "Lucy", "Dorothy"}, {"David", "Paul", "Jack", "Kevin", "Liam", "Brian", "Craig", "Harold", "Ryan", "Stephen", "George", "Alan"}},
		[]string{"Hartley", "Ashworth", "Entwistle", "Barlow", "Greenhalgh", "Kershaw", "Rigby", "Shaw", "Walker", "Taylor", "Schofield", "Duxbury", "Fielding", "Crompton", "Higson"},
		"",
	},
	{14, [2][]string{{"Ayesha", "Fatima", "Zainab", "Shazia", "Nasreen", "Maryam"}, {"Imran", "Bilal", "Tariq", "Usman", "Hamza", "Rashid"}}, []string{"Khan", "Hussain", "Mahmood", "Iqbal", "Malik", "Chaudhry"}, "Urdu"},
	{5, [2][]string{{"Nasima", "Rahima", "Taslima"}, {"Abdul", "Shahid", "Kamal"}}, []string{"Begum", "Miah", "Uddin", "Rahman"}, "Bengali"},
	{6, [2][]string{{"Priya", "Anita", "Meera"}, {"Rajesh", "Sanjay", "Vikram"}}, []string{"Patel", "Sharma", "Desai", "Nair"}, "Gujarati"},
	{8, [2][]string{{"Grace", "Blessing", "Ngozi", "Abena"}, {"Emeka", "Kwame", "Samuel", "Tunde"}}, []string{"Okafor", "Mensah", "Adeyemi", "Boateng", "Eze"}, ""},
	{4, [2][]string{{"Marcia", "Yvonne", "Shanice"}, {"Winston", "Delroy", "Jermaine"}}, []string{"Campbell", "Grant", "Francis", "Reid"}, ""},
	{5, [2][]string{{"Agnieszka", "Katarzyna", "Ewa"}, {"Piotr", "Tomasz", "Marek"}}, []string{"Nowak", "Wójcik", "Kowalczyk", "Mazur"}, "Polish"},
	{3, [2][]string{{"Mei", "Xiu Ying", "Li"}, {"Wei", "Jun", "Chen"}}, []string{"Wong", "Chan", "Zhang", "Lam"}, "Cantonese"},
	{2, [2][]string{{"Leila", "Shirin"}, {"Reza", "Omid"}}, []string{"Karimi", "Hosseini"}, "Farsi"},
	{1, [2][]string{{"Siobhán", "Aoife"}, {"Pádraig", "Ciarán"}}, []string{"O'Connell", "Byrne", "Doherty"}, ""},
}

var streets = []string{"Elder Walk", "Millstone Row", "Lantern Street", "Weaver's Fold", "Bobbin Lane", "Canal Bank View", "Heron Close", "Moss End Grove", "Clogger's Yard", "Towpath Terrace", "Juniper Crescent", "Old Wharf Road"}

// wants are what people come with: needs, and the words a receptionist might write.
var wants = []struct {
	weight int
	needs  []string
	text   string
}{
	{18, []string{"loneliness"}, "Lives alone since the spring. Says the days are long. Would like company, not a clinic."},
	{6, []string{"loneliness", "older_people_support"}, "Family has moved away. Would like somebody to ring now and then."},
	{12, []string{"debt_and_money"}, "Letters about arrears, has stopped opening them. Would like help going through them."},
	{7, []string{"benefits"}, "Form for a disability benefit came, closing date soon. Finds it hard to fill in."},
	{9, []string{"housing"}, "Damp in both bedrooms; landlord does not answer."},
	{4, []string{"homelessness"}, "Staying on friends' sofas since last month."},
	{8, []string{"food"}, "Skips meals before payday."},
	{4, []string{"fuel_and_energy"}, "Heating off to save money, prepayment meter."},
	{6, []string{"work_and_volunteering"}, "Off work for a year, would like to try volunteering first."},
	{5, []string{"learning_and_digital"}, "Would like to learn to use a tablet to see grandchildren."},
	{9, []string{"physical_activity"}, "Was told to move more, does not like gyms."},
	{4, []string{"nature_and_outdoors"}, "Misses having a garden."},
	{4, []string{"arts_and_culture"}, "Used to sing in a choir."},
	{8, []string{"carer_support"}, "Looks after a parent day and night, is tired."},
	{5, []string{"bereavement"}, "Their partner died in the summer."},
	{4, []string{"parenting"}, "Two under five, new to the area, knows nobody."},
	{12, []string{"mental_wellbeing"}, "Worries a lot, sleeps badly. No thoughts of self-harm when asked."},
	{4, []string{"healthy_living"}, "Would like to stop smoking."},
	{3, []string{"dementia_support", "carer_support"}, "Their partner has been told it is dementia. Where do they begin?"},
	{3, []string{"refugees_and_migrants", "learning_and_digital"}, "Came eight months ago, would like English lessons."},
	{3, []string{"transport"}, "Can not get to the hospital appointments any more."},
	{3, []string{"practical_help_at_home"}, "Needs a rail in the bathroom and help with shopping after an operation."},
	{3, []string{"disability_support"}, "Lost much sight this year, would like to meet others."},
	{2, []string{"long_term_condition_support"}, "New diagnosis of COPD, would like a group."},
	{2, []string{"alcohol_and_drugs"}, "Drinks more than they would like. Asked for this not to be on the answerphone."},
	{2, []string{"domestic_abuse"}, "Spoke alone. Do not ring the home number."},
}

var access = []string{"wheelchair_access", "step_free", "hearing_loop", "large_print", "easy_read", "bsl_interpreter", "quiet_place", "longer_appointment", "carer_present"}

// patients invents them, the same ones at every run.
func patients(practices []byte) ([]byte, error) {
	at, err := openPractices(practices)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1948, 5)) // the same people at every run
	var list []patient
	invent := func(code string) {
		list = append(list, one(r, len(list), code, at[code]))
	}
	codes := sortedKeys(at)
	for _, code := range named {
		for range perNamed {
			invent(code)
		}
	}
	for range elsewhere {
		invent(codes[r.IntN(len(codes))])
	}
	numbered := slices.DeleteFunc(slices.Clone(list[:perNamed]), func(p patient) bool { return p.NHSNumber == "" })
	for i := range twins {
		list = append(list, twin(numbered[i*3], i))
	}
	return indented(map[string]any{
		"about":    "Invented people. NHS numbers are of the range 999, kept for tests; phone numbers are those that Ofcom keeps for fiction; streets do not exist.",
		"patients": list,
	})
}

func one(r *rand.Rand, n int, practice, outcode string) patient {
	from := people[pick(r, len(people), func(i int) int { return people[i].weight })]
	man := r.IntN(100) >= 60 // 60% of patients referred in 2023 were women: volumes/REFERENCE.json
	sex, given := "female", from.given[0]
	if man {
		sex, given = "male", from.given[1]
	}
	want := wants[pick(r, len(wants), func(i int) int { return wants[i].weight })]
	p := patient{
		GivenName: given[r.IntN(len(given))], FamilyName: from.family[r.IntN(len(from.family))], Sex: sex, Practice: practice, Outcode: outcode,
		DateOfBirth:  fmt.Sprintf("%04d-%02d-%02d", 1934+r.IntN(73), 1+r.IntN(12), 1+r.IntN(28)),
		AddressLines: []string{fmt.Sprintf("%d %s", 1+r.IntN(98), streets[r.IntN(len(streets))])},
		Phone:        fmt.Sprintf("07700 900%03d", n%1000), SafeWays: safeWays{Phone: true, Text: true, Letter: true}, Needs: want.needs, Narrative: want.text,
	}
	if r.IntN(10) > 0 {
		p.NHSNumber = nhsnumber.Test(n)
	}
	if r.IntN(3) == 0 {
		p.Email = strings.ToLower(fmt.Sprintf("%s%d@example.net", ascii(p.GivenName), n))
		p.SafeWays.Email = true
	}
	if from.language != "" && r.IntN(3) == 0 {
		p.Language, p.InterpreterNeeded = from.language, r.IntN(2) == 0
	}
	if r.IntN(5) == 0 {
		p.Accessibility = []string{access[r.IntN(len(access))]}
	}
	limits(r, &p)
	return p
}

// limits gives some people ways that are not safe.
func limits(r *rand.Rand, p *patient) {
	switch {
	case p.Needs[0] == "domestic_abuse":
		p.SafeWays, p.SafeNote = safeWays{Text: true}, "Text only, weekdays 9 to 3. Never leave a message, never say who is calling."
	case p.Needs[0] == "alcohol_and_drugs":
		p.SafeWays, p.SafeNote = safeWays{Phone: true, Text: true}, "No letters: others open the post."
	case r.IntN(9) == 0:
		p.SafeWays, p.SafeNote = safeWays{Phone: true, Letter: true}, "Does not read texts. Ring and let it ring."
	case r.IntN(12) == 0:
		p.SafeWays, p.SafeNote = safeWays{Text: true, Email: p.Email != ""}, "Shares the phone line; please do not ring."
	}
}

// twin is a second record of somebody: with another practice, without the number, or with a slip in the name.
func twin(p patient, i int) patient {
	p.SameAs = p.NHSNumber
	p.Needs, p.Narrative = []string{"loneliness"}, "Rang to ask about a group nearby."
	switch i {
	case 0:
		p.Because = "the same person, without the number"
		p.NHSNumber = ""
	case 1:
		p.Because = "the same person, known to another practice"
		p.Practice = named[1]
	case 2:
		p.Because = "the same person, with a slip in the name and no number"
		name := []rune(p.FamilyName)
		p.NHSNumber, p.FamilyName = "", string(name[:len(name)-1])
	default:
		p.Because = "another person of the same name and birthday"
		p.NHSNumber, p.SameAs = nhsnumber.Test(900), ""
		p.Phone, p.AddressLines = "07700 900899", []string{"7 Somewhere Else Row"}
	}
	return p
}

// openPractices are the practices that may refer, with their outcodes.
func openPractices(practices []byte) (map[string]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(practices)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("practices: %w", err)
	}
	out := map[string]string{}
	for _, row := range rows {
		if row[12] == "A" {
			out[row[0]], _, _ = strings.Cut(row[9], " ")
		}
	}
	return out, nil
}

func pick(r *rand.Rand, n int, weight func(int) int) int {
	sum := 0
	for i := range n {
		sum += weight(i)
	}
	at := r.IntN(sum)
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}

func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && r != ' ' && r != '\'' {
			return r
		}
		return -1
	}, s)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
