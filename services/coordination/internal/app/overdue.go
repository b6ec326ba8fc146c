package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Step that somebody owes, and where a page of them ended.
type (
	Owed       = store.Owed
	OwedCursor = store.OwedCursor
)

// What a step is owed on.
const (
	OwedReferral    = store.OwedReferral
	OwedAction      = store.OwedAction
	OwedRedFlag     = store.OwedRedFlag
	OwedReservation = store.OwedReservation
	OwedRemoval     = store.OwedRemoval
	OwedConsent     = store.OwedConsent
	OwedNotice      = store.OwedNotice
	OwedAnswer      = store.OwedAnswer
	OwedSignpost    = store.OwedSignpost
	OwedParked      = store.OwedParked
	OwedLookalike   = store.OwedLookalike

	OwnerLeft = store.OwnerLeft
)

// OverdueView is a page of steps that are overdue, or soon will be.
type OverdueView struct {
	Rows   []Owed            // one more than asked for, when there are more
	Soon   bool              // due within the next working day
	Area   bool              // of everybody in the area, for its office
	Ours   map[string]bool   // may be opened
	Calls  map[string]string // by the offer that a call is owed about, the referral, where it may be opened
	Names  Names
	Now    time.Time
	Reader string // the organisation of who looks

	Unread []string // services that did not say what is parked in them
	Cut    []string // services in which more is parked than they list
}

// managers see what their organisation owes, and name who takes it. In a charity of one that is whoever works there.
var managers = []terms.Role{terms.RoleCoordinator, terms.RolePracticeManager, terms.RoleServiceLead, terms.RoleProviderWorker, terms.RoleMDTCoordinator}

// Manages tells whether a role sees what its organisation owes.
func Manages(r terms.Role) bool { return slices.Contains(managers, r) }

var errNotManager = fault.Forbidden("Your role does not see what your organisation owes. A service lead there can give you one that does")

// SeeOverdue lists what is overdue, the oldest first: for the area's office of everybody, for anybody else of their own organisation.
// Nothing in it tells of a person.
func (a *App) SeeOverdue(ctx context.Context, by actor.Actor, soon bool, after *OwedCursor, limit int) (v OverdueView, err error) {
	role := terms.Role(by.Role)
	if !Manages(role) {
		return v, errNotManager
	}
	v = OverdueView{Soon: soon, Area: role == terms.RoleCoordinator, Now: a.Now(), Reader: by.Organisation, Ours: map[string]bool{}}
	q := store.OwedQuery{Organisation: by.Organisation, Reader: by.Organisation, To: v.Now, Now: v.Now, After: after, Limit: limit + 1}
	if v.Area {
		q.Organisation = ""
	}
	if soon {
		q.From, q.To = v.Now, a.Times.Calendar().AddWorkingDays(v.Now, 1)
	}
	parked := a.parked(ctx, &v, q)
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		err := store.AsMatcher(ctx, tx, func() error {
			v.Rows, err = store.Owing(ctx, tx, q)
			return err
		})
		if err != nil {
			return err
		}
		v.Rows = among(v.Rows, parked, q.Limit)
		var ids, referrals, offers []string
		for i, o := range v.Rows {
			if o.Hidden {
				v.Rows[i].Organisation, v.Rows[i].Person = "", ""
			}
			ids = append(ids, v.Rows[i].Organisation, v.Rows[i].Person)
			switch o.Kind {
			case OwedReferral:
				referrals = append(referrals, o.ID)
			case OwedNotice:
				offers = append(offers, o.ID)
			}
		}
		if v.Names, err = names(ctx, tx, ids); err != nil {
			return err
		}
		if v.Ours, err = store.MaySeeReferrals(ctx, tx, referrals); err != nil {
			return err
		}
		if v.Calls, err = store.ReferralsOfOffers(ctx, tx, offers); err != nil {
			return err
		}
		for offer := range v.Calls {
			v.Ours[offer] = true
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "list of what is overdue"})
	})
	if err != nil {
		return OverdueView{}, fmt.Errorf("see what is overdue: %w", err)
	}
	return v, nil
}

// Takers are those whom a step can be given to: the office's step to another coordinator, an organisation's to somebody who works there.
func (a *App) Takers(ctx context.Context, by actor.Actor, r domain.Referral) (takers []domain.Named, names Names, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		takers, names, err = a.takers(ctx, tx, r)
		return err
	})
	return takers, names, err
}

// Reassign gives the step that is owed on a referral to a named person. Its time stays.
func (a *App) Reassign(ctx context.Context, by actor.Actor, s Step, person string) (Done, error) {
	if !Manages(terms.Role(by.Role)) {
		return Done{}, errNotManager
	}
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		all, _, err := a.takers(ctx, w.tx, r)
		if err != nil {
			return r, err
		}
		i := slices.IndexFunc(all, func(n domain.Named) bool { return n.Person == person })
		if r.State.Open() && i < 0 {
			return r, fault.Invalid("person", "Select somebody who works where the step is owed")
		}
		e := domain.Event{Kind: domain.KindReassigned, By: part, Organisation: by.Organisation}
		if i >= 0 {
			e.To = all[i]
		}
		if e.To.Person == r.Owes.Person && r.State.Open() {
			return r, fault.Conflict("theirs_already", "The step is theirs already. Nothing was changed")
		}
		d, err := w.apply(ctx, r, e, happened{person: by.Person.ID, detail: map[string]string{"who": e.To.Person, "was": r.Owes.Person}})
		return d.Next, err
	})
}

// keepSignpost keeps on which day a practice asks how a signpost went. What it named is not noted here.
func (a *App) keepSignpost(ctx context.Context, tx pgx.Tx, p *primarycare.PatientSignpostedV1) error {
	if p.FollowUpOn == "" {
		return nil // nobody asks
	}
	day, err := time.ParseInLocation(time.DateOnly, p.FollowUpOn, clock.London)
	if err != nil {
		return fmt.Errorf("read the day of a signpost: %w", event.ErrMalformed)
	}
	due := a.Times.Calendar().AddWorkingDays(day, 0)
	return store.KeepOwed(ctx, tx, store.Owed{Kind: OwedSignpost, ID: p.SignpostID, Organisation: p.PracticeID, Since: p.At, DueAt: due})
}

// OnPlaceReserved keeps by when a provider must answer before a place goes back.
func (a *App) OnPlaceReserved(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.PlaceReservedV1) error {
	provider, err := store.ProviderOf(ctx, tx, p.ServiceID)
	if err != nil || provider == "" {
		return err // a service we have not heard of: its provider's own page has the clock
	}
	return store.KeepOwed(ctx, tx, store.Owed{Kind: OwedReservation, ID: p.ReservationID, Organisation: provider, Since: e.Time, DueAt: p.Until})
}

// OnPlaceReleased hears that it went back, or was taken.
func (a *App) OnPlaceReleased(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.PlaceReleasedV1) error {
	return store.DropOwed(ctx, tx, OwedReservation, p.ReservationID)
}

// keepFlag keeps by when a red flag must be acknowledged. Who is in danger is not noted here, known or not.
func (a *App) keepFlag(ctx context.Context, tx pgx.Tx, p *primarycare.RedFlagRaisedV1) error {
	return store.KeepOwed(ctx, tx, store.Owed{Kind: OwedRedFlag, ID: p.FlagID, Organisation: p.PracticeID, Since: p.RaisedAt, DueAt: p.DueAt})
}

// actedOnFlag ends that clock, or starts it anew while somebody is still trying.
func (a *App) actedOnFlag(ctx context.Context, tx pgx.Tx, p *primarycare.RedFlagAcknowledgedV1) error {
	if info, _ := terms.RedFlagActionByCode(p.Action); info.Ends {
		return store.DropOwed(ctx, tx, OwedRedFlag, p.FlagID)
	}
	due := a.Times.Due(p.AcknowledgedAt, string(terms.ClockRedFlag), "", p.PracticeID)
	return store.KeepOwed(ctx, tx, store.Owed{Kind: OwedRedFlag, ID: p.FlagID, Organisation: p.PracticeID, Since: p.AcknowledgedAt, DueAt: due})
}
