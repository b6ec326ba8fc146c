package directory_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// hsds is as much of an HSDS 3.0 service as these tests need; vcse's importer reads all of it.
type hsds struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Description  string `json:"description"`
	Eligibility  string `json:"eligibility_description"`
	MinimumAge   *int   `json:"minimum_age"`
	MaximumAge   *int   `json:"maximum_age"`
	Organization struct {
		Name string `json:"name"`
	} `json:"organization"`
	At []struct {
		Location struct {
			Name      string   `json:"name"`
			Latitude  *float64 `json:"latitude"`
			Longitude *float64 `json:"longitude"`
			Addresses []struct {
				Street   string `json:"address_1"`
				Postcode string `json:"postal_code"`
			} `json:"addresses"`
		} `json:"location"`
	} `json:"service_at_locations"`
	Schedules []struct {
		Day  string `json:"byday"`
		From string `json:"opens_at"`
		To   string `json:"closes_at"`
	} `json:"schedules"`
	Attributes []struct {
		Term struct {
			Name string `json:"name"`
		} `json:"taxonomy_term"`
	} `json:"attributes"`
}

// needsOf is a small map of categories, in the manner of the shipped one.
var needsOf = map[string][]terms.Need{
	"Housing support": {terms.NeedHousing, terms.NeedHomelessness}, "Benefit advice": {terms.NeedBenefits}, "Dependency support": {terms.NeedAlcoholDrugs},
	"Employment advice": {terms.NeedWorkVolunteering}, "Support for older people": {terms.NeedOlderPeople}, "Static Library": {terms.NeedLearningDigital, terms.NeedArtsCulture},
	"Health service advice": {terms.NeedHealthyLiving}, "parkrun": {terms.NeedPhysicalActivity}, "Mutual aid group": {terms.NeedHelpAtHome},
}

func (h hsds) published() *vcse.ServicePublishedV1 {
	p := &vcse.ServicePublishedV1{
		ServiceID: h.ID, ProviderName: h.Organization.Name, Name: h.Name, Description: h.Description, Eligibility: h.Eligibility,
		MinimumAge: h.MinimumAge, MaximumAge: h.MaximumAge, Source: "test", SourceID: h.ID, SourceLicence: "MIT", Status: terms.ServiceActive, Version: 1,
	}
	for _, a := range h.Attributes {
		p.Categories = append(p.Categories, a.Term.Name)
		p.Needs = append(p.Needs, needsOf[a.Term.Name]...)
	}
	p.NeedsMapped = len(p.Needs) > 0
	for _, n := range p.Needs {
		p.Sensitive = p.Sensitive || n.Sensitive()
	}
	for _, at := range h.At {
		place := vcse.ServicePublishedV1Place{Name: at.Location.Name, Latitude: at.Location.Latitude, Longitude: at.Location.Longitude}
		for _, a := range at.Location.Addresses {
			place.Address, place.Postcode = a.Street, a.Postcode
		}
		p.Places = append(p.Places, place)
	}
	for _, s := range h.Schedules {
		day := 1 + strings.Index("MO TU WE TH FR SA SU", s.Day)/3
		if len(s.From) == 5 && len(s.To) == 5 {
			p.Sessions = append(p.Sessions, vcse.ServicePublishedV1Session{Weekday: terms.Weekday(day), From: s.From, To: s.To})
		}
	}
	return p
}

// listing reads a packed HSDS file of one service a line.
func listing(t testing.TB, file string) (all []*vcse.ServicePublishedV1) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err, "this needs a listing")
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var h hsds
		require.NoError(t, json.Unmarshal(lines.Bytes(), &h))
		all = append(all, h.published())
	}
	require.NoError(t, lines.Err())
	return all
}

const manchester = "testdata/greater-manchester.hsds3.ndjson.gz"

// load applies the services as the inbox would, many in a transaction.
func load(t testing.TB, db *pg.DB, all []*vcse.ServicePublishedV1) {
	t.Helper()
	for len(all) > 0 {
		batch := all[:min(len(all), 128)]
		all = all[len(batch):]
		require.NoError(t, db.InTx(t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
			for _, p := range batch {
				if err := directory.OnServicePublished(ctx, tx, &event.Event{Time: noon}, p); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
