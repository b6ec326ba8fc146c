package terms

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestCodesAreUniquePlainAndLabelled(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	names := map[string]bool{}
	for _, l := range Lists {
		if names[l.Name] {
			t.Errorf("list %s stands twice", l.Name)
		}
		names[l.Name] = true
		if len(l.Entries) == 0 || l.About == "" {
			t.Errorf("list %s is empty or says nothing of itself", l.Name)
		}
		codes, labels := map[string]bool{}, map[string]bool{}
		for _, e := range l.Entries {
			if !form.MatchString(e.Code) {
				t.Errorf("%s: %q is not a code", l.Name, e.Code)
			}
			if e.Label == "" || codes[e.Code] || labels[e.Label] {
				t.Errorf("%s: %q has no label, or code or label stand twice", l.Name, e.Code)
			}
			codes[e.Code], labels[e.Label] = true, true
		}
	}
}

// A constant that is in no list would be a code without a label, and a schema would refuse it.
func TestEveryConstantIsInItsList(t *testing.T) {
	t.Parallel()
	inList := map[string]map[string]bool{}
	for _, l := range Lists {
		inList[l.Name] = map[string]bool{}
		for _, e := range l.Entries {
			inList[l.Name][e.Code] = true
		}
	}
	internal := map[string]bool{"NextStep": true, "BounceGroup": true, "Freshness": true} // never in an event
	seen := 0
	for name, typ := range typedConstants(t) {
		if internal[typ.name] {
			continue
		}
		if !inList[typ.name][typ.value] {
			t.Errorf("%s (%s) is not in the list of %s", name, typ.value, typ.name)
		}
		seen++
	}
	total := 0
	for _, l := range Lists {
		total += len(l.Entries)
	}
	if seen != total {
		t.Errorf("%d constants for %d entries", seen, total)
	}
}

type typed struct{ name, value string }

// typedConstants reads the string constants of this package by name.
func typedConstants(t *testing.T) map[string]typed {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]typed{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			typ, isIdent := v.Type.(*ast.Ident)
			lit, isLit := v.Values[0].(*ast.BasicLit)
			if isIdent && isLit && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value)
				out[v.Names[0].Name] = typed{typ.Name, s}
			}
			return true
		})
	}
	return out
}

func TestLookups(t *testing.T) {
	t.Parallel()
	n, ok := NeedByCode("debt_and_money")
	if !ok || n.Label != "Debt and money" || NeedDebtAndMoney.Label() != n.Label {
		t.Errorf("got %+v, %v", n, ok)
	}
	if _, ok := NeedByCode("nothing"); ok {
		t.Error("found a need that is not there")
	}
	if got := Need("from_the_future").Label(); got != "from_the_future" {
		t.Errorf("an unknown code is shown as it stands, got %q", got)
	}
	if !Need("from_the_future").Sensitive() || NeedFood.Sensitive() || !NeedDomesticAbuse.Sensitive() {
		t.Error("sensitive needs are wrong")
	}
}

func TestBounceRules(t *testing.T) {
	t.Parallel()
	bars := map[string]bool{"21": true, "22": true, "23": true, "24": true, "26": true, "27": true, "31": true, "32": true, "40": true, "41": true, "42": true, "99": true}
	for _, b := range BounceReasons {
		if b.Recurs != (b.Warning != "") || b.Recurs && b.Next != NextOfferNext || b.Then == "" {
			t.Errorf("%s: what recurs needs its words, and only what is not about one person is counted", b.Code)
		}
		if !bars[b.BaRS] || b.Gravity == "" || b.Next == "" || b.Group == "" || !strings.HasSuffix(b.Told, ".") {
			t.Errorf("%s lacks a rule: %+v", b.Code, b)
		}
	}
	for _, kind := range []ReceiverKind{ReceiverTeam, ReceiverService} {
		if len(BounceReasonsFor(kind)) != len(BounceReasons) {
			t.Errorf("a %s may give every reason", kind)
		}
	}
}

// What each reason is to BaRS, and to Gravity: changing one changes what other systems read.
func TestWhatABounceIsElsewhere(t *testing.T) {
	t.Parallel()
	want := map[BounceReason][2]string{
		BounceMentalHealthCrisis:  {"23", "Needs crisis care first"},
		BounceSafeguardingConcern: {"99", "Safeguarding concern"},
		BounceNotEligible:         {"40", "Not eligible"},
		BounceWrongArea:           {"42", "Outside service area"},
		BounceNotOurRole:          {"23", "Outside scope of role"},
		BounceNoCapacity:          {"22", "At capacity"},
		BounceCouldNotContact:     {"27", "Unable to contact"},
		BouncePatientChangedMind:  {"26", "Patient declined"},
		BounceAlreadyHelping:      {"24", "Already receiving this service"},
		BounceOther:               {"99", "Other reason"},
	}
	for _, b := range BounceReasons {
		if got := [2]string{b.BaRS, b.Gravity}; got != want[b.Code] {
			t.Errorf("%s is %v, want %v", b.Code, got, want[b.Code])
		}
	}
	if len(want) != len(BounceReasons) {
		t.Errorf("%d reasons, of %d something is known", len(BounceReasons), len(want))
	}
}

func TestFreshnessDecays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for age, want := range map[time.Duration]Freshness{
		-time.Hour: FreshnessFresh, 0: FreshnessFresh, 7 * day: FreshnessFresh, 7*day + 1: FreshnessStale,
		28 * day: FreshnessStale, 28*day + 1: FreshnessUnknown,
	} {
		if got := FreshnessAt(now.Add(-age), now); got != want {
			t.Errorf("after %v: %s, want %s", age, got, want)
		}
	}
	if FreshnessAt(time.Time{}, now) != FreshnessUnknown {
		t.Error("never reported is unknown")
	}
	if got := CapacityWords(CapacityHas, FreshnessUnknown); strings.Contains(got, "Has room") {
		t.Errorf("old news is no news: %q", got)
	}
}

func TestEveryClockCountsInOneWay(t *testing.T) {
	t.Parallel()
	for _, c := range Clocks {
		ways := 0
		for _, set := range []bool{c.Elapsed > 0, c.WorkingDays > 0, c.NextMeeting} {
			if set {
				ways++
			}
		}
		if ways != 1 || !c.Owes.Known() || c.Owes == PartyNobody {
			t.Errorf("%s: %d ways to count, owed by %q", c.Code, ways, c.Owes)
		}
	}
}

func TestRedFlagQuestionsAreCompleteAndPlain(t *testing.T) {
	t.Parallel()
	for _, q := range RedFlagQuestions {
		if !strings.HasSuffix(q.Ask, "?") || !strings.HasSuffix(q.AskAbout, "?") || q.Do == "" {
			t.Errorf("%s is not a question with a next step", q.Code)
		}
		if n := len(strings.Fields(q.Ask)); n > 25 {
			t.Errorf("%s takes %d words to ask", q.Code, n)
		}
	}
}

func TestRolesBelongSomewhere(t *testing.T) {
	t.Parallel()
	for _, k := range OrganisationKinds {
		if len(RolesAt(k.Code)) < 3 {
			t.Errorf("%s has too few roles: staff, lead and privacy officer", k.Code)
		}
	}
	for _, r := range Roles {
		if len(r.Kinds) == 0 {
			t.Errorf("%s has no home", r.Code)
		}
	}
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	sunday := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if WeekdayOf(sunday) != Sunday || WeekdayOf(sunday.AddDate(0, 0, 1)) != Monday {
		t.Error("Monday is 1 and Sunday is 7")
	}
	if Sunday.Label() != "Sunday" || Monday.Label() != "Monday" || Weekday(0).Known() || Weekday(8).Label() != "" {
		t.Error("labels are wrong")
	}
}
