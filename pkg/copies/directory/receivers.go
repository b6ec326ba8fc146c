package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
)

// ErrNoService is returned for an id that the directory has not told of.
var ErrNoService = fault.NotFound("service")

// ServiceByID finds a service with its capacity as it can be believed at now, also one that was withdrawn. The error is ErrNoService.
func ServiceByID(ctx context.Context, tx pgx.Tx, id string, now time.Time) (Service, error) {
	var s Service
	var c capacityRow
	err := tx.QueryRow(ctx, `select `+serviceColumns+`, `+capacityColumns+` from service_copy s`+capacityOf+`where s.version > 0 and s.id = $1`, id).
		Scan(append(s.into(), c.into()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, ErrNoService
	}
	if err != nil {
		return s, fmt.Errorf("find service: %w", err)
	}
	s.Capacity = c.believed(now)
	return s, nil
}

// Receiver is what to call a service or team on a page.
type Receiver struct {
	Kind             terms.ReceiverKind
	ID               string
	Name             string
	OrganisationID   string // of a service that nobody has claimed: ""
	OrganisationName string
	Phone            string
	Sensitive        bool // not to be named to whom the referral's need is hidden from
}

// Receivers names services and teams, also those that are gone. Ids that were not heard of are not in it.
func Receivers(ctx context.Context, tx pgx.Tx, ids ...string) (map[string]Receiver, error) {
	rows, err := tx.Query(ctx, `select 'service', id, name, coalesce(provider_id::text, ''), provider_name, phone, sensitive
			from service_copy where id = any($1) and version > 0
		union all select 'team', id, name, id::text, name, phone, false from team_copy where id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read receivers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Receiver])
	if err != nil {
		return nil, fmt.Errorf("read receivers: %w", err)
	}
	of := make(map[string]Receiver, len(list))
	for _, r := range list {
		of[r.ID] = r
	}
	return of, nil
}

// CandidateQuery says for what a receiver is looked for.
type CandidateQuery struct {
	Need        terms.Need
	From        *geo.Point // where the patient is
	Age         *int       // years
	PracticeID  string     // the sender's, for the teams that serve it
	NetworkCode string
	Also        []string // services and teams that somebody named: they are in the answer whether they fit or not
	Limit       int      // 0: 100 services, the nearest
	Now         time.Time
}

// Candidate is the facts about a receiver by which coordination chooses; whom to prefer is coordination's rule.
type Candidate struct {
	Kind             terms.ReceiverKind
	ID               string
	Name             string
	OrganisationID   string // "" when nobody has claimed the listing
	OrganisationName string
	Needs            []terms.Need // of a team: empty means any that it does not refuse
	Refuses          []Refusal
	Claimed          bool // always for a team
	Active           bool // it is in the directory and runs
	AcceptsReferrals bool
	Sensitive        bool
	MinimumAge       *int
	MaximumAge       *int
	Accessibility    []terms.Accessibility
	Languages        []string
	Capacity         Capacity
	Remote           bool     // it can be had without going there; always for a team
	Km               *float64 // nil when not known
	Serves           bool     // of a team: the practice or network is one of its own
}

const mostCandidates = 100

// Candidates lists the services that take referrals for the need and are for that age, the teams that serve the sender, and
// whoever was named besides.
func Candidates(ctx context.Context, tx pgx.Tx, q CandidateQuery) ([]Candidate, error) {
	services, err := candidateServices(ctx, tx, q)
	if err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	teams, err := candidateTeams(ctx, tx, q)
	if err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	return append(services, teams...), nil
}

func candidateServices(ctx context.Context, tx pgx.Tx, q CandidateQuery) ([]Candidate, error) {
	args := pgx.NamedArgs{"need": q.Need, "age": q.Age, "also": list(q.Also), "limit": q.Limit, "lat": nil, "lon": nil}
	if q.Limit == 0 {
		args["limit"] = mostCandidates
	}
	if q.From != nil {
		args["lat"], args["lon"] = q.From.Latitude, q.From.Longitude
	}
	rows, err := tx.Query(ctx, `select s.id, s.name, coalesce(s.provider_id::text, ''), s.provider_name, s.needs, s.claimed, `+listed+`, s.accepts_referrals,
			s.sensitive, s.minimum_age, s.maximum_age, s.accessibility, s.languages, s.remote, d.km, `+capacityColumns+`
		from service_copy s`+capacityOf+`
		cross join lateral (select min(kilometres(@lat::float8, @lon::float8, p.lat, p.lon)) as km from unnest(s.latitudes, s.longitudes) as p(lat, lon)) d
		where s.version > 0 and (s.id = any(@also::uuid[]) or `+listed+` and `+referable+` and s.needs @> array[@need]::text[]
			and (@age::int is null or coalesce(s.minimum_age, 0) <= @age and coalesce(s.maximum_age, 999) >= @age))
		order by s.id <> all(@also::uuid[]), s.remote, d.km nulls last, s.id limit @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Candidate, error) {
		x, c := Candidate{Kind: terms.ReceiverService}, capacityRow{}
		err := row.Scan(append([]any{
			&x.ID, &x.Name, &x.OrganisationID, &x.OrganisationName, &x.Needs, &x.Claimed, &x.Active, &x.AcceptsReferrals,
			&x.Sensitive, &x.MinimumAge, &x.MaximumAge, &x.Accessibility, &x.Languages, &x.Remote, &x.Km,
		}, c.into()...)...)
		x.Capacity = c.believed(q.Now)
		return x, err
	})
}

func candidateTeams(ctx context.Context, tx pgx.Tx, q CandidateQuery) ([]Candidate, error) {
	tq := TeamQuery{PracticeID: q.PracticeID, NetworkCode: q.NetworkCode, Now: q.Now}
	args := tq.args()
	args["also"] = list(q.Also)
	rows, err := tx.Query(ctx, `select `+teamColumns+`, `+capacityColumns+`, coalesce(`+serves+`, false), `+teamIsOpen+` from team_copy t `+capacityOfTeam+`
		where t.id = any(@also::uuid[]) or `+teamIsOpen+` and `+serves+` order by t.id`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Candidate, error) {
		var t Team
		var c capacityRow
		x := Candidate{Kind: terms.ReceiverTeam, Claimed: true, Remote: true}
		err := row.Scan(append(append(t.into(), c.into()...), &x.Serves, &x.Active)...)
		x.ID, x.Name, x.OrganisationID, x.OrganisationName = t.ID, t.Name, t.ID, t.Name
		x.Needs, x.Refuses, x.AcceptsReferrals, x.Capacity = t.Needs, t.NotHere, t.AcceptsReferrals, c.believed(q.Now)
		return x, err
	})
}
