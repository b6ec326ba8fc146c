// Command check says whether anything was lost or done twice. It is an oracle: it shares no code with what it checks, reads
// the tables of all services at one moment, joins them, and compares what each says with what the others know.
//
//	check -database postgres://admin@host/waypost -settle 30s
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

func main() {
	database := flag.String("database", os.Getenv("WAYPOST_DATABASE"), "admin address of the services' database")
	area := flag.String("area", "greater-manchester", "the area that the events' source names")
	settle := flag.Duration("settle", 0, "how long to wait until every event has been applied")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Stdout, *database, *area, *settle)
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run checks and prints; ok is false when something that must hold does not.
func run(ctx context.Context, out io.Writer, database, area string, settle time.Duration) (ok bool, err error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return false, errors.New("the database does not answer at the address given with -database")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := await(ctx, conn, settle); err != nil {
		return false, err
	}
	// One snapshot for everything; nothing is kept, the temporary tables neither.
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return look(ctx, tx, out, area)
}

func look(ctx context.Context, tx pgx.Tx, out io.Writer, area string) (ok bool, err error) {
	if err := gather(ctx, tx); err != nil {
		return false, err
	}
	steps, err := funnel(ctx, tx)
	if err != nil {
		return false, err
	}
	results, err := judge(ctx, tx, area)
	if err != nil {
		return false, err
	}
	return report(out, steps, results), nil
}
