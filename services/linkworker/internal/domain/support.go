package domain

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Contact is one time that somebody reached, or tried to reach, the person.
type Contact struct {
	ID, OrganisationID, OfferID, ReferralID, PatientRef string
	How                                                 terms.ContactHow
	Result                                              terms.ContactResult
	Note                                                string
	By                                                  string
	At                                                  time.Time
}

// Failed counts the attempts in vain since the person was last reached.
func Failed(contacts []Contact) int { return len(FailedOn(contacts)) }

// FailedOn is when those attempts were made, oldest first.
func FailedOn(contacts []Contact) []time.Time {
	var reached time.Time
	for _, c := range contacts {
		if c.Result == terms.ContactReached && c.At.After(reached) {
			reached = c.At
		}
	}
	var at []time.Time
	for _, c := range contacts {
		if c.Result != terms.ContactReached && c.At.After(reached) {
			at = append(at, c.At)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// Contacted notes a contact on the offer: the first time the person is reached, support begins.
func (o *Offer) Contacted(result terms.ContactResult, at time.Time) error {
	switch o.State {
	case terms.OfferOffered, terms.OfferInformationAsked, terms.OfferAccepted:
	default:
		return ErrNotSupported
	}
	if result == terms.ContactReached && o.StartedAt.IsZero() && o.State == terms.OfferAccepted {
		o.StartedAt = at
	}
	o.Version++
	return nil
}

// Assign gives the person to a colleague. changed is false when they have them already.
func (o *Offer) Assign(to string, version int64, now time.Time) (changed bool, err error) {
	switch {
	case o.State != terms.OfferAccepted:
		return false, ErrNotSupported
	case o.Version != version:
		return false, ErrChanged
	case o.AssignedTo == to:
		return false, nil
	}
	o.AssignedTo, o.AssignedAt = to, now
	o.Version++
	return true, nil
}

// End ends support. open names the onward referrals that have not ended; they come first.
func (o *Offer) End(by string, outcome terms.Outcome, note string, failed int, open []string, version int64, now time.Time) error {
	switch {
	case o.State == terms.OfferEnded:
		return ErrAnswered
	case o.State != terms.OfferAccepted:
		return ErrNotSupported
	case o.Version != version:
		return ErrChanged
	}
	info, ok := terms.OutcomeByCode(outcome)
	if !ok || !info.Receiver {
		return fault.Invalid("outcome", "Select how it ended")
	}
	if failed < info.NeedsTries {
		return fault.Invalid("outcome", fmt.Sprintf("Record %d failed attempts to reach the person first: %d so far", info.NeedsTries, failed))
	}
	if len(open) > 0 {
		return ErrOnwardOpen.With("Still open: " + join(open) + ". Withdraw what is no longer needed, or wait until it has ended. Nothing was changed")
	}
	o.State, o.Outcome, o.EndNote, o.EndedBy, o.EndedAt = terms.OfferEnded, outcome, note, by, now
	o.Version++
	return nil
}

func join(words []string) string {
	s := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " and "
		default:
			s += ", "
		}
		s += w
	}
	return s
}

// Scores are the answers to the four ONS questions, 0 to 10, nil where not answered. They are never added up.
type Scores struct{ Satisfied, Worthwhile, Happy, Anxious *int }

// Of is the answer to one question.
func (s Scores) Of(q terms.ONS4Question) *int {
	switch q {
	case terms.ONS4Satisfied:
		return s.Satisfied
	case terms.ONS4Worthwhile:
		return s.Worthwhile
	case terms.ONS4Happy:
		return s.Happy
	case terms.ONS4Anxious:
		return s.Anxious
	}
	return nil
}

// Set keeps the answer to one question.
func (s *Scores) Set(q terms.ONS4Question, n *int) {
	switch q {
	case terms.ONS4Satisfied:
		s.Satisfied = n
	case terms.ONS4Worthwhile:
		s.Worthwhile = n
	case terms.ONS4Happy:
		s.Happy = n
	case terms.ONS4Anxious:
		s.Anxious = n
	}
}

// Any tells whether at least one question was answered.
func (s Scores) Any() bool {
	return s.Satisfied != nil || s.Worthwhile != nil || s.Happy != nil || s.Anxious != nil
}

// Band is the word that the Office for National Statistics reports an answer under. Source: ONS, personal well-being
// user guide (Open Government Licence 3.0): low 0–4, medium 5–6, high 7–8, very high 9–10; for anxiety very low 0–1, low 2–3,
// medium 4–5, high 6–10.
func Band(q terms.ONS4Question, n int) string {
	if q == terms.ONS4Anxious {
		switch {
		case n <= 1:
			return "very low"
		case n <= 3:
			return "low"
		case n <= 5:
			return "medium"
		}
		return "high"
	}
	switch {
	case n <= 4:
		return "low"
	case n <= 6:
		return "medium"
	case n <= 8:
		return "high"
	}
	return "very high"
}

// Change says how an answer moved, and whether that is the better way for this question.
func Change(q terms.ONS4Question, from, to int) string {
	info, _ := terms.ONS4QuestionByCode(q)
	switch {
	case to == from:
		return "no change"
	case (to > from) != info.LowIsBetter:
		return signed(to-from) + ", better"
	}
	return signed(to-from) + ", worse"
}

func signed(n int) string {
	if n > 0 {
		return "up " + strconv.Itoa(n)
	}
	return "down " + strconv.Itoa(-n)
}

// Assessment is what was found at the start, at a review or at the end.
type Assessment struct {
	ID, OrganisationID, OfferID, ReferralID, PatientRef string
	Stage                                               terms.OutcomeStage
	Needs                                               []terms.Need
	Matters                                             string // what matters to the person, in their words
	Scores                                              Scores
	Result                                              terms.OutcomeResult
	By                                                  string
	At                                                  time.Time
}

// Check tells what is missing of an assessment.
func (a Assessment) Check() error {
	var f fault.Fields
	if !a.Stage.Known() {
		f.Add("stage", "Select when this was asked")
	}
	for _, q := range terms.ONS4Questions {
		if n := a.Scores.Of(q.Code); n != nil && (*n < 0 || *n > 10) {
			f.Add(string(q.Code), "Enter a whole number from 0 to 10, or leave it empty")
		}
	}
	if !a.Scores.Any() && a.Matters == "" && len(a.Needs) == 0 {
		f.Add("matters", "Enter what matters to the person, or at least one answer")
	}
	return f.Err()
}

// Plan is what the person and the link worker agreed to do. Each agreement is a new one; the last counts.
type Plan struct {
	ID, OrganisationID, OfferID, ReferralID, PatientRef string
	Matters                                             string
	Goals                                               []Goal
	ReviewOn                                            string
	By                                                  string
	At                                                  time.Time
}

// Goal is something the person wants, and how to get there.
type Goal struct {
	Text  string     `json:"text"`
	Need  terms.Need `json:"need,omitempty"`
	Steps []Step     `json:"steps,omitempty"`
}

// Step is something that somebody does, also a signpost that was given.
type Step struct {
	Text string `json:"text"`
	Who  string `json:"who,omitempty"`
}

// Line is the step as it is read out and sent: what, and who does it.
func (s Step) Line() string {
	if s.Who == "" {
		return s.Text
	}
	return s.Text + " (" + s.Who + ")"
}

// Check tells what is missing of a plan.
func (p Plan) Check(today string) error {
	var f fault.Fields
	if len(p.Goals) == 0 {
		f.Add("goal-1", "Enter at least one goal")
	}
	if p.ReviewOn == "" {
		f.Add("review", "Enter when you will look at the plan together again")
	} else if p.ReviewOn < today {
		f.Add("review", "Enter a date that is not in the past")
	}
	return f.Err()
}
