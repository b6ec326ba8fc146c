package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Viewer is who wants to see something.
type Viewer struct {
	Role         terms.Role
	Person       string
	Organisation string
	Grant        *Grant // an emergency that they declared; nil: none
	Now          time.Time
}

// Standing is a part that an organisation has in a case, as the database keeps it.
type Standing struct {
	Organisation string
	Own          bool   // it sent something itself
	FirstRef     string // the record it is about: what came under it may be seen
	Agreed       bool   // the person agrees to what the part rests on
	Refused      bool   // the person does not want the organisation to know of them
	Over         bool   // it has ended
}

// Thing is what somebody wants to see: a case as such, a referral on it, who the person is, or who holds the case.
type Thing struct {
	PatientRef string     // the person's, as they are known now
	FirstRef   string     // the record it came under; "" for the case as such
	Parts      []Standing // everybody's in the case, or at least the viewer's
	Sender     string     // the organisation whose own it is; "" for the case as such
	Who        bool       // it is who the person is, as the record says
	Sensitive  bool
	SeenBy     []string // who may know of it when it is sensitive
}

// Rule is why something may be seen or not.
type Rule string

// The rules. Whatever none of them allows is denied.
const (
	RuleRole      Rule = "role"      // denies: the role sees no cases
	RulePart      Rule = "part"      // denies: the organisation has no part in it
	RuleSensitive Rule = "sensitive" // denies: it is sensitive, and not for this organisation
	RuleConsent   Rule = "consent"   // denies: the person does not agree; allows: they do
	RuleOwn       Rule = "own"       // allows: the organisation sent it itself
	RuleEmergency Rule = "emergency" // allows: the glass was broken for this person, and the hour is not over
)

// Seen is the decision: whether, by which rule, and what of it.
type Seen struct {
	Allowed bool
	Rule    Rule
	Sees    Sees
}

// Refusals.
var (
	ErrNoCaseRole = fault.Forbidden("Your role does not see people's cases. A service lead of your organisation can give you one that does")
)

// See is the one decision about who sees what of a case. It denies what nothing allows. The database holds the same by itself
// (row-level security); a test compares the two, and both with a third that was written without looking.
func See(by Viewer, of Thing) Seen {
	seen := seesOf(by.Role)
	if !seesAnything(by.Role) {
		return Seen{Rule: RuleRole}
	}
	denied := ordinarily(by, of)
	if denied == "" {
		return Seen{true, RuleConsent, seen}
	}
	if denied == RuleOwn {
		return Seen{true, RuleOwn, seen}
	}
	if by.Grant.opens(by, of) {
		return Seen{true, RuleEmergency, seen}
	}
	return Seen{Rule: denied}
}

// ordinarily is "" for what may be seen, RuleOwn for what may be seen whatever the person agrees to, or the rule that denies.
func ordinarily(by Viewer, of Thing) Rule {
	var stands, own, wanted, agreed bool
	for _, p := range of.Parts {
		if p.Over || p.Organisation != by.Organisation || of.FirstRef != "" && p.FirstRef != of.FirstRef {
			continue
		}
		stands, own, agreed = true, own || p.Own, agreed || p.Agreed
		wanted = wanted || p.Own && !p.Refused
	}
	switch {
	case !stands:
		return RulePart
	case of.Sensitive && !slices.Contains(of.SeenBy, by.Organisation):
		return RuleSensitive
	case agreed:
		return ""
	case of.Sender != "" && of.Sender == by.Organisation, of.FirstRef == "" && own, of.Who && wanted:
		return RuleOwn
	}
	return RuleConsent
}

// SeesCase says what a role may see of a case that its organisation has a part in; the error is for roles that see none.
func SeesCase(role terms.Role) (Sees, error) {
	if !seesAnything(role) {
		return Sees{}, ErrNoCaseRole
	}
	return seesOf(role), nil
}

// Meets tells whether a role takes cases to meetings; mdt has the last word.
func Meets(role terms.Role) bool { return May(role, MayMeet) }

// MayAsk tells whether a role may ask who already helps somebody.
func MayAsk(role terms.Role) bool { return May(role, MayAskWhoHelps) }
