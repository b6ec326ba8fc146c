package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// serviceCandidate reads the directory's copy (pkg/copies/directory), which stands in our schema.
const serviceCandidate = `select s.id::text, coalesce(s.provider_id::text, ''), s.name, s.needs, s.claimed, s.withdrawn_at is null and s.status = 'active' and not coalesce(p.status = 'closed' or p.closed_at is not null, false),
		s.accepts_referrals, s.sensitive, s.minimum_age, s.maximum_age, s.accessibility, coalesce(c.status, ''), c.reported_at, coalesce(c.until_on::text, ''),
		coalesce(q.median_seconds, 0), s.remote, s.latitudes, s.longitudes
	from service_copy s
	left join capacity_copy c on c.receiver_id = s.id and c.receiver_kind = 'service'
	left join receiver_pace q on q.receiver_id = s.id and q.receiver_kind = 'service'
	left join organisation p on p.id = s.provider_id
	where s.version > 0 and `

func scanService(from *geo.Point) func(row pgx.CollectableRow) (domain.Candidate, error) {
	return func(row pgx.CollectableRow) (domain.Candidate, error) {
		c := domain.Candidate{DistanceKM: -1}
		c.Kind = terms.ReceiverService
		var at zeroTime
		var lat, lon []float64
		var pace int
		err := row.Scan(&c.ID, &c.Organisation, &c.Name, &c.Needs, &c.Claimed, &c.Active, &c.TakesReferrals, &c.Sensitive, &c.MinimumAge, &c.MaximumAge,
			&c.Accessibility, &c.Capacity, &at, &c.NoRoomUntil, &pace, &c.Remote, &lat, &lon)
		c.CapacityAt, c.AnswersIn = at.Time, time.Duration(pace)*time.Second
		for i := range min(len(lat), len(lon)) {
			if from == nil {
				break
			}
			if km := geo.Kilometres(*from, geo.Point{Latitude: lat[i], Longitude: lon[i]}); c.DistanceKM < 0 || km < c.DistanceKM {
				c.DistanceKM = km
			}
		}
		return c, err
	}
}

// nearby bounds how many services are looked at for one offer that no person chose.
const nearby = 80

// ServicesByID reads the services named, as far as the directory knows them.
func ServicesByID(ctx context.Context, tx pgx.Tx, ids []string, from *geo.Point) ([]domain.Candidate, error) {
	return services(ctx, tx, from, `s.id = any($1::uuid[])`, ids)
}

// ServicesFor reads services that can be offered a referral for a need, those with room and near ones first.
func ServicesFor(ctx context.Context, tx pgx.Tx, s domain.Search, from *geo.Point) ([]domain.Candidate, error) {
	way := `0::float8` // a bare 0 in "order by" is a column that is not there
	if from != nil {
		way = fmt.Sprintf(`case when s.remote or s.south is null then 0 else kilometres(%f, %f, (s.south + s.north) / 2, (s.west + s.east) / 2) end`, from.Latitude, from.Longitude)
	}
	return services(ctx, tx, from, `s.claimed and s.accepts_referrals and s.provider_id is not null and s.withdrawn_at is null and s.status = 'active'
		and s.needs && array[$1::text] and (not s.sensitive or $2) order by case when c.status = 'no_capacity' then 1 else 0 end, `+way+`, s.id limit $3`,
		s.Need, s.Sensitive, nearby)
}

func services(ctx context.Context, tx pgx.Tx, from *geo.Point, condition string, args ...any) ([]domain.Candidate, error) {
	rows, err := tx.Query(ctx, serviceCandidate+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("find services: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanService(from))
	if err != nil {
		return nil, fmt.Errorf("find services: %w", err)
	}
	return found, nil
}

// teamCandidate reads the copy of what link worker teams do. serves: the sender's practice, or its network, is the team's.
const teamCandidate = `select t.id::text, t.name, t.needs, not coalesce(o.status = 'closed' or o.closed_at is not null, false), t.accepts_referrals,
		coalesce((select array_agg(n ->> 'need') from jsonb_array_elements(t.not_here) n where coalesce(n ->> 'network_code', '') = ''
			or exists (select from organisation s where s.id = $1::uuid and s.network_code = n ->> 'network_code')), '{}'), coalesce(c.status, ''), c.reported_at,
		coalesce(c.until_on::text, ''), coalesce(q.median_seconds, 0), coalesce($1::uuid = any(t.practice_ids), false) or exists (select from organisation s where s.id = $1::uuid and s.network_code = any(t.network_codes) and s.network_code <> '')
	from team_copy t
	left join capacity_copy c on c.receiver_id = t.id and c.receiver_kind = 'team'
	left join receiver_pace q on q.receiver_id = t.id and q.receiver_kind = 'team'
	left join organisation o on o.id = t.id
	where `

func scanTeam(row pgx.CollectableRow) (domain.Candidate, error) {
	c := domain.Candidate{Claimed: true, Remote: true}
	c.Kind = terms.ReceiverTeam
	var at zeroTime
	var pace int
	err := row.Scan(&c.ID, &c.Name, &c.Needs, &c.Active, &c.TakesReferrals, &c.Refuses, &c.Capacity, &at, &c.NoRoomUntil, &pace, &c.Serves)
	c.Organisation, c.CapacityAt, c.AnswersIn = c.ID, at.Time, time.Duration(pace)*time.Second
	return c, err
}

// TeamsByID reads the teams named, as far as we have heard of them. sender is whose practice is asked about, "" for none.
func TeamsByID(ctx context.Context, tx pgx.Tx, ids []string, sender string) ([]domain.Candidate, error) {
	return teams(ctx, tx, `t.id = any($2::uuid[])`, sender, ids)
}

// TeamsFor reads the teams of a sender that take a need.
func TeamsFor(ctx context.Context, tx pgx.Tx, need terms.Need, sender string) ([]domain.Candidate, error) {
	return teams(ctx, tx, `t.accepts_referrals and t.needs && array[$2::text] and ($1::uuid = any(t.practice_ids) or t.network_codes && array(
		select s.network_code from organisation s where s.id = $1::uuid and s.network_code <> '')) order by t.id limit 20`, sender, need)
}

func teams(ctx context.Context, tx pgx.Tx, condition, sender string, arg any) ([]domain.Candidate, error) {
	rows, err := tx.Query(ctx, teamCandidate+condition, null(sender), arg)
	if err != nil {
		return nil, fmt.Errorf("find teams: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanTeam)
	if err != nil {
		return nil, fmt.Errorf("find teams: %w", err)
	}
	return found, nil
}
