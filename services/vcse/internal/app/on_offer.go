package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// Reactions to what coordination makes of an offer. An offer that is not ours, a team's or one to an unclaimed listing, is passed over.

// OnOfferWithdrawn takes the offer out of the tray, or tells who had accepted it to stand down.
func (a *App) OnOfferWithdrawn(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferWithdrawnV1) error {
	return a.heardOf(ctx, tx, p.OfferID, func(o *domain.Offer) bool {
		var standDown time.Time
		if p.StandDown {
			standDown = a.due(p.At, terms.ClockStandDown, *o)
		}
		return o.TakeBack(p.At, p.Reason, standDown)
	})
}

// OnOfferExpired ends an offer that nobody answered. An answer on its way may still be honoured.
func (a *App) OnOfferExpired(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferExpiredV1) error {
	return a.heardOf(ctx, tx, p.OfferID, func(o *domain.Offer) bool { return o.Expire(p.At) })
}

// OnOfferAnswerRefused tells the provider that its answer came too late, and asks it to stand down.
func (a *App) OnOfferAnswerRefused(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferAnswerRefusedV1) error {
	return a.heardOf(ctx, tx, p.OfferID, func(o *domain.Offer) bool { return o.Refuse(p.At, p.Answer, p.Why, p.StandDownDueAt) })
}

// OnReferralClosed ends what is still open of a referral.
func (a *App) OnReferralClosed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralClosedV1) error {
	all, err := store.OfReferral(ctx, tx, p.ReferralID)
	if err != nil {
		return fmt.Errorf("close offers: %w", err)
	}
	for _, o := range all {
		if err := a.settle(ctx, tx, o, func(o *domain.Offer) bool { return o.Close(p.At, p.Outcome) }); err != nil {
			return fmt.Errorf("close offers: %w", err)
		}
	}
	return nil
}

// OnReferralJoined shows in the tray what somebody whom we help already is to be helped with too.
func (a *App) OnReferralJoined(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralJoinedV1) error {
	if p.Need == "" || p.IntoReferralID == "" {
		return nil
	}
	asked, err := store.AskAlso(ctx, tx, p.IntoReferralID, p.Need, p.At)
	for _, organisation := range asked {
		a.hint(ctx, organisation)
	}
	return err
}

// OnReferralProgressed confirms our answers, and brings the sender's answer to our question.
func (a *App) OnReferralProgressed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralProgressedV1) error {
	all, err := store.OfReferral(ctx, tx, p.ReferralID)
	if err != nil {
		return fmt.Errorf("take note of progress: %w", err)
	}
	news := domain.Progress{
		OfferID: p.OfferID, State: p.State, OursToDo: p.Owes.Party == terms.PartyReceiver, QuestionID: p.QuestionID,
		Bounces: p.Bounces, Version: p.Version, At: p.At,
	}
	if p.DueAt != nil {
		news.DueAt = *p.DueAt
	}
	for _, o := range all {
		if o.PatientRef, err = a.whose(ctx, tx, o, p); err != nil {
			return fmt.Errorf("take note of progress: %w", err)
		}
		if p.Version > o.ProgressVersion && o.CaseID != p.CaseID { // after a merge, or one that was undone, another
			if err := store.MoveOfferToCase(ctx, tx, o.ID, p.CaseID); err != nil {
				return fmt.Errorf("take note of progress: %w", err)
			}
			o.CaseID = p.CaseID
		}
		if err := a.answered(ctx, tx, o, p); err != nil {
			return fmt.Errorf("take note of progress: %w", err)
		}
		if err := a.settle(ctx, tx, o, func(o *domain.Offer) bool { return o.Progress(news) }); err != nil {
			return fmt.Errorf("take note of progress: %w", err)
		}
	}
	return nil
}

// whose is whom an offer is of. One that was made while two refs were one person's is of the other again once the merge is undone: an answer
// under the ref that it came with would be about somebody else, and heard by nobody.
func (a *App) whose(ctx context.Context, tx pgx.Tx, o domain.Offer, p *coordination.ReferralProgressedV1) (string, error) {
	if p.OfferID != o.ID || p.Version <= o.ProgressVersion || p.PatientRef == o.PatientRef {
		return o.PatientRef, nil
	}
	now, err := store.CurrentRef(ctx, tx, o.PatientRef)
	if err != nil || now == p.PatientRef { // one person: what is here keeps the ref it came with
		return o.PatientRef, err
	}
	return p.PatientRef, store.MoveOffer(ctx, tx, o.ID, p.PatientRef)
}

// answered keeps the sender's answer to our question.
func (a *App) answered(ctx context.Context, tx pgx.Tx, o domain.Offer, p *coordination.ReferralProgressedV1) error {
	if p.OfferID != o.ID || p.State != terms.ReferralOffered || p.QuestionID == "" || p.QuestionID != o.QuestionID || !o.RemovedAt.IsZero() {
		return nil
	}
	var m schemas.Message
	ok, err := p.Text.Into(&m)
	if err != nil || !ok {
		return err
	}
	return store.AddMessage(ctx, tx, store.Message{
		ID: a.NewID(), OfferID: o.ID, Organisation: o.Organisation, Kind: "answer",
		QuestionID: p.QuestionID, Text: m.Text, At: p.At,
	})
}

func (a *App) heardOf(ctx context.Context, tx pgx.Tx, offer string, change func(o *domain.Offer) bool) error {
	o, err := store.LockOffer(ctx, tx, offer)
	if errors.Is(err, domain.ErrNoOffer) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.settle(ctx, tx, o, change)
}

// settle saves what changed and gives back the place of an offer that is over.
func (a *App) settle(ctx context.Context, tx pgx.Tx, o domain.Offer, change func(o *domain.Offer) bool) error {
	was, before := o.State, o
	if !change(&o) {
		return nil
	}
	before.ProgressVersion, before.OwedBy = o.ProgressVersion, o.OwedBy
	if reflect.DeepEqual(before, o) {
		// Nothing that somebody may just be answering has changed: the page they have open stays good.
		return store.KeepProgress(ctx, tx, o)
	}
	if err := store.SaveOffer(ctx, tx, o); err != nil {
		return err
	}
	a.hint(ctx, o.Organisation)
	if was == o.State || o.State.Open() {
		return nil
	}
	if err := a.ended(ctx, tx, o, was); err != nil {
		return err
	}
	why := terms.PlaceWithdrawn
	if o.State == terms.OfferExpired {
		why = terms.PlaceExpired
	}
	if _, err := a.releasePlace(ctx, tx, o, why, a.now()); err != nil {
		return err
	}
	return a.givePlace(ctx, tx, o)
}
