package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
)

// Notice is how far an e-mail about an offer got.
type Notice struct {
	OfferID string
	Kind    terms.NoticeKind
	State   terms.NoticeState
	Version int
	At      time.Time
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
