package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// Post sends one e-mail in plain text. id is its Message-ID, the same each time it is tried, so that a mailbox can tell a second copy. A
// refusal of this one e-mail is a Refusal; any other error is about the server.
type Post interface {
	Send(ctx context.Context, to, subject, text, id string) error
}

// Refusal is how a mail server says that it does not take this e-mail.
type Refusal interface {
	error
	Refused() (code int, forGood bool)
}

// Mail is how organisations are told. Post nil: they are not, and every page says so.
type Mail struct {
	Post      Post
	Public    string // the address people open Waypost at, without a slash at the end
	Simulated bool
}

const (
	noticeLease = 5 * time.Minute // longer than a whole batch may take
	noticeBatch = 10              // sent in less time than health takes for a loop that hangs, also by a server that hardly answers
	noticeTakes = 8 * time.Second // to send one
)

// notify writes an e-mail to be sent, in the transaction of what it tells of.
func (a *App) notify(ctx context.Context, tx pgx.Tx, o domain.Offer, kind terms.NoticeKind) error {
	if a.Mail.Post == nil || !o.RemovedAt.IsZero() {
		return nil
	}
	n := domain.Notice{ID: a.NewID(), OfferID: o.ID, Organisation: o.Organisation, Kind: kind, DueAt: a.now(), MadeAt: a.now()}
	if kind == terms.NoticeDue {
		n.DueAt = o.AnswerDueAt
	}
	return store.AddNotice(ctx, tx, n)
}

// ended tells who was told of an offer that it is over, and nobody needs to phone about it any more.
func (a *App) ended(ctx context.Context, tx pgx.Tx, o domain.Offer, was terms.OfferState) error {
	earlier, err := a.settleNotices(ctx, tx, o, domain.DeliveryOvertaken)
	if err != nil {
		return err
	}
	if kind, ok := o.Ends(was, earlier); ok {
		return a.notify(ctx, tx, o, kind)
	}
	return nil
}

// settleNotices ends what still waits of an offer's notices, because somebody there has seen it or because it is over. It returns them as
// they stood.
func (a *App) settleNotices(ctx context.Context, tx pgx.Tx, o domain.Offer, as domain.Delivery) ([]domain.Notice, error) {
	all, err := store.LockNotices(ctx, tx, o.ID)
	if err != nil {
		return nil, err
	}
	now, was := a.now(), slices.Clone(all)
	for i := range all {
		if !all[i].Pending() {
			continue
		}
		all[i].Becomes(as, now)
		if all[i].Version > 0 { // somebody was told that it had not got through
			if err := a.sayNotice(ctx, tx, o, &all[i], all); err != nil {
				return nil, err
			}
		}
		if err := store.SaveNotice(ctx, tx, all[i]); err != nil {
			return nil, err
		}
	}
	return was, nil
}

// sayNotice tells the others how far n got; all are the offer's notices, locked.
func (a *App) sayNotice(ctx context.Context, tx pgx.Tx, o domain.Offer, n *domain.Notice, all []domain.Notice) error {
	n.Version = domain.Newest(all) + 1
	return a.say(ctx, tx, o.PatientRef, &vcse.NoticeRecordedV1{
		PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID, NoticeID: n.ID, Kind: n.Kind, State: n.Told(), Version: n.Version, At: n.ChangedAt,
	}, nil)
}

// SendNotices writes what should be reminded of, and sends some of what waits; the next call sends more. What can not be sent is
// tried again later; the error is that of the server, so that whoever watches the loop sees that mail stands still.
func (a *App) SendNotices(ctx context.Context) (sent int, err error) {
	if a.Mail.Post == nil {
		return 0, nil
	}
	if err := a.remind(ctx); err != nil {
		return 0, fmt.Errorf("send notices: %w", err)
	}
	if sent, err = a.sendBatch(ctx); err != nil {
		return sent, fmt.Errorf("send notices: %w", err)
	}
	return sent, nil
}

func (a *App) remind(ctx context.Context) error {
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		now := a.now()
		soon := a.Times.Calendar().AddWorkingDays(now, 1)
		late, err := store.NotReminded(ctx, tx, now, soon, 500)
		if err != nil {
			return err
		}
		for _, o := range late {
			if !o.DueSoon(now, soon) {
				continue
			}
			if err := a.notify(ctx, tx, o, terms.NoticeDue); err != nil {
				return err
			}
			if err := acted(ctx, tx, "remind", "offer", o.ID, o.PatientRef); err != nil {
				return err
			}
		}
		return nil
	})
}

// errand is one claimed e-mail with what it needs to be written.
type errand struct {
	domain.Notice
	offer   domain.Offer
	to      string
	name    string
	service string
}

// sendBatch claims, sends and records. Once the server did not answer the rest of the claim is put back unsent.
func (a *App) sendBatch(ctx context.Context) (sent int, err error) {
	all, err := a.claim(ctx)
	if err != nil {
		return 0, err
	}
	var away error
	for _, e := range all {
		var said error
		switch {
		case e.Moot(e.offer) || e.to == "":
		case away != nil:
			said = away
		default:
			said = a.post(ctx, e)
		}
		var no Refusal
		if said != nil && !errors.As(said, &no) {
			away = said
		}
		if err := a.record(context.WithoutCancel(ctx), e, said); err != nil { // it was sent: a stop must not forget that
			return sent, err
		}
		if said == nil && e.to != "" && !e.Moot(e.offer) {
			sent++
		}
	}
	return sent, away
}

func (a *App) claim(ctx context.Context) (out []errand, err error) {
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		out = nil
		all, err := store.ClaimNotices(ctx, tx, a.now(), a.now().Add(noticeLease), noticeBatch)
		if err != nil {
			return err
		}
		for _, n := range all {
			e := errand{Notice: n}
			if e.offer, err = store.Offer(ctx, tx, n.OfferID); err != nil {
				return err
			}
			o, err := who.OrganisationByID(ctx, tx, n.Organisation)
			if err != nil && !errors.Is(err, who.ErrNoOrganisation) {
				return err
			}
			called, err := store.ServiceNames(ctx, tx, []string{e.offer.ServiceID})
			if err != nil {
				return err
			}
			e.to, e.name, e.service = o.Email, o.Name, called[e.offer.ServiceID]
			out = append(out, e)
		}
		return nil
	})
	return out, err
}

func (a *App) post(ctx context.Context, e errand) error {
	ctx, cancel := context.WithTimeout(ctx, noticeTakes)
	defer cancel()
	text := e.Text(domain.Letter{
		Organisation: e.name, Service: e.service, AnswerDueAt: e.offer.AnswerDueAt, StandDownDueAt: e.offer.StandDownDueAt,
		Link: a.Mail.Public + "/provider/offers/" + e.OfferID, Simulated: a.Mail.Simulated,
	}, moment)
	return a.Mail.Post.Send(ctx, e.to, e.Subject(), text, e.ID)
}

func moment(t time.Time) string {
	return t.In(clock.London).Format("Monday 2 January 2006, 15:04")
}

// record writes what came of one e-mail, and says it when the sender of the referral should know.
func (a *App) record(ctx context.Context, e errand, said error) error {
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.LockNotices(ctx, tx, e.OfferID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(n domain.Notice) bool { return n.ID == e.ID })
		if i < 0 || all[i].State != domain.DeliveryWaiting || all[i].Tries != e.Tries {
			return nil // seen, overtaken, or another's by now
		}
		n := &all[i]
		tell := true
		var no Refusal
		switch now := a.now(); {
		case e.Moot(e.offer):
			n.Becomes(domain.DeliveryOvertaken, now)
			tell = n.Version > 0
		case e.to == "":
			n.Becomes(domain.DeliveryNoAddress, now)
		case said == nil:
			n.Becomes(domain.DeliverySent, now)
		case errors.As(said, &no):
			code, forGood := no.Refused()
			n.Refused(code, forGood, now, rand.Float64())
			tell = n.State == domain.DeliveryFailed || n.Version == 0
		default:
			n.Away(now, rand.Float64())
			tell = n.Version == 0
		}
		if tell {
			if err := a.sayNotice(ctx, tx, e.offer, n, all); err != nil {
				return err
			}
		}
		if n.State != domain.DeliveryWaiting {
			if err := acted(ctx, tx, string(n.State), "notice", n.ID, e.offer.PatientRef); err != nil {
				return err
			}
		}
		return store.SaveNotice(ctx, tx, *n)
	})
}

// Told is how an organisation hears of its offers.
type Told struct {
	On      bool   // this Waypost sends e-mail
	Address string // "" when none is known
}

// Told tells it of the actor's own organisation.
func (a *App) Told(ctx context.Context, by actor.Actor) (t Told, err error) {
	t.On = a.Mail.Post != nil
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		o, err := who.OrganisationByID(ctx, tx, by.Organisation)
		if errors.Is(err, who.ErrNoOrganisation) {
			return nil
		}
		t.Address = o.Email
		return err
	})
	if err != nil {
		return t, fmt.Errorf("read how we are told: %w", err)
	}
	return t, nil
}
