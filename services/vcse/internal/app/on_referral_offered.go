package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// ToService tells whether an offer is to a service: what is offered to a team is not opened here.
func ToService(p *coordination.ReferralOfferedV1) bool {
	return p.ReceiverKind == terms.ReceiverService
}

// OnReferralOffered puts an offer into the tray of the provider that answers for the service, and keeps a place for it.
// An offer to a listing that nobody has claimed is not ours: coordination's clock sees to it that it goes on.
func (a *App) OnReferralOffered(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralOfferedV1) error {
	o, err := offered(e, p)
	if err != nil {
		return fmt.Errorf("take offer: %w", err)
	}
	s, err := store.AnyService(ctx, tx, o.ServiceID)
	if errors.Is(err, domain.ErrNoService) || err == nil && s.ProviderID == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take offer: %w", err)
	}
	o.Organisation = s.ProviderID
	added, err := store.AddOffer(ctx, tx, o)
	if err != nil || !added {
		return err
	}
	if err := a.reservePlace(ctx, tx, o, a.now()); err != nil {
		return fmt.Errorf("take offer: %w", err)
	}
	a.hint(ctx, o.Organisation)
	if err := a.notify(ctx, tx, o, terms.NoticeNew); err != nil {
		return fmt.Errorf("take offer: %w", err)
	}
	return nil
}

func offered(e *event.Event, p *coordination.ReferralOfferedV1) (domain.Offer, error) {
	service := p.ServiceID
	o := domain.Offer{
		ID: p.OfferID, ReferralID: p.ReferralID, CaseID: p.CaseID, PatientRef: p.PatientRef, Reference: p.Reference,
		Attempt: p.Attempt, SenderOrganisation: p.SenderOrganisationID, SenderKind: p.SenderKind, RequestedBy: p.RequestedBy, Need: p.Need,
		Urgency: p.Urgency, Sensitive: p.Sensitive, Accessibility: p.Accessibility, OfferedAt: p.At, AnswerDueAt: p.AnswerDueAt,
		State: terms.OfferOffered, Last: domain.Act{At: e.Time},
	}
	if _, err := p.Contact.Into(&o.Contact); err != nil {
		return o, err
	}
	if _, err := p.Safeguarding.Into(&o.Safeguarding); err != nil {
		return o, err
	}
	var hidden schemas.SensitiveReferral
	if _, err := p.Hidden.Into(&hidden); err != nil {
		return o, err
	}
	o.Safeguarding.Need = hidden.Need
	if service == "" { // a sensitive service's id travels sealed as well
		for _, r := range hidden.Receivers {
			if r.Kind == terms.ReceiverService {
				service = r.ID
				break
			}
		}
	}
	o.ServiceID = service
	if service == "" {
		return o, errors.New("the offer names no service")
	}
	return o, nil
}
