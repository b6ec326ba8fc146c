package terms

import "slices"

// BounceReason is why a receiver refuses an offer.
type BounceReason string

// The bounce reasons.
const (
	BounceMentalHealthCrisis  BounceReason = "mental_health_crisis"
	BounceSafeguardingConcern BounceReason = "safeguarding_concern"
	BounceNotEligible         BounceReason = "not_eligible"
	BounceNoCapacity          BounceReason = "no_capacity"
	BounceWrongArea           BounceReason = "wrong_area"
	BounceCouldNotContact     BounceReason = "could_not_contact"
	BouncePatientChangedMind  BounceReason = "patient_changed_mind"
	BounceNotOurRole          BounceReason = "not_our_role"
	BounceAlreadyHelping      BounceReason = "already_helping"
	BounceOther               BounceReason = "other"
)

// BounceGroup is the heading under which a form lists a reason.
type BounceGroup string

// The groups, in the order of a form.
const (
	BounceGroupSafety BounceGroup = "Somebody may not be safe"
	BounceGroupFit    BounceGroup = "It is not right for us"
	BounceGroupRoom   BounceGroup = "We have no room"
	BounceGroupPerson BounceGroup = "About the person"
	BounceGroupOther  BounceGroup = "Something else"
)

// NextStep is what is proposed after a bounce. None of them sends the work back to a GP.
type NextStep string

// The next steps.
const (
	NextOfferNext     NextStep = "offer_next"      // the next suitable receiver, at once
	NextEscalate      NextStep = "escalate"        // a named person at the area's office decides
	NextSenderDecides NextStep = "sender_decides"  // the sender asks the person, then changes, sends on or withdraws
	NextJoinExisting  NextStep = "join_existing"   // the help that is there already carries it
	NextRedFlag       NextStep = "red_flag_raised" // the practice's duty clinician now; the referral waits with a named person
)

// BounceReasonInfo is a bounce reason with its rules.
type BounceReasonInfo struct {
	Code  BounceReason
	Group BounceGroup
	Label string // for the person who bounces
	Told  string // for the sender, as a sentence of its own

	// Receivers is who may use it; empty means every kind of receiver.
	Receivers []ReceiverKind

	// What must come with it. Text is the sealed detail.
	NeedsText      bool
	NeedsCriterion bool // which of the receiver's own criteria is not met
	NeedsUntil     bool // the day from which there may be room
	NeedsRole      bool // whose role it is
	NeedsTries     int  // on how many days, each named, somebody tried to reach the person

	Next NextStep
	// Then is Next for the person who bounces, before they do.
	Then string

	// Recurs tells that the reason says something of the way from a sender to a receiver, not of one person: where it recurs, the
	// next sender is warned before sending. What is about a person is never counted in public.
	Recurs bool
	// Warning completes "4 of the last 10 referrals for debt to X came back: ".
	Warning string

	// BaRS is the code in https://fhir.nhs.uk/CodeSystem/dos-rejected-reasons-bars 1.0.0. It has no code for a wrong
	// role, a crisis or a concern: those go as 23 (not clinically appropriate) or 99 (other), with our text.
	BaRS string
	// Gravity is Task.statusReason.text, which SDOHCC TaskForReferralManagement asks for beside status rejected.
	Gravity string
}

func (b BounceReasonInfo) code() BounceReason { return b.Code }

func (b BounceReasonInfo) label() string { return b.Label }

// MayUse tells whether this kind of receiver may give the reason.
func (b BounceReasonInfo) MayUse(kind ReceiverKind) bool {
	return len(b.Receivers) == 0 || slices.Contains(b.Receivers, kind)
}

const (
	thenNext   = "It goes on to the next suitable service; after three it is a named person’s work"
	thenSender = "The sender asks the person what they want now"
)

// BounceReasons is every bounce reason, in the order of a form.
var BounceReasons = []BounceReasonInfo{
	{
		Code: BounceMentalHealthCrisis, Group: BounceGroupSafety,
		Label: "The person is in a mental health crisis",
		Told:  "The person is in a mental health crisis. Your duty clinician has been told and must act now.",
		// Teams and services alike: whoever rings a person first may be told. Both pages show whom to ring before anything else.
		NeedsText: true, Then: "The practice’s duty clinician gets a red flag; a named person keeps the referral",
		Next: NextRedFlag, BaRS: "23", Gravity: "Needs crisis care first",
	},
	{
		Code: BounceSafeguardingConcern, Group: BounceGroupSafety,
		Label:     "There is a safeguarding concern",
		Told:      "There is a safeguarding concern. A named person is dealing with it.",
		NeedsText: true, Then: "A named person at the area’s office deals with it",
		Next: NextEscalate, BaRS: "99", Gravity: "Safeguarding concern",
	},
	{
		Code: BounceNotEligible, Group: BounceGroupFit,
		Label:          "They do not meet our criteria",
		Told:           "The person does not meet the service's criteria.",
		NeedsCriterion: true, Then: thenNext, Recurs: true, Warning: "the person did not meet its criteria",
		Next: NextOfferNext, BaRS: "40", Gravity: "Not eligible",
	},
	{
		Code: BounceWrongArea, Group: BounceGroupFit,
		Label: "They live outside our area",
		Told:  "The person lives outside the area the service covers.",
		Then:  thenNext, Recurs: true, Warning: "not in its area",
		Next: NextOfferNext, BaRS: "42", Gravity: "Outside service area",
	},
	{
		Code: BounceNotOurRole, Group: BounceGroupFit,
		Label:     "This is another role's work",
		Told:      "What is asked for is another role's work.",
		NeedsRole: true, Then: thenNext, Recurs: true, Warning: "another role’s work",
		Next: NextOfferNext, BaRS: "23", Gravity: "Outside scope of role",
	},
	{
		Code: BounceNoCapacity, Group: BounceGroupRoom,
		Label:      "We have no room",
		Told:       "The service has no room.",
		NeedsUntil: true, Then: thenNext + ". Your service is shown with no room until that day", Recurs: true, Warning: "no room",
		Next: NextOfferNext, BaRS: "22", Gravity: "At capacity",
	},
	{
		Code: BounceCouldNotContact, Group: BounceGroupPerson,
		Label:      "We could not reach them",
		Told:       "The service could not reach the person. Check the phone number and the safe times to ring.",
		NeedsTries: 3, Then: thenSender,
		// 27 is worded for a service that can not be reached; it is the only published code about failed contact.
		Next: NextSenderDecides, BaRS: "27", Gravity: "Unable to contact",
	},
	{
		Code: BouncePatientChangedMind, Group: BounceGroupPerson,
		Label: "They no longer want this",
		Told:  "The person no longer wants this help. Ask what they would like instead.",
		Then:  thenSender,
		Next:  NextSenderDecides, BaRS: "26", Gravity: "Patient declined",
	},
	{
		Code: BounceAlreadyHelping, Group: BounceGroupPerson,
		Label: "We already help them with this",
		Told:  "The service already helps the person with this.",
		Then:  "It is joined to the help that is there already",
		Next:  NextJoinExisting, BaRS: "24", Gravity: "Already receiving this service",
	},
	{
		Code: BounceOther, Group: BounceGroupOther,
		Label:     "Another reason",
		Told:      "The service gave another reason.",
		NeedsText: true, Then: thenNext,
		Next: NextOfferNext, BaRS: "99", Gravity: "Other reason",
	},
}

// BounceReasonByCode looks a bounce reason up.
func BounceReasonByCode(code BounceReason) (BounceReasonInfo, bool) { return find(BounceReasons, code) }

// BounceReasonsFor is the reasons a receiver of this kind may give.
func BounceReasonsFor(kind ReceiverKind) []BounceReasonInfo {
	var out []BounceReasonInfo
	for _, r := range BounceReasons {
		if r.MayUse(kind) {
			out = append(out, r)
		}
	}
	return out
}

// Label is the reason in plain English, as the receiver chooses it.
func (b BounceReason) Label() string { return labelOf(BounceReasons, b) }

// Told is the reason as a sentence for the sender.
func (b BounceReason) Told() string {
	if i, ok := find(BounceReasons, b); ok {
		return i.Told
	}
	return string(b)
}

// Known tells whether the list has the code.
func (b BounceReason) Known() bool { _, ok := find(BounceReasons, b); return ok }
