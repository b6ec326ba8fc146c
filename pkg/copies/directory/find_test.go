package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

func TestFindInManchester(t *testing.T) {
	t.Parallel()
	db := open(t)
	all := listing(t, manchester)
	load(t, db, all)
	open := 0
	for _, p := range all {
		if !p.Sensitive {
			open++
		}
	}

	p := find(t, db, directory.Query{})
	require.Equal(t, open, p.Total)
	require.Len(t, p.Found, 20)
	require.Equal(t, len(all), find(t, db, directory.Query{Sensitive: true}).Total)

	// Libraries are found by what their categories are mapped to, the nearest first.
	p = find(t, db, directory.Query{Needs: []terms.Need{terms.NeedLearningDigital}, Postcode: "ol161af", WithinKm: 5})
	require.NotEmpty(t, p.Found)
	require.Contains(t, p.Found[0].ProviderName, "Rochdale")
	last := 0.0
	for _, f := range p.Found {
		require.Equal(t, []terms.Need{terms.NeedLearningDigital}, f.Met)
		require.LessOrEqual(t, last, *f.Km)
		require.LessOrEqual(t, *f.Km, 5.0)
		require.InDelta(t, *f.Km, geo.Kilometres(*p.From, geo.Point{Latitude: *f.Nearest.Latitude, Longitude: *f.Nearest.Longitude}), 1e-6, "SQL and Go measure alike")
		require.False(t, f.TakesReferrals(), "an imported listing is signposted")
		require.Equal(t, "Room unknown: ring to ask", f.Capacity.Words())
		last = *f.Km
	}

	// What no table mapped is found by its words; the name counts more than the description.
	p = find(t, db, directory.Query{Text: "samaritans"})
	require.NotEmpty(t, p.Found)
	require.Contains(t, p.Found[0].Name, "Samaritans")
	p = find(t, db, directory.Query{Text: "benefits"})
	require.NotEmpty(t, p.Found)
	require.Contains(t, p.Found[0].Needs, terms.NeedBenefits, "a need's label is a word to be found by")
	require.False(t, p.Loose)
	p = find(t, db, directory.Query{Text: "library astronomy"})
	require.True(t, p.Loose, "no service has both words")
	require.NotEmpty(t, p.Found)
	require.Zero(t, find(t, db, directory.Query{Text: "library -library"}).Total)
	require.Zero(t, find(t, db, directory.Query{Text: "xyzzy"}).Total)

	// With words, a need ranks and does not rule out.
	p = find(t, db, directory.Query{Text: "manchester", Needs: []terms.Need{terms.NeedHousing}, Limit: 200})
	met := true
	for _, f := range p.Found {
		require.False(t, !met && f.Met != nil, "first all that meet the need, then the others")
		met = f.Met != nil
	}
	require.False(t, met)
}

func TestEveryPageOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	all := listing(t, manchester)
	load(t, db, all)
	q := directory.Query{From: &piccadilly, Limit: 17, Sensitive: true}
	seen := map[string]bool{}
	for {
		p := find(t, db, q)
		require.Equal(t, len(all), p.Total)
		for _, f := range p.Found {
			require.False(t, seen[f.ID], "twice")
			seen[f.ID] = true
		}
		if p.Next == nil {
			break
		}
		b, err := json.Marshal(p.Next)
		require.NoError(t, err)
		q.After = new(directory.Cursor)
		require.NoError(t, json.Unmarshal(b, q.After), "a cursor survives its way through the browser")
		q.Now = noon.Add(time.Hour)
	}
	require.Len(t, seen, len(all))
}

func TestFilters(t *testing.T) {
	t.Parallel()
	db := open(t)
	child, adult := 12, 18
	tuesdays := []vcse.ServicePublishedV1Session{{Weekday: terms.Tuesday, From: "10:00", To: "12:00"}}
	for name, f := range map[string]func(p *vcse.ServicePublishedV1){
		"plain":     func(*vcse.ServicePublishedV1) {},
		"children":  func(p *vcse.ServicePublishedV1) { p.MaximumAge = &child },
		"adults":    func(p *vcse.ServicePublishedV1) { p.MinimumAge = &adult },
		"tuesdays":  func(p *vcse.ServicePublishedV1) { p.Sessions = tuesdays },
		"urdu":      func(p *vcse.ServicePublishedV1) { p.Languages = []string{"en-GB", "UR"} },
		"polish":    func(p *vcse.ServicePublishedV1) { p.Languages = []string{"pl"} },
		"step-free": func(p *vcse.ServicePublishedV1) { p.Accessibility = []terms.Accessibility{terms.AccessStepFree} },
		"listing":   func(p *vcse.ServicePublishedV1) { p.Claimed, p.ProviderID = false, "" },
		"full stop": func(p *vcse.ServicePublishedV1) { p.AcceptsReferrals = false },
		"sensitive": func(p *vcse.ServicePublishedV1) { p.Sensitive = true },
		"closed":    func(p *vcse.ServicePublishedV1) { p.Status = terms.ServiceTemporarilyClosed },
		"far":       func(p *vcse.ServicePublishedV1) { p.Places[0] = vcse.ServicePublishedV1Place{Postcode: "SK1 3XE"} },
		"phone":     func(p *vcse.ServicePublishedV1) { p.Places, p.Delivery = nil, []terms.Delivery{terms.DeliveryPhone} },
		"nowhere":   func(p *vcse.ServicePublishedV1) { p.Places = []vcse.ServicePublishedV1Place{{Name: "The hall"}} },
		"null island": func(p *vcse.ServicePublishedV1) {
			zero := 0.0
			p.Places = []vcse.ServicePublishedV1Place{{Latitude: &zero, Longitude: &zero}}
		},
	} {
		hear(t, db, said(0, directory.OnServicePublished, but(walks(id.New()), func(p *vcse.ServicePublishedV1) {
			p.Name, p.Places = name, append([]vcse.ServicePublishedV1Place{}, p.Places...)
			f(p)
		})))
	}
	found := func(q directory.Query) []string {
		q.Limit = 50
		return names(find(t, db, q))
	}
	everywhere := []string{"plain", "children", "adults", "tuesdays", "urdu", "polish", "step-free", "listing", "full stop", "far", "phone", "nowhere", "null island"}
	without := func(out ...string) (left []string) {
		for _, n := range everywhere {
			if !strings.Contains(" "+strings.Join(out, " ")+" ", " "+n+" ") {
				left = append(left, n)
			}
		}
		return left
	}
	require.ElementsMatch(t, everywhere, found(directory.Query{}))
	require.ElementsMatch(t, append([]string{"sensitive"}, everywhere...), found(directory.Query{Sensitive: true}))
	require.ElementsMatch(t, without("children"), found(directory.Query{Age: new(18)}))
	require.ElementsMatch(t, without("adults"), found(directory.Query{Age: new(12)}))
	require.ElementsMatch(t, without("tuesdays"), found(directory.Query{Weekday: terms.Monday}), "who says nothing of days may be there")
	require.Equal(t, "tuesdays", found(directory.Query{Weekday: terms.Tuesday, From: &piccadilly})[0], "and stands behind who says so")
	require.ElementsMatch(t, without("polish"), found(directory.Query{Language: "ur"}))
	for _, language := range []string{"Ur", "en", "en-gb"} {
		require.Equal(t, "urdu", found(directory.Query{Language: language, From: &piccadilly})[0])
	}
	require.ElementsMatch(t, without("listing", "full stop"), found(directory.Query{OnlyReferable: true}))
	require.ElementsMatch(t, without("far"), found(directory.Query{From: &piccadilly, WithinKm: 5}))
	require.ElementsMatch(t, everywhere, found(directory.Query{From: &piccadilly, WithinKm: 15}))
	order := found(directory.Query{From: &stockport})
	require.Equal(t, "far", order[0])
	require.ElementsMatch(t, []string{"nowhere", "null island"}, order[len(order)-2:], "a place nobody knows stands last")

	p := find(t, db, directory.Query{Accessibility: []terms.Accessibility{terms.AccessStepFree}, From: &piccadilly})
	require.Equal(t, "step-free", p.Found[0].Name)
	require.Empty(t, p.Found[0].Missing)
	require.Equal(t, []terms.Accessibility{terms.AccessStepFree}, p.Found[1].Missing, "what is not said is named")
}

func TestCapacityRanksAndDecays(t *testing.T) {
	t.Parallel()
	db := open(t)
	ids := map[terms.CapacityStatus]string{}
	for _, s := range terms.CapacityStatuses {
		ids[s.Code] = id.New()
		hear(t, db, said(0, directory.OnServicePublished, but(walks(ids[s.Code]), func(p *vcse.ServicePublishedV1) { p.Name = string(s.Code) })),
			said(0, directory.OnServiceCapacityReported, room(ids[s.Code], s.Code, noon)))
	}
	hear(t, db, said(0, directory.OnServicePublished, but(walks(id.New()), func(p *vcse.ServicePublishedV1) { p.Name = "silent" })))
	at := func(now time.Time) directory.Page { return find(t, db, directory.Query{From: &piccadilly, Now: now}) }

	fresh := at(noon.Add(terms.CapacityFreshFor))
	require.Equal(t, []string{"capacity", "additional_assessment_required", "waitlist", "silent", "no_capacity"}, names(fresh))
	c := fresh.Found[0].Capacity
	require.Equal(t, "Has room", c.Words())
	require.Equal(t, 3, *c.PlacesFree)
	require.Equal(t, noon, c.ReportedAt)
	require.Equal(t, terms.CapacityFreshFor, c.Age(noon.Add(terms.CapacityFreshFor)))
	require.True(t, c.Simulated)

	stale := at(noon.Add(terms.CapacityFreshFor + time.Second))
	require.Equal(t, []string{"additional_assessment_required", "capacity", "waitlist", "silent", "no_capacity"}, names(stale))
	require.Equal(t, "Has room when last asked", stale.Found[1].Capacity.Words())

	old := at(noon.Add(terms.CapacityStaleFor + time.Second))
	require.Len(t, old.Found, 5)
	for _, f := range old.Found {
		require.Equal(t, terms.FreshnessUnknown, f.Capacity.Freshness)
		require.Empty(t, f.Capacity.Status, "what can not be believed is not shown")
		require.Nil(t, f.Capacity.PlacesFree)
		require.Equal(t, "Room unknown: ring to ask", f.Capacity.Words())
	}

	// No room round the corner loses to room a bus ride away, and room two towns away does not win.
	near, bus, train := id.New(), id.New(), id.New()
	for service, postcode := range map[string]string{near: "M1 1AE", bus: "M14 5TP", train: "WN1 1NS"} {
		hear(t, db, said(0, directory.OnServicePublished, but(walks(service), func(p *vcse.ServicePublishedV1) {
			p.Needs, p.Places = []terms.Need{terms.NeedFood}, []vcse.ServicePublishedV1Place{{Postcode: postcode}}
		})))
	}
	hear(t, db, said(0, directory.OnServiceCapacityReported, room(near, terms.CapacityNone, noon)),
		said(0, directory.OnServiceCapacityReported, room(bus, terms.CapacityHas, noon)), said(0, directory.OnServiceCapacityReported, room(train, terms.CapacityHas, noon)))
	var order []string
	for _, f := range find(t, db, directory.Query{Needs: []terms.Need{terms.NeedFood}, From: &piccadilly}).Found {
		order = append(order, f.ID)
	}
	require.Equal(t, []string{bus, near, train}, order)
}

func TestHostileSearches(t *testing.T) {
	t.Parallel()
	db := open(t)
	name := `Robert'); drop table service_copy; -- <script>alert("1")</script> \u202e 👩‍👩‍👧 %s {{.}}`
	one := but(walks(id.New()), func(p *vcse.ServicePublishedV1) {
		p.Name, p.Description, p.Categories = name, strings.Repeat("long ", 30000), []string{"'", `"`, `\`, "{}", "null"}
		p.Languages = []string{"{en,\"ur\"}"}
	})
	hear(t, db, said(0, directory.OnServicePublished, one))
	for _, s := range []string{
		"'; drop table service_copy; --", `"unclosed`, "((( & | ! <-> :*", "a:*b & !", "the", "-", "\x00", "\xff\xfe", strings.Repeat("word ", 20000),
		"<script>", "ﬁ ﷽ \u202e \u0000", "$1 @needs", "😀",
	} {
		find(t, db, directory.Query{Text: s, Needs: []terms.Need{terms.Need(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""))}, Language: "en'"})
	}
	p := find(t, db, directory.Query{Text: "robert"})
	require.Equal(t, []string{name}, names(p), "it is kept as it was said")
	require.Equal(t, one.Categories, p.Found[0].Categories)

	for _, bad := range []string{"nowhere", "M", "ZZ99 9ZZ", "'", strings.Repeat("M1", 5000)} {
		err := db.InTx(t.Context(), somebody, func(ctx context.Context, tx pgx.Tx) error {
			_, err := directory.Find(ctx, tx, directory.Query{Postcode: bad, Now: noon})
			return err
		})
		require.ErrorIs(t, err, fault.Invalid("postcode", ""))
		require.NotContains(t, fmt.Sprint(err), bad+" ", "what was typed is not repeated")
	}
	for _, far := range []geo.Point{{Latitude: 90, Longitude: 180}, {Latitude: -90, Longitude: -180}, {}} {
		find(t, db, directory.Query{From: &far, WithinKm: 1e9})
		find(t, db, directory.Query{From: &far, WithinKm: 1})
	}
}
