// Package vcse is the door of the service for voluntary providers: their services, the offers put to them and the people they help.
package vcse

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/api"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/hsds"
	"example.org/waypost/services/vcse/internal/oruk"
	"example.org/waypost/services/vcse/internal/store"
	"example.org/waypost/services/vcse/internal/web"
)

// Name is the service's name: its schema, its speaker, its API.
const Name = "vcse"

// Listens is whom it hears. Of mdt nothing concerns a provider yet; its events are read past.
var Listens = schemas.Listens[Name]

// PersonalData is every column that holds personal data in the clear.
var PersonalData = store.PersonalData

// Migrate brings the service's tables up to date.
func Migrate(ctx context.Context, adminURL string) error {
	if err := pg.Migrate(ctx, adminURL, Name, store.Migrations, who.Tables); err != nil {
		return err
	}
	return pg.LeaveNoSamples(ctx, adminURL, Name, PersonalData)
}

// Door is the opened service.
type Door struct {
	*door.Frame
	app *app.App
}

// Open opens the frame and hangs the rooms into it.
func Open(ctx context.Context, c door.Config) (*Door, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	face, err := web.New(c.Simulated, c.Now)
	if err != nil {
		return nil, err
	}
	var db *pg.DB // the check of roles needs what opening the frame makes
	f, err := door.Open(ctx, c, door.Options{
		Service: Name, Listens: Listens, Operators: terms.Operators, Outsiders: terms.Outsiders, ErrorPage: face.ErrorPage,
		Active: func(ctx context.Context, a actor.Actor) (bool, error) { return who.Check(db, c.Now)(ctx, a) },
	})
	if err != nil {
		return nil, err
	}
	db = f.DB
	times, err := f.Clocks(terms.ClockPriorities(), terms.ClockRules())
	if err != nil {
		f.Close()
		return nil, err
	}
	x := &app.App{DB: f.DB, Out: f.Outbox, Vault: f.Keys, Hint: f.Hub.AfterCommit, Times: times, Now: f.Now, NewID: f.NewID}
	mails(f, x)
	face.App, face.Hub = x, f.Hub
	hear(f, x)
	f.Edge.Mount(face.Routes()...)
	face.Operating = f.ParkedPages(face.Parked())
	api.API{App: x}.Register(f.API(api.Version))
	f.Edge.Mount(hsds.Routes(x)...)
	f.Edge.Mount(oruk.Routes(x)...)
	f.Every("expire reservations", expireEvery, func(ctx context.Context) error {
		n, err := x.ExpireReservations(ctx)
		if n > 0 {
			f.Log.Info("reservations expired", zap.Int("count", n))
		}
		return err
	})
	f.Overdue("offer_answer", store.CountUnanswered)
	f.Overdue("reservation", store.CountOverdue)
	return &Door{f, x}, nil
}

// mailEvery is how often e-mails are looked for that wait to be sent.
const mailEvery = 2 * time.Second

// mails has providers told of their offers by e-mail, where there is a mail server; health says which.
func mails(f *door.Frame, x *app.App) {
	f.TellsOfMail(func(ctx context.Context) httpx.Part { return mailPart(ctx, f, x.Mail.Post != nil) })
	f.Overdue("notice_unsent", store.CountUnsent)
	if f.Mail.Sender == nil {
		return
	}
	x.Mail = app.Mail{Post: f.Mail.Sender, Public: f.Mail.Public, Simulated: f.Simulated != ""}
	f.Every("send notices", mailEvery, func(ctx context.Context) error {
		_, err := x.SendNotices(ctx)
		return err
	})
}

func mailPart(ctx context.Context, f *door.Frame, on bool) httpx.Part {
	p := httpx.Part{Name: "mail", OK: true, State: "goes out"}
	if !on {
		p.State = "is off: no server is named, and nobody is told by e-mail"
		return p
	}
	var waiting int64
	err := f.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
		waiting, err = store.CountUnsent(ctx, tx, f.Now())
		return err
	})
	switch {
	case err != nil:
		p.OK, p.State = false, "is not known"
	case waiting > 0:
		p.OK, p.State = false, fmt.Sprintf("stands still: %d e-mails have waited for more than %d minutes", waiting, int(store.MailWaitsAtMost.Minutes()))
	}
	return p
}

// hear lists every event that comes in.
func hear(f *door.Frame, x *app.App) {
	message := []vault.Class{vault.Message}
	who.Register(f.Inbox)
	inbox.On(f.Inbox, []vault.Class{vault.Contact, vault.Safeguarding}, x.OnReferralOffered, inbox.Beside, inbox.Reads)
	inbox.Only(f.Inbox, app.ToService)
	inbox.On(f.Inbox, nil, x.OnOfferWithdrawn)
	inbox.On(f.Inbox, nil, x.OnOfferExpired)
	inbox.On(f.Inbox, nil, x.OnOfferAnswerRefused)
	inbox.On(f.Inbox, nil, x.OnProviderPhoned)
	inbox.On(f.Inbox, message, x.OnReferralProgressed, inbox.Beside, inbox.Reads)
	inbox.On(f.Inbox, nil, x.OnReferralJoined)
	inbox.On(f.Inbox, nil, x.OnReferralClosed)
	inbox.On(f.Inbox, []vault.Class{vault.Contact}, x.OnContactPreferencesChanged)
	inbox.On(f.Inbox, nil, x.OnConsentWithdrawn)
	inbox.On(f.Inbox, nil, x.OnPatientErased)
	inbox.On(f.Inbox, nil, x.OnPatientMerged)
	inbox.On(f.Inbox, nil, x.OnPatientMergeUndone)
}

// expireEvery is how often places are looked for that were kept long enough.
const expireEvery = time.Minute

// Stories are every page in every state, for whoever shows all services' pages together.
func Stories() []ui.Story { return web.Stories() }

// ExpireReservations gives back places that were kept long enough, at once: for tests and for whoever drives the clock.
func (d *Door) ExpireReservations(ctx context.Context) (int, error) {
	return d.app.ExpireReservations(ctx)
}

// SendNotices sends the e-mails that wait, at once: for tests and for whoever drives the clock. A server that is away is its error.
func (d *Door) SendNotices(ctx context.Context) (int, error) { return d.app.SendNotices(ctx) }

// OfferActions is what our table lets a provider do with an offer in this state: for the test that walks it beside coordination's,
// which must be ready to honour each of them.
func OfferActions(state terms.OfferState) []string {
	out := []string{}
	for _, a := range (domain.Offer{State: state}).Actions() {
		out = append(out, string(a))
	}
	return out
}
