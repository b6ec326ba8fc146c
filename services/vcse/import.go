package vcse

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
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/hsds"
)

// Import says where to import to. It needs the database alone: what it says is relayed by the running service.
type Import struct {
	Database string // signed in as the service's role
	Area     string
	Source   string    // what the list is called, when it does not say so itself
	Licence  string    // under which it may be used, likewise
	Out      io.Writer // hears refusals, the bar and the counts
	Terminal bool
	Now      func() time.Time
}

// Services takes lists of services in: HSDS 3.0 with one service a line, Street Support's answers, the list of public
// libraries. Bad rows are named on Out and left out; the import can be run again.
func (c Import) Services(ctx context.Context, paths ...string) error {
	db, err := pg.Open(ctx, pg.Config{URL: c.Database, Service: Name, MaxConns: 2})
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer db.Close()
	x := &app.App{
		DB: db, Out: &outbox.Outbox{Speaker: Name, Area: c.Area, Now: c.Now, NewID: id.New}, Now: c.Now, NewID: id.New,
		Hint: func(context.Context, ...string) {}, // nobody looks at this process's pages
	}
	bar := &rows.Progress{Out: c.Out, Terminal: c.Terminal, Now: c.Now}
	files, closeAll, err := openFiles(bar, paths)
	if err != nil {
		return err
	}
	defer closeAll()
	began := c.Now()
	from := hsds.Origin{Name: c.Source, Licence: c.Licence, Today: began.Format(time.DateOnly)}
	res, err := hsds.Import(ctx, x, files, from, func(e *rows.Error) { fmt.Fprintln(c.Out, "refused:", e) }, bar.Rows)
	if err != nil {
		return err
	}
	bar.Done()
	if err := res.Cover.Print(c.Out); err != nil {
		return err
	}
	sum := res.Sum()
	fmt.Fprintf(c.Out, "%d services read: %d new, %d changed, %d the same as before, %d left to their provider, %d closed; no need was told for %d, which are found by their words; %d rows refused; %.1f s\n",
		sum.Read(), sum.New, sum.Changed, sum.Unchanged, sum.LeftToProvider, sum.Withdrawn, sum.Unmapped, res.Refused, c.Now().Sub(began).Seconds())
	return nil
}

func openFiles(bar *rows.Progress, paths []string) (files []hsds.File, closeAll func(), err error) {
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
		files = append(files, hsds.File{Name: path, Reader: bar.Reader(f)})
	}
	return files, closeAll, nil
}

const importUsage = `vcse import services [-source NAME] [-licence LICENCE] FILE…

Takes lists of services into the directory, packed by gzip or not: HSDS 3.0 with one service a line, Street Support's answers
(by day, by category), and the list of public libraries. It can be run again.
`

// ImportMain is the whole of "vcse import". It returns the process's exit code.
func ImportMain(ctx context.Context, args []string, out io.Writer, terminal bool) int {
	flags := flag.NewFlagSet("vcse import", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() { fmt.Fprint(out, importUsage); flags.PrintDefaults() }
	c := Import{Out: out, Terminal: terminal, Now: time.Now}
	flags.StringVar(&c.Database, "database", os.Getenv("WAYPOST_DATABASE"), "Postgres address, signed in as the service's own role ($WAYPOST_DATABASE)")
	flags.StringVar(&c.Area, "area", os.Getenv("WAYPOST_AREA"), "what this deployment serves ($WAYPOST_AREA)")
	flags.StringVar(&c.Source, "source", "", "what the list is called, when it does not say so itself")
	flags.StringVar(&c.Licence, "licence", "", "under which it may be used, when it does not say so itself")
	if len(args) < 1 || args[0] != "services" {
		flags.Usage()
		return 2
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	if flags.NArg() == 0 || c.Database == "" || c.Area == "" {
		flags.Usage()
		return 2
	}
	if err := c.Services(ctx, flags.Args()...); err != nil {
		message := strings.Join(strings.Fields(err.Error()), " ")
		if errors.Is(err, context.Canceled) {
			message = "stopped; what was taken in stays, and the import can be run again"
		}
		fmt.Fprintln(out, "vcse:", message)
		return 1
	}
	return 0
}
