package directory_test

import (
	"context"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// england names the listing of all England; the one we keep beside the repository may not be published with it.
func england(b *testing.B) []*vcse.ServicePublishedV1 {
	b.Helper()
	file := os.Getenv("WAYPOST_LISTING")
	if file == "" {
		file = "../../../../shared/data/listings/england-services.hsds3.ndjson.gz"
	}
	return listing(b, file)
}

func BenchmarkFind(b *testing.B) {
	db := open(b)
	load(b, db, england(b))
	age, north := 70, directory.Query{From: &piccadilly, WithinKm: 10}
	for name, q := range map[string]directory.Query{
		"need":              {Needs: []terms.Need{terms.NeedLearningDigital}},
		"need near":         {Needs: []terms.Need{terms.NeedLearningDigital}, From: &piccadilly, WithinKm: 10},
		"need anywhere":     {Needs: []terms.Need{terms.NeedArtsCulture}, From: &piccadilly},
		"text":              {Text: "library"},
		"rare text":         {Text: "debt advice"},
		"loose text":        {Text: "knitting astronomy bingo"},
		"text near":         {Text: "library", From: &piccadilly, WithinKm: 10},
		"near":              north,
		"everything at all": {From: &piccadilly},
		"all filters": {
			Needs: []terms.Need{terms.NeedBenefits, terms.NeedHousing}, From: &piccadilly, WithinKm: 16, Age: &age, Weekday: terms.Tuesday,
			Language: "en", Accessibility: []terms.Accessibility{terms.AccessStepFree}, Sensitive: true,
		},
	} {
		b.Run(name, func(b *testing.B) {
			q.Now = noon
			for b.Loop() {
				require.NoError(b, db.InTx(b.Context(), somebody, func(ctx context.Context, tx pgx.Tx) error {
					_, err := directory.Find(ctx, tx, q)
					return err
				}))
			}
			b.ReportMetric(float64(find(b, db, q).Total), "found")
		})
	}
}

// BenchmarkImport is a whole listing on its way: said by vcse, numbered, published, heard and kept by one other service.
func BenchmarkImport(b *testing.B) {
	all := england(b)
	for b.Loop() {
		b.StopTimer()
		heard, said := hearing(b)
		b.StartTimer()
		begin := time.Now()
		require.NoError(b, said(all))
		spoken := time.Since(begin)
		heard(len(all))
		b.ReportMetric(spoken.Seconds(), "s_to_say")
		b.ReportMetric(time.Since(begin).Seconds(), "s_to_hear")
	}
}

func hearing(b *testing.B) (heard func(n int), say func(all []*vcse.ServicePublishedV1) error) {
	b.Helper()
	url := pgtest.Database(b, func(ctx context.Context, url string) error {
		if err := pg.Migrate(ctx, url, "vcse", nil); err != nil {
			return err
		}
		return pg.Migrate(ctx, url, "reader", nil, who.Tables, directory.Tables)
	}, "import")
	connect := func(service string) *pg.DB {
		u, err := pg.As(url, service, "")
		require.NoError(b, err)
		db, err := pg.Open(b.Context(), pg.Config{URL: u, Service: service})
		require.NoError(b, err)
		b.Cleanup(db.Close)
		return db
	}
	speaker, reader := connect("vcse"), connect("reader")
	broker := natstest.Run(b)
	broker.Bootstrap(b, []string{"vcse"}, map[string][]string{"reader": {"vcse"}})
	out := &outbox.Outbox{Speaker: "vcse", Area: "test", Now: time.Now, NewID: id.New}
	in := &inbox.Reader{
		DB: reader, JS: broker.JS, Consumer: "reader", Speakers: []string{"vcse"}, Holder: "one", Now: time.Now,
		Replay: inbox.HTTPReplay(http.DefaultClient, nil, ""),
	}
	directory.Register(in, vcse.TypeServicePublishedV1)
	var count atomic.Int64
	more := make(chan struct{}, 1)
	inbox.On(in, nil, func(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.ServicePublishedV1) error {
		pg.AfterCommit(ctx, func() {
			count.Add(1)
			select {
			case more <- struct{}{}:
			default:
			}
		})
		return directory.OnServicePublished(ctx, tx, e, p)
	})
	relay := &outbox.Relay{DB: speaker, JS: broker.JS, Source: event.Source("test", "vcse"), Holder: "one"}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{}, 2)
	go func() { relay.Run(ctx); done <- struct{}{} }()
	go func() { in.Run(ctx); done <- struct{}{} }()
	b.Cleanup(func() { stop(); <-done; <-done })
	heard = func(n int) {
		for count.Load() < int64(n) {
			<-more
		}
	}
	say = func(all []*vcse.ServicePublishedV1) error {
		for len(all) > 0 {
			batch := all[:min(len(all), 500)]
			all = all[len(batch):]
			if err := speaker.InTx(b.Context(), actor.Machine(actor.Importer), func(ctx context.Context, tx pgx.Tx) error {
				for _, p := range batch {
					if _, err := out.Append(ctx, tx, p.ServiceID, p, nil); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}
	return heard, say
}
