// Command check says whether anything was lost or done twice. It is an oracle: it shares no code with what it checks, reads
// the tables of all services at one moment, joins them, and compares what each says with what the others know.
//
//	check -database postgres://admin@host/waypost -settle 30s
//
// With -clocks it looks whether everything that is due was seen to, with -book it also compares the ledger that the load kept of its own commands, with -brokers what the streams hold, and with
// -walls what each organisation may see.
//
// Its last line is "lost=0 doubled=0 requested=… closed=…"; it ends with 1 when anything that must hold does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5"
)

// evidence is where to look.
type evidence struct {
	database, area string
	settle         time.Duration
	book           string // the load's ledger; "": none
	beside         string // organisations whose people keep no ledger, separated by commas
	brokers        string // addresses; "": the streams are not read
	seed           string // file with the key of a user who may read them
	ca, cert, key  string // files by which the brokers know a program, and it them; "": no TLS
	poison         bool   // messages that nobody can apply were put into the streams
	walls          bool
	settledFile    string // takes how long it was until everybody had heard everything
	clocks         bool
	ahead          time.Duration // how far the services' time is ahead of this machine's
}

func main() {
	var e evidence
	flag.StringVar(&e.database, "database", os.Getenv("WAYPOST_DATABASE"), "admin address of the services' database")
	flag.StringVar(&e.area, "area", "greater-manchester", "the area that the events' source names")
	flag.DurationVar(&e.settle, "settle", 0, "how long to wait until every event has been applied")
	flag.StringVar(&e.book, "book", "", "the load's own ledger of its commands")
	flag.StringVar(&e.beside, "beside", "", "organisations whose people keep no ledger, separated by commas")
	flag.StringVar(&e.brokers, "brokers", "", "the brokers' addresses, to read the streams")
	flag.StringVar(&e.seed, "seed-file", "", "file with the nkey seed of a user who may read the streams")
	flag.StringVar(&e.ca, "tls-ca", "", "file with the authority that the brokers' certificates are from")
	flag.StringVar(&e.cert, "tls-cert", "", "file with the certificate to show the brokers")
	flag.StringVar(&e.key, "tls-key", "", "file with its key")
	flag.BoolVar(&e.poison, "poison", false, "the streams hold messages that nobody can apply; they must be parked, and nothing else")
	flag.BoolVar(&e.walls, "walls", false, "look what each organisation may see")
	flag.StringVar(&e.settledFile, "settled-file", "", "file that takes how long it was until all had heard all")
	flag.BoolVar(&e.clocks, "clocks", false, "look whether everything that is due was seen to")
	flag.DurationVar(&e.ahead, "ahead", 0, "how far the services' clocks are ahead of this machine's")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Stdout, e)
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run checks and prints; ok is false when something that must hold does not.
func run(ctx context.Context, out io.Writer, e evidence) (ok bool, err error) {
	conn, err := pgx.Connect(ctx, e.database)
	if err != nil {
		return false, errors.New("the database does not answer at the address given with -database")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	began := time.Now()
	if err := await(ctx, conn, e); err != nil {
		return false, err
	}
	if e.settledFile != "" {
		if err := os.WriteFile(e.settledFile, []byte(time.Since(began).String()), 0o600); err != nil {
			return false, fmt.Errorf("note how long it took: %w", err)
		}
	}
	// One snapshot for everything; nothing is kept, the temporary tables neither.
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return look(ctx, tx, out, e)
}

func look(ctx context.Context, tx pgx.Tx, out io.Writer, e evidence) (ok bool, err error) {
	if err := gather(ctx, tx); err != nil {
		return false, err
	}
	groups := [][]rule{journey, care, persons, meetings, travel}
	if e.clocks {
		groups = append(groups, clocks(e.ahead))
	}
	if e.poison {
		groups = append(groups, poisoned)
	} else {
		groups = append(groups, clean)
	}
	var restored int64 // commands that were acknowledged and are gone with a backup
	if e.book != "" {
		if restored, err = readBook(ctx, tx, e.book); err != nil {
			return false, err
		}
		if err = readBeside(ctx, tx, e.beside); err != nil {
			return false, err
		}
		groups = append(groups, commands, sharing)
	}
	if e.brokers != "" {
		if err := readStreams(ctx, tx, out, e); err != nil {
			return false, err
		}
		groups = append(groups, streams)
	}
	steps, err := funnel(ctx, tx)
	if err != nil {
		return false, err
	}
	results, err := judge(ctx, tx, groups)
	if err != nil {
		return false, err
	}
	if e.clocks {
		unseen(out, results)
	}
	chains, err := chains(ctx, tx, e.area)
	if err != nil {
		return false, err
	}
	results = append(results, chains)
	if e.book != "" {
		histories, err := histories(ctx, tx)
		if err != nil {
			return false, err
		}
		results = append(results, histories)
	}
	if e.walls {
		seen, err := sights(ctx, tx)
		if err != nil {
			return false, err
		}
		results = append(results, seen...)
	}
	return report(out, steps, results, restored), nil
}
