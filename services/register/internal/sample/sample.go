// Package sample takes the invented people of the demonstration, and the organisations invented for them, into the register.
package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// staff is people.json and teams.json of deploy/sample, as far as the register needs them.
type staff struct {
	FromOn        string         `json:"from_on"`
	TrainedOn     string         `json:"trained_on"`
	TrainedUntil  string         `json:"trained_until"`
	Organisations []organisation `json:"organisations"`
	People        []person       `json:"people"`
}

type organisation struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	MayRefer    bool   `json:"may_refer"`
	NetworkCode string `json:"network_code"`
	NetworkName string `json:"network_name"`
	Phone       string `json:"phone"`
	Address     string `json:"address"`
}

type person struct {
	Name    string `json:"name"`
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	Roles   []struct {
		Role string `json:"role"`
		At   string `json:"at"` // ods:<code>, team:<network code> or org:<key>
	} `json:"roles"`
	Trained []struct {
		Competency string `json:"competency"`
		Tier       string `json:"tier"`
		Until      string `json:"until"` // "yesterday": of the day of the first start; "" is as everybody's
	} `json:"trained"`
}

// Load takes people.json and teams.json in. What is there already stays as it is, so it can be run at every start. It returns
// how many organisations and roles are new.
func Load(ctx context.Context, x *app.App, files fs.FS) (organisations, roles int, err error) {
	var s, teams staff
	if err := read(files, "people.json", &s); err != nil {
		return 0, 0, err
	}
	if err := read(files, "teams.json", &teams); err != nil {
		return 0, 0, err
	}
	for i := range teams.Organisations {
		teams.Organisations[i].MayRefer = true // link workers refer onward
	}
	s.Organisations = append(s.Organisations, teams.Organisations...)
	done, err := x.ImportOrganisations(ctx, incoming(s.Organisations))
	if err != nil {
		return 0, 0, err
	}
	people, trainings, err := s.everybody(x.Yesterday())
	if err != nil {
		return 0, 0, err
	}
	roles, err = x.LoadPeople(ctx, people, trainings)
	return done.Added, roles, err
}

func read(files fs.FS, name string, into any) error {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("load sample: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("load sample %s: %w", name, err)
	}
	return nil
}

func incoming(list []organisation) []app.Incoming {
	batch := make([]app.Incoming, len(list))
	for i, o := range list {
		source := domain.Organisation{
			ID: o.ID, Kind: terms.OrganisationKind(o.Kind), Name: o.Name, Status: terms.OrganisationActive, MayRefer: o.MayRefer,
			Network: domain.Network{Code: o.NetworkCode, Name: o.NetworkName}, Phone: o.Phone, Address: o.Address, Simulated: true,
		}
		if source.Kind == terms.KindProvider {
			source.Email = addressOf(o.Key)
		}
		batch[i] = app.Incoming{ID: o.ID, Lay: func(known domain.Organisation) (domain.Organisation, bool) {
			return source, known.ID == "" // what somebody changed since stays changed
		}}
	}
	return batch
}

// addressOf is where an invented provider is told of offers: in a domain that nobody can have.
func addressOf(key string) string {
	return "hello@" + strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(key)), "-") + ".example.org"
}

// everybody is all roles and trainings, with ids that are the same at every start.
func (s staff) everybody(yesterday string) (roles []domain.Role, trainings []domain.Competency, err error) {
	for _, p := range s.People {
		for _, r := range p.Roles {
			at, err := s.at(r.At)
			if err != nil {
				return nil, nil, err
			}
			roles = append(roles, domain.Role{
				ID: id.FromName("sample-role", p.Subject+" "+r.Role+" "+r.At), Identity: domain.Identity{Issuer: p.Issuer, Subject: p.Subject},
				Name: p.Name, OrganisationID: at, Role: terms.Role(r.Role), From: s.FromOn,
			})
		}
		for _, k := range p.Trained {
			until := s.TrainedUntil
			if k.Until == "yesterday" {
				until = yesterday
			}
			trainings = append(trainings, domain.Competency{
				ID: id.FromName("sample-training", p.Subject+" "+k.Competency), PersonID: app.PersonID(p.Issuer, p.Subject),
				Competency: terms.Competency(k.Competency), Tier: terms.Tier(k.Tier), From: min(s.TrainedOn, until), Until: until,
			})
		}
	}
	return roles, trainings, nil
}

// at finds the organisation that people.json names.
func (s staff) at(name string) (string, error) {
	how, key, _ := strings.Cut(name, ":")
	if how == "ods" {
		return id.FromName("ods", key), nil
	}
	for _, o := range s.Organisations {
		if how == "org" && o.Key == key || how == "team" && o.NetworkCode == key {
			return o.ID, nil
		}
	}
	return "", fmt.Errorf("load sample: there is no organisation %q", name)
}
