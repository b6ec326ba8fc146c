package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// OnNoticeRecorded keeps how far the e-mail to a provider got. Whom no e-mail reaches has to be phoned, and that is owed by whoever sent the
// referral, who knows what it is about. It changes nothing of the referral's own life, so it needs no lock but the offer's row.
func (a *App) OnNoticeRecorded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.NoticeRecordedV1) error {
	sender, err := store.KeepNotice(ctx, tx, store.Notice{OfferID: p.OfferID, Kind: p.Kind, State: p.State, Version: p.Version, At: p.At})
	if err != nil || sender == "" {
		return err
	}
	if !p.State.Phone() {
		return store.DropOwed(ctx, tx, OwedNotice, p.OfferID)
	}
	return a.owesCall(ctx, tx, p.OfferID, sender, p.At)
}

// owesCall notes that the sender of an offer owes its receiver a call, counted from at.
func (a *App) owesCall(ctx context.Context, tx pgx.Tx, offer, sender string, at time.Time) error {
	return store.KeepOwed(ctx, tx, store.Owed{Kind: OwedNotice, ID: offer, Organisation: sender, Since: at, DueAt: a.Times.Due(at, string(terms.ClockPhone), "", sender)})
}

// Phone is the number of an organisation, where somebody has to phone it; "" when none is known.
func (n Names) Phone(organisation string) string { return n[phoneOf(organisation)] }

func phoneOf(organisation string) string { return "phone of " + organisation }

// addPhones puts the numbers of those into names whom no e-mail reached.
func addPhones(ctx context.Context, tx pgx.Tx, names Names, referrals ...domain.Referral) error {
	for _, r := range referrals {
		for _, o := range r.Offers {
			if !o.Notice.Phone() || names[o.Receiver.Organisation] == "" {
				continue
			}
			to, err := who.OrganisationByID(ctx, tx, o.Receiver.Organisation)
			if err != nil {
				return fmt.Errorf("read whom to phone: %w", err)
			}
			names[phoneOf(o.Receiver.Organisation)] = to.Phone
		}
	}
	return nil
}
