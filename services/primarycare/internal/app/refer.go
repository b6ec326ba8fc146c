package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// ReferralSent is the answer to what sends or changes a referral.
type ReferralSent struct {
	ID        string `json:"id"`
	Reference string `json:"reference,omitempty"`
	Version   int64  `json:"version"`
}

// Refer is a whole request at once, as a program sends it.
type Refer struct {
	Ref     string
	Request domain.Request
	// FlagsClear says that the red-flag questions were asked and all answered with no.
	FlagsClear bool
	Consent    domain.Consent // an ID alone names one that was recorded before
}

// merged is returned inside a transaction when the patient's ref has been merged into another, whose keys must be fetched first.
type merged struct{ into string }

func (m *merged) Error() string { return "the ref was merged into another" }

// Refer sends a referral: one transaction with the row, the fact and the audit entry.
func (a *App) Refer(ctx context.Context, by actor.Actor, cmd pg.Command, in Refer) (ReferralSent, error) {
	if err := atDesk(by); err != nil {
		return ReferralSent{}, err
	}
	q, err := in.Request.Checked()
	if err != nil {
		return ReferralSent{}, err
	}
	if !in.FlagsClear {
		return ReferralSent{}, fault.Invalid("red_flags_clear", "Ask the red-flag questions first, and send true here only when all were answered with no. A yes is a red flag: send it to /red-flags")
	}
	in.Request = q
	return withKeys(ctx, a, in.Ref, sealedAs(q), func(keys outbox.Sealer, about string) (ReferralSent, error) {
		return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
			c := in.Consent
			s, err := a.sending(ctx, tx, by, in.Ref, about, in.Request, func(ctx context.Context, tx pgx.Tx) (err error) {
				c, err = a.consentFor(ctx, tx, by, in)
				return err
			})
			if err != nil {
				return ReferralSent{}, err
			}
			if err := a.refusal(ctx, tx, by, s.lacks(), s.request.Need, s.sensitive); err != nil {
				return ReferralSent{}, err
			}
			return a.send(ctx, tx, by, s, c, keys)
		})
	})
}

// consentFor loads the consent that is named, or records the one that is given.
func (a *App) consentFor(ctx context.Context, tx pgx.Tx, by actor.Actor, in Refer) (domain.Consent, error) {
	c := in.Consent
	if c.How == "" {
		found, err := store.Consent(ctx, tx, by.Organisation, c.ID)
		if err != nil {
			return c, err
		}
		if found.ID == "" || found.Ref != in.Ref {
			return c, fault.Invalid("consent_id", "There is no such consent of this patient")
		}
		return found, nil
	}
	if err := c.CheckUntil(a.day()); err != nil {
		return c, err
	}
	c.ID, c.Ref, c.Purpose, c.AskedBy = a.NewID(), in.Ref, terms.ConsentShareToHelp, by.Person.ID
	if c.AskedAt.IsZero() || c.AskedAt.After(a.now()) {
		c.AskedAt = a.now()
	}
	return c, store.KeepConsent(ctx, tx, by.Organisation, c)
}

// everything is what a referral, or what is said of one, may be sealed as.
var everything = []vault.Class{vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message}

// sealedAs is what a request will be sealed as, as far as the request itself says: a receiver may be sensitive.
func sealedAs(q domain.Request) []vault.Class {
	classes := []vault.Class{vault.Contact}
	if q.Narrative != "" {
		classes = append(classes, vault.Narrative)
	}
	if q.Safeguarding != "" || q.Need.Sensitive() {
		classes = append(classes, vault.Safeguarding)
	}
	if q.Overlap.Note != "" {
		classes = append(classes, vault.Message)
	}
	return classes
}

// withKeys fetches the keys of what fn says; all of them when those did not do, and again under another ref when the patient's was
// merged meanwhile.
func withKeys[T any](ctx context.Context, a *App, ref string, classes []vault.Class, fn func(keys outbox.Sealer, about string) (T, error)) (T, error) {
	var none T
	about := ref
	for range 4 {
		keys, err := a.Vault.Keys(ctx, []string{about}, classes...)
		if err != nil {
			return none, fmt.Errorf("fetch keys: %w", err)
		}
		out, err := fn(keys, about)
		var m *merged
		switch {
		case errors.As(err, &m):
			about = m.into
		case errors.Is(err, vault.ErrNoKey) && len(classes) < len(everything):
			classes = everything
		default:
			return out, err
		}
	}
	return none, fault.Unavailable("This person's records are just being merged. Try again in a moment")
}

// sending is what must be known before a referral is sent.
type sending struct {
	patient   domain.Patient
	about     string // the ref whose keys were fetched
	request   domain.Request
	sensitive bool
	standing  who.Standing
	signature domain.Signature // the supervisor's, under which somebody sends what they may not send alone
}

// lacks is what keeps who sends from sending this alone, or nil.
func (s sending) lacks() *who.Lacks {
	return s.standing.Lacks(terms.ActRefer, s.request.Need, s.sensitive)
}

// sending loads the patient and checks the right to refer and the receivers, in one round trip, which also has in it what else
// there is to load. Of several refusals the first counts.
func (a *App) sending(ctx context.Context, tx pgx.Tx, by actor.Actor, ref, about string, q domain.Request, also ...func(context.Context, pgx.Tx) error) (sending, error) {
	s := sending{about: about, request: q}
	err := pg.Together(ctx, tx, slices.Concat([]func(context.Context, pgx.Tx) error{
		func(ctx context.Context, tx pgx.Tx) (err error) {
			if s.patient, err = store.Patient(ctx, tx, by.Organisation, ref, store.Read); err != nil {
				return err
			}
			return s.patient.MayStart()
		},
	}, also, []func(context.Context, pgx.Tx) error{
		func(ctx context.Context, tx pgx.Tx) (err error) {
			s.standing, err = a.standing(ctx, tx, by)
			return err
		},
		func(ctx context.Context, tx pgx.Tx) error {
			now, err := store.Resolve(ctx, tx, ref)
			if err == nil && now != about {
				err = &merged{now}
			}
			return err
		},
		func(ctx context.Context, tx pgx.Tx) error { return a.notRefused(ctx, tx, by, q.Need, q.Receivers) },
		func(ctx context.Context, tx pgx.Tx) (err error) {
			s.sensitive, err = a.sensitive(ctx, tx, q)
			return err
		},
	}))
	return s, err
}

// send writes and says a referral that sending let through.
func (a *App) send(ctx context.Context, tx pgx.Tx, by actor.Actor, s sending, c domain.Consent, keys outbox.Sealer) (ReferralSent, error) {
	if !c.Stands() {
		return ReferralSent{}, domain.ErrNoConsent
	}
	if c.Over(a.day()) {
		return ReferralSent{}, domain.ErrConsentOver
	}
	p := s.patient
	r := domain.Sent(domain.Referral{
		ID: a.NewID(), PracticeID: by.Organisation, Ref: p.Ref, Request: s.request, Sensitive: s.sensitive, ConsentID: c.ID, RequestedBy: by.Person.ID,
		SignedBy: s.signature.AnsweredBy, SignedAt: s.signature.AnsweredAt,
	}, a.now())
	var err error
	for added := false; !added; {
		r.Reference = reference()
		if added, err = store.AddReferral(ctx, tx, r); err != nil {
			return ReferralSent{}, err
		}
	}
	if r.SignedBy != "" {
		if err := store.KeepStep(ctx, tx, r, domain.Step{ID: a.NewID(), At: r.SignedAt, By: r.SignedBy, What: "signed"}); err != nil {
			return ReferralSent{}, err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "signed_by", Object: "person", ObjectID: r.SignedBy, PatientRef: p.Ref}); err != nil {
			return ReferralSent{}, err
		}
	}
	if err := store.KeepStep(ctx, tx, r, domain.Step{ID: a.NewID(), At: r.RequestedAt, By: by.Person.ID, What: "sent", Message: r.Overlap.Note}); err != nil {
		return ReferralSent{}, err
	}
	if _, err := a.Out.Append(ctx, tx, s.about, requested(r, s.about, p, c), keys); err != nil {
		return ReferralSent{}, err
	}
	a.changed(ctx, by.Organisation)
	return ReferralSent{r.ID, r.Reference, 1}, audit.Write(ctx, tx, audit.Entry{Verb: "refer", Object: "referral", ObjectID: r.ID, PatientRef: p.Ref})
}

// requested is the fact that a referral was sent. What is sensitive stands only in its sealed part.
func requested(r domain.Referral, about string, p domain.Patient, c domain.Consent) *primarycare.ReferralRequestedV1 {
	receivers := make([]schemas.Receiver, len(r.Receivers))
	for i, x := range r.Receivers {
		receivers[i] = schemas.Receiver(x)
	}
	e := &primarycare.ReferralRequestedV1{
		PatientRef: about, ReferralID: r.ID, Reference: r.Reference, SenderOrganisationID: r.PracticeID, SenderKind: terms.KindPractice,
		RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, Urgency: r.Urgency, Sensitive: r.Sensitive,
		Consent: schemas.Consent{ConsentID: c.ID, Purpose: c.Purpose, Given: c.Given, AskedBy: c.AskedBy, AskedAt: c.AskedAt, How: c.How, UntilOn: c.UntilOn},
		Contact: schemas.Seal(contact(p)), ContactHeardAt: new(p.HeardAt.UTC()), Accessibility: r.Accessibility, SeenHelping: r.Overlap.Helping, SendReason: r.Overlap.Reason,
		SeenOverlaps: r.Overlap.Shown, OverlapChoice: r.Overlap.Sent(), JoinReferralID: r.Overlap.With, JoinPersonID: r.Overlap.Worker, SignedBy: r.SignedBy,
	}
	if r.Overlap.Note != "" {
		e.SendNote = schemas.Seal(schemas.Message{Text: r.Overlap.Note})
	}
	if r.Sensitive {
		e.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: r.Need, Receivers: receivers})
	} else {
		e.Need, e.Receivers = r.Need, receivers
	}
	if r.Narrative != "" {
		e.Narrative = schemas.Seal(schemas.Narrative{Text: r.Narrative})
	}
	if r.Safeguarding != "" {
		e.Safeguarding = schemas.Seal(schemas.Safeguarding{Text: r.Safeguarding, Codes: r.Codes})
	}
	return e
}

// SendDraft sends a draft as a referral, with what is to be done about who helps already. One that was sent before answers with what came
// of it.
func (a *App) SendDraft(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, overlap terms.OverlapAnswer) (ReferralSent, error) {
	ref, done, err := a.draftRef(ctx, by, id)
	if err != nil || done.ID != "" {
		return done, err
	}
	return withKeys(ctx, a, ref, everything, func(keys outbox.Sealer, about string) (ReferralSent, error) {
		return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
			d, err := store.Draft(ctx, tx, id, store.Change)
			switch {
			case err != nil:
				return ReferralSent{}, err
			case d.DoneKind == "referral":
				return ReferralSent{ID: d.DoneAs}, nil
			case d.Done():
				return ReferralSent{}, domain.ErrAlreadySent
			case d.Version != version:
				return ReferralSent{}, a.stale(ctx, tx, by, "referral", d.ChangedBy, d.ChangedAt)
			}
			if err := d.Ready(a.now()); err != nil {
				return ReferralSent{}, err
			}
			d.Overlap = overlap
			if d.Request, err = d.Checked(); err != nil {
				return ReferralSent{}, err
			}
			s, err := a.sending(ctx, tx, by, d.Ref, about, d.Request)
			if err != nil {
				return ReferralSent{}, err
			}
			if lacks := s.lacks(); lacks != nil {
				if s.signature, err = a.signedFor(ctx, tx, by, d, lacks, s.sensitive); err != nil {
					return ReferralSent{}, err
				}
			}
			sent, err := a.send(ctx, tx, by, s, d.Consent, keys)
			if err != nil {
				return ReferralSent{}, err
			}
			d.DoneAs, d.DoneKind = sent.ID, "referral"
			if err := a.keepDraft(ctx, tx, by, d); err != nil {
				return ReferralSent{}, err
			}
			return sent, store.ClearDraft(ctx, tx, id)
		})
	})
}

// draftRef reads whom a draft is for, and what came of it when it was sent.
func (a *App) draftRef(ctx context.Context, by actor.Actor, id string) (ref string, done ReferralSent, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		d, err := store.Draft(ctx, tx, id, store.Read)
		if err != nil {
			return err
		}
		if d.DoneKind == "referral" {
			done.ID = d.DoneAs
		}
		if ref, err = store.Resolve(ctx, tx, d.Ref); err != nil {
			return err
		}
		return nil
	})
	return ref, done, err
}
