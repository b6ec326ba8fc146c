package domain

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// Each line is what a desk may write of one woman, and what the machine says of it beside what another wrote.
func TestWhoIsThis(t *testing.T) {
	t.Parallel()
	known := Patient{GivenName: "Catherine", FamilyName: "O'Neill", DateOfBirth: "1951-03-07", Postcode: "M14 5RL", Phone: "0161 496 0000", Sex: terms.SexFemale, NHSNumber: "9990000018"}
	for _, x := range []struct {
		name   string
		change func(*Patient)
		is     Likeness
	}{
		{"the same", func(*Patient) {}, OnePerson},
		{"without the number", func(p *Patient) { p.NHSNumber = "" }, OnePerson},
		{"without number and phone", func(p *Patient) { p.NHSNumber, p.Phone = "", "" }, OnePerson},
		{"typed in another way", func(p *Patient) {
			p.NHSNumber, p.GivenName, p.FamilyName, p.Postcode, p.Phone = "", "CATHERINE", "ONeill", "m145rl", "+44 161 4960000"
		}, OnePerson},
		{"another number", func(p *Patient) { p.NHSNumber = "9990000026" }, TwoPeople},
		{"her number on somebody else", func(p *Patient) {
			*p = Patient{NHSNumber: p.NHSNumber, GivenName: "Paul", FamilyName: "Okafor", DateOfBirth: "1990-01-02"}
		}, Unsure},
		{"her number, typed on her twin", func(p *Patient) { p.GivenName = "Margaret" }, Unsure},
		{"her number, typed on her daughter of the same name", func(p *Patient) { p.DateOfBirth = "1979-11-20" }, Unsure},
		{"her number, and nothing but a name", func(p *Patient) {
			*p = Patient{NHSNumber: p.NHSNumber, GivenName: p.GivenName, FamilyName: p.FamilyName}
		}, OnePerson},
		{"her number, married", func(p *Patient) { p.FamilyName = "Jones" }, OnePerson},
		{"moved", func(p *Patient) { p.NHSNumber, p.Postcode, p.Phone = "", "OL1 1AA", "" }, Unsure},
		{"known as Kate", func(p *Patient) { p.NHSNumber, p.GivenName = "", "Kate" }, Unsure},
		{"spelt Kathryn", func(p *Patient) { p.NHSNumber, p.GivenName = "", "Kathryn" }, Unsure},
		{"day and month the other way round", func(p *Patient) { p.NHSNumber, p.DateOfBirth = "", "1951-07-03" }, Unsure},
		{"one digit of the year", func(p *Patient) { p.NHSNumber, p.DateOfBirth = "", "1957-03-07" }, Unsure},
		{"names the other way round", func(p *Patient) { p.NHSNumber, p.GivenName, p.FamilyName = "", "O'Neill", "Catherine" }, Unsure},
		{"two family names", func(p *Patient) { p.NHSNumber, p.FamilyName = "", "O'Neill-Jones" }, Unsure},
		{"a man of her name", func(p *Patient) { p.NHSNumber, p.Sex = "", terms.SexMale }, Unsure},
		{"her twin", func(p *Patient) { p.NHSNumber, p.GivenName = "", "Margaret" }, TwoPeople},
		{"her daughter of the same name", func(p *Patient) { p.NHSNumber, p.DateOfBirth = "", "1979-11-20" }, TwoPeople},
		{"her husband", func(p *Patient) {
			p.NHSNumber, p.GivenName, p.DateOfBirth, p.Sex = "", "Patrick", "1949-05-12", terms.SexMale
		}, TwoPeople},
		{"a stranger of her name", func(p *Patient) { p.NHSNumber, p.DateOfBirth, p.Postcode, p.Phone = "", "1963-08-30", "OL1 1AA", "" }, TwoPeople},
		{"nothing but a name", func(p *Patient) { *p = Patient{GivenName: p.GivenName, FamilyName: p.FamilyName} }, Unsure},
		{"nothing", func(p *Patient) { *p = Patient{} }, TwoPeople},
	} {
		other := known
		x.change(&other)
		require.Equal(t, x.is, Compare(known, other), x.name)
		require.Equal(t, x.is, Compare(other, known), "%s, the other way round", x.name)
	}
}

// Of two who are written down in one instant the second must see the first: they wait for each other where they have a number in common.
func TestOneNumberIsHeld(t *testing.T) {
	t.Parallel()
	one, other := Patient{NHSNumber: "9990000018", GivenName: "Ada", DateOfBirth: "1951-03-07"}, Patient{NHSNumber: "9990000018", GivenName: "Paul", DateOfBirth: "1990-01-02"}
	require.Equal(t, []string{"n 9990000018"}, slices.DeleteFunc(one.HoldKeys(), func(k string) bool { return !slices.Contains(other.HoldKeys(), k) }))
	require.Empty(t, Patient{}.HoldKeys())
}

// The measure that matching is held to, on an invented population, asked from an index in memory: who was written down twice is found, the machine alone
// hardly ever takes two people for one, and never twins or father and son. Once nobody has an NHS number, which is the hardest; once seven in ten do,
// on one of their records, on both, or with a slip. The same is found by Postgres (TestPostgresFindsTheSame), which make bench-match asks among as many.
func TestMatchingOnAPopulation(t *testing.T) {
	t.Parallel()
	nobody := populate(4, 200_000, 6_000, 2_000, 2_000)
	some := numbered(4, slices.Clone(nobody))
	x := indexed(some)
	none, seven := measure{all: nobody}, measure{all: some}
	for i := range nobody {
		if nobody[i].kind == "" && i%50 != 0 {
			continue
		}
		near := x.near(nobody, i)
		none.ask(t, i, x.candidates(nobody, i, near))
		seven.ask(t, i, x.candidates(some, i, near))
	}
	none.judge(t, "nobody has a number")
	seven.judge(t, "seven in ten have")
}

// measure counts how those of a population are found.
type measure struct {
	all                          []human
	found, twice                 tally
	looked, wrong, pairs, others int
}

func (m *measure) ask(t *testing.T, i int, candidates []int32) {
	t.Helper()
	h, ok := &m.all[i], false
	for _, j := range candidates {
		o := &m.all[j]
		m.pairs++
		switch is, one := Compare(h.Patient, o.Patient), h.who == o.who; {
		case one && is != TwoPeople:
			ok = true
		case !one && is == OnePerson:
			m.wrong++
			require.False(t, h.kind == "twin" || h.kind == "father", "%s", h.kind)
		case !one && is == Unsure:
			m.looked++
		}
	}
	if m.others++; h.kind == "twice" {
		m.twice.add(h)
		if ok {
			m.found.add(h)
		}
	}
}

func (m *measure) judge(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: found %d of %d who were written down twice (with a number on the later record %d of %d, without %d of %d, with a slip in it %d of %d)", name,
		m.found.all, m.twice.all, m.found.numbered, m.twice.numbered, m.found.not, m.twice.not, m.found.slipped, m.twice.slipped)
	t.Logf("%s: %d of %d pairs are wrongly one; a person looks at %.3f others for each who comes", name, m.wrong, m.pairs, float64(m.looked)/float64(m.others))
	require.GreaterOrEqual(t, float64(m.found.all)/float64(m.twice.all), 0.97, name)
	require.Less(t, float64(m.wrong)*100_000, float64(m.pairs), name)
}

// tally counts who was written down twice, by the number on their later record.
type tally struct{ all, numbered, slipped, not int }

func (y *tally) add(h *human) {
	switch y.all++; {
	case h.slip:
		y.slipped++
	case h.NHSNumber != "":
		y.numbered++
	default:
		y.not++
	}
}

// What the area's office is told of each detail: it must not call different what the machine took for a slip.
func TestDetailsAgree(t *testing.T) {
	t.Parallel()
	known := Patient{GivenName: "Margaret", FamilyName: "O'Neill", DateOfBirth: "1946-05-19", Postcode: "M14 5RL", Phone: "0161 496 0000", Sex: terms.SexFemale, NHSNumber: "9990000018"}
	details := func(b Patient) [6]Agreement {
		return [6]Agreement{NameAgrees(known, b), BirthAgrees(known, b), SexAgrees(known, b), NumberAgrees(known, b), PostcodeAgrees(known, b), PhoneAgrees(known, b)}
	}
	for _, x := range []struct {
		other Patient
		are   [6]Agreement
	}{
		{known, [6]Agreement{Agrees, Agrees, Agrees, Agrees, Agrees, Agrees}},
		{Patient{}, [6]Agreement{}},
		{Patient{GivenName: "MARGARET", FamilyName: "ONeill", Postcode: "m145rl", Phone: "+44 161 496 0000"}, [6]Agreement{Agrees, NotKnown, NotKnown, NotKnown, Agrees, Agrees}},
		{Patient{GivenName: "Peggy", FamilyName: "O'Neill", DateOfBirth: "1946-05-18", Postcode: "M14 6AA"}, [6]Agreement{Close, Close, NotKnown, NotKnown, Close, NotKnown}},
		{Patient{GivenName: "O'Neill", FamilyName: "Margaret", Sex: terms.SexUnknown}, [6]Agreement{Close, NotKnown, NotKnown, NotKnown, NotKnown, NotKnown}},
		{
			Patient{GivenName: "Paul", FamilyName: "Okafor", DateOfBirth: "1990-01-02", Postcode: "OL1 1AA", Phone: "0161 496 0001", Sex: terms.SexMale, NHSNumber: "9990000026"},
			[6]Agreement{Differs, Differs, Differs, Differs, Differs, Differs},
		},
	} {
		require.Equal(t, x.are, details(x.other), "%+v", x.other)
	}
}
