package directory

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/vcse"
)

// Every reaction is one statement that gives the same rows in whatever order facts arrive: an import brings ten thousand of them.

// OnServicePublished keeps the newest version. It brings back what was withdrawn before.
func OnServicePublished(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.ServicePublishedV1) error {
	places, at := placed(p.Places)
	sessions, weekdays := timed(p.Sessions)
	return pg.Later(ctx, tx, "keep service", publish,
		p.ServiceID, p.Version, orNull(p.ProviderID), p.ProviderName, p.Name, p.Description, list(p.Needs), p.NeedsMapped, list(p.Categories),
		p.Source, p.SourceID, p.SourceLicence, p.Claimed, p.AcceptsReferrals, p.Simulated, p.Status, p.Sensitive, p.MinimumAge, p.MaximumAge,
		p.Eligibility, p.Fees, p.URL, p.Phone, p.Email, lower(p.Languages), list(p.Accessibility), list(p.Delivery), places, sessions, weekdays,
		remote(p.Delivery), at.latitudes, at.longitudes, at.south, at.west, at.north, at.east, labels(p), e.Time)
}

const publish = `insert into service_copy as s (id, version, provider_id, provider_name, name, description, needs, needs_mapped, categories,
		source, source_id, source_licence, claimed, accepts_referrals, simulated, status, sensitive, minimum_age, maximum_age,
		eligibility, fees, url, phone, email, languages, accessibility, delivery, places, sessions, weekdays,
		remote, latitudes, longitudes, south, west, north, east, labels, published_at)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
		$28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39)
	on conflict (id) do update set version = excluded.version, provider_id = excluded.provider_id, provider_name = excluded.provider_name,
		name = excluded.name, description = excluded.description, needs = excluded.needs, needs_mapped = excluded.needs_mapped,
		categories = excluded.categories, source = excluded.source, source_id = excluded.source_id, source_licence = excluded.source_licence,
		claimed = excluded.claimed, accepts_referrals = excluded.accepts_referrals, simulated = excluded.simulated, status = excluded.status,
		sensitive = excluded.sensitive, minimum_age = excluded.minimum_age, maximum_age = excluded.maximum_age,
		eligibility = excluded.eligibility, fees = excluded.fees, url = excluded.url, phone = excluded.phone, email = excluded.email,
		languages = excluded.languages, accessibility = excluded.accessibility, delivery = excluded.delivery, places = excluded.places,
		sessions = excluded.sessions, weekdays = excluded.weekdays, remote = excluded.remote, latitudes = excluded.latitudes,
		longitudes = excluded.longitudes, south = excluded.south, west = excluded.west, north = excluded.north, east = excluded.east,
		labels = excluded.labels, published_at = excluded.published_at,
		withdrawn_at = case when s.withdrawn_at > excluded.published_at then s.withdrawn_at end
	where s.version <= excluded.version`

// OnServiceWithdrawn takes it out of the search, unless it was published again after that. The row stays: old referrals name it.
func OnServiceWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.ServiceWithdrawnV1) error {
	return pg.Later(ctx, tx, "withdraw service", `insert into service_copy as s (id, withdrawn_at) values ($1, $2)
		on conflict (id) do update set withdrawn_at = excluded.withdrawn_at
		where (s.published_at is null or s.published_at <= excluded.withdrawn_at) and (s.withdrawn_at is null or s.withdrawn_at <= excluded.withdrawn_at)`,
		p.ServiceID, e.Time)
}

// OnServiceCapacityReported keeps the latest report, also of a service that was not heard of yet.
func OnServiceCapacityReported(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.CapacityReportedV1) error {
	return report(ctx, tx, *p)
}

// OnTeamCapacityReported keeps the latest report, also of a team that was not heard of yet.
func OnTeamCapacityReported(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.CapacityReportedV1) error {
	return report(ctx, tx, vcse.CapacityReportedV1(*p)) // both speakers say it in one shape
}

func report(ctx context.Context, tx pgx.Tx, p vcse.CapacityReportedV1) error {
	return pg.Later(ctx, tx, "keep capacity", `insert into capacity_copy as c (receiver_kind, receiver_id, status, places_free, waiting, next_review_on, until_on, reported_by, reported_at, simulated)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (receiver_id, receiver_kind) do update set status = excluded.status, places_free = excluded.places_free,
			waiting = excluded.waiting, next_review_on = excluded.next_review_on, until_on = excluded.until_on, reported_by = excluded.reported_by,
			reported_at = excluded.reported_at, simulated = excluded.simulated
		where c.reported_at <= excluded.reported_at`,
		p.ReceiverKind, p.ReceiverID, p.Status, p.PlacesFree, p.Waiting, orNull(p.NextReviewOn), orNull(p.UntilOn), orNull(p.ReportedBy), p.ReportedAt, p.Simulated)
}

// OnTeamOfferPublished keeps the newest version of what a team does.
func OnTeamOfferPublished(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.TeamOfferPublishedV1) error {
	refusals := make([]Refusal, len(p.NotHere))
	for i, n := range p.NotHere {
		refusals[i] = Refusal(n)
	}
	return pg.Later(ctx, tx, "keep team", `insert into team_copy as t (id, version, name, network_codes, practice_ids, needs, what_we_do, not_here, accepts_referrals, phone, simulated, published_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do update set version = excluded.version, name = excluded.name, network_codes = excluded.network_codes,
			practice_ids = excluded.practice_ids, needs = excluded.needs, what_we_do = excluded.what_we_do, not_here = excluded.not_here,
			accepts_referrals = excluded.accepts_referrals, phone = excluded.phone, simulated = excluded.simulated, published_at = excluded.published_at
		where t.version <= excluded.version`,
		p.TeamID, p.Version, p.Name, list(p.NetworkCodes), list(p.PracticeIDs), list(p.Needs), p.WhatWeDo, refusals, p.AcceptsReferrals, p.Phone, p.Simulated, e.Time)
}

// OnNoteAdded keeps what somebody says of a service. A note never changes; a correction is a note about a note.
func OnNoteAdded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.NoteAddedV1) error {
	return pg.Later(ctx, tx, "keep note", `insert into note_copy (id, service_id, kind, about_note_id, text, by_id, organisation_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
		p.NoteID, p.ServiceID, p.Kind, orNull(p.AboutNoteID), p.Text, p.By, p.OrganisationID, p.At)
}

// positions are those of the places that are known to be somewhere, and the box around them.
type positions struct {
	latitudes, longitudes    []float64
	south, west, north, east *float64
}

// placed finds where places are: by their own coordinates, else by the middle of the postcode's district.
func placed(from []vcse.ServicePublishedV1Place) ([]Place, positions) {
	places, at := make([]Place, len(from)), positions{latitudes: []float64{}, longitudes: []float64{}}
	for i, f := range from {
		p := Place{Name: f.Name, Address: f.Address, Postcode: f.Postcode}
		point, known := geo.Point{}, false
		if f.Latitude != nil && f.Longitude != nil {
			point = geo.Point{Latitude: *f.Latitude, Longitude: *f.Longitude}
			known = point.Valid()
		}
		if !known {
			point, known = geo.Outcode(f.Postcode)
			p.Near = known
		}
		if known {
			p.Latitude, p.Longitude = &point.Latitude, &point.Longitude
			at.add(point)
		}
		places[i] = p
	}
	return places, at
}

func (at *positions) add(p geo.Point) {
	at.latitudes, at.longitudes = append(at.latitudes, p.Latitude), append(at.longitudes, p.Longitude)
	if at.south == nil {
		at.south, at.north, at.west, at.east = new(p.Latitude), new(p.Latitude), new(p.Longitude), new(p.Longitude)
		return
	}
	*at.south, *at.north = min(*at.south, p.Latitude), max(*at.north, p.Latitude)
	*at.west, *at.east = min(*at.west, p.Longitude), max(*at.east, p.Longitude)
}

// timed gives the sessions and, as bits, the weekdays they are on.
func timed(from []vcse.ServicePublishedV1Session) (sessions []Session, weekdays int) {
	sessions = make([]Session, len(from))
	for i, f := range from {
		sessions[i] = Session(f)
		if f.Weekday.Known() {
			weekdays |= 1 << f.Weekday
		}
	}
	return sessions, weekdays
}

// labels are the words under which the service is found besides its own: a search for "debt" finds what is mapped to that need.
func labels(p *vcse.ServicePublishedV1) string {
	words := append([]string{}, p.Categories...)
	for _, n := range p.Needs {
		words = append(words, n.Label())
	}
	return strings.Join(words, "; ")
}

// list is the slice, empty rather than nil, which would be NULL.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func lower(s []string) []string {
	out := make([]string, len(s))
	for i, x := range s {
		out[i] = strings.ToLower(x)
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
