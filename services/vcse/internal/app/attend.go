package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// AttendInput says whether somebody came to the session on a day.
type AttendInput struct {
	OfferChange
	SessionOn string // yyyy-mm-dd
	Result    terms.AttendanceResult
}

// Attend records a session, once for each day.
func (a *App) Attend(ctx context.Context, by actor.Actor, cmd pg.Command, in AttendInput) (Done, error) {
	var f fault.Fields
	if in.SessionOn == "" {
		f.Add("session", "Enter the day of the session")
	} else if in.SessionOn > a.today() {
		f.Add("session", "Enter today or an earlier day")
	}
	if !in.Result.Known() {
		f.Add("result", "Select whether they came")
	}
	if err := f.Err(); err != nil {
		return Done{}, err
	}
	now, id := a.now(), a.NewID()
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "attend",
		decide: func(ctx context.Context, tx pgx.Tx, o *domain.Offer) error {
			if err := o.Attend(by.Person.ID, now); err != nil {
				return err
			}
			added, err := store.AddSession(ctx, tx, o.ID, o.Organisation, store.Session{ID: id, On: in.SessionOn, Result: in.Result, By: by.Person.ID, At: now})
			if err == nil && !added {
				err = domain.ErrAttended
			}
			return err
		},
		says: func(o domain.Offer) event.Payload {
			return &vcse.AttendanceRecordedV1{
				PatientRef: o.PatientRef, AttendanceID: id, OfferID: o.ID, ReferralID: o.ReferralID,
				SessionOn: in.SessionOn, Result: in.Result, By: by.Person.ID, At: now,
			}
		},
	})
	if err != nil {
		return done, fmt.Errorf("record session: %w", err)
	}
	return done, nil
}
