// Package mdt is the door of the weekly meetings and of other care organisations: every page, endpoint, event that comes in and clock.
package mdt

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/api"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/ical"
	"example.org/waypost/services/mdt/internal/store"
	"example.org/waypost/services/mdt/internal/web"
)

// Name is the service's name: its schema, its speaker, its API.
const Name = "mdt"

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
}

// Open connects everything and lists all that comes in.
func Open(ctx context.Context, c door.Config) (*Door, error) {
	a := &app.App{Random: func(b []byte) { _, _ = rand.Read(b) }}
	// Numbers of the 999 range belong to no person: they are taken only where the data is said to be made up.
	a.Numbers = nhsnumber.Policy{AllowTest: c.Simulated != ""}
	pages, err := web.New(a)
	if err != nil {
		return nil, err
	}
	d := &Door{App: a}
	f, err := door.Open(ctx, c, door.Options{Service: Name, Listens: Listens, Operators: terms.Operators, Outsiders: terms.Outsiders, ErrorPage: pages.ErrorPage, Active: d.active})
	if err != nil {
		return nil, err
	}
	d.Frame = f
	if a.Times, err = f.Clocks(terms.ClockPriorities(), terms.ClockRules()); err != nil {
		f.Close()
		return nil, err
	}
	a.DB, a.Out, a.Vault, a.Hint, a.Now, a.NewID = f.DB, f.Outbox, f.Keys, f.Hub.AfterCommit, f.Now, f.NewID
	pages.Live, pages.Simulated, pages.Now = f.Hub, c.Simulated, f.Now
	hear(f.Inbox, a)
	f.Edge.Mount(pages.Routes()...)
	f.Edge.Mount(ical.Routes(a)...)
	pages.Operating = f.ParkedPages(pages.Parked())
	f.Edge.Mount(httpx.Route{Method: http.MethodGet, Pattern: web.StorybookPath, Name: "storybook", Public: true, Handler: pages.Storybook})
	api.Register(f.API("1.0.0"), a)
	f.Every("work the clocks", 30*time.Second, a.Tick)
	f.Overdue("action", store.CountLateActions)
	f.Overdue("case_holder_answer", store.CountUnansweredHolders)
	return d, nil
}

// hear lists every event that comes in, with the sealed classes it is read with.
func hear(r *inbox.Reader, a *app.App) {
	who.Register(r, register.TypeOrganisationRegisteredV1, register.TypeOrganisationClosedV1, register.TypePersonRoleGrantedV1, register.TypePersonRoleEndedV1)
	inbox.On(r, nil, a.OnOrganisationRegistered)
	inbox.On(r, nil, a.OnOrganisationClosed)
	inbox.On(r, nil, a.OnPersonRoleGranted)
	inbox.On(r, nil, a.OnPersonRoleEnded)
	directory.Register(r)

	inbox.On(r, nil, a.OnCaseOpened, inbox.Beside)
	inbox.On(r, nil, a.OnCaseReopened)
	inbox.On(r, nil, a.OnCaseClosed)
	inbox.On(r, []vault.Class{vault.Message}, a.OnReferralProgressed, inbox.Beside, inbox.Reads)
	inbox.On(r, nil, a.OnReferralHeld)
	inbox.On(r, nil, a.OnReferralJoined)
	inbox.On(r, nil, a.OnReferralConfirmed)
	inbox.On(r, nil, a.OnReferralEscalated)
	inbox.On(r, nil, a.OnReferralClosed)
	inbox.On(r, nil, a.OnReferralOffered, inbox.Beside)
	inbox.On(r, []vault.Class{vault.Contact}, a.OnContactPreferencesChanged)
	inbox.On(r, nil, a.OnConsentGiven)
	inbox.On(r, nil, a.OnConsentWithdrawn)
	inbox.On(r, nil, a.OnPatientMerged)
	inbox.On(r, nil, a.OnPatientMergeUndone)
	inbox.On(r, nil, a.OnPatientErased)

	inbox.On(r, nil, a.OnPracticeReferred, inbox.Beside)
	inbox.On(r, []vault.Class{vault.Contact}, a.OnPatientDetailsChanged)
	inbox.On(r, nil, a.OnRedFlagRaised)
	inbox.On(r, nil, a.OnRedFlagAcknowledged)

	inbox.On(r, nil, a.OnTeamReferred, inbox.Beside)
	inbox.On(r, nil, a.OnContactRecorded, inbox.Beside)
	inbox.On(r, nil, a.OnPlanAgreed, inbox.Beside)
	inbox.On(r, nil, a.OnOutcomeRecorded, inbox.Beside)
	inbox.On(r, nil, a.OnCrisisReported)
	inbox.On(r, nil, a.OnTeamSupportEnded, inbox.Beside)

	inbox.On(r, nil, a.OnSupportEnded, inbox.Beside)
	inbox.On(r, nil, a.OnAttendanceRecorded, inbox.Beside)
}

// Stories are every state of every page.
func (d *Door) Stories() []ui.Story { return web.Stories() }
