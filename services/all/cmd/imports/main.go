// Command imports takes whole files in, on a Waypost of its own, and prints how long it takes until the last row is committed
// and until a practice's search has all of it. It ends with 1 when that is too long.
//
//	imports -practices epraccur.csv,epcn.csv,lists.csv -services england.ndjson.gz
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
	"example.org/waypost/services/register"
	"example.org/waypost/services/vcse"
)

type settings struct {
	practices, services []string
	most                time.Duration
	terminal            bool
}

func main() {
	var s settings
	practices := flag.String("practices", "", "files of the NHS Organisation Data Service, with commas between")
	services := flag.String("services", "", "lists of services, with commas between")
	flag.DurationVar(&s.most, "most", time.Minute, "how long both may take until the last row is committed")
	flag.Parse()
	s.practices, s.services = strings.Split(*practices, ","), strings.Split(*services, ",")
	info, err := os.Stdout.Stat()
	s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "imports:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, s settings) error {
	on, err := stage.Open(ctx, stage.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = on.Close() }() // the folder goes anyway
	practice := stage.Organise(terms.KindPractice, "A practice that looks", "", terms.RoleReceptionist)
	if err := on.Introduce(ctx, practice); err != nil {
		return err
	}
	began := time.Now()
	if err := take(ctx, out, on.URL, s); err != nil {
		return err
	}
	committed := time.Since(began)
	if err := visible(ctx, on, on.Cast.As(practice.Staff[terms.RoleReceptionist])); err != nil {
		return err
	}
	fmt.Fprintf(out, "import_seconds=%.1f\nvisible_seconds=%.1f\n", committed.Seconds(), time.Since(began).Seconds())
	if committed > s.most {
		return fmt.Errorf("the last row was committed after %.1f s, more than %v", committed.Seconds(), s.most)
	}
	return nil
}

// take runs both commands as somebody would who types them.
func take(ctx context.Context, out io.Writer, database string, s settings) error {
	as := func(service string) (string, error) { return pg.As(database, service, "") }
	url, err := as(register.Name)
	if err != nil {
		return err
	}
	r := register.Import{Database: url, Area: stage.Area, Out: out, Terminal: s.terminal, Now: time.Now}
	if err := r.ODS(ctx, s.practices...); err != nil {
		return err
	}
	if url, err = as(vcse.Name); err != nil {
		return err
	}
	v := vcse.Import{Database: url, Area: stage.Area, Out: out, Terminal: s.terminal, Now: time.Now}
	return v.Services(ctx, s.services...)
}

// visible waits until the practices' service has taken in everything that was said of services, and then looks for one of them
// by its name: one that no source told a need of, if there is any.
func visible(ctx context.Context, on *stage.Stage, desk *demo.Client) error {
	for {
		var left int
		if err := on.Admin.QueryRow(ctx, `select (select count(*) from vcse.outbox) - (select count(*) from primarycare.inbox where speaker = 'vcse')`).Scan(&left); err != nil {
			return fmt.Errorf("look what is on its way: %w", err)
		}
		if left == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	var id, name string
	if err := on.Admin.QueryRow(ctx, `select id, name from vcse.service where status = 'active' and not sensitive order by needs_mapped, id desc limit 1`).Scan(&id, &name); err != nil {
		return fmt.Errorf("choose a service to look for: %w", err)
	}
	var found struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	words := `"` + strings.ReplaceAll(name, `"`, " ") + `"`
	if err := desk.Make(ctx, "/api/primarycare/v1/services/search", "", map[string]any{"words": words, "limit": 200}, &found); err != nil {
		return err
	}
	for _, x := range found.Items {
		if x.ID == id {
			return nil
		}
	}
	return fmt.Errorf("a practice that searches for %s does not find it", words)
}
