package terms

// OverlapChoice is what a sender does when somebody who helps already may do this too.
type OverlapChoice string

// The three ways. Nothing is sent after the last, so it stands in no event.
const (
	OverlapJoin OverlapChoice = "join"
	OverlapSend OverlapChoice = "send"
	OverlapStop OverlapChoice = "stop"
)

// OverlapChoices is every way, in the order of a form.
var OverlapChoices = []Term[OverlapChoice]{
	{OverlapJoin, "Ask them to help with this too, and send nothing new"},
	{OverlapSend, "Send it all the same"},
	{OverlapStop, "Stop: send nothing"},
}

// Label is the choice in plain English.
func (c OverlapChoice) Label() string { return labelOf(OverlapChoices, c) }

// Known tells whether the list has the code.
func (c OverlapChoice) Known() bool { _, ok := find(OverlapChoices, c); return ok }

// JoinWorker stands in a form before the id of a person who is asked to do this too; before a referral's id stands nothing.
const JoinWorker = "worker:"

// OverlapAnswer is what a sender was shown of who helps already, and what they chose. Every service that sends asks for it alike.
type OverlapAnswer struct {
	Helping *int // how many were shown as helping already; nil when the panel could not answer
	Shown   *int // how many of them, or who work with the person, may do this too; nil like Helping
	Choice  OverlapChoice
	With    string // the referral to join; "" leaves it to coordination
	Worker  string // or who works with the person and is asked instead
	Reason  SendReason
	Note    string // what the sender adds in their own words
}

// Missing names what must be answered before sending: "overlap", "send_reason", or "" when nothing is. What was not shown need not be
// answered: that the panel is down stops nobody.
func (a OverlapAnswer) Missing() string {
	switch {
	case a.Choice != "" && a.Choice != OverlapJoin && a.Choice != OverlapSend:
		return "overlap"
	case a.Reason != "" && !a.Reason.Known():
		return "send_reason"
	case a.Choice == OverlapJoin || a.Reason != "":
		return ""
	case a.Choice == OverlapSend:
		return "send_reason"
	case a.Shown != nil && *a.Shown > 0:
		return "overlap"
	}
	return ""
}

// Sent is the choice as it travels: a reason alone says that it is sent all the same.
func (a OverlapAnswer) Sent() OverlapChoice {
	if a.Choice == "" && a.Reason != "" {
		return OverlapSend
	}
	return a.Choice
}
