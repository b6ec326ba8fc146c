package register_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	said "example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register/internal/app"
)

// trained records a training in care navigation through the API, until that many days from now.
func (k *desk) trained(tier terms.Tier, days int) {
	k.T.Helper()
	today := k.Now.Now()
	path := "/organisations/" + k.here + "/people/" + k.receptionist.Person.ID + "/competencies"
	body := fmt.Sprintf(`{"competency":"care_navigation","tier":%q,"from_on":%q,"until_on":%q}`, tier, today.AddDate(0, -1, 0).Format(time.DateOnly), today.AddDate(0, 0, days).Format(time.DateOnly))
	status, answer := k.call(k.lead, http.MethodPost, path, body, nil)
	require.Equal(k.T, http.StatusCreated, status, answer)
}

// heard is the copy of a service that has heard of trainings all that the register said about the receptionist.
func (k *desk) heard() *pg.DB {
	k.T.Helper()
	url := pgtest.Database(k.T, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "reader", nil, who.Tables) }, "reader")
	u, err := pg.As(url, "reader", "")
	require.NoError(k.T, err)
	db, err := pg.Open(k.T.Context(), pg.Config{URL: u, Service: "reader", MaxConns: 2})
	require.NoError(k.T, err)
	k.T.Cleanup(db.Close)
	require.NoError(k.T, db.InTx(k.T.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		for _, e := range k.Said(k.receptionist.Person.ID) {
			if err := hear(ctx, tx, &e); err != nil {
				return err
			}
		}
		return nil
	}))
	return db
}

func hear(ctx context.Context, tx pgx.Tx, e *event.Event) error {
	switch e.Type {
	case said.TypeCompetencyRecordedV1:
		var p said.CompetencyRecordedV1
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return err
		}
		e.Time = p.At
		return who.OnCompetencyRecorded(ctx, tx, e, &p)
	case said.TypeCompetencyExpiredV1:
		var p said.CompetencyExpiredV1
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return err
		}
		e.Time = p.At
		return who.OnCompetencyExpired(ctx, tx, e, &p)
	}
	return nil
}

// lacks is what the receptionist lacks to send a referral now, as a service sees it that has heard everything; "" is nothing.
func (k *desk) lacks(need terms.Need) (missing string) {
	k.T.Helper()
	require.NoError(k.T, k.heard().InTx(k.T.Context(), k.receptionist, func(ctx context.Context, tx pgx.Tx) error {
		s, err := who.StandingOf(ctx, tx, k.receptionist, k.Now.Now())
		if lacks := s.Lacks(terms.ActRefer, need, false); lacks != nil {
			missing = lacks.Missing
		}
		return err
	}))
	return missing
}

// later is that many days on, after the clock has looked for what is over.
func (k *desk) later(days int) {
	k.T.Helper()
	k.Now.Add(time.Duration(days) * 24 * time.Hour)
	x := app.App{DB: k.door.DB, Outbox: k.door.Outbox, Now: k.Now.Now, NewID: id.New}
	_, err := x.Expire(k.T.Context())
	require.NoError(k.T, err)
}

// Whoever was trained to Essential for two years, to Enhanced for one, and refreshed Essential sends what is sensitive for a year, what is not
// for another, and then nothing.
func TestALowerTrainingOutlivesAHigherOne(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.trained(terms.TierEssential, 730)
	k.trained(terms.TierEnhanced, 365)
	k.trained(terms.TierEssential, 730)
	require.Empty(t, k.lacks(terms.NeedAlcoholDrugs), "a refresher of the lower tier takes nothing away")

	k.later(366)
	require.Empty(t, k.lacks(terms.NeedLoneliness), "Essential is in date")
	require.Contains(t, k.lacks(terms.NeedAlcoholDrugs), "tier Enhanced or higher, and yours ran out on")

	k.later(365)
	require.Contains(t, k.lacks(terms.NeedLoneliness), "yours ran out on")
	var expired said.CompetencyExpiredV1
	k.Last(k.receptionist.Person.ID, &expired)
}
