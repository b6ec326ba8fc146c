package domain

import (
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Refusal is why an offer is bounced, with what its reason asks for.
type Refusal struct {
	Reason    terms.BounceReason
	Text      string
	Criterion string
	UntilOn   string // yyyy-mm-dd
	WhoseRole terms.Role
	TriedOn   []string // yyyy-mm-dd, a day for each try to reach the person; "" where none was given
}

// Check tells what the chosen reason lacks. today is a date in England, offered the day on which the offer came.
func (r Refusal) Check(today, offered string) error {
	var f fault.Fields
	info, known := terms.BounceReasonByCode(r.Reason)
	if !known || !info.MayUse(terms.ReceiverService) {
		f.Add("reason", "Select why you can not take this")
		return f.Err()
	}
	if info.NeedsText && strings.TrimSpace(r.Text) == "" {
		f.Add("detail", "Say in a few words what the reason is")
	}
	if info.NeedsCriterion && strings.TrimSpace(r.Criterion) == "" {
		f.Add("criterion", "Say which of your criteria is not met")
	}
	if info.NeedsUntil && r.UntilOn == "" {
		f.Add("until", "Enter the day from which there may be room")
	}
	if r.UntilOn != "" && r.UntilOn <= today {
		f.Add("until", "Enter a day after today")
	}
	if info.NeedsRole && !r.WhoseRole.Known() {
		f.Add("whose_role", "Select whose work this is")
	}
	checkTries(&f, r.TriedOn, info.NeedsTries, today, offered)
	return f.Err()
}

// Only leaves out what the reason does not ask for: something typed under another reason is not sent.
func (r Refusal) Only() Refusal {
	info, _ := terms.BounceReasonByCode(r.Reason)
	if !info.NeedsCriterion {
		r.Criterion = ""
	}
	if !info.NeedsUntil {
		r.UntilOn = ""
	}
	if !info.NeedsRole {
		r.WhoseRole = ""
	}
	r.TriedOn = atMost(info.NeedsTries, r.TriedOn)
	return r
}

// Bounce says no, with a coded reason.
func (o *Offer) Bounce(by string, at time.Time, r Refusal) error {
	if err := o.allow(ActionBounce); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerBounced, terms.OfferBounced, "bounced this")
	o.Reason, o.Criterion, o.UntilOn, o.WhoseRole = string(r.Reason), r.Criterion, r.UntilOn, r.WhoseRole
	return nil
}
