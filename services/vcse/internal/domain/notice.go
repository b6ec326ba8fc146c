package domain

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"example.org/waypost/schemas/terms"
)

// Delivery is how far the e-mail of a notice got, as we keep it: the others are told less.
type Delivery string

// The deliveries. Seen and overtaken: nobody needs it any more. Phoned: somebody told them instead.
const (
	DeliveryWaiting   Delivery = "waiting"
	DeliverySent      Delivery = "sent"
	DeliveryFailed    Delivery = "failed"
	DeliveryNoAddress Delivery = "no_address"
	DeliverySeen      Delivery = "seen"
	DeliveryOvertaken Delivery = "overtaken"
	DeliveryPhoned    Delivery = "phoned"
)

// Notice is an e-mail that tells a provider of an offer. It names nobody.
type Notice struct {
	ID           string
	OfferID      string
	Organisation string
	Kind         terms.NoticeKind
	DueAt        time.Time
	MadeAt       time.Time
	State        Delivery
	Tries        int
	Refusals     int
	Code         int
	NextAt       time.Time
	ChangedAt    time.Time
	Version      int  // of what was last said of it; 0 when nothing was
	OnItsWay     bool // somebody is sending it just now, or died while sending it
}

// Pending tells whether somebody is still to be reached: by the e-mail, or by whoever phones.
func (n Notice) Pending() bool {
	return n.State == DeliveryWaiting || n.State == DeliveryFailed || n.State == DeliveryNoAddress
}

// Told is what the others hear of it.
func (n Notice) Told() terms.NoticeState {
	switch n.State {
	case DeliveryWaiting:
		return terms.NoticeWaiting
	case DeliverySent:
		return terms.NoticeSent
	case DeliveryFailed:
		return terms.NoticeFailed
	case DeliveryNoAddress:
		return terms.NoticeNoAddress
	case DeliveryPhoned:
		return terms.NoticePhoned
	}
	return terms.NoticeSettled
}

// Moot tells whether a waiting e-mail would say what is not so any more.
func (n Notice) Moot(o Offer) bool {
	asks := n.Kind == terms.NoticeNew || n.Kind == terms.NoticeDue
	return !o.RemovedAt.IsZero() || asks && o.State != terms.OfferOffered || n.Kind == terms.NoticeDue && !n.DueAt.Equal(o.AnswerDueAt)
}

// heardOf are the deliveries after which somebody there knows of the offer.
var heardOf = []Delivery{DeliverySent, DeliverySeen, DeliveryPhoned}

// Newest is the version of the last word that was said of an offer's notices; 0 when nothing was.
func Newest(all []Notice) (version int) {
	for _, n := range all {
		version = max(version, n.Version)
	}
	return version
}

// Phoned notes that somebody rang instead, when they had heard up to version that the e-mail does not arrive. Of what was said since nobody has told.
func (n *Notice) Phoned(version int, at time.Time) bool {
	if !n.Told().Phone() || n.Version > version {
		return false
	}
	n.Becomes(DeliveryPhoned, at)
	return true
}

// Ends is the notice that an offer which is over gives rise to; false when nobody there needs it: they were never told of the offer and
// never looked at it, or they ended it themselves.
func (o Offer) Ends(was terms.OfferState, earlier []Notice) (terms.NoticeKind, bool) {
	told := len(earlier) == 0 || slices.ContainsFunc(earlier, func(n Notice) bool { return slices.Contains(heardOf, n.State) || n.OnItsWay })
	if !was.Open() || !told {
		return "", false
	}
	switch o.State {
	case terms.OfferWithdrawn:
		return terms.NoticeWithdrawn, true
	case terms.OfferExpired:
		return terms.NoticeExpired, true
	}
	return "", false
}

// DueSoon tells whether to remind: the answer is due before soon, and half of its time is over, so that nobody who has little time to
// answer hears twice in a row.
func (o Offer) DueSoon(now, soon time.Time) bool {
	return o.State == terms.OfferOffered && now.Before(o.AnswerDueAt) && !o.AnswerDueAt.After(soon) && now.Sub(o.OfferedAt) >= o.AnswerDueAt.Sub(o.OfferedAt)/2
}

// MostRefusals is how often a server may say "not now" to one e-mail before somebody has to phone.
const MostRefusals = 8

// Away notes that the mail server could not be reached, or would not work with us: that says nothing about the address, and goes on for as
// long as it takes. chance is from 0 to 1.
func (n *Notice) Away(at time.Time, chance float64) { n.again(at, chance) }

// Refused notes the server's refusal of this e-mail: for good, or for now.
func (n *Notice) Refused(code int, forGood bool, at time.Time, chance float64) {
	n.Refusals++
	n.Code = code
	if forGood || n.Refusals >= MostRefusals {
		n.Becomes(DeliveryFailed, at)
		return
	}
	n.again(at, chance)
}

// Becomes ends the waiting.
func (n *Notice) Becomes(d Delivery, at time.Time) { n.State, n.ChangedAt = d, at }

func (n *Notice) again(at time.Time, chance float64) {
	n.ChangedAt, n.NextAt = at, at.Add(Backoff(n.Tries, chance))
}

// Backoff is how long to wait after so many tries: half a minute, doubled each time up to half an hour, and up to as much again by chance, so
// that what waited for the same server does not come all at once.
func Backoff(tries int, chance float64) time.Duration {
	d := 30 * time.Second << min(max(tries-1, 0), 6)
	d = min(d, 30*time.Minute)
	return d + time.Duration(chance*float64(d))
}

// Letter is what an e-mail says. It is made from what is the organisation's own, and from nothing that is known of a person.
type Letter struct {
	Organisation, Service string
	AnswerDueAt           time.Time
	StandDownDueAt        time.Time // zero: nobody has to confirm that they stopped
	Link                  string
	Simulated             bool
}

var noticeSubjects = map[terms.NoticeKind]string{
	terms.NoticeNew:       "Waypost: a new offer waits for your answer",
	terms.NoticeDue:       "Waypost: your answer to an offer is due soon",
	terms.NoticeWithdrawn: "Waypost: an offer was taken back",
	terms.NoticeExpired:   "Waypost: an offer was not answered in time",
}

// Subject is a constant for each kind: nothing that anybody typed comes into a header.
func (n Notice) Subject() string { return noticeSubjects[n.Kind] }

// Text is the e-mail in plain words; when says a time to people.
func (n Notice) Text(l Letter, when func(time.Time) string) string {
	var b strings.Builder
	line := func(words string) { b.WriteString(words + "\n") }
	line("To " + oneLine(l.Organisation))
	line("")
	stop := n.Kind == terms.NoticeWithdrawn && !l.StandDownDueAt.IsZero()
	switch n.Kind {
	case terms.NoticeNew:
		line("A new offer waits for your answer.")
	case terms.NoticeDue:
		line("An offer still waits for your answer, and it is due soon. After that it goes to another service.")
	case terms.NoticeWithdrawn:
		if stop {
			line("An offer that you had accepted was taken back. Please stop, and say that you did.")
		} else {
			line("An offer was taken back. You need not answer it.")
		}
	case terms.NoticeExpired:
		line("An offer was not answered in time and goes to another service.")
	}
	line("")
	line("Service: " + oneLine(l.Service))
	switch {
	case n.Kind == terms.NoticeNew || n.Kind == terms.NoticeDue:
		line("Answer by: " + when(l.AnswerDueAt))
	case stop:
		line("Say it by: " + when(l.StandDownDueAt))
	}
	line("See it: " + oneLine(l.Link))
	line("")
	line("You have to sign in to see it. This email does not say who it is about. Nobody reads replies to it.")
	if l.Simulated {
		line("")
		line("This is a demonstration: everybody in it is made up.")
	}
	return b.String()
}

// oneLine keeps a name in its line, whatever was typed.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}
