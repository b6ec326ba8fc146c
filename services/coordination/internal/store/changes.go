package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Changes is what one step changes, written in one round trip.
type Changes struct {
	Now       time.Time
	Was, Is   domain.Referral
	New       bool
	Members   []Member
	Timeline  []Entry
	CloseCase *domain.Case
	Returned  terms.ReturnWay // how it came back to the practice with this step, or ""
}

// Save writes the changes. The order matters to the database as it does to people: what ends, ends before what begins.
func Save(ctx context.Context, tx pgx.Tx, c Changes) error {
	b := &pgx.Batch{}
	saveReferral(b, c.Is, c.New)
	saveOffers(b, c.Was, c.Is)
	if c.Returned != "" {
		addReturn(b, c.Is, c.Returned, c.Now)
	}
	for _, m := range c.Members {
		saveMember(b, m, c.Now)
	}
	for _, e := range c.Timeline {
		addEntry(b, e)
	}
	if c.CloseCase != nil {
		saveCase(b, *c.CloseCase)
	}
	return pg.LaterAll(ctx, tx, "save referral", b)
}

// Entry is one line of a case's timeline.
type Entry struct {
	ID           string
	CaseID       string
	PatientRef   string
	FirstRef     string // the ref it came under
	At           time.Time
	What         string // a code
	ReferralID   string
	OfferID      string
	Organisation string
	Person       string
	Detail       map[string]string // codes and ids
	Class        string            // of Text
	Text         string            // what a person wrote
}

func addEntry(b *pgx.Batch, e Entry) {
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	b.Queue(`insert into timeline (id, case_id, patient_ref, at, what, referral_id, offer_id, organisation_id, person_id, detail, class, text, first_ref)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (id) do nothing`,
		e.ID, e.CaseID, e.PatientRef, e.At, e.What, null(e.ReferralID), null(e.OfferID), null(e.Organisation), null(e.Person), e.Detail, e.Class, e.Text, e.FirstRef)
}

// AddEntries adds lines to the timeline.
func AddEntries(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	b := &pgx.Batch{}
	for _, e := range entries {
		addEntry(b, e)
	}
	return pg.LaterAll(ctx, tx, "add to timeline", b)
}

// Timeline reads what happened on a case, newest first, at most limit.
func Timeline(ctx context.Context, tx pgx.Tx, caseID string, limit int) ([]Entry, error) {
	rows, err := tx.Query(ctx, `select id::text, case_id::text, patient_ref::text, at, what, coalesce(referral_id::text, ''), coalesce(offer_id::text, ''),
			coalesce(organisation_id::text, ''), coalesce(person_id::text, ''), detail, class, text
		from timeline where case_id = $1 order by at desc, id desc limit $2`, caseID, limit)
	if err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		var at zeroTime
		err = row.Scan(&e.ID, &e.CaseID, &e.PatientRef, &at, &e.What, &e.ReferralID, &e.OfferID, &e.Organisation, &e.Person, &e.Detail, &e.Class, &e.Text)
		e.At = at.Time
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	return entries, nil
}

// LastChange tells who did the last thing to a referral, "" when nobody did but a clock, and when.
func LastChange(ctx context.Context, tx pgx.Tx, referralID string) (person string, at time.Time, err error) {
	var t zeroTime
	err = tx.QueryRow(ctx, `select coalesce(person_id::text, ''), at from timeline where referral_id = $1 order by at desc, person_id is null, id desc limit 1`, referralID).Scan(&person, &t)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", t.Time, nil
	}
	if err != nil {
		return "", t.Time, fmt.Errorf("read last change: %w", err)
	}
	return person, t.Time, nil
}
