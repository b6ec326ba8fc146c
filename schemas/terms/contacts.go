package terms

// ContactHow is how somebody was contacted.
type ContactHow string

// The ways of contact.
const (
	ContactPhone     ContactHow = "phone"
	ContactText      ContactHow = "text"
	ContactEmail     ContactHow = "email"
	ContactLetter    ContactHow = "letter"
	ContactVideo     ContactHow = "video"
	ContactInPerson  ContactHow = "in_person"
	ContactHomeVisit ContactHow = "home_visit"
)

// ContactHows is every way of contact.
var ContactHows = []Term[ContactHow]{
	{ContactPhone, "Phone"},
	{ContactText, "Text message"},
	{ContactEmail, "Email"},
	{ContactLetter, "Letter"},
	{ContactVideo, "Video"},
	{ContactInPerson, "In person"},
	{ContactHomeVisit, "Home visit"},
}

// Label is the way in plain English.
func (h ContactHow) Label() string { return labelOf(ContactHows, h) }

// Known tells whether the list has the code.
func (h ContactHow) Known() bool { _, ok := find(ContactHows, h); return ok }

// ContactResult is what came of a contact.
type ContactResult string

// The results of a contact.
const (
	ContactReached      ContactResult = "reached"
	ContactNotReached   ContactResult = "not_reached"
	ContactMessageLeft  ContactResult = "message_left"
	ContactDidNotAttend ContactResult = "did_not_attend"
)

// ContactResults is every result of a contact.
var ContactResults = []Term[ContactResult]{
	{ContactReached, "Spoke with them"},
	{ContactNotReached, "No answer"},
	{ContactMessageLeft, "Left a message"},
	{ContactDidNotAttend, "They did not come"},
}

// Label is the result in plain English.
func (r ContactResult) Label() string { return labelOf(ContactResults, r) }

// Known tells whether the list has the code.
func (r ContactResult) Known() bool { _, ok := find(ContactResults, r); return ok }

// AttendanceResult is whether somebody came to a session.
type AttendanceResult string

// The results of a session.
const (
	AttendanceAttended     AttendanceResult = "attended"
	AttendanceDidNotAttend AttendanceResult = "did_not_attend"
	AttendanceCancelled    AttendanceResult = "cancelled"
)

// AttendanceResults is every result of a session.
var AttendanceResults = []Term[AttendanceResult]{
	{AttendanceAttended, "Came"},
	{AttendanceDidNotAttend, "Did not come"},
	{AttendanceCancelled, "Cancelled"},
}

// Label is the result in plain English.
func (r AttendanceResult) Label() string { return labelOf(AttendanceResults, r) }

// Known tells whether the list has the code.
func (r AttendanceResult) Known() bool { _, ok := find(AttendanceResults, r); return ok }

// SignpostResult is what came of a signpost.
type SignpostResult string

// The results of a signpost.
const (
	SignpostHelped        SignpostResult = "went_and_it_helped"
	SignpostNotHelped     SignpostResult = "went_and_it_did_not_help"
	SignpostDidNotGo      SignpostResult = "did_not_go"
	SignpostTurnedAway    SignpostResult = "turned_away"
	SignpostCouldNotReach SignpostResult = "could_not_reach"
	SignpostWantsReferral SignpostResult = "wants_a_referral"
)

// SignpostResults is every result of a signpost.
var SignpostResults = []Term[SignpostResult]{
	{SignpostHelped, "They went and it helped"},
	{SignpostNotHelped, "They went and it did not help"},
	{SignpostDidNotGo, "They did not go"},
	{SignpostTurnedAway, "They went and were turned away"},
	{SignpostCouldNotReach, "We could not reach them"},
	{SignpostWantsReferral, "They would like a referral instead"},
}

// Label is the result in plain English.
func (r SignpostResult) Label() string { return labelOf(SignpostResults, r) }

// Known tells whether the list has the code.
func (r SignpostResult) Known() bool { _, ok := find(SignpostResults, r); return ok }
