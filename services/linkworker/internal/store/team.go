package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

const teamColumns = `t.team_id, t.name, t.network_codes, t.practice_ids, t.needs, t.what_we_do, t.not_here, t.accepts, t.phone, t.changed_by, t.changed_at, t.version`

// Team reads what a team says it does; Version is 0 when it has said nothing. lock keeps it until the transaction ends.
func Team(ctx context.Context, tx pgx.Tx, id string, lock bool) (domain.Team, error) {
	sql := `select ` + teamColumns + ` from team_offer t where t.team_id = $1`
	if lock {
		sql += ` for update`
	}
	list, err := collect[domain.Team](ctx, tx, "read team", sql, id)
	if err != nil || len(list) == 0 {
		return domain.Team{ID: id}, err
	}
	return list[0], nil
}

// Teams lists every team that takes referrals, by name.
func Teams(ctx context.Context, tx pgx.Tx) ([]domain.Team, error) {
	return collect[domain.Team](ctx, tx, "read teams", `select `+teamColumns+` from team_offer t where t.accepts order by t.name, t.team_id`)
}

// SaveTeam writes what a team does. The error is domain.ErrChanged when somebody else made the same version.
func SaveTeam(ctx context.Context, tx pgx.Tx, t domain.Team) error {
	tag, err := tx.Exec(ctx, `insert into team_offer as t (team_id, name, network_codes, practice_ids, needs, what_we_do, not_here, accepts, phone, changed_by, changed_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (team_id) do update set name = excluded.name, network_codes = excluded.network_codes, practice_ids = excluded.practice_ids,
			needs = excluded.needs, what_we_do = excluded.what_we_do, not_here = excluded.not_here, accepts = excluded.accepts, phone = excluded.phone,
			changed_by = excluded.changed_by, changed_at = excluded.changed_at, version = excluded.version
		where t.version = excluded.version - 1`,
		t.ID, t.Name, list(t.NetworkCodes), list(t.PracticeIDs), list(t.Needs), t.WhatWeDo, list(t.NotHere), t.Accepts, t.Phone, t.ChangedBy, t.ChangedAt, t.Version)
	if err != nil {
		return fmt.Errorf("save team: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return domain.ErrChanged
	}
	return nil
}

// Capacity reads how much room a team said it has; Status is "" when it has said nothing.
func Capacity(ctx context.Context, tx pgx.Tx, team string) (domain.Capacity, error) {
	list, err := collect[domain.Capacity](ctx, tx, "read capacity", `select team_id, status, places_free, waiting, coalesce(next_review_on::text, ''), coalesce(until_on::text, ''), reported_by, reported_at, version
		from team_capacity where team_id = $1`, team)
	if err != nil || len(list) == 0 {
		return domain.Capacity{TeamID: team}, err
	}
	return list[0], nil
}

// SaveCapacity keeps the latest report. The error is domain.ErrChanged when somebody else made the same version.
func SaveCapacity(ctx context.Context, tx pgx.Tx, c domain.Capacity) error {
	tag, err := tx.Exec(ctx, `insert into team_capacity as t (team_id, status, places_free, waiting, next_review_on, reported_by, reported_at, version)
		values ($1, $2, $3, $4, $5::text::date, $6, $7, $8)
		on conflict (team_id) do update set status = excluded.status, places_free = excluded.places_free, waiting = excluded.waiting,
			next_review_on = excluded.next_review_on, until_on = null, reported_by = excluded.reported_by, reported_at = excluded.reported_at, version = excluded.version
		where t.version = excluded.version - 1`,
		c.TeamID, c.Status, c.PlacesFree, c.Waiting, null(c.NextReviewOn), c.ReportedBy, c.ReportedAt, c.Version)
	if err != nil {
		return fmt.Errorf("save capacity: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return domain.ErrChanged
	}
	return nil
}

// FillTeam keeps that a team has no room until a day, whoever reported what before, and reads the report as it is now.
func FillTeam(ctx context.Context, tx pgx.Tx, team, until, by string, at time.Time) (domain.Capacity, error) {
	list, err := collect[domain.Capacity](ctx, tx, "fill team", `insert into team_capacity as t (team_id, status, until_on, reported_by, reported_at, version)
		values ($1, $2, $3::text::date, $4, $5, 1)
		on conflict (team_id) do update set status = excluded.status, until_on = excluded.until_on, reported_by = excluded.reported_by,
			reported_at = excluded.reported_at, places_free = case when t.places_free is not null then 0 end, version = t.version + 1
		returning team_id, status, places_free, waiting, coalesce(next_review_on::text, ''), coalesce(until_on::text, ''), reported_by, reported_at, version`,
		team, terms.CapacityNone, until, by, at)
	if err != nil {
		return domain.Capacity{}, err
	}
	return list[0], nil
}
