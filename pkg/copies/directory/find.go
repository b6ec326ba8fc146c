package directory

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
)

// Query says what is looked for; what is empty does not narrow it.
//
// What a service says of itself rules it out (its age limits, the days it is on, its languages); where it says nothing it is
// only ranked lower, since most listings are silent on most things.
type Query struct {
	Needs         []terms.Need // any of them
	Text          string       // as in a search engine: words, "a phrase", -not; with Text, Needs only rank, so that what no table mapped is found
	From          *geo.Point   // where the person is
	Postcode      string       // the same by a postcode or its first half, when From is nil
	WithinKm      float64      // of From; what can be had without going there, or whose place is not known, is shown too
	Age           *int         // years
	Weekday       terms.Weekday
	Accessibility []terms.Accessibility // what is missing is named in the result
	Language      string                // BCP 47
	OnlyReferable bool                  // that can be offered a referral
	Sensitive     bool                  // those too whose name alone tells something
	Sender        string                // the organisation that would refer, to be warned of what recurs on its way; "" asks for no warnings
	Limit         int                   // 0: 20
	After         *Cursor
	Now           time.Time
}

// Cursor is where a page ended. It keeps the moment of the first page, so that the order does not change under the reader.
type Cursor struct {
	At    time.Time `json:"a"`
	Tier  int       `json:"t"`
	Cost  int       `json:"c"`
	ID    string    `json:"i"`
	Loose bool      `json:"l,omitempty"`
}

// Page is some of what was found, the best first.
type Page struct {
	Found []Found
	Total int        // on all pages
	Loose bool       // no service has all the words of Text: these have some
	From  *geo.Point // what distances are measured from, nil when nothing was said
	Next  *Cursor    // nil on the last page
}

// Found is a service that fits, and why.
type Found struct {
	Service
	Km      *float64 // to its nearest place, as the crow flies; nil when not known
	Nearest *Place
	Next    *Occurrence // nil when no times are known
	Met     []terms.Need
	Missing []terms.Accessibility // asked for, and not said to be there
	Notes   []Note                // the latest
	Warning *Warning              // what recurs on the sender's way there, where one need was asked for; nil when nothing does

	tier, cost int
}

const (
	defaultLimit = 20
	notesShown   = 3
)

// Find searches the directory. It answers with a fault.Invalid for a postcode that nobody knows.
func Find(ctx context.Context, tx pgx.Tx, q Query) (Page, error) {
	if q.From == nil && strings.TrimSpace(q.Postcode) != "" {
		at, ok := geo.Outcode(q.Postcode)
		if !ok {
			return Page{}, fault.Invalid("postcode", "Enter a UK postcode, like M1 1AE, or its first half")
		}
		q.From = &at
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	loose := q.After != nil && q.After.Loose
	page, err := find(ctx, tx, q, loose)
	if err == nil && len(page.Found) == 0 && q.After == nil {
		page, err = find(ctx, tx, q, true)
	}
	if err == nil {
		err = addNotes(ctx, tx, page.Found)
	}
	if err == nil && q.Sender != "" && len(q.Needs) == 1 {
		err = addWarnings(ctx, tx, q, page.Found)
	}
	if err != nil {
		return Page{}, fmt.Errorf("find services: %w", err)
	}
	return page, nil
}

func find(ctx context.Context, tx pgx.Tx, q Query, loose bool) (Page, error) {
	page := Page{From: q.From, Loose: loose}
	s := search{args: pgx.NamedArgs{"limit": q.Limit + 1}}
	if some, err := s.narrow(ctx, tx, q, loose); err != nil || !some {
		return Page{From: q.From}, err
	}
	rows, err := tx.Query(ctx, s.sql(q), s.args)
	if err != nil {
		return page, err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFound(rows, q, &page.Total)
		if err != nil {
			return page, err
		}
		page.Found = append(page.Found, f)
	}
	if len(page.Found) > q.Limit {
		page.Found = page.Found[:q.Limit]
		last := page.Found[q.Limit-1]
		page.Next = &Cursor{At: q.rankedAt(), Tier: last.tier, Cost: last.cost, ID: last.ID, Loose: loose}
	}
	return page, rows.Err()
}

func (q Query) rankedAt() time.Time {
	if q.After != nil {
		return q.After.At
	}
	return q.Now
}

func scanFound(rows pgx.Rows, q Query, total *int) (Found, error) {
	var f Found
	var c capacityRow
	if err := rows.Scan(append(append([]any{total, &f.tier, &f.cost, &f.Km}, f.Service.into()...), c.into()...)...); err != nil {
		return f, err
	}
	f.Capacity = c.believed(q.Now)
	if o, ok := f.Service.Next(q.Now); ok {
		f.Next = &o
	}
	if q.From != nil {
		f.Nearest = f.nearest(*q.From)
	}
	for _, n := range q.Needs {
		if slices.Contains(f.Needs, n) {
			f.Met = append(f.Met, n)
		}
	}
	for _, a := range q.Accessibility {
		if !slices.Contains(f.Accessibility, a) {
			f.Missing = append(f.Missing, a)
		}
	}
	return f, nil
}

func (s Service) nearest(from geo.Point) (nearest *Place) {
	least := math.Inf(1)
	for i, p := range s.Places {
		if p.Latitude == nil || p.Longitude == nil {
			continue
		}
		if km := geo.Kilometres(from, geo.Point{Latitude: *p.Latitude, Longitude: *p.Longitude}); km < least {
			least, nearest = km, &s.Places[i]
		}
	}
	return nearest
}

const serviceColumns = `s.id, s.version, coalesce(s.provider_id::text, ''), s.provider_name, s.name, s.description, s.needs, s.needs_mapped, s.categories,
	s.source, s.source_id, s.source_licence, s.claimed, s.accepts_referrals, s.simulated, s.status, s.withdrawn_at is not null, s.sensitive,
	s.minimum_age, s.maximum_age, s.eligibility, s.fees, s.url, s.phone, s.email, s.languages, s.accessibility, s.delivery, s.places, s.sessions`

func (s *Service) into() []any {
	return []any{
		&s.ID, &s.Version, &s.ProviderID, &s.ProviderName, &s.Name, &s.Description, &s.Needs, &s.NeedsMapped, &s.Categories,
		&s.Source, &s.SourceID, &s.SourceLicence, &s.Claimed, &s.AcceptsReferrals, &s.Simulated, &s.Status, &s.Withdrawn, &s.Sensitive,
		&s.MinimumAge, &s.MaximumAge, &s.Eligibility, &s.Fees, &s.URL, &s.Phone, &s.Email, &s.Languages, &s.Accessibility, &s.Delivery, &s.Places, &s.Sessions,
	}
}

const capacityOf = ` left join capacity_copy c on c.receiver_id = s.id and c.receiver_kind = 'service' `

// listed is the condition that a service is in the directory and runs.
const listed = `s.version > 0 and s.withdrawn_at is null and s.status = 'active'`

// referable is the condition that it can be offered a referral.
const referable = `s.claimed and s.accepts_referrals and s.provider_id is not null`
