package directory

import (
	"context"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
)

// search is the statement of one query: only the conditions that are asked for stand in it, so that each is planned for what it is.
type search struct {
	where []string
	cost  []string
	tier  string
	args  pgx.NamedArgs
}

// The order is: first what meets the need; then by a cost in metres, as if each drawback were a longer way to go.
// People weigh room against distance without noticing; here the exchange is written down.
const (
	// Room, as far as it can be believed. What has none costs more than a bus ride; old news counts for little.
	// "No room until" holds until that day (terms.FreshnessUntil), and from then on nobody knows.
	costOfRoom = `case
		when c.status = 'no_capacity' and c.until_on is not null then case when @now::timestamptz < c.until_on and c.reported_at >= @long then 15000 else 4000 end
		when c.reported_at is null or c.reported_at < @unknown then 4000
		when c.status = 'capacity' then case when c.reported_at >= @fresh then 0 else 2000 end
		when c.status = 'additional_assessment_required' then 1500
		when c.status = 'waitlist' then 3000
		else case when c.reported_at >= @fresh then 15000 else 5000 end end`

	// Nobody answers for a listing that is not claimed, and it can only be signposted.
	costOfSignpost = `case when ` + referable + ` then 0 else 1000 end`

	// What comes to the person counts as a short way; a place that is not known as a long one, behind all that is near.
	costOfWay = `case when s.remote then least(coalesce(d.km, 5), 5) else coalesce(d.km, 50) end * 1000`

	// Words in the name count most, in the description least.
	costOfWords = `10000 * (1 - least(1, ts_rank('{0.1, 0.2, 0.5, 1}', s.words, @words::tsquery)))`

	// What is not said: each counts as five kilometres.
	costOfDay      = `case when s.weekdays = 0 then 5000 else 0 end`
	costOfLanguage = `case when s.languages = '{}' then 5000 else 0 end`
	costOfAccess   = `5000 * (select count(*) from unnest(@access::text[]) as asked where asked <> all (s.accessibility))`
)

// narrow puts the query's conditions and costs in; some is false when nothing can be found.
func (s *search) narrow(ctx context.Context, tx pgx.Tx, q Query, loose bool) (some bool, err error) {
	s.where, s.tier = []string{listed}, `0`
	s.cost = []string{costOfRoom, costOfSignpost}
	s.args["now"], s.args["long"] = q.rankedAt(), q.rankedAt().Add(-terms.NoRoomUntilFor)
	s.args["fresh"] = q.rankedAt().Add(-terms.CapacityFreshFor)
	s.args["unknown"] = q.rankedAt().Add(-terms.CapacityStaleFor)
	words, err := wordsOf(ctx, tx, q.Text, loose)
	if err != nil {
		return false, err
	}
	if words == "" && loose {
		return false, nil
	}
	if words != "" {
		s.add(`s.words @@ @words::tsquery`, costOfWords, "words", words)
	}
	if len(q.Needs) > 0 {
		s.args["needs"] = q.Needs
		if words == "" {
			s.where = append(s.where, `s.needs && @needs`)
		} else {
			s.tier = `case when s.needs && @needs then 0 else 1 end`
		}
	}
	if !q.Sensitive {
		s.where = append(s.where, `not s.sensitive`)
	}
	if q.OnlyReferable {
		s.where = append(s.where, referable)
	}
	if q.Age != nil {
		s.add(`coalesce(s.minimum_age, 0) <= @age and coalesce(s.maximum_age, 999) >= @age`, "", "age", *q.Age)
	}
	if q.Weekday.Known() {
		s.add(`(s.weekdays = 0 or s.weekdays & @day <> 0)`, costOfDay, "day", 1<<q.Weekday)
	}
	if q.Language != "" {
		language, _, _ := strings.Cut(strings.ToLower(q.Language), "-") // who asks for "en" is served by "en-GB"
		s.add(`(s.languages = '{}' or exists (select from unnest(s.languages) as l where split_part(l, '-', 1) = @language))`, costOfLanguage, "language", language)
	}
	if len(q.Accessibility) > 0 {
		s.add("", costOfAccess, "access", q.Accessibility)
	}
	s.near(q)
	return true, nil
}

func (s *search) add(condition, cost, name string, value any) {
	if condition != "" {
		s.where = append(s.where, condition)
	}
	if cost != "" {
		s.cost = append(s.cost, cost)
	}
	s.args[name] = value
}

// near measures from where the person is. The box rules out most of what is too far by the index, and the distance the rest.
func (s *search) near(q Query) {
	if q.From == nil {
		return
	}
	s.args["lat"], s.args["lon"] = q.From.Latitude, q.From.Longitude
	s.cost = append(s.cost, costOfWay)
	if q.WithinKm <= 0 {
		return
	}
	s.args["within"] = q.WithinKm
	s.args["south"], s.args["west"], s.args["north"], s.args["east"] = around(*q.From, q.WithinKm)
	s.where = append(s.where, `(s.around && box(point(@west, @south), point(@east, @north)) or `+placeless+`)`, `(d.km <= @within or `+placeless+`)`)
}

// kmPerDegree of latitude; a little less than it is anywhere, so that the box is never too small.
const kmPerDegree = 110.5

func around(p geo.Point, km float64) (south, west, north, east float64) {
	up := km / kmPerDegree
	along := 180.0
	if shrunk := math.Cos(math.Min(89, math.Abs(p.Latitude)+up) * math.Pi / 180); km/kmPerDegree/shrunk < along {
		along = km / kmPerDegree / shrunk
	}
	return p.Latitude - up, p.Longitude - along, p.Latitude + up, p.Longitude + along
}

// placeless is the condition that distance does not rule a service out: it comes to the person, or nobody said where it is.
const placeless = `(s.remote or s.around is null)`

// kmAway is the distance to the nearest place; most services have one, and are spared the loop.
const kmAway = `case when cardinality(s.latitudes) = 1 then kilometres(@lat, @lon, s.latitudes[1], s.longitudes[1])
	else (select min(kilometres(@lat, @lon, p.lat, p.lon)) from unnest(s.latitudes, s.longitudes) as p(lat, lon)) end`

// sql ranks ids and numbers alone, and reads the wide rows of one page.
func (s *search) sql(q Query) string {
	distance := `null::float8`
	if q.From != nil {
		distance = kmAway
	}
	after := ``
	if q.After != nil {
		after = `where (tier, cost, id) > (@tier, @cost, @id)`
		s.args["tier"], s.args["cost"], s.args["id"] = q.After.Tier, q.After.Cost, q.After.ID
	}
	// "offset 0" has the distance worked out once for each row, and not in every place where it is named.
	ranked := `select s.id, d.km, ` + s.tier + ` as tier, (` + strings.Join(s.cost, ` + `) + `)::int as cost, count(*) over () as total
		from service_copy s` + capacityOf + `cross join lateral (select ` + distance + ` as km offset 0) d
		where ` + strings.Join(s.where, ` and `)
	page := `select * from (` + ranked + `) r ` + after + ` order by tier, cost, id limit @limit`
	return `select r.total, r.tier, r.cost, r.km, ` + serviceColumns + `, ` + capacityColumns + `
		from (` + page + `) r join service_copy s on s.id = r.id` + capacityOf + `order by r.tier, r.cost, r.id`
}

// wordsOf makes a text search of what was typed; "" when there is nothing in it to look for. Postgres reads the text, so that
// no operator in it can be an error. Loosely, any of the words will do; "" when that is no more than the strict search.
func wordsOf(ctx context.Context, tx pgx.Tx, typed string, loose bool) (words string, err error) {
	if strings.TrimSpace(typed) == "" {
		return "", nil
	}
	typed = strings.ReplaceAll(strings.ToValidUTF8(typed, " "), "\x00", " ")
	if err := tx.QueryRow(ctx, `select websearch_to_tsquery('english', left($1, 500))::text`, typed).Scan(&words); err != nil {
		return "", err
	}
	if !loose {
		return words, nil
	}
	if !strings.Contains(words, ` & `) || strings.Contains(words, `!`) {
		return "", nil
	}
	return strings.ReplaceAll(words, ` & `, ` | `), nil
}
