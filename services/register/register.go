// Package register is the door of the service that knows who is who: organisations, people, their roles and trainings.
package register

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register/internal/api"
	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/ods"
	"example.org/waypost/services/register/internal/store"
	"example.org/waypost/services/register/internal/web"
)

// Name is the service's name: its schema, its speaker, its paths.
const Name = "register"

// Listens is whom the register hears: nobody. It tells all others.
var Listens []string

// Door is the opened service.
type Door struct {
	*door.Frame
	app *app.App
}

// Migrate brings the register's tables up to date.
func Migrate(ctx context.Context, adminURL string) error {
	own, err := fs.Sub(store.Migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate register: %w", err)
	}
	return pg.Migrate(ctx, adminURL, Name, own)
}

// Open opens the frame and hangs the rooms into it.
func Open(ctx context.Context, c door.Config) (*Door, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Vault = "" // the register holds no patient, and the vault would not let it in
	face, err := web.New(c.Simulated, c.Now)
	if err != nil {
		return nil, err
	}
	x := &app.App{}
	f, err := door.Open(ctx, c, door.Options{
		Service: Name, Listens: Listens, Operators: terms.Operators, Active: x.RoleStands, ErrorPage: face.ErrorPage,
	})
	if err != nil {
		return nil, err
	}
	*x = app.App{DB: f.DB, Outbox: f.Outbox, Now: f.Now, NewID: f.NewID, Ended: endSessions(f)}
	face.App = x

	f.Edge.Mount(face.Routes()...)
	f.Edge.Mount(ods.Routes(x)...)
	api.API{App: x}.Register(f.API(api.Version))
	f.People.Choose = face.ChooseRole
	f.Edge.Mount(f.People.Routes()...)
	if c.Provider != nil {
		f.Edge.Mount(c.Provider.Routes(f.People)...)
	}
	f.Every("expire roles and trainings", expireEvery, func(ctx context.Context) error {
		_, err := x.Expire(ctx)
		return err
	})
	return &Door{f, x}, nil
}

// expireEvery is how often roles and trainings are looked through for those whose last day is over.
const expireEvery = time.Minute

// endSessions signs out of a role that has ended. When the session store is away, the check of every request still keeps them out.
func endSessions(f *door.Frame) func(context.Context, domain.Role) {
	return func(ctx context.Context, r domain.Role) {
		if err := f.People.EndRole(ctx, r.PersonID, string(r.Role), r.OrganisationID); err != nil {
			f.Log.Warn("end sessions of a role", zap.String("role", r.ID), zap.String("error", httpx.Verbs(err)))
		}
	}
}

// Identify is for ways to sign in: who signs in with this subject at this issuer, and which roles they may act in today.
func (d *Door) Identify(ctx context.Context, issuer, subject string) (authn.Identity, error) {
	found, err := d.app.Identify(ctx, issuer, subject)
	if err != nil {
		return authn.Identity{}, err
	}
	return identity(found), nil
}

// Personas lists the invented people of the demonstration, for the page on which one chooses who to be.
func (d *Door) Personas(ctx context.Context) ([]authn.Identity, error) {
	people, err := d.app.Invented(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]authn.Identity, len(people))
	for i, p := range people {
		list[i] = identity(p)
	}
	return list, nil
}

func identity(p app.Identified) authn.Identity {
	who := authn.Identity{Person: actor.Person{ID: p.PersonID, Issuer: p.Issuer, Subject: p.Subject, Name: p.Name}, Assurance: 2}
	for _, r := range p.Roles {
		g := authn.Grant{
			Role: string(r.Role.Role), Organisation: r.OrganisationID,
			OrganisationKind: string(r.Organisation.Kind), OrganisationName: r.Organisation.Name,
		}
		for _, k := range r.Competency {
			g.Competency = append(g.Competency, string(k))
		}
		who.Grants = append(who.Grants, g)
	}
	return who
}
