package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/house"
)

// Organisation is one of the setting, with everybody who works there.
type Organisation struct {
	register.OrganisationRegisteredV1
	Staff map[terms.Role]authn.Identity
	Known bool // the register has it already: only its staff are news
}

// Organise makes an organisation and one person in each role; the same words make the same ids.
func Organise(kind terms.OrganisationKind, name, network string, roles ...terms.Role) Organisation {
	o := Organisation{Staff: map[terms.Role]authn.Identity{}, OrganisationRegisteredV1: register.OrganisationRegisteredV1{
		OrganisationID: id.FromName("demo", "organisation "+name), Kind: kind, Name: name, Status: terms.OrganisationActive,
		MayRefer: kind == terms.KindPractice, NetworkCode: network, Simulated: true, Version: 1,
	}}
	for _, r := range roles {
		o.Staff[r] = Invent(r, kind, o.OrganisationID, name)
	}
	return o
}

// Join makes one more person, who works for an organisation that the register has.
func Join(o demo.Organisation, r terms.Role) Organisation {
	return Organisation{
		Known: true, Staff: map[terms.Role]authn.Identity{r: Invent(r, o.Kind, o.ID, o.Name)},
		OrganisationRegisteredV1: register.OrganisationRegisteredV1{OrganisationID: o.ID, Kind: o.Kind, Name: o.Name},
	}
}

// Beside makes one more person in a role of an organisation that was introduced: a colleague of who has it.
func Beside(o Organisation, r terms.Role) Organisation {
	o.Known, o.Staff = true, map[terms.Role]authn.Identity{r: Invent(r, o.Kind, o.OrganisationID, o.Name)}
	who := o.Staff[r]
	who.Person.Subject += ", colleague"
	who.Person.ID, who.Person.Name = id.FromName("demo", who.Person.Subject), "Colleague, "+who.Person.Name
	o.Staff[r] = who
	return o
}

// Invent makes a person in a role; the same words make the same person.
func Invent(r terms.Role, kind terms.OrganisationKind, organisation, name string) authn.Identity {
	subject := string(r) + " at " + organisation
	return authn.Identity{
		Person: actor.Person{ID: id.FromName("demo", subject), Issuer: "demo", Subject: subject, Name: r.Label() + ", simulated"}, Assurance: 2,
		Grants: []authn.Grant{{Role: string(r), Organisation: organisation, OrganisationKind: string(kind), OrganisationName: name}},
	}
}

// Introduce says who is who, as the register does, and waits until everybody has heard it. Importing them would say the same.
func (s *Stage) Introduce(ctx context.Context, all ...Organisation) error {
	if err := s.Announce(ctx, all...); err != nil {
		return err
	}
	return s.Settle(ctx)
}

// Announce is Introduce without the waiting: where people go on, there may be no moment at which everything was heard.
func (s *Stage) Announce(ctx context.Context, all ...Organisation) error {
	return s.asRegister(ctx, func(ctx context.Context, tx pgx.Tx, out *outbox.Outbox) error {
		for _, o := range all {
			if err := s.introduce(ctx, tx, out, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Stage) asRegister(ctx context.Context, say func(ctx context.Context, tx pgx.Tx, out *outbox.Outbox) error) error {
	url, err := pg.As(s.URL, "register", "")
	if err != nil {
		return err
	}
	db, err := pg.Open(ctx, pg.Config{URL: url, Service: "register", MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	out := &outbox.Outbox{Speaker: "register", Area: Area, Now: s.Now, NewID: id.New}
	err = db.InTx(ctx, actor.Machine(actor.Importer), func(ctx context.Context, tx pgx.Tx) error { return say(ctx, tx, out) })
	if err != nil {
		return fmt.Errorf("say as the register: %w", err)
	}
	return nil
}

// Fact is something that the register says.
type Fact interface {
	event.Payload
	About() string
}

// Say says facts as the register does, and waits until everybody has heard them.
func (s *Stage) Say(ctx context.Context, facts ...Fact) error {
	if err := s.Tell(ctx, facts...); err != nil {
		return err
	}
	return s.Settle(ctx)
}

// Tell is Say without the waiting.
func (s *Stage) Tell(ctx context.Context, facts ...Fact) error {
	return s.asRegister(ctx, func(ctx context.Context, tx pgx.Tx, out *outbox.Outbox) error {
		for _, f := range facts {
			if _, err := out.Append(ctx, tx, f.About(), f, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// Shut says that an organisation has closed for good.
func (s *Stage) Shut(ctx context.Context, o Organisation) error {
	return s.Say(ctx, &register.OrganisationClosedV1{OrganisationID: o.OrganisationID, ClosedOn: s.Now().Format(time.DateOnly), At: s.Now().UTC()})
}

// Leave says that whoever was introduced in a role no longer has it.
func (s *Stage) Leave(ctx context.Context, o Organisation, role terms.Role) error {
	return s.Say(ctx, &register.PersonRoleEndedV1{PersonID: o.Staff[role].Person.ID, OrganisationID: o.OrganisationID, Role: role, At: s.Now().UTC()})
}

func (s *Stage) introduce(ctx context.Context, tx pgx.Tx, out *outbox.Outbox, o Organisation) error {
	var facts []Fact
	if !o.Known {
		facts = append(facts, &o.OrganisationRegisteredV1)
	}
	from, until := s.Now().AddDate(0, 0, -30).Format(time.DateOnly), s.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	for role, who := range o.Staff {
		facts = append(facts, &register.PersonRoleGrantedV1{
			PersonID: who.Person.ID, Issuer: who.Person.Issuer, Subject: who.Person.Subject, DisplayName: who.Person.Name,
			OrganisationID: o.OrganisationID, Role: role, FromOn: from, Simulated: true, At: s.Now().UTC(),
		})
		for _, c := range []terms.Competency{terms.CompetencyCareNavigation, terms.CompetencyRedFlags, terms.CompetencyConsent, terms.CompetencySensitiveNeeds} {
			facts = append(facts, &register.CompetencyRecordedV1{
				PersonID: who.Person.ID, Competency: c, Tier: terms.TierExpert, FromOn: from, UntilOn: until, At: s.Now().UTC(),
			})
		}
	}
	for _, f := range facts {
		if _, err := out.Append(ctx, tx, f.About(), f, nil); err != nil {
			return err
		}
	}
	return nil
}

// Settle waits until every event that was said has been applied by everyone who listens.
func (s *Stage) Settle(ctx context.Context) error {
	query := house.Unheard(s.services)
	for {
		var n int64
		if err := s.Admin.QueryRow(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("wait until all is settled: %w", err)
		}
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("waypost ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
