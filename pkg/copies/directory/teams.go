package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Team is what a link worker team does, for whom, and what it does not do.
type Team struct {
	ID               string // the team's organisation
	Version          int
	Name             string
	NetworkCodes     []string
	PracticeIDs      []string
	Needs            []terms.Need // empty: any that it does not refuse
	WhatWeDo         string
	NotHere          []Refusal
	AcceptsReferrals bool
	Phone            string
	Simulated        bool
	Capacity         Capacity
}

// Refusal is a need that a team does not take, and why: mostly whose role it is.
type Refusal struct {
	Need terms.Need `json:"need"`
	Why  string     `json:"why,omitempty"`
}

// Takes tells whether the team takes referrals for the need.
func (t Team) Takes(need terms.Need) bool {
	_, refused := t.Refuses(need)
	return t.AcceptsReferrals && !refused && (len(t.Needs) == 0 || slices.Contains(t.Needs, need))
}

// Refuses tells whether the team says that it does not take the need, and why.
func (t Team) Refuses(need terms.Need) (why string, refused bool) {
	i := slices.IndexFunc(t.NotHere, func(r Refusal) bool { return r.Need == need })
	if i < 0 {
		return "", false
	}
	return t.NotHere[i].Why, true
}

// TeamQuery says which teams are looked for: those that serve the practice or the network; without both, all.
type TeamQuery struct {
	PracticeID  string
	NetworkCode string     // ODS code
	Need        terms.Need // puts the teams that take it first; the others are listed with their reason
	Now         time.Time
}

// ErrNoTeam is returned for an id under which no team has said what it does.
var ErrNoTeam = fault.NotFound("link worker team")

// Teams lists the teams that serve a practice or network: those that take the need first, then by room and name.
func Teams(ctx context.Context, tx pgx.Tx, q TeamQuery) ([]Team, error) {
	condition := serves
	if q.PracticeID == "" && q.NetworkCode == "" {
		condition = `true`
	}
	teams, err := readTeams(ctx, tx, condition, q.args(), q.Now)
	if err != nil {
		return nil, fmt.Errorf("find teams: %w", err)
	}
	if q.Need != "" {
		slices.SortStableFunc(teams, func(a, b Team) int { return cmp.Compare(rankOf(a, q.Need), rankOf(b, q.Need)) })
	}
	return teams, nil
}

func rankOf(t Team, need terms.Need) int {
	if t.Takes(need) {
		return 0
	}
	return 1
}

// TeamByID finds what a team does, also one that has closed. The error is ErrNoTeam.
func TeamByID(ctx context.Context, tx pgx.Tx, id string, now time.Time) (Team, error) {
	var t Team
	var c capacityRow
	err := tx.QueryRow(ctx, `select `+teamColumns+`, `+capacityColumns+` from team_copy t `+capacityOfTeam+` where t.id = $1`, id).
		Scan(append(t.into(), c.into()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, ErrNoTeam
	}
	if err != nil {
		return t, fmt.Errorf("find team: %w", err)
	}
	t.Capacity = c.believed(now)
	return t, nil
}

// serves is the condition that a team t names the practice, or the network it belongs to.
const serves = `(t.practice_ids @> array[@practice::uuid] or t.network_codes @> array[@network::text]
	or t.network_codes && (select array_agg(network_code) from organisation where id = @practice::uuid and network_code <> ''))`

// args of serves. NULL is contained in nothing.
func (q TeamQuery) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"practice": orNull(q.PracticeID), "network": orNull(q.NetworkCode),
		"fresh": q.Now.Add(-terms.CapacityFreshFor), "unknown": q.Now.Add(-terms.CapacityStaleFor),
	}
}

const (
	teamColumns    = `t.id, t.version, t.name, t.network_codes, t.practice_ids, t.needs, t.what_we_do, t.not_here, t.accepts_referrals, t.phone, t.simulated`
	capacityOfTeam = `left join capacity_copy c on c.receiver_id = t.id and c.receiver_kind = 'team'`
	teamIsOpen     = `not exists (select from organisation o where o.id = t.id and (o.closed_at is not null or o.status = 'closed'))`
)

func (t *Team) into() []any {
	return []any{&t.ID, &t.Version, &t.Name, &t.NetworkCodes, &t.PracticeIDs, &t.Needs, &t.WhatWeDo, &t.NotHere, &t.AcceptsReferrals, &t.Phone, &t.Simulated}
}

func readTeams(ctx context.Context, tx pgx.Tx, condition string, args pgx.NamedArgs, now time.Time) ([]Team, error) {
	rows, err := tx.Query(ctx, `select `+teamColumns+`, `+capacityColumns+` from team_copy t `+capacityOfTeam+`
		where `+teamIsOpen+` and `+condition+` order by `+costOfRoom+`, t.name, t.id`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Team, err error) {
		var c capacityRow
		err = row.Scan(append(t.into(), c.into()...)...)
		t.Capacity = c.believed(now)
		return t, err
	})
}
