package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

const serviceColumns = `id, coalesce(provider_id::text, ''), provider_name, name, description, needs, needs_mapped, sensitive, source, source_id,
	source_licence, claimed, simulated, status, minimum_age, maximum_age, eligibility, fees, url, phone, email, opening, languages, accessibility,
	delivery, places, sessions, accepts_referrals, categories, version`

func scanService(row pgx.CollectableRow) (s domain.Service, err error) {
	err = row.Scan(&s.ID, &s.ProviderID, &s.ProviderName, &s.Name, &s.Description, &s.Needs, &s.NeedsMapped, &s.Sensitive, &s.Source, &s.SourceID,
		&s.SourceLicence, &s.Claimed, &s.Simulated, &s.Status, &s.MinimumAge, &s.MaximumAge, &s.Eligibility, &s.Fees, &s.URL, &s.Phone, &s.Email,
		&s.Opening, &s.Languages, &s.Accessibility, &s.Delivery, &s.Places, &s.Sessions, &s.AcceptsReferrals, &s.Categories, &s.Version)
	return s, err
}

// Service reads one that is listed. The error is domain.ErrNoService.
func Service(ctx context.Context, tx pgx.Tx, id string) (domain.Service, error) {
	return oneService(ctx, tx, `id = $1 and withdrawn_at is null`, id)
}

// AnyService reads one, also when it has left the directory: old offers name it.
func AnyService(ctx context.Context, tx pgx.Tx, id string) (domain.Service, error) {
	return oneService(ctx, tx, `id = $1`, id)
}

// LockService is Service, held until the transaction ends.
func LockService(ctx context.Context, tx pgx.Tx, id string) (domain.Service, error) {
	return oneService(ctx, tx, `id = $1 and withdrawn_at is null for update`, id)
}

func oneService(ctx context.Context, tx pgx.Tx, where, id string) (domain.Service, error) {
	rows, err := tx.Query(ctx, `select `+serviceColumns+` from service where `+where, id)
	if err != nil {
		return domain.Service{}, fmt.Errorf("read service: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanService)
	if none(err) {
		return s, domain.ErrNoService
	}
	if err != nil {
		return s, fmt.Errorf("read service: %w", err)
	}
	return s, nil
}

// SaveService writes a service as its provider or the importer made it. fingerprint is of the source, "" when it is the provider's own.
func SaveService(ctx context.Context, tx pgx.Tx, s domain.Service, fingerprint string, at time.Time) error {
	return pg.Later(ctx, tx, "save service", saveService, saveArgs(s, fingerprint, at)...)
}

const saveService = `insert into service (id, provider_id, provider_name, name, description, needs, needs_mapped, sensitive, source, source_id,
		source_licence, claimed, simulated, status, minimum_age, maximum_age, eligibility, fees, url, phone, email, opening, languages, accessibility,
		delivery, places, sessions, accepts_referrals, categories, category_words, districts, weekdays, fingerprint, version, published_at)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29,
		$30, $31, $32, $33, $34, $35)
	on conflict (id) do update set provider_id = excluded.provider_id, provider_name = excluded.provider_name, name = excluded.name,
		description = excluded.description, needs = excluded.needs, needs_mapped = excluded.needs_mapped, sensitive = excluded.sensitive,
		source = excluded.source, source_id = excluded.source_id, source_licence = excluded.source_licence, claimed = excluded.claimed,
		simulated = excluded.simulated, status = excluded.status, minimum_age = excluded.minimum_age, maximum_age = excluded.maximum_age,
		eligibility = excluded.eligibility, fees = excluded.fees, url = excluded.url, phone = excluded.phone, email = excluded.email,
		opening = excluded.opening, languages = excluded.languages, accessibility = excluded.accessibility, delivery = excluded.delivery,
		places = excluded.places, sessions = excluded.sessions, accepts_referrals = excluded.accepts_referrals, categories = excluded.categories,
		category_words = excluded.category_words, districts = excluded.districts, weekdays = excluded.weekdays,
		fingerprint = excluded.fingerprint, version = excluded.version, published_at = excluded.published_at, withdrawn_at = null, withdrawn_why = null`

func saveArgs(s domain.Service, fingerprint string, at time.Time) []any {
	return []any{
		s.ID, orNull(s.ProviderID), s.ProviderName, s.Name, s.Description, list(s.Needs), s.NeedsMapped, s.Sensitive, s.Source, s.SourceID,
		s.SourceLicence, s.Claimed, s.Simulated, s.Status, s.MinimumAge, s.MaximumAge, s.Eligibility, s.Fees, s.URL, s.Phone, s.Email, s.Opening,
		list(s.Languages), list(s.Accessibility), list(s.Delivery), list(s.Places), list(s.Sessions), s.AcceptsReferrals, list(s.Categories),
		strings.Join(s.Categories, " "), districts(s), weekdays(s), fingerprint, s.Version, at,
	}
}

// SaveServices is SaveService for many, in one round trip.
func SaveServices(ctx context.Context, tx pgx.Tx, all []domain.Service, fingerprints []string, at time.Time) error {
	var b pgx.Batch
	for i, s := range all {
		b.Queue(saveService, saveArgs(s, fingerprints[i], at)...)
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("save services: %w", err)
	}
	return nil
}

func districts(s domain.Service) []string {
	out := []string{}
	for _, p := range s.Places {
		if code, err := geo.ParsePostcode(p.Postcode); err == nil && !slices.Contains(out, code.Outward) {
			out = append(out, code.Outward)
		}
	}
	return out
}

func weekdays(s domain.Service) []int16 {
	out := []int16{}
	for _, x := range s.Sessions {
		if !slices.Contains(out, int16(x.Weekday)) {
			out = append(out, int16(x.Weekday))
		}
	}
	return out
}

// Known is what an import needs to know of what is there.
type Known struct {
	Fingerprint string
	Version     int
	Claimed     bool
	Withdrawn   bool
}

// LockKnown reads what is there of these ids, held until the transaction ends. Imports come one after the other: two at once
// would each believe a listing to be new.
func LockKnown(ctx context.Context, tx pgx.Tx, ids []string) (map[string]Known, error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('vcse import'))`); err != nil {
		return nil, fmt.Errorf("wait for other imports: %w", err)
	}
	rows, err := tx.Query(ctx, `select id, fingerprint, version, claimed, withdrawn_at is not null from service where id = any($1) order by id for update`, ids)
	if err != nil {
		return nil, fmt.Errorf("read known services: %w", err)
	}
	out := map[string]Known{}
	var id string
	var k Known
	if _, err := pgx.ForEachRow(rows, []any{&id, &k.Fingerprint, &k.Version, &k.Claimed, &k.Withdrawn}, func() error { out[id] = k; return nil }); err != nil {
		return nil, fmt.Errorf("read known services: %w", err)
	}
	return out, nil
}

// WithdrawService takes a service out of the directory. It tells whether it was in it.
func WithdrawService(ctx context.Context, tx pgx.Tx, id string, why terms.ServiceWithdrawal, at time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `update service set withdrawn_at = $2, withdrawn_why = $3, version = version + 1 where id = $1 and withdrawn_at is null`, id, at, why)
	if err != nil {
		return false, fmt.Errorf("withdraw service: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// HandOver makes a provider answer for a listing. It is the one change to a service that somebody else than its provider makes,
// so it touches nothing but that.
func HandOver(ctx context.Context, tx pgx.Tx, s domain.Service, at time.Time) error {
	return pg.Later(ctx, tx, "hand over service", `update service set provider_id = $2, provider_name = $3, claimed = true, accepts_referrals = $4, version = $5, published_at = $6
		where id = $1`, s.ID, s.ProviderID, s.ProviderName, s.AcceptsReferrals, s.Version, at)
}

// NamePlace is where a list by name ended.
type NamePlace struct {
	Name string
	ID   string
}

// ServiceQuery says which services are looked for; what is empty does not narrow it.
type ServiceQuery struct {
	Text      string
	Need      terms.Need
	District  string
	Weekday   terms.Weekday
	Provider  string
	Unclaimed bool
	After     *NamePlace
	Offset    int
	Limit     int
}

// Services lists what the directory has, by name.
func Services(ctx context.Context, tx pgx.Tx, q ServiceQuery) ([]domain.Service, error) {
	where, args := q.where()
	rows, err := tx.Query(ctx, `select `+serviceColumns+` from service where `+where+` order by lower(name), id limit @limit offset @offset`, args)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanService)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	return out, nil
}

func (q ServiceQuery) where() (string, pgx.NamedArgs) {
	parts := []string{`withdrawn_at is null`}
	args := pgx.NamedArgs{"limit": q.Limit, "offset": q.Offset}
	add := func(condition, name string, value any) {
		parts = append(parts, condition)
		args[name] = value
	}
	if strings.TrimSpace(q.Text) != "" {
		add(`words @@ websearch_to_tsquery('english', @text)`, "text", q.Text)
	}
	if q.Need != "" {
		add(`needs @> array[@need]::text[]`, "need", q.Need)
	}
	if q.District != "" {
		add(`(districts @> array[@district]::text[] or delivery && '{phone,online}')`, "district", q.District)
	}
	if q.Weekday != 0 {
		add(`@weekday = any(weekdays)`, "weekday", int16(q.Weekday))
	}
	if q.Provider != "" {
		add(`provider_id = @provider`, "provider", q.Provider)
	}
	if q.Unclaimed {
		parts = append(parts, `not claimed`)
	}
	if q.After != nil {
		add(`(lower(name), id) > (lower(@name), @id)`, "name", q.After.Name)
		args["id"] = q.After.ID
	}
	return strings.Join(parts, ` and `), args
}

// publicColumns are those the open directory may read: without who claimed it and without whether it takes referrals.
const publicColumns = `id, '', provider_name, name, description, needs, needs_mapped, sensitive, source, source_id,
	source_licence, claimed, simulated, status, minimum_age, maximum_age, eligibility, fees, url, phone, email, opening, languages, accessibility,
	delivery, places, sessions, false, categories, version`

// PublicServices is Services as the open directory may read it; District is near first, then what comes by phone or online.
func PublicServices(ctx context.Context, tx pgx.Tx, q ServiceQuery) ([]domain.Service, error) {
	where, args := q.where()
	rows, err := tx.Query(ctx, `select `+publicColumns+` from service where `+where+` order by lower(name), id limit @limit offset @offset`, args)
	if err != nil {
		return nil, fmt.Errorf("search directory: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanService)
	if err != nil {
		return nil, fmt.Errorf("search directory: %w", err)
	}
	return out, nil
}

// PublicService reads one as the open directory may. The error is domain.ErrNoService.
func PublicService(ctx context.Context, tx pgx.Tx, id string) (domain.Service, error) {
	rows, err := tx.Query(ctx, `select `+publicColumns+` from service where id = $1 and withdrawn_at is null`, id)
	if err != nil {
		return domain.Service{}, fmt.Errorf("read directory: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanService)
	if none(err) {
		return s, domain.ErrNoService
	}
	if err != nil {
		return s, fmt.Errorf("read directory: %w", err)
	}
	return s, nil
}

// CountPublic is how many the directory has for a search.
func CountPublic(ctx context.Context, tx pgx.Tx, q ServiceQuery) (n int, err error) {
	q.After = nil
	where, args := q.where()
	delete(args, "limit")
	delete(args, "offset")
	if err := tx.QueryRow(ctx, `select count(*) from service where `+where, args).Scan(&n); err != nil {
		return 0, fmt.Errorf("count directory: %w", err)
	}
	return n, nil
}

// ServiceNames is what services are called, those that left the directory too.
func ServiceNames(ctx context.Context, tx pgx.Tx, ids []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `select id, name from service where id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read names of services: %w", err)
	}
	out := map[string]string{}
	var id, name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { out[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("read names of services: %w", err)
	}
	return out, nil
}
