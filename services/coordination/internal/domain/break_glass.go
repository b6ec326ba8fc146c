package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Grant is the word of somebody that they must see one person's case now, without a part in it. It ends by itself.
type Grant struct {
	ID           string
	PatientRef   string
	CaseID       string
	Person       string
	Organisation string
	Role         terms.Role
	Reason       GlassReason
	Words        string // what they wrote; cleared by erasure
	Sensitive    bool   // sensitive referrals too
	At           time.Time
	Until        time.Time
	ReviewDueAt  time.Time

	Outcome    GlassOutcome // "" until a privacy officer has reviewed it
	ReviewedBy string
	ReviewedAt time.Time
	Note       string // what the privacy officer wrote; cleared by erasure
}

// GlassStands is how long one may look.
const GlassStands = 60 * time.Minute

// opens tells whether a grant lets its holder see a thing. A grant is for one person at one organisation, in one role, about one patient.
func (g *Grant) opens(by Viewer, of Thing) bool {
	return g != nil && g.Person == by.Person && g.Organisation == by.Organisation && g.Role == by.Role && g.PatientRef == of.PatientRef &&
		May(by.Role, MayBreakGlass) && by.Now.Before(g.Until) && (g.Sensitive || !of.Sensitive)
}

// GlassReason is why somebody must look.
type GlassReason string

// The reasons.
const (
	GlassLifeAtRisk   GlassReason = "life_at_risk"
	GlassSafeguarding GlassReason = "safeguarding"
	GlassUnable       GlassReason = "can_not_be_asked"
	GlassOther        GlassReason = "other_emergency"
)

// GlassReasons are they with their words.
var GlassReasons = []struct {
	Code GlassReason
	Text string
}{
	{GlassLifeAtRisk, "Somebody's life or health is at risk now"},
	{GlassSafeguarding, "A child or an adult must be kept safe now"},
	{GlassUnable, "They need help now and can not be asked"},
	{GlassOther, "Another emergency"},
}

// Known tells whether the list has the code.
func (r GlassReason) Known() bool { return r.Label() != "" }

// Label is the reason in words.
func (r GlassReason) Label() string {
	for _, x := range GlassReasons {
		if x.Code == r {
			return x.Text
		}
	}
	return ""
}

// GlassOutcome is what a privacy officer found.
type GlassOutcome string

// The outcomes of a review.
const (
	GlassRight  GlassOutcome = "right"
	GlassAdvice GlassOutcome = "advice"
	GlassWrong  GlassOutcome = "wrong"
	GlassTold   GlassOutcome = "wrong_and_told"
)

// GlassOutcomes are they with their words.
var GlassOutcomes = []struct {
	Code GlassOutcome
	Text string
}{
	{GlassRight, "It was right to look"},
	{GlassAdvice, "It was understandable; they were told what to do next time"},
	{GlassWrong, "It was not right; their organisation deals with it"},
	{GlassTold, "It was not right; their organisation deals with it, and the person was told"},
}

// Known tells whether the list has the code.
func (o GlassOutcome) Known() bool { return o.Label() != "" }

// Label is the outcome in words.
func (o GlassOutcome) Label() string {
	for _, x := range GlassOutcomes {
		if x.Code == o {
			return x.Text
		}
	}
	return ""
}

// Refusals of looking in an emergency, and of its review.
var (
	ErrMayNotBreakGlass = fault.Forbidden("Your role does not look at cases in an emergency. Ask a GP or a care professional; if a life is at risk, ring 999")
	ErrNoGlass          = fault.NotFound("look in an emergency")
	ErrReviewed         = fault.Conflict("reviewed_already", "Somebody has reviewed this already. Nothing was changed by you")
	ErrOwnReview        = fault.Forbidden("You looked yourself, so somebody else must review it")
)

// BreakGlass decides whether somebody may look at a case in an emergency, and for how long.
func BreakGlass(by Viewer, c Case, reason GlassReason, words string) (Grant, error) {
	if !May(by.Role, MayBreakGlass) {
		return Grant{}, ErrMayNotBreakGlass
	}
	var f fault.Fields
	if !reason.Known() {
		f.Add("reason", "Select why you must look now")
	}
	if words == "" {
		f.Add("words", "Enter what has happened, so that it can be reviewed")
	}
	if err := f.Err(); err != nil {
		return Grant{}, err
	}
	return Grant{
		PatientRef: c.PatientRef, CaseID: c.ID, Person: by.Person, Organisation: by.Organisation, Role: by.Role, Reason: reason, Words: words,
		Sensitive: Cell(by.Role, MayBreakGlass) == Sensitive, At: by.Now, Until: by.Now.Add(GlassStands),
	}, nil
}

// Review is what a privacy officer found of a look, which is over with it. Nobody reviews their own.
func (g Grant) Review(by string, outcome GlassOutcome, note string, now time.Time) (Grant, error) {
	switch {
	case !outcome.Known():
		return g, fault.Invalid("outcome", "Select what you found")
	case g.Outcome != "":
		return g, ErrReviewed
	case g.Person == by:
		return g, ErrOwnReview
	}
	if now.Before(g.Until) {
		g.Until = now // who reviews a look that goes on has ended it
	}
	g.Outcome, g.Note, g.ReviewedBy, g.ReviewedAt = outcome, note, by, now
	return g, nil
}
