package directory

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// OnNoticeRecorded keeps whom no e-mail reaches, for the function notice_state of the tables. What is said of one offer comes in order.
func OnNoticeRecorded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.NoticeRecordedV1) error {
	if p.State != terms.NoticeWaiting && !p.State.Phone() {
		return pg.Later(ctx, tx, "drop notice", `delete from notice_copy where offer_id = $1`, p.OfferID)
	}
	return pg.Later(ctx, tx, "keep notice", `insert into notice_copy (offer_id, state, at) values ($1, $2, $3)
		on conflict (offer_id) do update set state = excluded.state, at = excluded.at`, p.OfferID, p.State, p.At)
}

// PhoneOf is the number of the organisation that a service belongs to, for whoever must ring it; "" when none is known.
func PhoneOf(ctx context.Context, tx pgx.Tx, service string) (phone string, err error) {
	if service == "" {
		return "", nil
	}
	err = tx.QueryRow(ctx, `select coalesce((select o.phone from service_copy s join organisation o on o.id = s.provider_id where s.id = $1), '')`, service).Scan(&phone)
	if err != nil {
		return "", fmt.Errorf("read whom to phone: %w", err)
	}
	return phone, nil
}
