package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Action is a step somebody can take on a referral, as pages and programs show it.
type Action string

// The actions, by the side that takes them.
const (
	ActionAccept   Action = "accept"
	ActionWaitlist Action = "waitlist"
	ActionAsk      Action = "ask_for_information"
	ActionBounce   Action = "bounce"
	ActionContact  Action = "record_contact"
	ActionFinish   Action = "end_support"

	ActionJoin     Action = "join"
	ActionConfirm  Action = "confirm"
	ActionInform   Action = "give_information"
	ActionWithdraw Action = "withdraw"

	ActionCall Action = "record_call" // of whoever owes a call: the sender, or the area's office in its stead

	ActionSettle Action = "settle_person"
	ActionOffer  Action = "offer"
	ActionWait   Action = "wait"
	ActionClose  Action = "close"
)

// trial is one action put as a question to the table.
type trial struct {
	action Action
	event  Event
}

// AvailableActions is what one side can do now. It asks the same table that decides, so the two can not differ.
func AvailableActions(r Referral, part Party) []Action {
	open := []Action{}
	for _, t := range trials(&r, part) {
		if honoured(r, t.event) {
			open = append(open, t.action)
		}
	}
	return open
}

// honoured tells whether an event would change the referral.
func honoured(r Referral, e Event) bool {
	f := Facts{NewID: "trial", ExistingOpen: true, Due: func(terms.Clock, terms.Urgency, string) time.Time { return time.Time{} }}
	d, err := Decide(r, e, f)
	return err == nil && d.Changed
}

// receiverTrials are the actions on one offer.
func receiverTrials(o Offer, e Event) []trial {
	e.OfferID, e.Organisation, e.QuestionID = o.ID, o.Receiver.Organisation, "trial"
	with := func(k Kind) Event { e.Kind = k; return e }
	return []trial{
		{ActionAccept, with(KindAccepted)},
		{ActionWaitlist, with(KindWaitlisted)},
		{ActionAsk, with(KindInformationAsked)},
		{ActionBounce, with(KindBounced)},
		{ActionContact, with(KindContactMade)},
		{ActionFinish, with(KindSupportEnded)},
	}
}

func trials(r *Referral, part Party) []trial {
	e := Event{By: part, Organisation: r.SenderOrganisation, Reason: "other", Outcome: "helped", Existing: r.DuplicateOf}
	with := func(k Kind) Event { e.Kind = k; return e }
	switch part {
	case Sender:
		e.QuestionID = r.openQuestionID()
		return []trial{
			{ActionJoin, with(KindJoin)},
			{ActionConfirm, with(KindConfirm)},
			{ActionInform, with(KindInformationGiven)},
			{ActionWithdraw, with(KindWithdraw)},
			{ActionCall, calls(r, e)},
		}
	case ReceiverSide:
		o := r.Live()
		if o == nil {
			return nil
		}
		return receiverTrials(*o, e)
	case Coordinator:
		e.Receiver = Receiver{ID: "trial"}
		return append(settling(r), []trial{
			{ActionJoin, with(KindJoin)},
			{ActionConfirm, with(KindConfirm)},
			{ActionOffer, with(KindCoordinatorOffers)},
			{ActionWait, with(KindCoordinatorWaits)},
			{ActionClose, with(KindCoordinatorCloses)},
			{ActionWithdraw, officeWithdraws(with(KindWithdraw))},
			{ActionCall, calls(r, e)},
		}...)
	}
	return nil
}

// settling is the office's question "who is this?", which the table answers by going on.
func settling(r *Referral) []trial {
	if r.HeldWhy != HeldSamePerson {
		return nil
	}
	return []trial{{ActionSettle, Event{Kind: KindNoDuplicate, By: Coordinator}}}
}

// calls is that somebody was reached about the first offer of which no e-mail tells.
func calls(r *Referral, e Event) Event {
	e.Kind, e.Result = KindProviderPhoned, terms.ContactReached
	if owed := r.ToPhone(); len(owed) > 0 {
		e.OfferID = owed[0].ID
	}
	return e
}

func officeWithdraws(e Event) Event { e.Organisation = ""; return e }

func (r *Referral) openQuestionID() string {
	for i := range r.Offers {
		if r.Offers[i].QuestionID != "" {
			return r.Offers[i].QuestionID
		}
	}
	return ""
}

// ReceiverMay is what the table may honour of a receiver with an offer in this state. Receivers have a small table of their
// own; what that allows and this does not, somebody would be offered as a step and then be refused.
func ReceiverMay(state OfferState) []Action {
	at, known := map[OfferState]State{
		terms.OfferOffered: Offered, terms.OfferInformationAsked: InformationAsked, terms.OfferWaitlisted: Waitlisted, terms.OfferAccepted: Accepted,
	}[state]
	if !known {
		at = Escalated // where a late answer could still be honoured
	}
	offer := Offer{ID: "trial", State: state, Receiver: Receiver{ID: "trial", Organisation: "trial"}}
	may := []Action{}
	for _, t := range receiverTrials(offer, Event{Outcome: "helped", Reason: "other"}) {
		if honoured(Referral{State: at, Offers: []Offer{offer}}, t.event) {
			may = append(may, t.action)
		}
	}
	return may
}
