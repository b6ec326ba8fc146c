package all

import (
	"context"
	"io"
	"io/fs"
	"sync"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/door"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/house"
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

// LoadSample takes the sample into the named services that have a part in it, one after the other.
func (d *Doors) LoadSample(ctx context.Context, out io.Writer, names ...string) error {
	for _, name := range names {
		door, ok := d.open[name].(interface {
			LoadSample(ctx context.Context, files fs.FS, out io.Writer) error
		})
		if !ok {
			continue
		}
		if err := door.LoadSample(ctx, sample.FS, out); err != nil {
			return err
		}
	}
	return nil
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
