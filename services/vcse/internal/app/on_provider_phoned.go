package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// OnProviderPhoned ends the notices of an offer that somebody rang about, and says so when one of them was the last word on it. Nobody answered:
// the call stays owed.
func (a *App) OnProviderPhoned(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ProviderPhonedV1) error {
	if p.Result == terms.ContactNotReached {
		return nil
	}
	o, err := store.Offer(ctx, tx, p.OfferID)
	if errors.Is(err, domain.ErrNoOffer) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("end call: %w", err)
	}
	all, err := store.LockNotices(ctx, tx, o.ID)
	if err != nil {
		return fmt.Errorf("end call: %w", err)
	}
	newest := domain.Newest(all)
	for i := range all {
		was := all[i].Version
		if !all[i].Phoned(p.NoticeVersion, p.PhonedAt) {
			continue
		}
		if was == newest {
			if err := a.sayNotice(ctx, tx, o, &all[i], all); err != nil {
				return fmt.Errorf("end call: %w", err)
			}
		}
		if err := store.SaveNotice(ctx, tx, all[i]); err != nil {
			return fmt.Errorf("end call: %w", err)
		}
	}
	return nil
}
