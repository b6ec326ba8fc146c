package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Warning          *Warning // what recurs on the way from who asks, where a sender and a need were asked about
}

// Warns is the warning as a sentence, "" when there is none.
func (t Team) Warns() string {
	if t.Warning == nil {
		return ""
	}
	return t.Warning.Words(t.Warning.Need, t.Name)
}

// Refusal is a need that a team does not take, and why: mostly whose role it is.
type Refusal struct {
	Need        terms.Need `json:"need"`
	Why         string     `json:"why,omitempty"`
	NetworkCode string     `json:"network_code,omitempty"` // the neighbourhood in which it does not; "" everywhere
}

// In is the team as a neighbourhood sees it, by its network: what it does not do elsewhere is left out.
func (t Team) In(network string) Team {
	t.NotHere = slices.DeleteFunc(slices.Clone(t.NotHere), func(r Refusal) bool { return r.NetworkCode != "" && r.NetworkCode != network })
	return t
}

// Does is what the team takes: its needs without those that it refuses.
func (t Team) Does() []terms.Need {
	return slices.DeleteFunc(slices.Clone(t.Needs), func(n terms.Need) bool { _, refused := t.Refuses(n); return refused })
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

// NotHere says to who would send it a need that a team does not take it, and why.
func NotHere(team, why string) string {
	return strings.TrimSpace(team + " does not take this need. Choose another. " + why)
}

// TeamQuery says which teams are looked for: those that serve the practice or the network; without both, all.
type TeamQuery struct {
	PracticeID  string
	NetworkCode string     // ODS code
	Need        terms.Need // puts the teams that take it first; the others are listed with their reason
	Now         time.Time
	// Sender is the organisation that asks: for what recurs on the way from there, and, where all teams are looked for, for what they do
	// not do in its neighbourhood. "" is not looked for.
	Sender string
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
	network := q.NetworkCode
	if from := cmp.Or(q.PracticeID, q.Sender); from != "" && (q.PracticeID != "" || network == "") {
		if network, err = networkOf(ctx, tx, from); err != nil {
			return nil, err
		}
	}
	if network != "" || q.PracticeID == "" && q.Sender != "" {
		for i := range teams {
			teams[i] = teams[i].In(network)
		}
	}
	if q.Need != "" && q.Sender != "" {
		if err := warnOf(ctx, tx, q, teams); err != nil {
			return nil, err
		}
	}
	if q.Need != "" {
		slices.SortStableFunc(teams, func(a, b Team) int { return cmp.Compare(rankOf(a, q.Need), rankOf(b, q.Need)) })
	}
	return teams, nil
}

func warnOf(ctx context.Context, tx pgx.Tx, q TeamQuery, teams []Team) error {
	ids := make([]string, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	of, err := Warnings(ctx, tx, q.Need, q.Sender, q.Now, ids...)
	for i, t := range teams {
		if w, ok := of[t.ID]; ok {
			teams[i].Warning = &w
		}
	}
	return err
}

func rankOf(t Team, need terms.Need) int {
	if t.Takes(need) {
		return 0
	}
	return 1
}

// networkOf is the code of the network that a practice belongs to, "" when it is in none that we have heard of.
func networkOf(ctx context.Context, tx pgx.Tx, practice string) (code string, err error) {
	err = tx.QueryRow(ctx, `select network_code from organisation where id = $1`, practice).Scan(&code)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("find network: %w", err)
	}
	return code, nil
}

// TeamFor is TeamByID as a practice sees it: what the team does not do in other neighbourhoods is left out.
func TeamFor(ctx context.Context, tx pgx.Tx, id, practice string, now time.Time) (Team, error) {
	t, err := TeamByID(ctx, tx, id, now)
	if err != nil {
		return t, err
	}
	network, err := networkOf(ctx, tx, practice)
	return t.In(network), err
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
