package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// noon is a Wednesday, 12:00 in London.
var noon = time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC)

var (
	piccadilly = geo.Point{Latitude: 53.4808, Longitude: -2.2426}
	stockport  = geo.Point{Latitude: 53.4083, Longitude: -2.1494}
)

func open(t testing.TB) *pg.DB {
	t.Helper()
	url := pgtest.Database(t, func(ctx context.Context, url string) error {
		return pg.Migrate(ctx, url, "reader", nil, who.Tables, directory.Tables)
	}, "directory")
	u, err := pg.As(url, "reader", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "reader", MaxConns: 6})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// fact is one event, ready to be applied.
type fact func(ctx context.Context, tx pgx.Tx) error

// said makes a fact of what was said that many minutes after noon.
func said[P any](minutes int, on func(context.Context, pgx.Tx, *event.Event, *P) error, p P) fact {
	e := &event.Event{Time: noon.Add(time.Duration(minutes) * time.Minute)}
	return func(ctx context.Context, tx pgx.Tx) error { return on(ctx, tx, e, &p) }
}

func hear(t testing.TB, db *pg.DB, facts ...fact) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		for _, f := range facts {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}))
}

var somebody = actor.Actor{Person: actor.Person{ID: id.New()}, Role: string(terms.RoleReceptionist), Organisation: id.New()}

// ask runs a query as a person of the service.
func ask[T any](t testing.TB, db *pg.DB, fn func(ctx context.Context, tx pgx.Tx) (T, error)) (answer T) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), somebody, func(ctx context.Context, tx pgx.Tx) (err error) {
		answer, err = fn(ctx, tx)
		return err
	}))
	return answer
}

func find(t testing.TB, db *pg.DB, q directory.Query) directory.Page {
	t.Helper()
	if q.Now.IsZero() {
		q.Now = noon
	}
	return ask(t, db, func(ctx context.Context, tx pgx.Tx) (directory.Page, error) { return directory.Find(ctx, tx, q) })
}

func names(p directory.Page) (names []string) {
	for _, f := range p.Found {
		names = append(names, f.Name)
	}
	return names
}

// walks is a claimed service in Manchester that takes referrals.
func walks(service string) vcse.ServicePublishedV1 {
	return vcse.ServicePublishedV1{
		ServiceID: service, ProviderID: id.New(), ProviderName: "Walks for All", Name: "Walking group", Description: "A walk along the canal, and tea.",
		Needs: []terms.Need{terms.NeedLoneliness, terms.NeedPhysicalActivity}, NeedsMapped: true, Source: "own", SourceID: service, SourceLicence: "OGL",
		Claimed: true, AcceptsReferrals: true, Status: terms.ServiceActive, Version: 1, Delivery: []terms.Delivery{terms.DeliveryInPerson},
		Places: []vcse.ServicePublishedV1Place{{Name: "Piccadilly Basin", Postcode: "M1 1AE", Latitude: &piccadilly.Latitude, Longitude: &piccadilly.Longitude}},
	}
}

// but is p changed by f.
func but(p vcse.ServicePublishedV1, f func(p *vcse.ServicePublishedV1)) vcse.ServicePublishedV1 {
	f(&p)
	return p
}

func room(service string, status terms.CapacityStatus, at time.Time) vcse.CapacityReportedV1 {
	free := 3
	return vcse.CapacityReportedV1{ReceiverKind: terms.ReceiverService, ReceiverID: service, Status: status, PlacesFree: &free, ReportedAt: at, Simulated: true}
}
