package terms

import "time"

// Clock is a time by which somebody owes the next step.
type Clock string

// The clocks.
const (
	ClockRedFlag         Clock = "red_flag"
	ClockTriage          Clock = "triage"
	ClockOffer           Clock = "offer"
	ClockReservation     Clock = "reservation"
	ClockDuplicateChoice Clock = "duplicate_choice"
	ClockInformation     Clock = "information"
	ClockEscalation      Clock = "escalation"
	ClockStandDown       Clock = "stand_down"
	ClockFirstContact    Clock = "first_contact"
	ClockWaitlist        Clock = "waitlist_review"
	ClockUnderWay        Clock = "progress_review"
	ClockSignpost        Clock = "signpost_follow_up"
	ClockMDTAction       Clock = "mdt_action"
	ClockCaseHolder      Clock = "case_holder"
	ClockRemoval         Clock = "removal"
	ClockConsent         Clock = "consent"
	ClockPhone           Clock = "phone"
	ClockParked          Clock = "parked"
)

// ClockInfo is a clock's default; an area may set its own. One of the three ways to count is set.
type ClockInfo struct {
	Code  Clock
	Label string // what is owed

	Elapsed     time.Duration // by the wall clock, nights and weekends too
	WorkingDays int           // Monday to Friday without bank holidays, to the end of the day
	NextMeeting bool          // by the next meeting of the team

	Owes  Party
	Given string // where the default comes from
}

func (c ClockInfo) code() Clock { return c.Code }

func (c ClockInfo) label() string { return c.Label }

const (
	givenByDesign = "design"
	givenHere     = "our choice: the design says only that a clock runs"
)

// Clocks is every clock with its default.
var Clocks = []ClockInfo{
	{Code: ClockRedFlag, Label: "Acknowledge the red flag", Elapsed: 15 * time.Minute, Owes: PartySender, Given: givenByDesign},
	{Code: ClockTriage, Label: "Triage", WorkingDays: 2, Owes: PartyReceiver, Given: givenByDesign},
	{Code: ClockOffer, Label: "Answer the offer", WorkingDays: 3, Owes: PartyReceiver, Given: givenByDesign},
	{Code: ClockReservation, Label: "Answer before the place goes back", WorkingDays: 3, Owes: PartyReceiver, Given: givenByDesign},
	{Code: ClockDuplicateChoice, Label: "Say whether it is a duplicate", WorkingDays: 1, Owes: PartySender, Given: givenByDesign},
	{Code: ClockInformation, Label: "Give the information asked for", WorkingDays: 2, Owes: PartySender, Given: givenHere},
	{Code: ClockEscalation, Label: "Find a way for the escalated referral", WorkingDays: 2, Owes: PartyCoordinator, Given: givenHere},
	{Code: ClockStandDown, Label: "Confirm that you stand down", WorkingDays: 1, Owes: PartyReceiver, Given: givenHere},
	{Code: ClockFirstContact, Label: "Make first contact", WorkingDays: 5, Owes: PartyReceiver, Given: givenHere},
	{Code: ClockWaitlist, Label: "Say how the waiting list moves", WorkingDays: 20, Owes: PartyReceiver, Given: givenHere},
	{Code: ClockUnderWay, Label: "Say how it is going", WorkingDays: 60, Owes: PartyReceiver, Given: givenHere},
	{Code: ClockSignpost, Label: "Ask how the signpost went", WorkingDays: 10, Owes: PartySender, Given: givenHere},
	{Code: ClockMDTAction, Label: "Do the agreed action", NextMeeting: true, Owes: PartyReceiver, Given: givenByDesign},
	{Code: ClockCaseHolder, Label: "Accept or refuse to hold the case", WorkingDays: 2, Owes: PartyReceiver, Given: givenHere},
	// Counted back from the day on which consent ends: so long before it they are to be asked again.
	{Code: ClockConsent, Label: "Ask again before their consent ends", WorkingDays: 5, Owes: PartySender, Given: givenHere},
	{Code: ClockRemoval, Label: "Acknowledge that the copy was removed", WorkingDays: 1, Owes: PartyReceiver, Given: givenHere},
	{Code: ClockPhone, Label: "Phone whoever no email reaches", WorkingDays: 1, Owes: PartySender, Given: givenHere},
	{Code: ClockParked, Label: "Look at an event that could not be applied", Elapsed: 4 * time.Hour, Owes: PartyCoordinator, Given: givenHere},
}

// ClockByCode looks a clock up.
func ClockByCode(code Clock) (ClockInfo, bool) { return find(Clocks, code) }

// Label is what is owed, in plain English.
func (c Clock) Label() string { return labelOf(Clocks, c) }

// Known tells whether the list has the code.
func (c Clock) Known() bool { _, ok := find(Clocks, c); return ok }

// MaxBounces is after how many bounces a referral goes to a named person instead of the next receiver (design).
const MaxBounces = 3
