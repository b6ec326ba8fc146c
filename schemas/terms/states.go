package terms

// ReferralState is where a referral stands.
type ReferralState string

// The states of a referral.
const (
	ReferralRequested        ReferralState = "requested"
	ReferralChecked          ReferralState = "checked"
	ReferralHeld             ReferralState = "held"
	ReferralOffered          ReferralState = "offered"
	ReferralInformationAsked ReferralState = "information_asked"
	ReferralWaitlisted       ReferralState = "waitlisted"
	ReferralAccepted         ReferralState = "accepted"
	ReferralUnderWay         ReferralState = "under_way"
	ReferralEscalated        ReferralState = "escalated"
	ReferralJoined           ReferralState = "joined"
	ReferralWithdrawn        ReferralState = "withdrawn"
	ReferralClosed           ReferralState = "closed"
)

// ReferralStateInfo describes a state of a referral.
type ReferralStateInfo struct {
	Code   ReferralState
	Label  string
	Sender string // the tag on the sender's page: whose turn it is, in words
	Open   bool   // somebody still owes a step
	// FHIR is ServiceRequest.status (R4). A refusal is never there: it is on the Task, see OfferStates.
	FHIR string
}

func (s ReferralStateInfo) code() ReferralState { return s.Code }

func (s ReferralStateInfo) label() string { return s.Label }

// ReferralStates is every state of a referral, in the order a referral may go through them.
var ReferralStates = []ReferralStateInfo{
	{Code: ReferralRequested, Label: "Requested", Sender: "Sent, being checked", Open: true, FHIR: "active"},
	{Code: ReferralChecked, Label: "Checked", Sender: "Checked, finding who can help", Open: true, FHIR: "active"},
	{Code: ReferralHeld, Label: "Held", Sender: "Possible duplicate: you decide", Open: true, FHIR: "on-hold"},
	{Code: ReferralOffered, Label: "Offered", Sender: "Waiting for an answer", Open: true, FHIR: "active"},
	{Code: ReferralInformationAsked, Label: "Information asked", Sender: "They ask you for more information", Open: true, FHIR: "active"},
	{Code: ReferralWaitlisted, Label: "On a waiting list", Sender: "On a waiting list", Open: true, FHIR: "active"},
	{Code: ReferralAccepted, Label: "Accepted", Sender: "Accepted, first contact to come", Open: true, FHIR: "active"},
	{Code: ReferralUnderWay, Label: "Under way", Sender: "Help is under way", Open: true, FHIR: "active"},
	{Code: ReferralEscalated, Label: "Escalated", Sender: "A named person is finding a way", Open: true, FHIR: "active"},
	{Code: ReferralJoined, Label: "Joined", Sender: "Joined to help that was there already", FHIR: "revoked"},
	{Code: ReferralWithdrawn, Label: "Withdrawn", Sender: "Withdrawn", FHIR: "revoked"},
	{Code: ReferralClosed, Label: "Closed", Sender: "Ended", FHIR: "completed"},
}

// ReferralStateByCode looks a state up.
func ReferralStateByCode(code ReferralState) (ReferralStateInfo, bool) {
	return find(ReferralStates, code)
}

// Label is the state in plain English.
func (s ReferralState) Label() string { return labelOf(ReferralStates, s) }

// Known tells whether the list has the code.
func (s ReferralState) Known() bool { _, ok := find(ReferralStates, s); return ok }

// Open tells whether somebody still owes a step.
func (s ReferralState) Open() bool { i, _ := find(ReferralStates, s); return i.Open }

// OfferState is where an offer stands.
type OfferState string

// The states of an offer.
const (
	OfferOffered          OfferState = "offered"
	OfferInformationAsked OfferState = "information_asked"
	OfferAccepted         OfferState = "accepted"
	OfferWaitlisted       OfferState = "waitlisted"
	OfferBounced          OfferState = "bounced"
	OfferExpired          OfferState = "expired"
	OfferWithdrawn        OfferState = "withdrawn"
	OfferEnded            OfferState = "ended"
)

// OfferStateInfo describes a state of an offer.
type OfferStateInfo struct {
	Code     OfferState
	Label    string
	Receiver string // the tag on the receiver's page: whose turn it is, in words
	Open     bool
	// FHIR is Task.status, out of Gravity's ReferralTaskStatus (which leaves out ready and received).
	FHIR string
}

func (s OfferStateInfo) code() OfferState { return s.Code }

func (s OfferStateInfo) label() string { return s.Label }

// OfferStates is every state of an offer.
var OfferStates = []OfferStateInfo{
	{Code: OfferOffered, Label: "Offered", Receiver: "Answer needed", Open: true, FHIR: "requested"},
	{Code: OfferInformationAsked, Label: "Information asked", Receiver: "Waiting for the sender's answer", Open: true, FHIR: "on-hold"},
	{Code: OfferWaitlisted, Label: "On the waiting list", Receiver: "On your waiting list", Open: true, FHIR: "on-hold"},
	{Code: OfferAccepted, Label: "Accepted", Receiver: "You accepted this", Open: true, FHIR: "accepted"},
	{Code: OfferBounced, Label: "Bounced", Receiver: "You bounced this", FHIR: "rejected"},
	{Code: OfferExpired, Label: "Expired", Receiver: "Not answered in time", FHIR: "failed"},
	{Code: OfferWithdrawn, Label: "Withdrawn", Receiver: "Taken back: nothing to do", FHIR: "cancelled"},
	{Code: OfferEnded, Label: "Ended", Receiver: "Support has ended", FHIR: "completed"},
}

// OfferStateByCode looks a state up.
func OfferStateByCode(code OfferState) (OfferStateInfo, bool) { return find(OfferStates, code) }

// Label is the state in plain English.
func (s OfferState) Label() string { return labelOf(OfferStates, s) }

// Known tells whether the list has the code.
func (s OfferState) Known() bool { _, ok := find(OfferStates, s); return ok }

// Open tells whether the offer still needs something from somebody.
func (s OfferState) Open() bool { i, _ := find(OfferStates, s); return i.Open }

// Party is who owes the next step.
type Party string

// The parties.
const (
	PartySender      Party = "sender"
	PartyReceiver    Party = "receiver"
	PartyCoordinator Party = "coordinator"
	PartyNobody      Party = "nobody"
)

// Parties is every party.
var Parties = []Term[Party]{
	{PartySender, "The sender"},
	{PartyReceiver, "The receiver"},
	{PartyCoordinator, "The area's office"},
	{PartyNobody, "Nobody"},
}

// Label is the party in plain English.
func (p Party) Label() string { return labelOf(Parties, p) }

// Known tells whether the list has the code.
func (p Party) Known() bool { _, ok := find(Parties, p); return ok }
