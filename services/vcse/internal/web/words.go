package web

import (
	"strings"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// status is the tag of an offer and the reason in a line beneath. The tag's words come from the one table both sides share.
func status(o domain.Offer, now time.Time) ui.Status {
	info, _ := terms.OfferStateByCode(o.State)
	tag := ui.Tag{Text: info.Receiver, Colour: colours[o.State]}
	switch {
	case o.MustStandDown():
		return ui.Status{Tag: ui.Tag{Text: "Stand down", Colour: ui.Red}, Reason: takenBack(o)}
	case o.State == terms.OfferOffered && o.AnswerDueAt.Before(now):
		tag = ui.Tag{Text: "Answer overdue", Colour: ui.Red}
	}
	return ui.Status{Tag: tag, Reason: reason(o, now)}
}

var colours = map[terms.OfferState]ui.Colour{
	terms.OfferOffered: ui.Blue, terms.OfferInformationAsked: ui.Yellow, terms.OfferWaitlisted: ui.Purple, terms.OfferAccepted: ui.Green,
	terms.OfferBounced: ui.Grey, terms.OfferExpired: ui.Orange, terms.OfferWithdrawn: ui.Grey, terms.OfferEnded: ui.Grey,
}

// reason says in a sentence why an offer stands as it does, and whose turn it is.
func reason(o domain.Offer, now time.Time) string {
	switch o.State {
	case terms.OfferOffered:
		return "Accept, ask, put on the waiting list or bounce."
	case terms.OfferInformationAsked:
		return "It is the sender's turn. " + receipt(o, now)
	case terms.OfferWaitlisted, terms.OfferAccepted:
		return receipt(o, now)
	case terms.OfferBounced:
		return terms.BounceReason(o.Reason).Label() + ". It is not your turn: Waypost sees to what comes next. " + receipt(o, now)
	case terms.OfferExpired:
		return "The time for your answer is over. You can still accept: it counts if nobody else has."
	case terms.OfferWithdrawn:
		return takenBack(o)
	case terms.OfferEnded:
		return o.Outcome.Label() + "."
	}
	return ""
}

func receipt(o domain.Offer, now time.Time) string {
	switch o.Receipt {
	case domain.ReceiptSent:
		return "Sent " + ui.Moment(o.AnsweredAt, now) + ". Waypost is checking it."
	case domain.ReceiptConfirmed:
		return "Your answer was received."
	}
	return ""
}

// takenBack says why an offer is not ours any more: the words of a refusal or of a withdrawal.
func takenBack(o domain.Offer) string {
	if r := terms.AnswerRefusal(o.Reason); r.Known() {
		return r.Label() + "."
	}
	if r := terms.OfferWithdrawalReason(o.Reason); r.Known() {
		return r.Label() + "."
	}
	return ""
}

// person is whom an offer is about, in a list.
func person(o domain.Offer) string {
	if o.Contact.Known() {
		return o.Contact.Name()
	}
	if !o.RemovedAt.IsZero() {
		return "Details removed"
	}
	return "Details not readable"
}

// title stands for the person where a name must not stand.
func title(o domain.Offer) string {
	if i := o.Contact.Initials(); i != "" {
		return i + ", " + reference(o.Reference)
	}
	return "Offer " + reference(o.Reference)
}

// reference is written in two halves, to be read out.
func reference(s string) string {
	if len(s) != terms.ReferenceLength {
		return s
	}
	return s[:len(s)/2] + " " + s[len(s)/2:]
}

// capacityWords is what is known of a service's room, and how old that is.
func capacityWords(c *domain.Capacity) string {
	if c == nil {
		return "Nobody has said how much room there is."
	}
	words := c.Status.Label()
	if c.PlacesFree != nil {
		words += ", " + ui.Count(*c.PlacesFree, "place", "places") + " free"
		if c.Reserved > 0 {
			words += " (" + ui.Count(c.Reserved, "is", "are") + " kept for open offers)"
		}
	}
	if c.Waiting != nil {
		words += ", " + ui.Count(*c.Waiting, "person", "people") + " waiting"
	}
	return words + "."
}

// confirmed says when somebody last counted: "Your places were last confirmed 9 days ago."
func confirmed(c *domain.Capacity, now time.Time) string {
	if c == nil {
		return "Say how much room there is, so that people are not sent to a closed door."
	}
	when := ui.Ago(c.ReportedAt, now) + " ago"
	if c.ReportedAt.After(now.Add(-time.Minute)) {
		when = "just now"
	}
	switch c.Freshness(now) {
	case terms.FreshnessFresh:
		return "Your places were last confirmed " + when + "."
	case terms.FreshnessStale:
		return "Your places were last confirmed " + when + " – confirm or change. Others see that it is getting old."
	}
	return "Your places were last confirmed " + when + " – confirm or change. Others now see “room unknown”."
}

func sessions(s domain.Service) ui.Component {
	var out ui.List
	for _, x := range s.Sessions {
		words := x.Weekday.Label()
		if x.From != "" {
			words += ", " + x.From
		}
		if x.To != "" {
			words += " to " + x.To
		}
		if x.Place != nil && *x.Place < len(s.Places) && len(s.Places) > 1 {
			words += ", " + where(s.Places[*x.Place])
		}
		out = append(out, ui.Text(words))
	}
	return out
}

func where(p domain.Place) string {
	var out []string
	for _, s := range []string{p.Name, p.Address, p.Postcode} {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func places(s domain.Service) ui.Component {
	var out ui.List
	for _, p := range s.Places {
		out = append(out, ui.Text(where(p)))
	}
	return out
}

func ages(s domain.Service) string {
	switch {
	case s.MinimumAge != nil && s.MaximumAge != nil:
		return number(*s.MinimumAge) + " to " + number(*s.MaximumAge)
	case s.MinimumAge != nil:
		return number(*s.MinimumAge) + " and over"
	case s.MaximumAge != nil:
		return "Up to " + number(*s.MaximumAge)
	}
	return ""
}

func labels[T interface{ Label() string }](list []T) string {
	var out []string
	for _, x := range list {
		out = append(out, x.Label())
	}
	return strings.Join(out, ", ")
}

// name is what somebody is called, or what to say when the register has not told us.
func name(names map[string]string, id, otherwise string) string {
	if n := names[id]; n != "" {
		return n
	}
	return otherwise
}

// sender is who sent the referral.
func sender(v app.OfferView) string {
	organisation := name(v.Names, v.SenderOrganisation, "an organisation that is not registered yet")
	if v.RequestedBy != "" {
		return name(v.Names, v.RequestedBy, "Somebody") + ", " + organisation
	}
	return organisation
}
