package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

func waiting(kind terms.NoticeKind) domain.Notice {
	return domain.Notice{ID: "n", Kind: kind, State: domain.DeliveryWaiting, MadeAt: at, NextAt: at, Tries: 1}
}

// A refusal for good is the end; "not now" is the end after a while; a server that is away never is: that says nothing of the address.
func TestWhenAnEmailHasFailed(t *testing.T) {
	t.Parallel()
	n := waiting(terms.NoticeNew)
	n.Refused(550, true, at, 0)
	require.Equal(t, domain.DeliveryFailed, n.State)
	require.Equal(t, terms.NoticeFailed, n.Told())
	require.Equal(t, 550, n.Code)

	n = waiting(terms.NoticeNew)
	for i := range domain.MostRefusals {
		require.Equal(t, domain.DeliveryWaiting, n.State, "refusal %d", i)
		n.Refused(451, false, at, 0)
	}
	require.Equal(t, domain.DeliveryFailed, n.State)

	n = waiting(terms.NoticeNew)
	for range 100 {
		n.Tries++
		n.Away(at, 0.5)
	}
	require.Equal(t, domain.DeliveryWaiting, n.State)
	require.Equal(t, terms.NoticeWaiting, n.Told())
	require.Equal(t, at.Add(45*time.Minute), n.NextAt)
}

func TestTriesComeLessAndLessOften(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for tries := range 12 {
		d := domain.Backoff(tries, 0)
		require.GreaterOrEqual(t, d, last)
		require.LessOrEqual(t, domain.Backoff(tries, 1), 2*d)
		require.Greater(t, d, time.Duration(0))
		last = d
	}
	require.Equal(t, 30*time.Second, domain.Backoff(1, 0))
	require.Equal(t, 30*time.Minute, domain.Backoff(1000, 0))
}

// Whoever never heard of an offer is not told that it is over.
func TestWhoIsToldThatAnOfferIsOver(t *testing.T) {
	t.Parallel()
	with := func(d domain.Delivery) []domain.Notice {
		n := waiting(terms.NoticeNew)
		n.State = d
		return []domain.Notice{n}
	}
	o := offered()
	o.State = terms.OfferWithdrawn
	for d, want := range map[domain.Delivery]bool{
		domain.DeliverySent: true, domain.DeliverySeen: true, domain.DeliveryPhoned: true, domain.DeliveryWaiting: false, domain.DeliveryFailed: false, domain.DeliveryNoAddress: false,
	} {
		kind, ok := o.Ends(terms.OfferOffered, with(d))
		require.Equal(t, want, ok, "%s", d)
		if ok {
			require.Equal(t, terms.NoticeWithdrawn, kind)
		}
	}
	_, ok := o.Ends(terms.OfferOffered, nil)
	require.True(t, ok, "e-mail was switched on after it came")
	sending := with(domain.DeliveryWaiting)
	sending[0].OnItsWay = true
	_, ok = o.Ends(terms.OfferOffered, sending)
	require.True(t, ok, "it may be arriving just now")
	_, ok = o.Ends(terms.OfferBounced, with(domain.DeliverySent))
	require.False(t, ok, "they ended it themselves")
	o.State = terms.OfferExpired
	kind, _ := o.Ends(terms.OfferOffered, with(domain.DeliverySent))
	require.Equal(t, terms.NoticeExpired, kind)
	o.State = terms.OfferEnded
	_, ok = o.Ends(terms.OfferAccepted, with(domain.DeliverySent))
	require.False(t, ok)
}

// Whoever phoned told of what they had heard of, and of nothing newer.
func TestWhatACallTellsOf(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		is            domain.Delivery
		said, upTo    int
		phoned, still bool
	}{
		{domain.DeliveryFailed, 1, 1, true, false},
		{domain.DeliveryNoAddress, 1, 3, true, false},
		{domain.DeliveryFailed, 2, 1, false, true},
		{domain.DeliveryWaiting, 0, 1, false, true},
		{domain.DeliverySent, 1, 1, false, false},
	} {
		n := waiting(terms.NoticeNew)
		n.State, n.Version = x.is, x.said
		require.Equal(t, x.phoned, n.Phoned(x.upTo, at), "%+v", x)
		require.Equal(t, x.still, n.Pending(), "%+v", x)
		if x.phoned {
			require.Equal(t, terms.NoticePhoned, n.Told())
			require.Equal(t, at, n.ChangedAt)
		}
	}
}

func TestWhenSomebodyIsReminded(t *testing.T) {
	t.Parallel()
	o := offered()
	o.OfferedAt, o.AnswerDueAt = at, at.Add(72*time.Hour)
	soon := func(now time.Time) bool { return o.DueSoon(now, now.Add(31*time.Hour)) }
	require.False(t, soon(at))
	require.False(t, soon(at.Add(40*time.Hour)))
	require.True(t, soon(at.Add(48*time.Hour)))
	require.False(t, soon(at.Add(72*time.Hour)), "it is late now")
	o.AnswerDueAt = at.Add(8 * time.Hour)
	require.False(t, soon(at.Add(time.Hour)), "they were told of it an hour ago")
	require.True(t, soon(at.Add(5*time.Hour)))
	o.State = terms.OfferAccepted
	require.False(t, soon(at.Add(5*time.Hour)))
}

func TestAnEmailThatIsNotSoAnyMoreIsMoot(t *testing.T) {
	t.Parallel()
	o := offered()
	o.AnswerDueAt = at
	due := waiting(terms.NoticeDue)
	due.DueAt = at
	require.False(t, due.Moot(o))
	require.False(t, waiting(terms.NoticeNew).Moot(o))
	due.DueAt = at.Add(time.Hour)
	require.True(t, due.Moot(o), "they have more time now")
	o.State = terms.OfferAccepted
	require.True(t, waiting(terms.NoticeNew).Moot(o))
	require.False(t, waiting(terms.NoticeWithdrawn).Moot(o))
	o.RemovedAt = at
	require.True(t, waiting(terms.NoticeWithdrawn).Moot(o))
}

// A name that somebody typed stays in its line, so that it can not pass for another part of the e-mail.
func TestAnEmailSaysWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	when := func(time.Time) string { return "Friday" }
	l := domain.Letter{Organisation: "Good Company\r\nBcc: thief@example.net", Service: "Lunch\u2028club\n\nSee it: https://evil.example.net", AnswerDueAt: at, Link: "https://waypost.example.org/provider/offers/1"}
	text := waiting(terms.NoticeNew).Text(l, when)
	require.Contains(t, text, "To Good Company Bcc: thief@example.net\n")
	require.Contains(t, text, "Service: Lunch club See it: https://evil.example.net\n")
	require.Contains(t, text, "Answer by: Friday\n")
	require.Contains(t, text, "\nSee it: https://waypost.example.org/provider/offers/1\n")
	require.Equal(t, 1, strings.Count(text, "\nSee it: "))
	require.NotContains(t, text, "\r")

	require.Contains(t, waiting(terms.NoticeWithdrawn).Text(l, when), "You need not answer it")
	l.StandDownDueAt = at
	require.NotContains(t, waiting(terms.NoticeWithdrawn).Text(l, when), "You need not answer it")
	require.Contains(t, waiting(terms.NoticeWithdrawn).Text(l, when), "Say it by: Friday")
	require.NotContains(t, waiting(terms.NoticeExpired).Text(l, when), "Answer by")
	for _, k := range terms.NoticeKinds {
		require.NotEmpty(t, waiting(k.Code).Subject())
		require.NotContains(t, waiting(k.Code).Subject(), "\n")
	}
}
