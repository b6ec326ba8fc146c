package domain

import (
	"strings"
	"time"

	"example.org/waypost/schemas/terms"
)

// The scene of every row: practice "practice" sent a referral, service "first" of organisation "org-first" was offered it.
var (
	now    = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) // a Monday
	first  = Receiver{Kind: terms.ReceiverService, ID: "first", Organisation: "org-first"}
	second = Receiver{Kind: terms.ReceiverService, ID: "second", Organisation: "org-second"}
	third  = Receiver{Kind: terms.ReceiverService, ID: "third", Organisation: "org-third"}
	office = Named{Person: "cora", Organisation: "office"}
)

// due gives every clock a span of its own, so that a test can tell which one runs.
func due(clock terms.Clock, urgency terms.Urgency, _ string) time.Time {
	hours := map[terms.Clock]int{
		ClockCheck: 1, ClockReceiver: 2, terms.ClockDuplicateChoice: 24, terms.ClockOffer: 72, terms.ClockTriage: 50, terms.ClockInformation: 48,
		terms.ClockWaitlist: 480, terms.ClockFirstContact: 120, terms.ClockUnderWay: 1440, terms.ClockEscalation: 36, terms.ClockStandDown: 23,
	}[clock]
	if urgency == terms.UrgencyUrgent {
		hours /= 2
	}
	return now.Add(time.Duration(hours) * time.Hour)
}

// scene is a referral, what happens to it, and what is known.
type scene struct {
	r Referral
	e Event
	f Facts
}

func offered(to Receiver, id string, state OfferState) Offer {
	return Offer{ID: id, Attempt: 1, Receiver: to, State: state, OfferedAt: now.Add(-80 * time.Hour), AnswerDueAt: now.Add(-8 * time.Hour)}
}

// in is the usual referral in each state.
func in(state State) Referral {
	r := Referral{
		ID: "referral", CaseID: "case", PatientRef: "patient", Reference: "C7K4-9MXC", State: state,
		SenderOrganisation: "practice", SenderKind: "practice", Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine,
		Wanted: []Receiver{first}, ConsentGiven: true, Root: true, DueAt: now.Add(time.Hour), Version: 3,
	}
	receiver := Owes{Party: ReceiverSide, Organisation: "org-first"}
	coordinator := Owes{Party: Coordinator, Organisation: office.Organisation, Person: office.Person}
	one := func(s OfferState) []Offer { return []Offer{offered(first, "offer-1", s)} }
	switch state {
	case New:
		r.Version, r.DueAt = 0, time.Time{}
	case Requested, Checked:
		r.Owes = coordinator
	case Held:
		r.HeldWhy, r.DuplicateOf, r.Owes = HeldSameNeed, "other", Owes{Party: Sender, Organisation: "practice"}
	case Offered:
		r.Offers, r.Owes = one(terms.OfferOffered), receiver
	case InformationAsked:
		r.Offers, r.Owes = one(terms.OfferInformationAsked), Owes{Party: Sender, Organisation: "practice"}
		r.Offers[0].QuestionID = "question"
	case Waitlisted:
		r.Offers, r.Owes = one(terms.OfferWaitlisted), receiver
	case Accepted:
		r.Offers, r.Owes = one(terms.OfferAccepted), receiver
	case UnderWay:
		r.Offers, r.Owes = one(terms.OfferAccepted), receiver
		r.Offers[0].StartedAt = now.Add(-time.Hour)
	case Escalated:
		r.Offers, r.Owes, r.Silences, r.Escalation = one(terms.OfferExpired), coordinator, 1, terms.EscalationSilent
	case Joined:
		r.Offers, r.Owes, r.DuplicateOf, r.DueAt = one(terms.OfferBounced), Owes{Party: Nobody}, "other", time.Time{}
	case Withdrawn:
		r.Offers, r.Owes, r.DueAt = one(terms.OfferWithdrawn), Owes{Party: Nobody}, time.Time{}
	case Closed:
		r.Offers, r.Owes, r.DueAt, r.Outcome = one(terms.OfferEnded), Owes{Party: Nobody}, time.Time{}, "helped"
	}
	return r
}

// happens is the usual event of each kind, and the facts that are usual with it.
func happens(kind Kind) (Event, Facts) {
	e := Event{Kind: kind, Organisation: "org-first", OfferID: "offer-1", Existing: "other"}
	f := Facts{Now: now, NewID: "offer-new", ExistingOpen: true, Coordinator: office, Due: due}
	switch kind {
	case KindJoin, KindConfirm, KindWithdraw, KindInformationGiven:
		e.By, e.Organisation = Sender, "practice"
		e.Reason = map[Kind]string{KindConfirm: "different_help", KindWithdraw: "no_longer_needed"}[kind]
		e.QuestionID = "question"
	case KindBounced:
		e.Reason, e.Existing = "no_capacity", ""
	case KindInformationAsked:
		e.QuestionID = "question-2"
	case KindSupportEnded:
		e.Outcome = "helped"
	case KindReceiverClosed:
		e.Receiver = first
	case KindCoordinatorOffers:
		e.By, e.Receiver = Coordinator, third
	case KindCoordinatorCloses:
		e.By, e.Outcome = Coordinator, "helped"
	case KindCoordinatorWaits:
		e.By = Coordinator
	case KindReassigned:
		e.By, e.To = Coordinator, Named{Person: "jo", Organisation: office.Organisation}
	case KindProviderPhoned:
		e.By, e.Organisation, e.Result, e.CallAt = Sender, "practice", terms.ContactReached, now
	case KindClockRanOut:
		f.Now = now.Add(2 * time.Hour)
	}
	return e, f
}

// circumstances is the vocabulary of testdata/decisions.txt.
var circumstances = map[string]func(*scene){
	"a receiver is suitable":                             func(s *scene) { s.f.Next = &second },
	"no receiver is suitable":                            func(s *scene) { s.f.Next = nil },
	"the only suitable one was tried within thirty days": func(s *scene) { s.f.Next = &first },
	"the sender's receiver is not known here yet":        func(s *scene) { s.f.AwaitReceiver = true },
	"consent was not given":                              func(s *scene) { s.r.ConsentGiven = false },
	"it was about who this is":                           aboutWho,
	"it is the same one again":                           sameAgain,
	"it is a different one":                              func(s *scene) { s.e.Existing = "another" },
	"the office chooses":                                 func(s *scene) { s.e.By, s.e.Organisation = Coordinator, "office" },
	"the sender is late": func(s *scene) {
		s.r.Owes = Owes{Party: Coordinator, Organisation: office.Organisation, Person: office.Person}
	},
	"another organisation does it":                       func(s *scene) { s.e.Organisation = "stranger" },
	"the other referral has ended":                       func(s *scene) { s.f.ExistingOpen = false },
	"a key worker is asked":                              func(s *scene) { s.e.Existing, s.e.Worker = "", Worker{Person: "kim", Stays: true} },
	"no reason is given":                                 func(s *scene) { s.e.Reason = "" },
	"the patient has died":                               func(s *scene) { s.e.Reason = "patient_died" },
	"the patient has moved away":                         func(s *scene) { s.e.Reason = "patient_moved_away" },
	"an onward referral is open":                         func(s *scene) { s.f.OpenOnward = 1 },
	"support has ended":                                  supportEnded,
	"a question is still open":                           func(s *scene) { inHand(s, terms.OfferInformationAsked, "question") },
	"the waiting list still has it":                      func(s *scene) { inHand(s, terms.OfferWaitlisted, "") },
	"support was agreed":                                 func(s *scene) { inHand(s, terms.OfferAccepted, "") },
	"support had begun":                                  func(s *scene) { inHand(s, terms.OfferAccepted, ""); s.r.Offers[0].StartedAt = now.Add(-time.Hour) },
	"late: its offer had expired":                        func(s *scene) { s.r.Offers[0].State = terms.OfferExpired },
	"late: its offer had expired and went to another":    func(s *scene) { overtaken(s, terms.OfferExpired) },
	"late: its offer was taken back and went to another": func(s *scene) { overtaken(s, terms.OfferWithdrawn) },
	"it bounced this offer itself":                       func(s *scene) { s.r.Offers[0].State = terms.OfferBounced },
	"the offer was made to somebody else":                func(s *scene) { s.e.Organisation = "stranger" },
	"it says until when":                                 func(s *scene) { s.e.DueAt = now.Add(999 * time.Hour) },
	"it answers another question":                        func(s *scene) { s.e.QuestionID = "an older question" },
	"a bounce left the step to the sender":               func(s *scene) { s.r.Offers[0].State, s.r.Offers[0].QuestionID = terms.OfferBounced, "question" },
	"the second bounce":                                  func(s *scene) { s.r.Bounces = 1 },
	"the third bounce":                                   func(s *scene) { s.r.Bounces = 2 },
	"one bounced and one was silent":                     func(s *scene) { s.r.Bounces, s.r.Silences = 1, 1 },
	"two bounced before":                                 func(s *scene) { s.r.Bounces = 2 },
	"no room":                                            func(s *scene) { s.e.Reason = "no_capacity" },
	"not eligible":                                       func(s *scene) { s.e.Reason = "not_eligible" },
	"wrong area":                                         func(s *scene) { s.e.Reason = "wrong_area" },
	"not their role":                                     func(s *scene) { s.e.Reason = "not_our_role" },
	"another reason":                                     func(s *scene) { s.e.Reason = "other" },
	"a mental health crisis":                             func(s *scene) { s.e.Reason = "mental_health_crisis" },
	"a safeguarding concern":                             func(s *scene) { s.e.Reason = "safeguarding_concern" },
	"they could not be reached":                          func(s *scene) { s.e.Reason = "could_not_contact" },
	"the patient changed their mind":                     func(s *scene) { s.e.Reason = "patient_changed_mind" },
	"they already help, on another open referral":        func(s *scene) { s.e.Reason, s.e.Existing = "already_helping", "other" },
	"they already help, outside this case":               func(s *scene) { s.e.Reason = "already_helping" },
	"nobody can be named":                                func(s *scene) { s.f.Coordinator = Named{Organisation: "office"} },
	"nobody could be named before":                       func(s *scene) { s.r.Owes.Person = "" },
	"no email reaches them":                              func(s *scene) { s.r.Offers[0].Notice = terms.NoticeNoAddress },
	"the email was sent":                                 func(s *scene) { s.r.Offers[0].Notice = terms.NoticeSent },
	"a message is left":                                  func(s *scene) { s.e.Result = terms.ContactMessageLeft },
	"nobody answers":                                     func(s *scene) { s.e.Result = terms.ContactNotReached },
	"it is not said what came of it":                     func(s *scene) { s.e.Result = "" },
	"already told that it is overdue":                    func(s *scene) { s.r.Overdue = true },
	"the clock has been moved":                           func(s *scene) { s.r.DueAt = s.f.Now.Add(time.Minute) },
	"it is not the one who has it":                       func(s *scene) { s.e.Receiver = third },
	"the chosen one was tried within thirty days":        func(s *scene) { s.e.Receiver = first },
	"the only suitable one failed them lately under another referral": func(s *scene) { s.f.Next, s.f.Tried = &second, []Receiver{second} },
	"the chosen one failed them lately under another referral":        func(s *scene) { s.f.Tried = []Receiver{third} },
	"no receiver is chosen":          func(s *scene) { s.e.Receiver = Receiver{} },
	"nobody could help":              func(s *scene) { s.e.Outcome = "no_suitable_help" },
	"nobody had reached them":        func(s *scene) { s.e.Outcome = "could_not_contact" },
	"a link worker team had sent it": func(s *scene) { s.r.SenderKind = terms.KindLinkWorkerTeam },
	"no outcome is given":            func(s *scene) { s.e.Outcome = "" },

	"late: it had to forget them, because of another person as it turned out": func(s *scene) {
		overtaken(s, terms.OfferWithdrawn)
		s.r.Offers[0].Reason = "consent_withdrawn"
	},
	"late: it must be said first who they are": func(s *scene) {
		aboutWho(s)
		s.r.Offers = []Offer{offered(first, "offer-1", terms.OfferWithdrawn)}
		s.r.Offers[0].Reason = "person_not_settled"
	},
	"nobody was asked yet":                  func(s *scene) { s.r.Offers, s.r.Escalation = nil, terms.EscalationNoReceiver },
	"it was the other who no longer agreed": func(s *scene) { s.r.Reason = "consent_withdrawn" },
	"it arrived after the other's no":       func(s *scene) { s.r.Reason, s.r.ConsentGiven = "no_consent", false },
	"its sender says that they died":        func(s *scene) { s.r.Reason = "patient_died" },
	"it had waited for forty days":          func(s *scene) { s.r.Offers[0].OfferedAt = now.Add(-40 * 24 * time.Hour) },
	"it was the other who died":             func(s *scene) { s.r.Reason, s.r.Outcome = "patient_died", "patient_died" },
	"it was the other who moved away":       func(s *scene) { s.r.Reason, s.r.Outcome = "patient_moved_away", "patient_moved_away" },
}

func aboutWho(s *scene) {
	s.r.HeldWhy, s.r.DuplicateOf = HeldSamePerson, ""
	s.r.Owes = Owes{Party: Coordinator, Organisation: office.Organisation, Person: office.Person}
}

func sameAgain(s *scene) {
	if s.r.HeldWhy == HeldSamePerson {
		s.r.MayBe = s.e.Existing
	}
}

func supportEnded(s *scene) {
	s.r.Offers[0].State, s.r.EndedWith = terms.OfferEnded, "helped"
	if len(s.r.Offers) > 1 { // the late one is first; it is the other that had helped
		s.r.Offers[0].State, s.r.Offers[1].State = terms.OfferExpired, terms.OfferEnded
	}
}

func inHand(s *scene, state OfferState, question string) {
	s.r.Offers[0].State, s.r.Offers[0].QuestionID = state, question
}

// overtaken leaves the first offer behind: what the state says of the live offer is now true of one to another receiver.
func overtaken(s *scene, was OfferState) {
	newer := s.r.Offers[0]
	newer.ID, newer.Attempt, newer.Receiver = "offer-2", 2, second
	s.r.Offers[0].State, s.r.Offers[0].QuestionID = was, ""
	s.r.Offers = append(s.r.Offers, newer)
}

func set(s *scene, phrases string) (unknown string) {
	for phrase := range strings.SplitSeq(phrases, ";") {
		phrase = strings.TrimSpace(phrase)
		if phrase == "-" {
			continue
		}
		change, ok := circumstances[phrase]
		if !ok {
			return phrase
		}
		change(s)
	}
	return ""
}
