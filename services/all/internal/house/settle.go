package house

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Settle waits until every fact that was said has reached everybody who listens. It counts rows, so it is for a house that
// has little in it yet, such as one that has just taken in its sample.
func (d Databases) Settle(ctx context.Context, services []Service) error {
	conn, err := pgx.Connect(ctx, d.Main)
	if err != nil {
		return fmt.Errorf("wait until all is settled: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	query := unheard(services)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var n int64
		if err := conn.QueryRow(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("wait until all is settled: %w", err)
		}
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// unheard counts, over all who listen, what was said and has not reached them. The names are ours, so they need no quoting.
func unheard(services []Service) string {
	left := []string{"0"}
	for _, reader := range services {
		for _, speaker := range reader.Listens {
			if slices.ContainsFunc(services, func(s Service) bool { return s.Name == speaker }) {
				left = append(left, fmt.Sprintf(
					"(select count(*) from %[1]s.outbox) - (select count(*) from %[2]s.inbox where speaker = '%[1]s')", speaker, reader.Name))
			}
		}
	}
	return "select " + strings.Join(left, " + ")
}
