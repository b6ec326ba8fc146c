// Package primarycare is the door of the practice's desk: it lists every page, endpoint, fact heard and clock of the service.
package primarycare

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/api"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
	"example.org/waypost/services/primarycare/internal/web"
)

// Name is the service's name: its schema, its speaker, its paths.
const Name = "primarycare"

// Listens is whom the desk hears.
var Listens = schemas.Listens[Name]

// PersonalData is every column that holds personal data in the clear.
var PersonalData = store.PersonalData

// Migrate makes the schema, or brings it up to date.
func Migrate(ctx context.Context, adminURL string) error {
	if err := pg.Migrate(ctx, adminURL, Name, store.Migrations, who.Tables, directory.Tables); err != nil {
		return err
	}
	return pg.LeaveNoSamples(ctx, adminURL, Name, PersonalData)
}

// Door is the opened service.
type Door struct {
	*door.Frame
	web *web.Web
}

// How often the clocks look. A red flag is late by the second; what expires can wait.
const (
	flagTick   = 5 * time.Second
	draftTick  = 10 * time.Minute
	unsaidTick = 2 * time.Second
)

// Open connects the service and hangs its rooms into the frame. NHS numbers of the test range are taken where the data is said
// to be made up, and nowhere else.
func Open(ctx context.Context, c door.Config) (*Door, error) {
	d := &Door{web: &web.Web{}}
	f, err := door.Open(ctx, c, door.Options{
		Service: Name, Listens: Listens, Operators: terms.Operators, Outsiders: terms.Outsiders,
		Active: func(ctx context.Context, a actor.Actor) (bool, error) { return who.Check(d.DB, d.Now)(ctx, a) },
		ErrorPage: func(w http.ResponseWriter, r *http.Request, status int, refusal *fault.Error) {
			d.web.ErrorPage(w, r, status, refusal)
		},
	})
	if err != nil {
		return nil, err
	}
	d.Frame = f
	times, err := f.Clocks(terms.ClockPriorities(), terms.ClockRules())
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := untouched(times); err != nil {
		f.Close()
		return nil, err
	}
	a := &app.App{
		DB: f.DB, Out: f.Outbox, Vault: f.Keys, Hint: f.Hub.Say, Now: f.Now, NewID: f.NewID,
		Numbers: nhsnumber.Policy{AllowTest: c.Simulated != ""}, Times: times,
	}
	listen(f.Inbox, a)
	if err := d.mount(a, c.Simulated); err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", Name, err)
	}
	d.Every("pass on red flags", flagTick, a.PassOverdue)
	d.Every("say how not to reach", unsaidTick, a.SayUnsaid)
	d.Every("drop expired drafts", draftTick, a.DropExpired)
	d.Overdue("red_flag", store.CountLateFlags)
	return d, nil
}

// untouched refuses a table with another time for red flags: how long somebody in danger waits is not an area's to set.
func untouched(times *clock.Rules) error {
	for _, r := range times.Lines() {
		if r.Kind == string(terms.ClockRedFlag) && r.Span != (clock.Span{Minutes: int(domain.RedFlagTime / time.Minute)}) {
			return fmt.Errorf("open %s: %w: a red flag is acknowledged within %s, whatever the area says", Name, clock.ErrRule, domain.RedFlagTime)
		}
	}
	return nil
}

// listen registers what follows from what others say, a line for every fact the desk hears.
func listen(r *inbox.Reader, a *app.App) {
	who.Register(r)
	directory.Register(r)

	inbox.On(r, nil, a.OnCaseOpened, inbox.Beside)
	inbox.On(r, []vault.Class{vault.Message}, a.OnReferralProgressed, inbox.Beside, inbox.Reads)
	inbox.On(r, nil, a.OnReferralHeld, inbox.Beside)
	inbox.On(r, nil, a.OnReferralJoined, inbox.Beside)
	inbox.On(r, nil, a.OnReferralConfirmed, inbox.Beside)
	inbox.On(r, nil, a.OnReferralEscalated, inbox.Beside)
	inbox.On(r, nil, a.OnReferralClosed, inbox.Beside)
	inbox.On(r, []vault.Class{vault.Contact}, a.OnContactPreferencesChanged)
	inbox.On(r, nil, a.OnConsentGiven)
	inbox.On(r, nil, a.OnConsentWithdrawn)
	inbox.On(r, nil, a.OnPatientMerged)
	inbox.On(r, nil, a.OnPatientMergeUndone)
	inbox.On(r, nil, a.OnPatientErased)

	inbox.On(r, []vault.Class{vault.Safeguarding}, a.OnCrisisReported)
	inbox.On(r, []vault.Class{vault.Message, vault.Safeguarding}, a.OnOfferBounced)
	inbox.On(r, []vault.Class{vault.Message, vault.Safeguarding}, a.OnServiceBounced)

	inbox.On(r, []vault.Class{vault.Narrative}, a.OnActionAgreed)
	inbox.On(r, []vault.Class{vault.Narrative}, a.OnActionReassigned)
	inbox.On(r, nil, a.OnActionDone)
}

// mount lists every page and endpoint.
func (d *Door) mount(a *app.App, simulated string) error {
	pages, err := web.NewPages()
	if err != nil {
		return err
	}
	*d.web = web.Web{App: a, Pages: pages, Now: d.Now, NewID: d.NewID, Simulated: simulated}
	d.Edge.Mount(d.web.Routes()...)
	d.web.Operating = d.ParkedPages(d.web.Parked())
	d.Edge.Mount(httpx.Route{
		Method: http.MethodGet, Pattern: "/practice/live", Name: "live", Face: httpx.FaceLive, Roles: web.Desk, Handler: d.Hub.Handler(web.Topics),
	})
	d.Edge.Mount(httpx.Route{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "asset", Face: httpx.FaceAsset, Handler: ui.ServeAsset})
	if simulated != "" { // invented people only
		d.Edge.Mount(httpx.Route{Method: http.MethodGet, Pattern: "/practice/storybook", Name: "storybook", Public: true, Handler: ui.Storybook(pages, httpx.Nonce, d.Stories())})
	}
	api.Register(d.API("1.0.0"), a)
	return nil
}

// Stories are every state of every page.
func (d *Door) Stories() []ui.Story { return d.web.Stories() }
