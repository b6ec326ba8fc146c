package vcse

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/hsds"
)

// sampleStaff is people.json of deploy/sample, as far as the directory needs it.
type sampleStaff struct {
	Organisations []struct {
		ID     string   `json:"id"`
		Key    string   `json:"key"`
		Kind   string   `json:"kind"`
		Name   string   `json:"name"`
		Claims []string `json:"claims"` // the names of providers under which its services are listed
	} `json:"organisations"`
	People []struct {
		PersonID string `json:"person_id"`
		Name     string `json:"name"`
		Roles    []struct{ Role, At string }
	} `json:"people"`
}

// sampleRoom is what one service says of its capacity. It is simulated.
type sampleRoom struct {
	ServiceID  string `json:"service_id"`
	Status     string `json:"status"`
	PlacesFree *int   `json:"places_free"`
	Waiting    *int   `json:"waiting"`
	DaysOld    int    `json:"days_old"`
}

// sampleCapacity is capacity.json.
type sampleCapacity struct {
	Services []sampleRoom `json:"services"`
	Others   struct {
		Seed       uint64         `json:"seed"`
		Status     map[string]int `json:"status"`
		PlacesFree [2]int         `json:"places_free"`
		Waiting    [2]int         `json:"waiting"`
		DaysOld    [2]int         `json:"days_old"`
	} `json:"others"`
}

// LoadSample takes in the sample (deploy/sample): real lists and invented services, the claims of the providers that play
// along, and simulated capacity. What is there already stays as it is, so it can be run at every start. out hears, in one
// line, what was new; nothing when nothing was.
func (d *Door) LoadSample(ctx context.Context, files fs.FS, out io.Writer) error {
	l := loading{app: d.app, now: d.Now}
	for name, into := range map[string]any{"people.json": &l.staff, "capacity.json": &l.capacity} {
		b, err := fs.ReadFile(files, name)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			return fmt.Errorf("load the sample of vcse: %s: %w", name, err)
		}
	}
	if err := l.load(ctx, files); err != nil {
		return fmt.Errorf("load the sample of vcse: %w", err)
	}
	if l.added+l.claimed > 0 {
		fmt.Fprintf(out, "vcse: %d services, of which %d are answered for by somebody; their capacity is simulated\n", l.added, l.claimed)
	}
	return nil
}

type loading struct {
	app      *app.App
	now      func() time.Time
	staff    sampleStaff
	capacity sampleCapacity
	added    int
	claimed  int
}

func (l *loading) load(ctx context.Context, files fs.FS) error {
	var refused []string
	refuse := func(e *rows.Error) { refused = append(refused, e.Error()) }
	for pattern, from := range map[string]hsds.Origin{
		"services.ndjson": {Name: "Invented for the demonstration", Licence: "CC0-1.0", Simulated: true}, "listings/*.gz": {},
	} {
		list, done, err := openSample(files, pattern)
		if err != nil {
			return err
		}
		res, err := hsds.Import(ctx, l.app, list, from, refuse, func(int) {})
		done()
		if err != nil {
			return err
		}
		l.added += res.Sum().New
	}
	if refused != nil {
		return fmt.Errorf("the sample has bad rows: %s", strings.Join(refused, "; "))
	}
	listed, err := l.listed(files)
	if err != nil {
		return err
	}
	return l.play(ctx, listed)
}

func openSample(files fs.FS, pattern string) (list []hsds.File, done func(), err error) {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, nil, err
	}
	var open []fs.File
	done = func() {
		for _, f := range open {
			_ = f.Close() // only read
		}
	}
	for _, name := range names {
		f, err := files.Open(name)
		if err != nil {
			done()
			return nil, nil, err
		}
		open = append(open, f)
		list = append(list, hsds.File{Name: name, Reader: f})
	}
	return list, done, nil
}

// listed is the ids of services by the name of their provider, from the files that providers of the sample claim from.
func (l *loading) listed(files fs.FS) (map[string][]string, error) {
	out := map[string][]string{}
	invented, done, err := openSample(files, "services.ndjson")
	if err != nil {
		return nil, err
	}
	defer done()
	street, doneStreet, err := openSample(files, "listings/street-support-*.gz")
	if err != nil {
		return nil, err
	}
	defer doneStreet()
	for _, f := range invented {
		for row, err := range hsds.Services(f, hsds.Origin{File: f.Name}) {
			if err != nil {
				return nil, err
			}
			out[row.Service.ProviderName] = append(out[row.Service.ProviderName], row.Service.ID)
		}
	}
	for row, err := range hsds.StreetSupport(street, hsds.Origin{}) {
		if err != nil {
			return nil, err
		}
		out[row.Service.ProviderName] = append(out[row.Service.ProviderName], row.Service.ID)
	}
	return out, nil
}

// play lets each provider of the sample claim what is listed under its name, the area's office confirm it, and the provider
// say how much room it has: the same commands that people give.
func (l *loading) play(ctx context.Context, listed map[string][]string) error {
	office, err := l.office()
	if err != nil {
		return err
	}
	for _, o := range l.staff.Organisations {
		provider := actor.Actor{
			Person: actor.Person{ID: id.FromName("sample-worker", o.ID), Name: "A worker of the sample"}, Role: string(terms.RoleServiceLead),
			Organisation: o.ID, OrganisationKind: o.Kind, OrganisationName: o.Name, Purpose: "operation",
		}
		for _, name := range o.Claims {
			for _, service := range listed[name] {
				if err := l.answerFor(ctx, provider, office, service); err != nil {
					return fmt.Errorf("service %s: %w", service, err)
				}
			}
		}
	}
	return nil
}

func (l *loading) answerFor(ctx context.Context, provider, office actor.Actor, service string) error {
	v, err := l.app.Service(ctx, provider, service)
	if err != nil {
		return err
	}
	if !v.Service.Claimed {
		claim, err := l.app.Claim(ctx, provider, pg.Command{}, app.ClaimInput{ServiceID: service, Why: "It is part of the demonstration"})
		if err != nil {
			return err
		}
		if _, err := l.app.DecideClaim(ctx, office, pg.Command{}, app.DecideInput{ClaimID: claim.ID, Version: claim.Version, Confirm: true}); err != nil {
			return err
		}
		l.claimed++
	}
	if v.Capacity != nil || v.Service.Claimed && v.Service.ProviderID != provider.Organisation {
		return nil
	}
	r := l.room(service)
	then := *l.app // said so many days ago, so that some of it is stale
	then.Now = func() time.Time { return l.now().AddDate(0, 0, -r.DaysOld) }
	_, err = then.ReportCapacity(ctx, provider, pg.Command{}, app.CapacityInput{
		ServiceID: service, AnyVersion: true, Status: terms.CapacityStatus(r.Status), PlacesFree: r.PlacesFree, Waiting: r.Waiting, Simulated: true,
	})
	return err
}

// room is what capacity.json says of the service, or is drawn as it says; the same at every start.
func (l *loading) room(service string) sampleRoom {
	i := slices.IndexFunc(l.capacity.Services, func(r sampleRoom) bool { return r.ServiceID == service })
	if i >= 0 {
		return l.capacity.Services[i]
	}
	o := l.capacity.Others
	h := o.Seed
	for _, b := range []byte(service) {
		h = h*1099511628211 + uint64(b)
	}
	r := rand.New(rand.NewPCG(o.Seed, h))
	between := func(b [2]int) *int {
		n := b[0] + r.IntN(max(1, b[1]-b[0]+1))
		return &n
	}
	room := sampleRoom{ServiceID: service, Status: string(terms.CapacityHas), DaysOld: *between(o.DaysOld)}
	at := r.IntN(100)
	for _, c := range terms.CapacityStatuses {
		if at -= o.Status[string(c.Code)]; at < 0 {
			room.Status = string(c.Code)
			break
		}
	}
	switch terms.CapacityStatus(room.Status) {
	case terms.CapacityHas:
		room.PlacesFree = between(o.PlacesFree)
	case terms.CapacityWaitlist, terms.CapacityNone:
		none := 0
		room.PlacesFree, room.Waiting = &none, between(o.Waiting)
	}
	return room
}

// office is a coordinator of the sample.
func (l *loading) office() (actor.Actor, error) {
	for _, p := range l.staff.People {
		for _, r := range p.Roles {
			key, ok := strings.CutPrefix(r.At, "org:")
			if !ok || r.Role != string(terms.RoleCoordinator) {
				continue
			}
			for _, o := range l.staff.Organisations {
				if o.Key == key {
					return actor.Actor{
						Person: actor.Person{ID: p.PersonID, Name: p.Name}, Role: r.Role, Organisation: o.ID,
						OrganisationKind: o.Kind, OrganisationName: o.Name, Purpose: "operation",
					}, nil
				}
			}
		}
	}
	return actor.Actor{}, fmt.Errorf("people.json has no coordinator")
}
