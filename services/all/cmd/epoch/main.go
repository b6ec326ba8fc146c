// Command epoch has services count the positions of what they say anew, after their database was restored from a backup and
// before they start. Without it what they say next would be taken for what was said between the backup and the loss.
// deploy/runbooks/postgres-restored.md says when.
//
//	epoch -data .waypost
//	epoch -database postgres://admin@host/waypost -services vcse,mdt
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/outbox"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
)

func main() {
	var place all.Place
	flag.StringVar(&place.Dir, "data", all.DefaultDir(), "data folder of a Waypost on one machine, stopped")
	flag.StringVar(&place.Database, "database", "", "instead of it: admin address of the restored database")
	services := flag.String("services", strings.Join(schemas.Speakers, ","), "the services whose tables were restored")
	flag.Parse()
	place.Vault = place.Database // which is left alone
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := raise(ctx, place, strings.Split(*services, ","), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "epoch:", all.Line(err))
		os.Exit(1)
	}
}

func raise(ctx context.Context, place all.Place, services []string, out io.Writer) error {
	for _, s := range services {
		if !slices.Contains(schemas.Speakers, s) {
			return fmt.Errorf("%q is no service", s)
		}
	}
	at, err := all.Administer(ctx, place, all.NeedsStopped)
	if err != nil {
		return err
	}
	defer at.Close()
	now := time.Now()
	for _, s := range services {
		if err := beyond(ctx, at.Main, s, services, out); err != nil {
			return err
		}
		from, to, err := outbox.RaiseEpoch(ctx, at.Main, s, now)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s counts anew: epoch %d after %d\n", s, to, from)
	}
	return nil
}

// beyond names what others heard of a service that it does not know any more: it was said between the backup and the loss. They
// go on knowing it, and a person must say it again or take it back. Readers that were restored with it know nothing more than it.
func beyond(ctx context.Context, database, speaker string, restored []string, out io.Writer) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, reader := range schemas.Speakers {
		if !slices.Contains(schemas.Listens[reader], speaker) || slices.Contains(restored, reader) {
			continue
		}
		var there bool
		if err := conn.QueryRow(ctx, `select to_regclass($1) is not null`, reader+".inbox").Scan(&there); err != nil {
			return err
		}
		if !there { // it has a database of its own
			continue
		}
		rows, err := conn.Query(ctx, fmt.Sprintf(`select i.event_id::text from %[1]s.inbox i where i.speaker = $1 and i.position > 0
			and not exists (select from %[2]s.outbox o where o.event_id = i.event_id) order by i.partition, i.epoch, i.position`,
			pgx.Identifier{reader}.Sanitize(), pgx.Identifier{speaker}.Sanitize()), speaker)
		if err != nil {
			return fmt.Errorf("look what %s heard of %s: %w", reader, speaker, err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("look what %s heard of %s: %w", reader, speaker, err)
		}
		for _, id := range ids {
			fmt.Fprintf(out, "%s heard event %s of %s, which %s does not know any more\n", reader, id, speaker, speaker)
		}
	}
	return nil
}
