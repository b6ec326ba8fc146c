// Package directory is a service's own copy of the directory: services, link worker teams, their capacity and what people who
// know them say, as vcse and linkworker said it.
//
// A service installs Tables after who.Tables, lets its inbox keep them with Register, and searches here, whatever the others
// are doing. No row is about a patient: every person of the service may read all of it, and only the inbox writes.
package directory

import (
	"context"
	"embed"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Tables is given to pg.Migrate after who.Tables: service_copy, capacity_copy, team_copy, note_copy, pathway_copy and
// notice_copy.
var Tables = func() pg.Set {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return pg.Set{Name: "directory", Files: files}
}()

// Register has the reader keep the copy; it must listen to vcse, to linkworker where teams are wanted, and to coordination where senders
// are to be warned of what recurs (coordination itself, which says it, names the type in except). A service that does
// more on one of the facts names its type in except, and calls our reaction from its own.
func Register(r *inbox.Reader, except ...string) {
	keep(r, except, vcse.TypeServicePublishedV1, OnServicePublished)
	keep(r, except, vcse.TypeServiceWithdrawnV1, OnServiceWithdrawn)
	keep(r, except, vcse.TypeCapacityReportedV1, OnServiceCapacityReported)
	keep(r, except, vcse.TypeNoteAddedV1, OnNoteAdded)
	keep(r, except, vcse.TypeNoticeRecordedV1, OnNoticeRecorded)
	keep(r, except, linkworker.TypeCapacityReportedV1, OnTeamCapacityReported)
	keep(r, except, linkworker.TypeTeamOfferPublishedV1, OnTeamOfferPublished)
	keep(r, except, coordination.TypePathwayCountedV1, OnPathwayCounted)
}

func keep[P any, PP interface {
	*P
	event.Payload
}](r *inbox.Reader, except []string, typ string, fn func(ctx context.Context, tx pgx.Tx, e *event.Event, p PP) error) {
	if !slices.Contains(except, typ) {
		inbox.On(r, nil, fn)
	}
}

// Service is what the directory has of a service.
type Service struct {
	ID               string
	Version          int
	ProviderID       string // the organisation that has claimed the listing, or ""
	ProviderName     string
	Name             string
	Description      string
	Needs            []terms.Need
	NeedsMapped      bool // false: the source's categories are none of our needs; it is found by text
	Categories       []string
	Source           string
	SourceID         string
	SourceLicence    string
	Claimed          bool
	AcceptsReferrals bool
	Simulated        bool
	Status           terms.ServiceStatus
	Withdrawn        bool // it has left the directory
	Sensitive        bool // that somebody uses it tells something: not named unasked
	MinimumAge       *int
	MaximumAge       *int
	Eligibility      string
	Fees             string
	URL              string
	Phone            string
	Email            string
	Languages        []string // BCP 47
	Accessibility    []terms.Accessibility
	Delivery         []terms.Delivery
	Places           []Place
	Sessions         []Session
	Capacity         Capacity
}

// TakesReferrals tells whether it can be offered a referral. Otherwise it can be signposted, while it is there.
func (s Service) TakesReferrals() bool {
	return s.Claimed && s.ProviderID != "" && s.AcceptsReferrals && s.Status == terms.ServiceActive && !s.Withdrawn
}

// Remote tells whether it can be had without going there.
func (s Service) Remote() bool { return remote(s.Delivery) }

func remote(delivery []terms.Delivery) bool {
	return slices.ContainsFunc(delivery, func(d terms.Delivery) bool { return d != terms.DeliveryInPerson })
}

// Place is where a service is. Latitude and longitude are nil when neither they nor a postcode are known.
type Place struct {
	Name      string   `json:"name,omitempty"`
	Address   string   `json:"address,omitempty"`
	Postcode  string   `json:"postcode,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Near      bool     `json:"near,omitempty"` // the position is only the middle of the postcode's district
}

// Capacity is how much room a service or team has, as far as that can still be believed. When it can not, only ReportedAt,
// ReportedBy and Simulated are left: a number on the screen would be believed.
type Capacity struct {
	Status       terms.CapacityStatus // "" when not known
	Freshness    terms.Freshness
	PlacesFree   *int
	Waiting      *int
	NextReviewOn string    // 2006-01-02, or ""
	UntilOn      string    // with no room: the day from which there may be some; 2006-01-02, or ""
	ReportedAt   time.Time // zero when nothing was ever reported
	ReportedBy   string    // person id, "" when a program reported it
	Simulated    bool
}

// Words is what a page says of it.
func (c Capacity) Words() string {
	words := terms.CapacityWords(c.Status, c.Freshness)
	if until, err := time.Parse(time.DateOnly, c.UntilOn); err == nil && c.Status == terms.CapacityNone {
		words += " until " + until.Format("2 January 2006")
	}
	return words
}

// Age is how old the report is at now.
func (c Capacity) Age(now time.Time) time.Duration { return now.Sub(c.ReportedAt) }

// capacityRow reads the columns of capacity_copy, all NULL when nothing was reported.
type capacityRow struct {
	status, review, by *string
	until              *string
	free, waiting      *int
	at                 *time.Time
	simulated          *bool
}

const capacityColumns = `c.status, c.places_free, c.waiting, c.next_review_on::text, c.until_on::text, c.reported_by::text, c.reported_at, c.simulated`

func (r *capacityRow) into() []any {
	return []any{&r.status, &r.free, &r.waiting, &r.review, &r.until, &r.by, &r.at, &r.simulated}
}

func (r *capacityRow) believed(now time.Time) Capacity {
	c := Capacity{Freshness: terms.FreshnessUnknown}
	if r.at == nil {
		return c
	}
	c.ReportedAt, c.ReportedBy, c.Simulated = r.at.UTC(), text(r.by), *r.simulated
	c.Freshness = terms.FreshnessUntil(terms.CapacityStatus(*r.status), text(r.until), c.ReportedAt, now)
	if c.Freshness != terms.FreshnessUnknown {
		c.Status, c.PlacesFree, c.Waiting, c.NextReviewOn = terms.CapacityStatus(*r.status), r.free, r.waiting, text(r.review)
		c.UntilOn = text(r.until)
	}
	return c
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
