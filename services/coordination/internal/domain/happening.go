package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Kind is what can happen to a referral.
type Kind string

// Everything that can happen to a referral. What the area's office or a clock does is here too: silence is an event.
const (
	KindRequested         Kind = "requested"          // the sender's request arrived
	KindMatchUnsure       Kind = "match_unsure"       // it may be a person we know under another ref
	KindMatchLate         Kind = "match_late"         // the same, found when everybody who came in that moment could be seen
	KindDuplicateFound    Kind = "duplicate_found"    // another open referral of the case asks for the same
	KindNoDuplicate       Kind = "no_duplicate"       // none does, or none does any more
	KindOverlapJoined     Kind = "overlap_joined"     // none does, and the sender asks who helps already to do this too
	KindReceiverKnown     Kind = "receiver_known"     // the receiver the sender chose is known here now
	KindJoin              Kind = "join"               // a person: it is the same, join them
	KindConfirm           Kind = "confirm"            // a person: it is a second one, and right
	KindWithdraw          Kind = "withdraw"           // the sender takes it back
	KindAccepted          Kind = "accepted"           // a receiver's answers
	KindWaitlisted        Kind = "waitlisted"         //
	KindBounced           Kind = "bounced"            //
	KindInformationAsked  Kind = "information_asked"  //
	KindInformationGiven  Kind = "information_given"  // the sender's answer to a question
	KindContactMade       Kind = "contact_made"       // the person was met, or a plan agreed
	KindSupportEnded      Kind = "support_ended"      // the receiver has finished
	KindOnwardEnded       Kind = "onward_ended"       // the last open onward referral ended
	KindParentEnded       Kind = "parent_ended"       // the referral this one came from is ending
	KindClockRanOut       Kind = "clock_ran_out"      // the due time passed in silence
	KindOfficeKnown       Kind = "office_known"       // somebody answers for the area now, and nobody did before
	KindReceiverClosed    Kind = "receiver_closed"    // the service or its organisation takes nobody any more
	KindCoordinatorOffers Kind = "coordinator_offers" // the area's office chooses a receiver
	KindCoordinatorCloses Kind = "coordinator_closes" // … or ends it
	KindCoordinatorWaits  Kind = "coordinator_waits"  // … or gives the receiver or sender more time
	KindReassigned        Kind = "reassigned"         // whoever owes the step names the person who takes it
	KindProviderPhoned    Kind = "provider_phoned"    // whoever owes a call says that they phoned whom no e-mail reached
	KindPatientDied       Kind = "patient_died"
	KindPatientMovedAway  Kind = "patient_moved_away"
	KindConsentWithdrawn  Kind = "consent_withdrawn"
	KindPatientErased     Kind = "patient_erased"
	KindMergeUndone       Kind = "merge_undone" // what it was joined to, or ended with, is another person's
	KindWorkerLeft        Kind = "worker_left"  // who works with the person, and was asked to do this too, does so no more
)

// ErrandOnePerson is no event of a referral: the two records are made one, and then the duplicate question is asked anew.
const ErrandOnePerson Kind = "one_person"

// Kinds lists everything that can happen, in the order of the table of expected results.
var Kinds = []Kind{
	KindRequested, KindMatchUnsure, KindMatchLate, KindDuplicateFound, KindNoDuplicate, KindOverlapJoined, KindReceiverKnown,
	KindJoin, KindConfirm, KindWithdraw,
	KindAccepted, KindWaitlisted, KindBounced, KindInformationAsked, KindInformationGiven,
	KindContactMade, KindSupportEnded, KindOnwardEnded, KindParentEnded,
	KindClockRanOut, KindOfficeKnown, KindReceiverClosed,
	KindCoordinatorOffers, KindCoordinatorCloses, KindCoordinatorWaits, KindReassigned, KindProviderPhoned,
	KindPatientDied, KindPatientMovedAway, KindConsentWithdrawn, KindPatientErased,
	KindMergeUndone, KindWorkerLeft,
}

// Event is one thing that happened to one referral. Only the fields its kind needs are set.
type Event struct {
	Kind         Kind
	By           Party  // for what people do: on whose side they act
	Organisation string // the organisation that acted
	OfferID      string // answers, contact, end of support
	QuestionID   string // information asked and given
	Reason       string // bounce, withdrawal, confirmation: a code of schemas/terms
	Outcome      string // end of support, or the coordinator's close
	Existing     string // the other referral (duplicate found, join, the one that helps already), or patient ref (match unsure or late)
	Worker       Worker // who works with the person and is asked to do this too (overlap joined)
	Receiver     Receiver
	To           Named               // whom the step is given to (reassigned)
	Result       terms.ContactResult // what came of a call, and when that was (provider phoned)
	CallAt       time.Time
	DueAt        time.Time // a date the receiver gave: first contact, or the end of the waiting list
}

// Facts is what a decision must know beyond the referral itself. It is gathered before, so that deciding stays pure.
type Facts struct {
	Now           time.Time
	NewID         string     // for the offer or question the decision makes, if it makes one
	Next          *Receiver  // the best receiver not tried yet, nil when there is none
	AwaitReceiver bool       // the receiver the sender chose has not been heard of here yet
	Tried         []Receiver // who failed this patient with this need within thirty days, under another referral
	OpenOnward    int        // onward referrals of this one that are open
	ExistingOpen  bool       // the referral named in Event.Existing is open
	Gone          bool       // the organisation that says yes has closed for good
	Coordinator   Named      // who answers for the area when this escalates
	Due           Due        // when a clock that starts now runs out
}

// Due says when a clock that starts now runs out for the organisation that owes the step; urgent work may have a shorter one.
type Due func(clock terms.Clock, urgency terms.Urgency, organisation string) time.Time

// The two clocks that only coordination runs, both a matter of minutes.
const (
	ClockCheck    terms.Clock = "check"          // matching and the duplicate check
	ClockReceiver terms.Clock = "receiver_known" // until we hear of the receiver the sender chose
)

// Named is one person at one organisation.
type Named struct {
	Person       string
	Organisation string
}

// Name is what coordination says about a referral.
type Name string

// What a decision can have coordination say, in the words of the event catalogue.
const (
	SayHeld          Name = "referral_held"
	SayJoined        Name = "referral_joined"
	SayConfirmed     Name = "referral_confirmed"
	SayOffered       Name = "referral_offered"
	SayOfferTaken    Name = "offer_withdrawn"
	SayOfferExpired  Name = "offer_expired"
	SayAnswerRefused Name = "offer_answer_refused"
	SayEscalated     Name = "referral_escalated"
	SayClosed        Name = "referral_closed"
	SayPhoned        Name = "provider_phoned"
	SayProgressed    Name = "referral_progressed"
)

// Fact is one thing to say, with what only the decision knows about it.
type Fact struct {
	Name      Name
	OfferID   string
	Why       string // a code: withdrawal, refusal or escalation reason
	StandDown bool   // the receiver must stop what it may have begun
}

// Decision is what follows. When Changed is false the referral stays exactly as it was.
type Decision struct {
	Next      Referral
	Changed   bool
	Say       []Fact
	EndOnward bool            // every open onward referral must end first, by KindParentEnded
	Returned  terms.ReturnWay // how it came back to the practice with this step, or ""
	Clock     terms.Clock     // what Next.DueAt was counted by, "" when it stayed
}
