package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// Attend writes who comes, has apologised, was there: for the meeting's organisation anybody's, for others their own people's. Once the
// meeting was held its minutes say who was there. says maps invitations to attendance.
func (a *App) Attend(ctx context.Context, by actor.Actor, cmd pg.Command, meeting string, says map[string]domain.Attendance) (Done, error) {
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		all, err := store.LockInvitations(ctx, tx, meeting)
		if err != nil {
			return Done{}, err
		}
		m, err := store.Meeting(ctx, tx, meeting)
		if err != nil {
			return Done{}, err
		}
		if err := m.Attend(); err != nil {
			return Done{}, err
		}
		for _, i := range all {
			says, ok := says[i.ID]
			if !ok || says == i.Attendance {
				continue
			}
			i.Attendance, i.SaidBy, i.SaidAt = says, by.Person.ID, now
			if err := store.SaveAttendance(ctx, tx, i); err != nil {
				return Done{}, err
			}
		}
		a.hint(ctx, append([]string{m.OrganisationID}, m.Invited...)...)
		return Done{ID: m.ID, Version: m.Version}, audit.Write(ctx, tx, audit.Entry{Verb: "record attendance", Object: "meeting", ObjectID: m.ID})
	})
	if err != nil {
		return done, fmt.Errorf("record attendance: %w", err)
	}
	return done, nil
}
