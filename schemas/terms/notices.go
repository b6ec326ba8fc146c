package terms

// NoticeKind is what an organisation is told of an offer by e-mail, so that nobody has to watch a tray.
type NoticeKind string

// The kinds of notice.
const (
	NoticeNew       NoticeKind = "new"
	NoticeDue       NoticeKind = "due"
	NoticeWithdrawn NoticeKind = "withdrawn"
	NoticeExpired   NoticeKind = "expired"
)

// NoticeKinds is every kind of notice.
var NoticeKinds = []Term[NoticeKind]{
	{NoticeNew, "A new offer"},
	{NoticeDue, "An answer that is due soon"},
	{NoticeWithdrawn, "An offer that was taken back"},
	{NoticeExpired, "An offer that nobody answered in time"},
}

// Label is the kind in plain English.
func (k NoticeKind) Label() string { return labelOf(NoticeKinds, k) }

// Known tells whether the list has the code.
func (k NoticeKind) Known() bool { _, ok := find(NoticeKinds, k); return ok }

// NoticeState is how far its e-mail got.
type NoticeState string

// The states of a notice.
const (
	NoticeWaiting   NoticeState = "waiting"
	NoticeSent      NoticeState = "sent"
	NoticeFailed    NoticeState = "failed"
	NoticeNoAddress NoticeState = "no_address"
	NoticePhoned    NoticeState = "phoned"
	NoticeSettled   NoticeState = "settled"
)

// NoticeStates is every state of a notice.
var NoticeStates = []Term[NoticeState]{
	{NoticeWaiting, "Email not sent yet: it is tried again"},
	{NoticeSent, "Emailed"},
	{NoticeFailed, "Email failed: phone them"},
	{NoticeNoAddress, "No email address: phone them"},
	{NoticePhoned, "Phoned"},
	{NoticeSettled, "They have seen it"},
}

// Label is the state in plain English.
func (s NoticeState) Label() string { return labelOf(NoticeStates, s) }

// Known tells whether the list has the code.
func (s NoticeState) Known() bool { _, ok := find(NoticeStates, s); return ok }

// Phone tells whether somebody must ring the organisation, because no e-mail reaches it.
func (s NoticeState) Phone() bool { return s == NoticeFailed || s == NoticeNoAddress }
