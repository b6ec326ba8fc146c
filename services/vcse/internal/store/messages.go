package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
)

// Message is what sender and receiver tell each other about an offer. Text is "" once it was removed.
type Message struct {
	ID           string
	OfferID      string
	Organisation string
	Kind         string // question, answer, bounce, end
	QuestionID   string
	Text         string
	By           string
	At           time.Time
}

// AddMessage keeps a message; one that was heard before changes nothing.
func AddMessage(ctx context.Context, tx pgx.Tx, m Message) error {
	return pg.Later(ctx, tx, "add message", `insert into message (id, offer_id, organisation_id, kind, question_id, body, by_person, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
		m.ID, m.OfferID, m.Organisation, m.Kind, orNull(m.QuestionID), orNull(m.Text), orNull(m.By), m.At)
}

// Messages lists what was said about an offer, oldest first.
func Messages(ctx context.Context, tx pgx.Tx, offer string) ([]Message, error) {
	rows, err := tx.Query(ctx, `select id, offer_id, organisation_id, kind, coalesce(question_id::text, ''), coalesce(body, ''), coalesce(by_person::text, ''), at
		from message where offer_id = $1 order by at, id`, offer)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return out, nil
}

// ForgetMessages clears what was said about these offers and tells how many were cleared.
func ForgetMessages(ctx context.Context, tx pgx.Tx, offers []string) (int, error) {
	tag, err := tx.Exec(ctx, `update message set body = null where offer_id = any($1) and body is not null`, offers)
	if err != nil {
		return 0, fmt.Errorf("forget messages: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// Session is an attendance that was recorded.
type Session struct {
	ID     string
	On     string // yyyy-mm-dd
	Result terms.AttendanceResult
	By     string
	At     time.Time
}

// AddSession records one; added is false when that day is recorded already.
func AddSession(ctx context.Context, tx pgx.Tx, offer, organisation string, s Session) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into attendance (id, offer_id, organisation_id, session_on, result, by_person, at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (offer_id, session_on) do nothing`, s.ID, offer, organisation, s.On, s.Result, s.By, s.At)
	if err != nil {
		return false, fmt.Errorf("record session: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Sessions lists what was recorded, the latest session first.
func Sessions(ctx context.Context, tx pgx.Tx, offer string) ([]Session, error) {
	rows, err := tx.Query(ctx, `select id, session_on::text, result, by_person, at from attendance where offer_id = $1 order by session_on desc`, offer)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Session])
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}
