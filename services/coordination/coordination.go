// Package coordination is the door of the service that has the case: the life of every referral and offer, who is who among
// patients, duplicates, clocks, and the shared page.
package coordination

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	says "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/api"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
	"example.org/waypost/services/coordination/internal/web"
)

// Service is the service's name: its schema, its login role, its name on the bus.
const Service = "coordination"

// Config is the door's configuration; every service takes the same.
type Config = door.Config

// PersonalData is every column that holds personal data in the clear.
var PersonalData = store.PersonalData

// Migrate makes the schema, or brings it up to date.
func Migrate(ctx context.Context, adminURL string) error {
	if err := pg.Migrate(ctx, adminURL, Service, store.Migrations, who.Tables, directory.Tables); err != nil {
		return err
	}
	return pg.LeaveNoSamples(ctx, adminURL, Service, PersonalData)
}

// tick is how often the clocks are looked at when nothing wakes them. What is due is due by hours and days.
const tick = time.Second

// counting is how often it is counted what bounces teach: a warning that is seconds late does no harm.
const counting = 10 * time.Second

// Open connects the service and hangs its rooms into the frame. Run, Handler and Close are the frame's.
func Open(ctx context.Context, c Config) (*door.Frame, error) {
	var a *app.App
	if c.Now == nil {
		c.Now = time.Now
	}
	face, err := web.New(c.Simulated, c.Now)
	if err != nil {
		return nil, err
	}
	f, err := door.Open(ctx, c, door.Options{Service: Service, Listens: schemas.Listens[Service], Operators: terms.Operators, Outsiders: terms.Outsiders, Active: active(&a), ErrorPage: face.ErrorPage})
	if err != nil {
		return nil, err
	}
	times, err := f.Clocks(terms.ClockPriorities(), terms.ClockRules())
	if err != nil {
		f.Close()
		return nil, err
	}
	a = app.New(app.App{DB: f.DB, Outbox: f.Outbox, Keys: f.Keys, Times: times, Now: f.Now, NewID: f.NewID, Random: random, Hint: f.Hub.AfterCommit, Trails: f.Trails("primarycare", "linkworker", "vcse", "mdt"), Parked: f.ParkedIn(listening()...)})
	f.Inbox.Keyring = a.Keyring
	listen(f.Inbox, a)
	face.App, face.Hub = a, f.Hub
	f.Edge.Mount(face.Routes()...)
	face.Operating = f.ParkedPages(face.Parked())
	api.API{App: a}.Register(f.API(api.Version))
	f.EveryTick("work the clocks", func(ctx context.Context) <-chan time.Time { return a.Ticks(ctx, tick) }, func(ctx context.Context) error {
		again := a.LookAgain(ctx) // it may find work for the next
		_, err := a.WorkClocks(ctx)
		return errors.Join(again, err, a.ExpireConsents(ctx), a.WorkErasures(ctx), a.EraseByRule(ctx))
	})
	f.Every("count pathways", counting, a.CountPathways)
	f.Overdue("referral", store.CountOverdue)
	f.Overdue("referral_not_told", store.CountNotTold)
	f.Overdue("look_not_reviewed", store.CountUnreviewed)
	return f, nil
}

// active tells whether somebody's role still stands, by our own copy of who is who.
func active(a **app.App) func(ctx context.Context, by actor.Actor) (bool, error) {
	return func(ctx context.Context, by actor.Actor) (ok bool, err error) {
		err = (*a).DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
			ok, err = who.Active(ctx, tx, by, (*a).Now())
			return err
		})
		return ok, err
	}
}

// listening are the services that hear others, so that something can be parked in them.
func listening() (out []string) {
	for _, s := range schemas.Speakers {
		if len(schemas.Listens[s]) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func random() (b [domain.ReferenceBytes]byte) {
	_, _ = rand.Read(b[:]) // it never fails
	return b
}

// listen registers what follows from what others say, a line for every fact we hear.
func listen(r *inbox.Reader, a *app.App) {
	who.Register(r, register.TypeOrganisationClosedV1, register.TypePersonRoleGrantedV1, register.TypePersonRoleEndedV1)
	inbox.On(r, nil, a.OnOrganisationClosed)
	inbox.On(r, nil, a.OnPersonRoleGranted)
	inbox.On(r, nil, a.OnPersonRoleEnded)

	directory.Register(r, vcse.TypeNoticeRecordedV1, vcse.TypeServicePublishedV1, vcse.TypeServiceWithdrawnV1, linkworker.TypeTeamOfferPublishedV1, says.TypePathwayCountedV1)
	inbox.On(r, nil, a.OnServicePublished)
	inbox.On(r, nil, a.OnServiceWithdrawn)
	inbox.On(r, nil, a.OnTeamOfferPublished)

	all := app.Classes
	inbox.On(r, all, a.OnReferralRequested, inbox.Beside, inbox.Passes)
	inbox.On(r, all, a.OnLinkWorkerRequested, inbox.Beside, inbox.Passes)
	inbox.On(r, all, a.OnMDTRequested, inbox.Beside, inbox.Passes)
	inbox.On(r, nil, a.OnOverlapStopped)
	inbox.On(r, nil, a.OnLinkWorkerStopped)
	inbox.On(r, nil, a.OnMDTStopped)
	inbox.On(r, all, a.OnReferralWithdrawn, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerWithdrew, inbox.Beside)
	inbox.On(r, all, a.OnMDTWithdrew, inbox.Beside)
	inbox.On(r, all, a.OnInformationGiven, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerGave, inbox.Beside)
	inbox.On(r, all, a.OnMDTGave, inbox.Beside)

	inbox.On(r, all, a.OnOfferAccepted, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerAccepted, inbox.Beside)
	inbox.On(r, all, a.OnOfferWaitlisted, inbox.Beside)
	inbox.On(r, all, a.OnOfferBounced, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerBounced, inbox.Beside)
	inbox.On(r, all, a.OnInformationAsked, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerAsked, inbox.Beside)
	inbox.On(r, all, a.OnSupportEnded, inbox.Beside)
	inbox.On(r, all, a.OnLinkWorkerEnded, inbox.Beside)

	inbox.On(r, all, a.OnContactRecorded, inbox.Beside)
	inbox.On(r, all, a.OnPlanAgreed, inbox.Beside)
	inbox.On(r, all, a.OnOutcomeRecorded, inbox.Beside)
	inbox.On(r, all, a.OnAttendanceRecorded, inbox.Beside)
	inbox.On(r, all, a.OnCrisisReported)
	inbox.On(r, all, a.OnPatientDetailsChanged)
	inbox.On(r, all, a.OnRedFlagRaised)
	inbox.On(r, all, a.OnRedFlagAcknowledged)
	inbox.On(r, all, a.OnPatientSignposted)
	inbox.On(r, all, a.OnSignpostFollowedUp)

	inbox.On(r, nil, a.OnPlaceReserved)
	inbox.On(r, nil, a.OnPlaceReleased)
	inbox.On(r, nil, a.OnNoticeRecorded)

	inbox.On(r, nil, a.OnRemovalAcknowledged)
	inbox.On(r, nil, a.OnLinkWorkerRemoved)
	inbox.On(r, nil, a.OnProviderRemoved)
	inbox.On(r, nil, a.OnMDTRemoved)
	listenToMeetings(r, a)
}

func listenToMeetings(r *inbox.Reader, a *app.App) {
	all := app.Classes
	inbox.On(r, all, a.OnCaseRequested)
	inbox.On(r, nil, a.OnMeetingScheduled)
	inbox.On(r, all, a.OnCaseDiscussed)
	inbox.On(r, nil, a.OnCaseHolderOffered)
	inbox.On(r, nil, a.OnCaseHolderAccepted)
	inbox.On(r, nil, a.OnCaseHolderReleased)
	inbox.On(r, nil, a.OnKeyWorkerAssigned)
	inbox.On(r, all, a.OnKeyWorkerReleased)
	inbox.On(r, all, a.OnActionAgreed)
	inbox.On(r, all, a.OnActionReassigned)
	inbox.On(r, all, a.OnActionDone)
}

// ReceiverMay is what our table may honour of a receiver with an offer in this state, as the codes of available_actions: for
// the test that walks it beside the receivers' own tables, which must not allow more.
func ReceiverMay(state terms.OfferState) []string {
	out := []string{}
	for _, a := range domain.ReceiverMay(state) {
		out = append(out, string(a))
	}
	return out
}
