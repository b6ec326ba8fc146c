package all

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/house"
	"example.org/waypost/services/all/internal/inside"
	"example.org/waypost/services/all/internal/operations"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/linkworker"
	"example.org/waypost/services/mdt"
	"example.org/waypost/services/primarycare"
	"example.org/waypost/services/register"
	"example.org/waypost/services/vcse"
)

// Doors are the opened services, for what needs one by name: the page of people asks register.
type Doors struct {
	Register *register.Door

	mu   sync.Mutex // they open at the same time
	open map[string]house.Door
}

// takeSample takes the sample in, once: into register first, whose people the others must have heard of, and then into
// everybody else. Without all of it Waypost is poorer, and works; the next start tries again.
func (d *Doors) takeSample(ctx context.Context, out io.Writer, s *Started) error {
	version, err := sampleVersion()
	if err != nil {
		return err
	}
	if s.has("sample", version) {
		return nil
	}
	told := &teller{to: out}
	for _, name := range []string{"register", "vcse", "linkworker", "primarycare", "mdt", "coordination"} {
		door, ok := d.open[name].(interface {
			LoadSample(ctx context.Context, files fs.FS, out io.Writer) error
		})
		if !ok {
			continue
		}
		told.any = false
		err := door.LoadSample(ctx, sample.FS, told)
		if err == nil && told.any {
			err = s.Settle(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintln(out, Line(err))
			version = "" // not all of it
		}
	}
	return s.note("sample", version)
}

// Sample takes the sample in through doors that somebody else opened, once for each folder.
func (d *Doors) Sample(ctx context.Context, out io.Writer, dir string, databases house.Databases, services []house.Service) error {
	return d.takeSample(ctx, out, &Started{dir: dir, databases: databases, services: services})
}

// Play has the invented people of the sample use Waypost at an address, until ctx ends.
func (d *Doors) Play(ctx context.Context, url string, log *zap.Logger) error {
	return d.play(ctx, &Started{url: url, log: log})
}

// sampleVersion changes whenever a file of the sample does.
func sampleVersion() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(sample.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sample.FS, name)
		fmt.Fprintln(h, name, len(b))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// teller passes lines on and remembers that there was one.
type teller struct {
	to  io.Writer
	any bool
}

func (t *teller) Write(b []byte) (int, error) {
	t.any = true
	return t.to.Write(b)
}

// play has the invented people of the sample use Waypost, slowly, as programs that sign in like anybody.
func (d *Doors) play(ctx context.Context, s *Started) error {
	people, err := d.Register.Personas(ctx)
	if err != nil {
		return err
	}
	return demo.Live{
		Cast:   &demo.Cast{Base: s.url, HTTP: &http.Client{Timeout: 30 * time.Second}, Sessions: d.Register.Frame.People, Now: time.Now},
		People: people, Log: s.log.Named("demo"),
	}.Run(ctx)
}

// operations is the page of the whole flow. Whoever is an operator by register's own word may see it.
func (d *Doors) operations(w inside.Waypost, simulated string, log *zap.Logger, secret []byte) (*operations.Page, error) {
	parkedAt := map[string]string{}
	for name, opened := range d.open {
		for _, rt := range opened.Routes() {
			if rt.Name == parked.PageList {
				parkedAt[name] = rt.Pattern
			}
		}
	}
	return operations.Open(operations.Config{
		Services: w, Names: schemas.Speakers, Listens: schemas.Listens, Parked: parkedAt, Guard: d.Register.Frame.People.Guard,
		Secret: secret, HTTPS: d.Register.Frame.HTTPS, Simulated: simulated, Log: log.Named("operations"), Now: d.Register.Frame.Now,
	})
}

// Services are those that live in the house; what they open is put into d.
func Services(d *Doors) []house.Service {
	d.open = map[string]house.Door{}
	return []house.Service{
		service(d, "register", register.Migrate, register.Open, &d.Register),
		service(d, "coordination", coordination.Migrate, coordination.Open, nil),
		service(d, "primarycare", primarycare.Migrate, primarycare.Open, nil),
		service(d, "linkworker", linkworker.Migrate, linkworker.Open, nil),
		service(d, "vcse", vcse.Migrate, vcse.Open, nil),
		service(d, "mdt", mdt.Migrate, mdt.Open, nil),
	}
}

// service fits a door of its own type into the house; into is nil when nobody needs it by name.
func service[D house.Door](
	d *Doors, name string, migrate func(context.Context, string) error, open func(context.Context, door.Config) (D, error), into *D,
) house.Service {
	return house.Service{
		Name: name, Listens: schemas.Listens[name], Migrate: migrate,
		Open: func(ctx context.Context, c door.Config) (house.Door, error) {
			opened, err := open(ctx, c)
			if err != nil {
				return nil, err
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.open[name] = opened
			if into != nil {
				*into = opened
			}
			return opened, nil
		},
	}
}
