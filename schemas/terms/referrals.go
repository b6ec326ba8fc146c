package terms

// Urgency is how soon help is needed. What can not wait for working hours is a red flag, not an urgent referral.
type Urgency string

// The urgencies; the codes are FHIR R4 request-priority.
const (
	UrgencyRoutine Urgency = "routine"
	UrgencyUrgent  Urgency = "urgent"
)

// Urgencies is every urgency.
var Urgencies = []Term[Urgency]{
	{UrgencyRoutine, "Routine"},
	{UrgencyUrgent, "Soon"},
}

// Label is the urgency in plain English.
func (u Urgency) Label() string { return labelOf(Urgencies, u) }

// Known tells whether the list has the code.
func (u Urgency) Known() bool { _, ok := find(Urgencies, u); return ok }

// ReceiverKind is what an offer is put to.
type ReceiverKind string

// The kinds of receiver.
const (
	ReceiverService ReceiverKind = "service" // something a provider offers
	ReceiverTeam    ReceiverKind = "team"    // a link worker team
)

// ReceiverKinds is every kind of receiver.
var ReceiverKinds = []Term[ReceiverKind]{
	{ReceiverService, "Service"},
	{ReceiverTeam, "Link worker team"},
}

// Label is the kind in plain English.
func (k ReceiverKind) Label() string { return labelOf(ReceiverKinds, k) }

// Known tells whether the list has the code.
func (k ReceiverKind) Known() bool { _, ok := find(ReceiverKinds, k); return ok }

// SendReason is why a second referral for the same need is right, although somebody may already help: asked when the
// sender sends on past the warning, and when a held referral is confirmed.
type SendReason string

// The reasons to send although somebody may already help.
const (
	SendDifferentHelp    SendReason = "different_help"
	SendHelpNotWorking   SendReason = "help_not_working"
	SendHelpEnded        SendReason = "help_ended"
	SendDifferentPerson  SendReason = "different_person"
	SendPatientAsked     SendReason = "patient_asked"
	SendSafetyDifference SendReason = "safer_elsewhere"
)

// SendReasons is every such reason.
var SendReasons = []Term[SendReason]{
	{SendDifferentHelp, "It is a different kind of help"},
	{SendHelpNotWorking, "The help that is there is not working"},
	{SendHelpEnded, "The help that is there has ended or is about to"},
	{SendDifferentPerson, "It is a different person"},
	{SendPatientAsked, "The person asked for somebody else"},
	{SendSafetyDifference, "It is safer for the person elsewhere"},
}

// Label is the reason in plain English.
func (r SendReason) Label() string { return labelOf(SendReasons, r) }

// Known tells whether the list has the code.
func (r SendReason) Known() bool { _, ok := find(SendReasons, r); return ok }

// WithdrawalReason is why a sender takes a referral back.
type WithdrawalReason string

// The withdrawal reasons.
const (
	WithdrawalPatientChangedMind WithdrawalReason = "patient_changed_mind"
	WithdrawalNoLongerNeeded     WithdrawalReason = "no_longer_needed"
	WithdrawalMadeInError        WithdrawalReason = "made_in_error"
	WithdrawalPatientDied        WithdrawalReason = "patient_died"
	WithdrawalPatientMovedAway   WithdrawalReason = "patient_moved_away"
	WithdrawalOther              WithdrawalReason = "other"
)

// WithdrawalReasonInfo describes a withdrawal reason.
type WithdrawalReasonInfo struct {
	Code      WithdrawalReason
	Label     string
	NeedsText bool
	// BaRS is ServiceRequest.status on cancelling: revoked when circumstances changed, entered-in-error for a mistake
	// (BaRS 1.4.0, cancel a referral).
	BaRS string
}

func (w WithdrawalReasonInfo) code() WithdrawalReason { return w.Code }

func (w WithdrawalReasonInfo) label() string { return w.Label }

// WithdrawalReasons is every withdrawal reason, in the order of a form.
var WithdrawalReasons = []WithdrawalReasonInfo{
	{Code: WithdrawalPatientChangedMind, Label: "The person changed their mind", BaRS: "revoked"},
	{Code: WithdrawalNoLongerNeeded, Label: "It is no longer needed", BaRS: "revoked"},
	{Code: WithdrawalMadeInError, Label: "It was sent by mistake", BaRS: "entered-in-error"},
	{Code: WithdrawalPatientDied, Label: "The person has died", BaRS: "revoked"},
	{Code: WithdrawalPatientMovedAway, Label: "The person has moved away", BaRS: "revoked"},
	{Code: WithdrawalOther, Label: "Another reason", NeedsText: true, BaRS: "revoked"},
}

// WithdrawalReasonByCode looks a withdrawal reason up.
func WithdrawalReasonByCode(code WithdrawalReason) (WithdrawalReasonInfo, bool) {
	return find(WithdrawalReasons, code)
}

// Label is the reason in plain English.
func (w WithdrawalReason) Label() string { return labelOf(WithdrawalReasons, w) }

// Known tells whether the list has the code.
func (w WithdrawalReason) Known() bool { _, ok := find(WithdrawalReasons, w); return ok }

// OfferWithdrawalReason is why coordination takes an offer back from a receiver.
type OfferWithdrawalReason string

// The reasons an offer is taken back.
const (
	OfferWithdrawalReferralWithdrawn OfferWithdrawalReason = "referral_withdrawn"
	OfferWithdrawalAcceptedElsewhere OfferWithdrawalReason = "accepted_elsewhere"
	OfferWithdrawalJoined            OfferWithdrawalReason = "referral_joined"
	OfferWithdrawalReferralClosed    OfferWithdrawalReason = "referral_closed"
	OfferWithdrawalRedirected        OfferWithdrawalReason = "sent_elsewhere"
	OfferWithdrawalPatientDied       OfferWithdrawalReason = "patient_died"
	OfferWithdrawalPatientMovedAway  OfferWithdrawalReason = "patient_moved_away"
	OfferWithdrawalConsentWithdrawn  OfferWithdrawalReason = "consent_withdrawn"
	OfferWithdrawalPatientErased     OfferWithdrawalReason = "patient_erased"
	OfferWithdrawalReceiverClosed    OfferWithdrawalReason = "receiver_closed"
	OfferWithdrawalNotSettled        OfferWithdrawalReason = "person_not_settled"
)

// OfferWithdrawalReasons is every such reason, worded for the receiver.
var OfferWithdrawalReasons = []Term[OfferWithdrawalReason]{
	{OfferWithdrawalReferralWithdrawn, "The sender withdrew the referral"},
	{OfferWithdrawalAcceptedElsewhere, "Another service accepted it first"},
	{OfferWithdrawalJoined, "It was a duplicate of help that is there already"},
	{OfferWithdrawalReferralClosed, "The referral has ended"},
	{OfferWithdrawalRedirected, "It was sent to another service instead"},
	{OfferWithdrawalPatientDied, "The person has died"},
	{OfferWithdrawalPatientMovedAway, "The person has moved away"},
	{OfferWithdrawalConsentWithdrawn, "The person no longer agrees to sharing"},
	{OfferWithdrawalPatientErased, "The person's record was erased"},
	{OfferWithdrawalReceiverClosed, "The service no longer takes referrals"},
	{OfferWithdrawalNotSettled, "The area's office must say first who the person is. It may be offered again"},
}

// Label is the reason in plain English.
func (r OfferWithdrawalReason) Label() string { return labelOf(OfferWithdrawalReasons, r) }

// Known tells whether the list has the code.
func (r OfferWithdrawalReason) Known() bool { _, ok := find(OfferWithdrawalReasons, r); return ok }

// Answer is what a receiver said to an offer.
type Answer string

// The answers.
const (
	AnswerAccepted   Answer = "accepted"
	AnswerWaitlisted Answer = "waitlisted"
	AnswerBounced    Answer = "bounced"
	AnswerAsked      Answer = "asked"
)

// Answers is every answer.
var Answers = []Term[Answer]{
	{AnswerAccepted, "Accepted"},
	{AnswerWaitlisted, "Put on the waiting list"},
	{AnswerBounced, "Bounced"},
	{AnswerAsked, "Asked for more information"},
}

// Label is the answer in plain English.
func (a Answer) Label() string { return labelOf(Answers, a) }

// Known tells whether the list has the code.
func (a Answer) Known() bool { _, ok := find(Answers, a); return ok }

// AnswerRefusal is why coordination could not honour a receiver's answer.
type AnswerRefusal string

// The refusals of an answer.
const (
	RefusalAcceptedElsewhere AnswerRefusal = "already_accepted_elsewhere"
	RefusalReferralClosed    AnswerRefusal = "referral_closed"
	RefusalOfferWithdrawn    AnswerRefusal = "offer_withdrawn"
	RefusalNotTheReceiver    AnswerRefusal = "not_the_receiver"
	RefusalAlreadyAnswered   AnswerRefusal = "already_answered"
)

// AnswerRefusals is every refusal, worded for the receiver.
var AnswerRefusals = []Term[AnswerRefusal]{
	{RefusalAcceptedElsewhere, "Another service accepted it first"},
	{RefusalReferralClosed, "The referral has already ended"},
	{RefusalOfferWithdrawn, "The offer was taken back before your answer arrived"},
	{RefusalNotTheReceiver, "This offer was made to another service"},
	{RefusalAlreadyAnswered, "You had already given another answer"},
}

// Label is the refusal in plain English.
func (r AnswerRefusal) Label() string { return labelOf(AnswerRefusals, r) }

// Known tells whether the list has the code.
func (r AnswerRefusal) Known() bool { _, ok := find(AnswerRefusals, r); return ok }

// EscalationReason is why a named person must find a way.
type EscalationReason string

// The escalation reasons.
const (
	EscalationBounced      EscalationReason = "bounced_three_times"
	EscalationSilent       EscalationReason = "silent"
	EscalationNoReceiver   EscalationReason = "no_suitable_receiver"
	EscalationSafeguarding EscalationReason = "safeguarding_concern"
	EscalationCrisis       EscalationReason = "mental_health_crisis"
)

// EscalationReasons is every escalation reason.
var EscalationReasons = []Term[EscalationReason]{
	{EscalationBounced, "It was bounced three times"},
	{EscalationSilent, "Nobody answered in time"},
	{EscalationNoReceiver, "No suitable service was found"},
	{EscalationSafeguarding, "There is a safeguarding concern"},
	{EscalationCrisis, "The person is in a mental health crisis"},
}

// Label is the reason in plain English.
func (r EscalationReason) Label() string { return labelOf(EscalationReasons, r) }

// Known tells whether the list has the code.
func (r EscalationReason) Known() bool { _, ok := find(EscalationReasons, r); return ok }
