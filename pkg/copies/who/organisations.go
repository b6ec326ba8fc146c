package who

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Organisation is a practice, link worker team, provider or other care organisation.
type Organisation struct {
	ID            string
	Version       int
	Kind          terms.OrganisationKind
	Name          string
	ODSCode       string
	CharityNumber string
	Status        terms.OrganisationStatus // closed also when only its closing was said
	MayRefer      bool                     // false for what is not open
	NetworkCode   string                   // ODS code of the primary care network
	NetworkName   string
	Address       string
	Postcode      string
	Phone         string
	Email         string
	ListSize      *int
	Simulated     bool
	ClosedOn      string // 2006-01-02, "" when open or not known
}

// Open tells whether it works.
func (o Organisation) Open() bool { return o.Status == terms.OrganisationActive }

// ErrNoOrganisation is returned for an id that the register has not told of.
var ErrNoOrganisation = fault.NotFound("organisation")

const organisationColumns = `id, version, kind, name, ods_code, charity_number, case when closed_at is null then status else 'closed' end,
	may_refer and closed_at is null and status = 'active', network_code, network_name, address, postcode, phone, email, list_size, simulated,
	coalesce(closed_on::text, '')`

func scanOrganisation(row pgx.CollectableRow) (o Organisation, err error) {
	err = row.Scan(&o.ID, &o.Version, &o.Kind, &o.Name, &o.ODSCode, &o.CharityNumber, &o.Status, &o.MayRefer, &o.NetworkCode, &o.NetworkName,
		&o.Address, &o.Postcode, &o.Phone, &o.Email, &o.ListSize, &o.Simulated, &o.ClosedOn)
	return o, err
}

// OrganisationByID finds an organisation, open or closed. The error is ErrNoOrganisation.
func OrganisationByID(ctx context.Context, tx pgx.Tx, id string) (Organisation, error) {
	return oneOrganisation(ctx, tx, `id = $1`, id)
}

// OrganisationByODS finds an organisation by its ODS code, in any case. The error is ErrNoOrganisation.
func OrganisationByODS(ctx context.Context, tx pgx.Tx, code string) (Organisation, error) {
	return oneOrganisation(ctx, tx, `ods_code = $1 and ods_code <> ''`, strings.ToUpper(strings.TrimSpace(code)))
}

func oneOrganisation(ctx context.Context, tx pgx.Tx, condition, value string) (Organisation, error) {
	rows, err := tx.Query(ctx, `select `+organisationColumns+` from organisation where version > 0 and `+condition+` order by id limit 1`, value)
	if err != nil {
		return Organisation{}, fmt.Errorf("find organisation: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOrganisation)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, ErrNoOrganisation
	}
	if err != nil {
		return o, fmt.Errorf("find organisation: %w", err)
	}
	return o, nil
}

// OrganisationQuery says which organisations are looked for; what is empty does not narrow it.
type OrganisationQuery struct {
	Kind        terms.OrganisationKind
	Text        string // beginnings of words of name, network, ODS code or postcode, all of them
	NetworkCode string
	Closed      bool // closed ones too
	After       *OrganisationCursor
	Limit       int // 0: 50
}

// OrganisationCursor is where a page ended.
type OrganisationCursor struct {
	Name string `json:"n"`
	ID   string `json:"i"`
}

// Cursor is where a page ends that ends with o.
func (o Organisation) Cursor() OrganisationCursor { return OrganisationCursor{o.Name, o.ID} }

// Organisations lists organisations by name.
func Organisations(ctx context.Context, tx pgx.Tx, q OrganisationQuery) ([]Organisation, error) {
	where := []string{`version > 0`}
	args := pgx.NamedArgs{"limit": q.Limit}
	if q.Limit == 0 {
		args["limit"] = 50
	}
	add := func(condition, name string, value any) {
		where = append(where, condition)
		args[name] = value
	}
	if q.Kind != "" {
		add(`kind = @kind`, "kind", q.Kind)
	}
	if q.NetworkCode != "" {
		add(`network_code = @network`, "network", q.NetworkCode)
	}
	if !q.Closed {
		where = append(where, `closed_at is null and status = 'active'`)
	}
	if strings.TrimSpace(q.Text) != "" {
		words := beginnings(q.Text)
		if words == "" {
			return nil, nil // nothing but punctuation was typed, and no name is that
		}
		add(`words @@ to_tsquery('simple', @words)`, "words", words)
	}
	if q.After != nil {
		add(`(name, id) > (@name, @id)`, "name", q.After.Name)
		args["id"] = q.After.ID
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

// beginnings makes a text search of words of which each may be cut short. Letters and digits only, so that nothing typed
// is read as an operator.
func beginnings(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		words[i] = w + `:*`
	}
	return strings.Join(words[:min(len(words), mostWords)], ` & `)
}

// TeamsFor lists the open link worker teams of the network that a practice belongs to.
func TeamsFor(ctx context.Context, tx pgx.Tx, practiceID string) ([]Organisation, error) {
	rows, err := tx.Query(ctx, `select `+organisationColumns+` from organisation
		where kind = 'link_worker_team' and status = 'active' and closed_at is null and network_code <> ''
			and network_code = (select network_code from organisation where id = $1) order by name, id`, practiceID)
	if err != nil {
		return nil, fmt.Errorf("find teams: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrganisation)
	if err != nil {
		return nil, fmt.Errorf("find teams: %w", err)
	}
	return list, nil
}
