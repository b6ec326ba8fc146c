package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
)

const organisationColumns = `id, kind, name, ods_code, charity_number, status, may_refer, network_code, network_name,
	address, postcode, phone, email, list_size, coalesce(closed_on::text, ''), simulated, version`

func scanOrganisation(row pgx.CollectableRow) (o domain.Organisation, err error) {
	err = row.Scan(&o.ID, &o.Kind, &o.Name, &o.ODSCode, &o.CharityNumber, &o.Status, &o.MayRefer, &o.Network.Code, &o.Network.Name,
		&o.Address, &o.Postcode, &o.Phone, &o.Email, &o.ListSize, &o.ClosedOn, &o.Simulated, &o.Version)
	return o, err
}

// Organisation finds one. The error is domain.ErrNoOrganisation.
func Organisation(ctx context.Context, tx pgx.Tx, id string) (domain.Organisation, error) {
	return oneOrganisation(ctx, tx, `select `+organisationColumns+` from organisation where id = $1`, id)
}

// OrganisationByODS finds one by its ODS code. The error is domain.ErrNoOrganisation.
func OrganisationByODS(ctx context.Context, tx pgx.Tx, code string) (domain.Organisation, error) {
	return oneOrganisation(ctx, tx, `select `+organisationColumns+` from organisation where ods_code = $1 and ods_code <> ''`, code)
}

func oneOrganisation(ctx context.Context, tx pgx.Tx, sql, value string) (domain.Organisation, error) {
	rows, err := tx.Query(ctx, sql, value)
	if err != nil {
		return domain.Organisation{}, fmt.Errorf("find organisation: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOrganisation)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, domain.ErrNoOrganisation
	}
	if err != nil {
		return o, fmt.Errorf("find organisation: %w", err)
	}
	return o, nil
}

// LockOrganisations finds those of the ids that there are, by id, and holds them until the transaction ends.
func LockOrganisations(ctx context.Context, tx pgx.Tx, ids []string) (map[string]domain.Organisation, error) {
	rows, err := tx.Query(ctx, `select `+organisationColumns+` from organisation where id = any($1) order by id for update`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock organisations: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrganisation)
	if err != nil {
		return nil, fmt.Errorf("lock organisations: %w", err)
	}
	known := make(map[string]domain.Organisation, len(list))
	for _, o := range list {
		known[o.ID] = o
	}
	return known, nil
}

// SaveOrganisations writes new and changed ones, all in one round trip.
func SaveOrganisations(ctx context.Context, tx pgx.Tx, list []domain.Organisation, at time.Time) error {
	batch := &pgx.Batch{}
	for _, o := range list {
		batch.Queue(`insert into organisation (id, kind, name, ods_code, charity_number, status, may_refer, network_code, network_name,
				address, postcode, phone, email, list_size, closed_on, simulated, version, changed_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, '')::date, $16, $17, $18)
			on conflict (id) do update set kind = excluded.kind, name = excluded.name, ods_code = excluded.ods_code,
				charity_number = excluded.charity_number, status = excluded.status, may_refer = excluded.may_refer,
				network_code = excluded.network_code, network_name = excluded.network_name, address = excluded.address,
				postcode = excluded.postcode, phone = excluded.phone, email = excluded.email, list_size = excluded.list_size,
				closed_on = excluded.closed_on, simulated = excluded.simulated, version = excluded.version, changed_at = excluded.changed_at`,
			o.ID, o.Kind, o.Name, o.ODSCode, o.CharityNumber, o.Status, o.MayRefer, o.Network.Code, o.Network.Name,
			o.Address, o.Postcode, o.Phone, o.Email, o.ListSize, o.ClosedOn, o.Simulated, o.Version, at)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save organisations: %w", err)
	}
	return nil
}

// SaveReach writes how an organisation is reached. It is its own statement: who may change that may not register one.
func SaveReach(ctx context.Context, tx pgx.Tx, o domain.Organisation, at time.Time) error {
	if _, err := tx.Exec(ctx, `update organisation set email = $2, phone = $3, version = $4, changed_at = $5 where id = $1`, o.ID, o.Email, o.Phone, o.Version, at); err != nil {
		return fmt.Errorf("save reach: %w", err)
	}
	return nil
}

// OrganisationQuery says which organisations are looked for; what is empty does not narrow it.
type OrganisationQuery struct {
	Text   string // beginnings of words of name, network, codes or postcode, all of them
	Kind   terms.OrganisationKind
	Closed bool // closed, dormant and proposed ones too
	After  *OrganisationPlace
	Limit  int
}

// OrganisationPlace is where a page of the list ended.
type OrganisationPlace struct {
	Name string `json:"n"`
	ID   string `json:"i"`
}

// Organisations lists organisations by name.
func Organisations(ctx context.Context, tx pgx.Tx, q OrganisationQuery) ([]domain.Organisation, error) {
	where, args := []string{"true"}, pgx.NamedArgs{"limit": q.Limit}
	if strings.TrimSpace(q.Text) != "" {
		words := beginnings(q.Text)
		if words == "" {
			return nil, nil // nothing but punctuation: no name is that
		}
		where, args["words"] = append(where, `words @@ to_tsquery('simple', @words)`), words
	}
	if q.Kind != "" {
		where, args["kind"] = append(where, `kind = @kind`), q.Kind
	}
	if !q.Closed {
		where = append(where, `status = 'active'`)
	}
	if q.After != nil {
		where, args["name"], args["id"] = append(where, `(name, id) > (@name, @id)`), q.After.Name, q.After.ID
	}
	rows, err := tx.Query(ctx, `select `+organisationColumns+` from organisation where `+strings.Join(where, ` and `)+` order by name, id limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrganisation)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return list, nil
}

// mostWords bounds what a search costs.
const mostWords = 12

// beginnings makes a text search of words of which each may be cut short: letters and digits only, so that nothing that
// was typed is read as an operator.
func beginnings(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		words[i] = w + `:*`
	}
	return strings.Join(words[:min(len(words), mostWords)], ` & `)
}
