// Package linkworker is the door of the service of social prescribing link worker teams: every page, endpoint, event that comes in and clock.
package linkworker

import (
	"context"
	"crypto/rand"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	linkworkersays "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/api"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
	"example.org/waypost/services/linkworker/internal/web"
)

// Name is the service's name: its schema, its speaker, its API.
const Name = "linkworker"

// PersonalData is every column that holds personal data in the clear.
var PersonalData = store.PersonalData

// Migrate brings the service's tables up to date; adminURL signs in as a role that may create roles.
func Migrate(ctx context.Context, adminURL string) error {
	if err := pg.Migrate(ctx, adminURL, Name, store.Migrations, who.Tables, directory.Tables); err != nil {
		return err
	}
	return pg.LeaveNoSamples(ctx, adminURL, Name, PersonalData)
}

// Listens is whom it hears.
var Listens = schemas.Listens[Name]

// Door is the service, opened.
type Door struct {
	*door.Frame
	App *app.App
	web *web.Web
}

// Open connects everything and lists all that comes in.
func Open(ctx context.Context, c door.Config) (*Door, error) {
	a := &app.App{Random: func(b []byte) { _, _ = rand.Read(b) }}
	pages, err := web.New(a)
	if err != nil {
		return nil, err
	}
	f, err := door.Open(ctx, c, door.Options{
		Service: Name, Listens: Listens, Operators: terms.Operators, Outsiders: terms.Outsiders, ErrorPage: pages.ErrorPage,
		Active: func(ctx context.Context, by actor.Actor) (bool, error) { return a.Active(ctx, by) },
	})
	if err != nil {
		return nil, err
	}
	if a.Times, err = f.Clocks(terms.ClockPriorities(), terms.ClockRules()); err != nil {
		f.Close()
		return nil, err
	}
	a.DB, a.Out, a.Vault, a.Hint, a.Now, a.NewID = f.DB, f.Outbox, f.Keys, f.Hub.Say, f.Now, f.NewID
	pages.Live, pages.Simulated, pages.Now = f.Hub, c.Simulated, f.Now
	hear(f.Inbox, a)
	f.Edge.Mount(pages.Routes()...)
	pages.Operating = f.ParkedPages(pages.Parked())
	f.Edge.Mount(httpx.Route{Method: "GET", Pattern: web.StorybookPath, Name: "storybook", Public: true, Handler: pages.Storybook})
	api.Register(f.API(api.Version), a)
	f.Every("work the clocks", 30*time.Second, a.Clocks(f.Now()))
	f.Overdue("offer_answer", store.CountUnanswered)
	f.Overdue("stand_down", store.CountNotStoodDown)
	return &Door{Frame: f, App: a, web: pages}, nil
}

// hear lists every event that comes in, with the sealed classes it is read with.
func hear(r *inbox.Reader, a *app.App) {
	who.Register(r)
	directory.Register(r, linkworkersays.TypeCapacityReportedV1, linkworkersays.TypeTeamOfferPublishedV1)

	inbox.On(r, []vault.Class{vault.Contact, vault.Narrative, vault.Safeguarding}, a.OnReferralOffered, inbox.Beside, inbox.Reads)
	inbox.Only(r, app.ToTeam)
	inbox.On(r, nil, a.OnOfferWithdrawn)
	inbox.On(r, nil, a.OnOfferExpired)
	inbox.On(r, nil, a.OnOfferAnswerRefused)
	inbox.On(r, []vault.Class{vault.Message}, a.OnReferralProgressed, inbox.Beside, inbox.Reads)
	inbox.On(r, nil, a.OnReferralHeld, inbox.Beside)
	inbox.On(r, nil, a.OnReferralJoined, inbox.Beside)
	inbox.On(r, nil, a.OnReferralConfirmed, inbox.Beside)
	inbox.On(r, nil, a.OnReferralEscalated, inbox.Beside)
	inbox.On(r, nil, a.OnReferralClosed, inbox.Beside)
	inbox.On(r, []vault.Class{vault.Contact}, a.OnContactPreferencesChanged)
	inbox.On(r, nil, a.OnConsentWithdrawn)
	inbox.On(r, nil, a.OnPatientMerged)
	inbox.On(r, nil, a.OnPatientMergeUndone)
	inbox.On(r, nil, a.OnPatientErased)

	inbox.On(r, nil, a.OnKeyWorkerAssigned)
	inbox.On(r, nil, a.OnKeyWorkerReleased)
	inbox.On(r, []vault.Class{vault.Narrative}, a.OnActionAgreed)
	inbox.On(r, []vault.Class{vault.Narrative}, a.OnActionReassigned)
	inbox.On(r, nil, a.OnActionDone)
}

// Stories are every state of every page.
func (d *Door) Stories() []ui.Story { return web.Stories() }

// OfferActions is what our table lets a team do with an offer in this state: for the test that walks it beside coordination's,
// which must be ready to honour each of them.
func OfferActions(state terms.OfferState) []string {
	return (&domain.Offer{State: state}).Actions()
}
