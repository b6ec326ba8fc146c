package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

const claimColumns = `id, service_id, organisation_id, why, asked_by, asked_at, state, coalesce(decided_by::text, ''), decided_at, decision_note, version`

func scanClaim(row pgx.CollectableRow) (c domain.Claim, err error) {
	var decided *time.Time
	err = row.Scan(&c.ID, &c.ServiceID, &c.Organisation, &c.Why, &c.AskedBy, &c.AskedAt, &c.State, &c.DecidedBy, &decided, &c.DecisionNote, &c.Version)
	if decided != nil {
		c.DecidedAt = *decided
	}
	return c, err
}

// AddClaim writes one; added is false when the organisation has asked for it already.
func AddClaim(ctx context.Context, tx pgx.Tx, c domain.Claim) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into claim (id, service_id, organisation_id, why, asked_by, asked_at, state) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict do nothing`, c.ID, c.ServiceID, c.Organisation, c.Why, c.AskedBy, c.AskedAt, c.State)
	if err != nil {
		return false, fmt.Errorf("add claim: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// LockClaim reads one, held until the transaction ends. The error is domain.ErrNoClaim.
func LockClaim(ctx context.Context, tx pgx.Tx, id string) (domain.Claim, error) {
	rows, err := tx.Query(ctx, `select `+claimColumns+` from claim where id = $1 for update`, id)
	if err != nil {
		return domain.Claim{}, fmt.Errorf("read claim: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanClaim)
	if none(err) {
		return c, domain.ErrNoClaim
	}
	if err != nil {
		return c, fmt.Errorf("read claim: %w", err)
	}
	return c, nil
}

// SaveClaim writes the decision.
func SaveClaim(ctx context.Context, tx pgx.Tx, c domain.Claim) error {
	return pg.Later(ctx, tx, "save claim", `update claim set state = $2, decided_by = $3, decided_at = $4, decision_note = $5, version = version + 1 where id = $1`,
		c.ID, c.State, orNull(c.DecidedBy), timeOrNull(c.DecidedAt), c.DecisionNote)
}

// ClaimPlace is where a page of claims ended.
type ClaimPlace struct {
	Asked bool      `json:"a"`
	At    time.Time `json:"t"`
	ID    string    `json:"i"`
}

// ClaimQuery says which claims are listed. What is empty does not narrow it.
type ClaimQuery struct {
	Organisation string
	Service      string
	OnlyAsked    bool
	After        *ClaimPlace
	Limit        int
}

// Claims lists those the actor may see: open ones first, then the latest.
func Claims(ctx context.Context, tx pgx.Tx, q ClaimQuery) ([]domain.Claim, error) {
	args := pgx.NamedArgs{"organisation": q.Organisation, "service": q.Service, "asked": q.OnlyAsked, "limit": q.Limit}
	where := ``
	if q.After != nil {
		where = ` and (state = 'asked', asked_at, id) < (@was_asked, @at, @id)`
		args["was_asked"], args["at"], args["id"] = q.After.Asked, q.After.At, q.After.ID
	}
	rows, err := tx.Query(ctx, `select `+claimColumns+` from claim
		where (@organisation = '' or organisation_id::text = @organisation) and (@service = '' or service_id::text = @service) and (not @asked or state = 'asked')`+where+`
		order by (state = 'asked') desc, asked_at desc, id desc limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanClaim)
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return out, nil
}
