package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Notice is how far an e-mail about an offer got.
type Notice struct {
	OfferID string
	Kind    terms.NoticeKind
	State   terms.NoticeState
	Version int
	At      time.Time
}

// LockNotice reads how far the e-mail about an offer got, so that no newer word of it comes in between; the error is domain.ErrUnknown without an offer.
func LockNotice(ctx context.Context, tx pgx.Tx, offer string) (Notice, error) {
	n := Notice{OfferID: offer}
	var at zeroTime
	err := tx.QueryRow(ctx, `select notice_kind, notice_state, notice_version, notice_at from offer where id = $1 for update`, offer).Scan(&n.Kind, &n.State, &n.Version, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		return n, domain.ErrUnknown
	}
	if err != nil {
		return n, fmt.Errorf("lock notice: %w", err)
	}
	n.At = at.Time
	return n, nil
}

// EndCall notes that who was not reached was phoned, and nobody owes it any more. The word of it stays the newest until vcse says the next.
func EndCall(ctx context.Context, tx pgx.Tx, n Notice) error {
	if err := pg.Later(ctx, tx, "end call", `update offer set notice_state = $2, notice_at = $3 where id = $1`, n.OfferID, n.State, n.At); err != nil {
		return err
	}
	return DropOwed(ctx, tx, OwedNotice, n.OfferID)
}

// KeepNotice keeps the newest word of it and returns who sent the referral; "" when the offer is not known or a newer word is here.
func KeepNotice(ctx context.Context, tx pgx.Tx, n Notice) (sender string, err error) {
	err = tx.QueryRow(ctx, `update offer o set notice_kind = $2, notice_state = $3, notice_version = $4, notice_at = $5 from referral r
		where o.id = $1 and r.id = o.referral_id and o.notice_version < $4 returning r.sender_organisation_id::text`, n.OfferID, n.Kind, n.State, n.Version, n.At).Scan(&sender)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keep notice: %w", err)
	}
	return sender, nil
}
