package register

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/rows"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/ods"
)

// Import says where to import to. It needs the database alone: what it says is relayed by the running service.
type Import struct {
	Database string // signed in as the service's role
	Area     string
	Out      io.Writer // hears refusals, the bar and the counts
	Terminal bool
	Now      func() time.Time
}

// ODS takes files of the NHS Organisation Data Service in, in any order: practices, members of networks, list sizes.
// Bad rows are named on Out and left out; the import can be run again.
func (c Import) ODS(ctx context.Context, paths ...string) error {
	db, err := pg.Open(ctx, pg.Config{URL: c.Database, Service: Name, MaxConns: 2})
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer db.Close()
	x := &app.App{DB: db, Outbox: &outbox.Outbox{Speaker: Name, Area: c.Area, Now: c.Now, NewID: id.New}, Now: c.Now, NewID: id.New}
	bar := &rows.Progress{Out: c.Out, Terminal: c.Terminal, Now: c.Now}
	files, closeAll, err := openFiles(bar, paths)
	if err != nil {
		return err
	}
	defer closeAll()
	began, refused := c.Now(), 0
	done, err := ods.Import(ctx, x, files, func(e *rows.Error) {
		refused++
		fmt.Fprintln(c.Out, "refused:", e)
	}, func(n app.Counts) { bar.Rows(n.Read) })
	bar.Done()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%d organisations read: %d new, %d changed, %d the same as before; %d rows refused; %.1f s\n",
		done.Read, done.Added, done.Changed, done.Same, refused, c.Now().Sub(began).Seconds())
	return nil
}

func openFiles(bar *rows.Progress, paths []string) (files []ods.File, closeAll func(), err error) {
	var open []*os.File
	closeAll = func() {
		for _, f := range open {
			_ = f.Close() // only read
		}
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err == nil {
			open = append(open, f)
			var info os.FileInfo
			if info, err = f.Stat(); err == nil {
				bar.Total += info.Size()
			}
		}
		if err != nil {
			closeAll()
			return nil, nil, fmt.Errorf("import: %w", err)
		}
		files = append(files, ods.File{Name: path, Reader: bar.Reader(f)})
	}
	return files, closeAll, nil
}

const importUsage = `register import ods FILE…

Takes files of the NHS Organisation Data Service into the register, packed by gzip or not, in any order:
epraccur (practices), the core partners of primary care networks, and list sizes. It can be run again.
`

// ImportMain is the whole of "register import". It returns the process's exit code.
func ImportMain(ctx context.Context, args []string, out io.Writer, terminal bool) int {
	flags := flag.NewFlagSet("register import", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() { fmt.Fprint(out, importUsage); flags.PrintDefaults() }
	database := flags.String("database", os.Getenv("WAYPOST_DATABASE"), "Postgres address, signed in as the service's own role ($WAYPOST_DATABASE)")
	area := flags.String("area", os.Getenv("WAYPOST_AREA"), "what this deployment serves ($WAYPOST_AREA)")
	if len(args) < 1 || args[0] != "ods" {
		flags.Usage()
		return 2
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	if flags.NArg() == 0 || *database == "" || *area == "" {
		flags.Usage()
		return 2
	}
	c := Import{Database: *database, Area: *area, Out: out, Terminal: terminal, Now: time.Now}
	if err := c.ODS(ctx, flags.Args()...); err != nil {
		fmt.Fprintln(out, "register:", line(err))
		return 1
	}
	return 0
}

// line keeps an error on one line.
func line(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped; what was taken in stays, and the import can be run again"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
