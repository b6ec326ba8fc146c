package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// ToTeam tells whether an offer is to a team: what is offered to a service is not opened here.
func ToTeam(p *coordination.ReferralOfferedV1) bool {
	return p.ReceiverKind == terms.ReceiverTeam && p.TeamID != ""
}

// OnReferralOffered puts an offer to a team into its tray, with the person's details. Offers to services are vcse's.
func (a *App) OnReferralOffered(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralOfferedV1) error {
	o := domain.Offer{
		ID: p.OfferID, OrganisationID: p.TeamID, PatientRef: p.PatientRef, ReferralID: p.ReferralID, CaseID: p.CaseID, Reference: p.Reference,
		Attempt: p.Attempt, SenderOrganisationID: p.SenderOrganisationID, SenderKind: p.SenderKind, RequestedBy: p.RequestedBy, Need: p.Need,
		Urgency: p.Urgency, Sensitive: p.Sensitive, Accessibility: p.Accessibility, ParentReferralID: p.ParentReferralID, OfferedAt: p.At,
		AnswerDueAt: p.AnswerDueAt, State: terms.OfferOffered,
	}
	var told schemas.Narrative
	var safe schemas.Safeguarding
	var hidden schemas.SensitiveReferral
	_, err1 := p.Narrative.Into(&told)
	_, err2 := p.Safeguarding.Into(&safe)
	ok, err3 := p.Hidden.Into(&hidden)
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("read offer: %w", err)
	}
	o.Narrative, o.Safeguarding, o.SafeguardingCodes = told.Text, safe.Text, safe.Codes
	if ok && o.Need == "" {
		o.Need = hidden.Need
	}
	if err := keepContact(ctx, tx, o.OrganisationID, p.PatientRef, p.Contact, p); err != nil {
		return err
	}
	words, err := store.EarlyWords(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	if err := store.AddOffer(ctx, tx, o); err != nil {
		return err
	}
	for _, w := range words {
		if o, err = store.Offer(ctx, tx, p.OfferID, true); err != nil {
			return err
		}
		if w.Word == "expired" && o.Expire() || w.Word == "withdrawn" && o.TakeBack(terms.OfferWithdrawalReason(w.Reason), a.due(terms.ClockStandDown, p.At, o), p.At) {
			if err := store.SaveOffer(ctx, tx, o); err != nil {
				return err
			}
		}
	}
	a.changed(ctx, o.OrganisationID, o.ID)
	return nil
}

// keepContact keeps who somebody is for one team; at is when it was said.
func keepContact(ctx context.Context, tx pgx.Tx, organisation, ref string, sealed *schemas.Sealed, p interface{ EventType() string }) error {
	var c schemas.Contact
	ok, err := sealed.Into(&c)
	if err != nil {
		return fmt.Errorf("read contact: %w", err)
	}
	person := personOf(c)
	person.OrganisationID, person.Ref = organisation, ref
	switch said := p.(type) {
	case *coordination.ReferralOfferedV1:
		person.ChangedAt, person.WaysAt = said.At, asOf(said.AsOf, said.At)
	case *coordination.ContactPreferencesChangedV1:
		person.ChangedAt, person.WaysAt = said.At, asOf(said.AsOf, said.At)
	}
	if !ok && p.EventType() != coordination.TypeReferralOfferedV1 {
		return nil // it was erased meanwhile: there is nothing to replace with nothing
	}
	return store.KeepPerson(ctx, tx, person)
}

func personOf(c schemas.Contact) domain.Person {
	return domain.Person{
		GivenName: c.GivenName, FamilyName: c.FamilyName, DateOfBirth: c.DateOfBirth, NHSNumber: c.NHSNumber, Phone: c.Phone, Email: c.Email,
		Address: strings.Join(c.AddressLines, "\n"), Postcode: c.Postcode, Language: c.Language, InterpreterNeeded: c.InterpreterNeeded,
		Accessibility: c.Accessibility, SafePhone: c.SafeWays.Phone, SafeText: c.SafeWays.Text, SafeEmail: c.SafeWays.Email,
		SafeLetter: c.SafeWays.Letter, SafeNote: c.SafeNote, NextOfKin: c.NextOfKin,
	}
}

func contactOf(p domain.Person) schemas.Contact {
	c := schemas.Contact{
		GivenName: p.GivenName, FamilyName: p.FamilyName, DateOfBirth: p.DateOfBirth, NHSNumber: p.NHSNumber, Phone: p.Phone, Email: p.Email,
		Postcode: p.Postcode, Language: p.Language, InterpreterNeeded: p.InterpreterNeeded, Accessibility: p.Accessibility,
		SafeWays: schemas.SafeWays{Phone: p.SafePhone, Text: p.SafeText, Email: p.SafeEmail, Letter: p.SafeLetter}, SafeNote: p.SafeNote, NextOfKin: p.NextOfKin,
	}
	if p.Address != "" {
		c.AddressLines = strings.Split(p.Address, "\n")
	}
	return c
}

// onOffered changes an offer of ours because of something that was said; of an offer that is not known nothing is changed and known is false.
func (a *App) onOffered(ctx context.Context, tx pgx.Tx, id string, change func(o *domain.Offer) bool) (known bool, err error) {
	o, err := store.Offer(ctx, tx, id, true)
	if errors.Is(err, domain.ErrNoOffer) {
		return false, nil
	}
	if err != nil || !change(&o) {
		return true, err
	}
	a.changed(ctx, o.OrganisationID, o.ID)
	return true, store.SaveOffer(ctx, tx, o)
}

// OnOfferWithdrawn takes the offer out of the tray, or has somebody stand down.
func (a *App) OnOfferWithdrawn(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferWithdrawnV1) error {
	known, err := a.onOffered(ctx, tx, p.OfferID, func(o *domain.Offer) bool {
		return o.TakeBack(p.Reason, a.due(terms.ClockStandDown, p.At, *o), p.At)
	})
	if err != nil || known {
		return err
	}
	return store.KeepEarly(ctx, tx, p.OfferID, store.EarlyWord{Word: "withdrawn", Reason: string(p.Reason)}, p.At)
}

// OnOfferExpired says that nobody answered in time.
func (a *App) OnOfferExpired(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferExpiredV1) error {
	known, err := a.onOffered(ctx, tx, p.OfferID, (*domain.Offer).Expire)
	if err != nil || known {
		return err
	}
	return store.KeepEarly(ctx, tx, p.OfferID, store.EarlyWord{Word: "expired"}, p.At)
}

// OnOfferAnswerRefused says that our answer came too late or crossed another.
func (a *App) OnOfferAnswerRefused(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.OfferAnswerRefusedV1) error {
	_, err := a.onOffered(ctx, tx, p.OfferID, func(o *domain.Offer) bool {
		return o.AnswerRefused(p.Answer, p.Why, p.StandDownDueAt, p.At)
	})
	return err
}

// OnReferralProgressed confirms our answer as a receiver, and is the feedback on what we sent ourselves.
func (a *App) OnReferralProgressed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralProgressedV1) error {
	var text schemas.Message
	if _, err := p.Text.Into(&text); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	said := domain.Progressed{Version: p.Version, OfferID: p.OfferID, State: p.State, Owes: p.Owes.Party, QuestionID: p.QuestionID, Text: text.Text, At: p.At}
	if p.DueAt != nil {
		said.DueAt = *p.DueAt
	}
	offers, err := store.OffersOfReferral(ctx, tx, p.ReferralID)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if said.Version > o.Progress {
			if o.PatientRef, err = follow(ctx, tx, o.OrganisationID, o.ReferralID, o.PatientRef, p.PatientRef); err != nil {
				return err
			}
			o.CaseID = p.CaseID // after a merge, or one that was undone, another
		}
		changed := o.Confirm(said)
		if err := store.SaveOffer(ctx, tx, o); err != nil {
			return err
		}
		if changed {
			a.changed(ctx, o.OrganisationID, o.ID)
		}
	}
	return a.progress(ctx, tx, p, said)
}

// follow has a referral follow whom it is of. One that came while two refs were one person's is of the other again once the merge is undone: what
// is said under the ref it came with would be about somebody else, and heard by nobody.
func follow(ctx context.Context, tx pgx.Tx, organisation, referral, ref, said string) (string, error) {
	if ref == said {
		return ref, nil
	}
	now, err := store.CurrentRef(ctx, tx, ref)
	if err != nil || now == said { // one person: what is here keeps the ref it came with
		return ref, err
	}
	return said, store.FollowReferral(ctx, tx, organisation, referral, ref, said)
}

// progress keeps what became of a referral that we sent.
func (a *App) progress(ctx context.Context, tx pgx.Tx, p *coordination.ReferralProgressedV1, said domain.Progressed) error {
	r, err := store.Referral(ctx, tx, p.ReferralID, true)
	if errors.Is(err, domain.ErrNoReferral) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.Version > r.Progress {
		if r.PatientRef, err = follow(ctx, tx, r.OrganisationID, r.ID, r.PatientRef, p.PatientRef); err != nil {
			return err
		}
	}
	var to domain.Reached
	if p.Receiver != nil {
		to = domain.Reached{Kind: p.Receiver.Kind, OrganisationID: p.Receiver.OrganisationID, ID: p.Receiver.ServiceID}
		if to.Kind == terms.ReceiverTeam {
			to.ID = p.Receiver.TeamID
		}
	}
	step := domain.ReferralStep{
		ReferralID: r.ID, OrganisationID: r.OrganisationID, PatientRef: r.PatientRef, Version: p.Version, State: p.State,
		Reason: p.Reason, Message: said.Text, ReceiverID: to.ID, At: p.At,
	}
	if err := store.AddStep(ctx, tx, step); err != nil {
		return err
	}
	owes := domain.Owes{Party: p.Owes.Party, OrganisationID: p.Owes.OrganisationID, PersonID: p.Owes.PersonID}
	if !r.Progressed(said, p.Reason, owes, to, p.Bounces, p.AvailableActions) {
		return nil
	}
	r.CaseID = p.CaseID
	a.changed(ctx, r.OrganisationID, r.ID, r.ParentOfferID)
	return store.SaveReferral(ctx, tx, r)
}
