package app

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// HelpQuery says what somebody we support needs beside us.
type HelpQuery struct {
	OfferID  string
	Need     terms.Need
	Text     string
	Postcode string // "" is the person's own
}

// Help is who could help with it: services of our own copy of the directory, and other teams.
type Help struct {
	Services directory.Page
	Teams    []domain.Team
	NotHere  []NotHere                    // teams nearby that do not take it
	Warnings map[string]directory.Warning // what recurs on the way to a team, by its id
	MayNot   error                        // why who asks can not send it, or nil
}

// NotHere is a team that says that it does not take a need in the person's neighbourhood, and whose it is.
type NotHere struct{ Team, Why string }

// FindHelp searches our own copy of the directory, near the person and fit for their age. Nothing leaves this service.
func (a *App) FindHelp(ctx context.Context, by actor.Actor, q HelpQuery) (h Help, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		o, err := store.Offer(ctx, tx, q.OfferID, false)
		if err != nil {
			return err
		}
		p, err := store.Person(ctx, tx, o.PatientRef)
		if err != nil {
			return err
		}
		look := directory.Query{
			Text: q.Text, Postcode: q.Postcode, Accessibility: p.Accessibility, Now: a.Now(), OnlyReferable: true,
			Sensitive: q.Need != "" && q.Need.Sensitive(), Limit: 10, Sender: by.Organisation,
		}
		if q.Need != "" {
			look.Needs = []terms.Need{q.Need}
		}
		if _, known := geo.Outcode(p.Postcode); q.Postcode == "" && known {
			look.Postcode = p.Postcode
		}
		if born := p.Born(); !born.IsZero() {
			age := ageOn(born, a.Now())
			look.Age = &age
		}
		if h.Services, err = directory.Find(ctx, tx, look); err != nil {
			return err
		}
		if err := a.teamsFor(ctx, tx, by, &o, q.Need, &h); err != nil {
			return err
		}
		if h.MayNot, err = a.mayRefer(ctx, tx, by, q.Need); err != nil {
			return err
		}
		ids := make([]string, len(h.Teams))
		for i, t := range h.Teams {
			ids[i] = t.ID
		}
		h.Warnings, err = directory.Warnings(ctx, tx, q.Need, by.Organisation, a.Now(), ids...)
		return err
	})
	return h, err
}

// teamsFor lists the other teams that take a need where the person lives, and those nearby that say that they do not.
func (a *App) teamsFor(ctx context.Context, tx pgx.Tx, by actor.Actor, o *domain.Offer, need terms.Need, h *Help) error {
	network, err := a.neighbourhood(ctx, tx, o)
	if err != nil {
		return err
	}
	teams, err := store.Teams(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range teams {
		why, refuses := t.Refuses(need, network)
		switch {
		case t.ID == by.Organisation:
		case refuses && (t.Takes(need) || t.Works(network)):
			h.NotHere = append(h.NotHere, NotHere{t.Name, why})
		case !refuses && (need == "" || t.Takes(need)):
			h.Teams = append(h.Teams, t)
		}
	}
	return nil
}

// neighbourhood is the network of the practice that the person came from, or of whoever sent them: what a team says about it counts, as
// coordination sees it too. "" is none that we have heard of.
func (a *App) neighbourhood(ctx context.Context, tx pgx.Tx, o *domain.Offer) (string, error) {
	practice, err := a.practiceOf(ctx, tx, o)
	if err != nil {
		return "", err
	}
	from, err := organisation(ctx, tx, cmp.Or(practice, o.SenderOrganisationID))
	return from.NetworkCode, err
}

// mayRefer is the refusal that sending a referral for the need would meet, or nil.
func (a *App) mayRefer(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need) (refusal, err error) {
	if need == "" {
		return nil, nil
	}
	err = who.MayRefer(ctx, tx, by, need, false, a.Now())
	if OutOfScope(err) {
		return err, nil
	}
	return nil, err
}

// OutOfScope tells whether somebody was refused for what their role or training does not reach.
func OutOfScope(err error) bool {
	f, refused := fault.Of(err)
	return refused && f.Code == who.CodeScope
}

func ageOn(born, now time.Time) int {
	years := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		years--
	}
	return years
}

// ReferInput is an onward referral: to receivers in order of preference; none lets coordination choose, when AnyReceiver says so.
type ReferInput struct {
	OfferID           string
	Need              terms.Need
	Urgency           terms.Urgency
	Receivers         []domain.Receiver
	AnyReceiver       bool
	Narrative         string
	Safeguarding      string
	SafeguardingCodes []terms.SafeguardingCode
	ConsentGiven      bool
	ConsentHow        terms.ConsentHow
	ConsentUntil      string              // the last day on which they agree, as 2006-01-02; "" until they say otherwise
	Overlap           terms.OverlapAnswer // what was shown of who helps already, and what is to be done about them
}

// ReferOn sends somebody we support on to a service or another team, once they have said yes to sharing.
func (a *App) ReferOn(ctx context.Context, by actor.Actor, cmd pg.Command, in ReferInput) (Done, error) {
	if !in.ConsentGiven {
		return Done{}, fault.Invalid("consent", "Without their consent nothing is shared: note the service as a step of the plan instead")
	}
	if wrong := terms.CheckConsentUntil(in.ConsentUntil, a.today(), terms.ConsentShareToHelp, true); wrong != "" {
		return Done{}, fault.Invalid("until_on", wrong)
	}
	if err := domain.CheckOverlap(&in.Overlap); err != nil {
		return Done{}, err
	}
	classes := []string{vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message}
	return a.onOffer(ctx, by, cmd, in.OfferID, classes, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		if !o.Supported() {
			return Done{}, domain.ErrNotSupported
		}
		p, err := store.Person(ctx, tx, o.PatientRef)
		if err != nil {
			return Done{}, err
		}
		if !p.RemovedAt.IsZero() {
			return Done{}, domain.ErrRemoved
		}
		r := a.onwardOf(o, p, ref, by, in)
		if err := a.checkReceivers(ctx, tx, o, &r, in.AnyReceiver); err != nil {
			return Done{}, err
		}
		if err := who.MayRefer(ctx, tx, by, r.Need, r.Sensitive, a.Now()); err != nil {
			return Done{}, err
		}
		if err := store.AddReferral(ctx, tx, r); err != nil {
			return Done{}, err
		}
		_, err = a.Out.Append(ctx, tx, ref, requested(r, p, ref, by, in.Overlap), keys)
		a.changed(ctx, o.OrganisationID, r.ID)
		return Done{r.ID}, err
	})
}

func (a *App) onwardOf(o *domain.Offer, p domain.Person, ref string, by actor.Actor, in ReferInput) domain.Referral {
	random := make([]byte, 8)
	a.Random(random)
	now := a.now()
	return domain.Referral{
		ID: a.NewID(), OrganisationID: o.OrganisationID, PatientRef: ref, Reference: terms.Reference(random),
		ParentReferralID: o.ReferralID, ParentOfferID: o.ID, CaseID: o.CaseID, Need: in.Need, Urgency: in.Urgency, Sensitive: in.Need.Sensitive(),
		Receivers: in.Receivers, Narrative: in.Narrative, Safeguarding: in.Safeguarding, SafeguardingCodes: in.SafeguardingCodes,
		Accessibility: p.Accessibility, Consent: domain.Consent{ID: a.NewID(), Given: true, How: in.ConsentHow, AskedBy: by.Person.ID, AskedAt: now, UntilOn: in.ConsentUntil},
		RequestedBy: by.Person.ID, RequestedAt: now, ChangedAt: now, State: terms.ReferralRequested, Version: 1,
	}
}

// checkReceivers makes sure that everybody asked can be asked, and notes when who is asked tells something by itself.
func (a *App) checkReceivers(ctx context.Context, tx pgx.Tx, o *domain.Offer, r *domain.Referral, anybody bool) error {
	if anybody {
		kept := r.Receivers
		r.Receivers = []domain.Receiver{{}}
		err := r.Check()
		r.Receivers = kept
		if err != nil {
			return err
		}
	} else if err := r.Check(); err != nil {
		return err
	}
	for _, to := range r.Receivers {
		if to.Kind == terms.ReceiverTeam {
			if err := a.checkTeam(ctx, tx, o, r, to.ID); err != nil {
				return err
			}
			continue
		}
		s, err := directory.ServiceByID(ctx, tx, to.ID, a.Now())
		if err != nil || !s.TakesReferrals() {
			return fault.Invalid("receiver", "Select a service that takes referrals now")
		}
		r.Sensitive = r.Sensitive || s.Sensitive
	}
	return nil
}

// checkTeam refuses a team that takes no referrals, is our own, or says that it does not do that where the person lives.
func (a *App) checkTeam(ctx context.Context, tx pgx.Tx, o *domain.Offer, r *domain.Referral, id string) error {
	t, err := store.Team(ctx, tx, id, false)
	if err != nil {
		return err
	}
	if !t.Accepts || t.ID == r.OrganisationID {
		return fault.Invalid("receiver", "Select a team that takes referrals now")
	}
	network, err := a.neighbourhood(ctx, tx, o)
	if err != nil {
		return err
	}
	if why, refuses := t.Refuses(r.Need, network); refuses {
		return fault.Invalid("receiver", directory.NotHere(t.Name, why))
	}
	return nil
}

// requested is what is said of it. A sensitive need, and who is asked for it, travel sealed.
func requested(r domain.Referral, p domain.Person, ref string, by actor.Actor, overlap terms.OverlapAnswer) *linkworker.ReferralRequestedV1 {
	said := &linkworker.ReferralRequestedV1{
		PatientRef: ref, ReferralID: r.ID, Reference: r.Reference, SenderOrganisationID: r.OrganisationID,
		SenderKind: terms.KindLinkWorkerTeam, RequestedBy: by.Person.ID, RequestedAt: r.RequestedAt, Urgency: r.Urgency, Sensitive: r.Sensitive,
		Consent: schemas.Consent{
			ConsentID: r.Consent.ID, Purpose: terms.ConsentShareToHelp, Given: true, AskedBy: r.Consent.AskedBy,
			AskedAt: r.Consent.AskedAt, How: r.Consent.How, UntilOn: r.Consent.UntilOn,
		},
		Contact: schemas.Seal(contactOf(p)), ContactHeardAt: new(p.WaysAt.UTC()), Accessibility: r.Accessibility, ParentReferralID: r.ParentReferralID,
		SeenHelping: overlap.Helping, SendReason: overlap.Reason, SeenOverlaps: overlap.Shown, OverlapChoice: overlap.Sent(), JoinReferralID: overlap.With, JoinPersonID: overlap.Worker,
	}
	if overlap.Note != "" {
		said.SendNote = schemas.Seal(schemas.Message{Text: overlap.Note})
	}
	var receivers []schemas.Receiver
	for _, to := range r.Receivers {
		receivers = append(receivers, schemas.Receiver(to))
	}
	if r.Sensitive {
		said.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: r.Need, Receivers: receivers})
	} else {
		said.Need, said.Receivers = r.Need, receivers
	}
	if r.Narrative != "" {
		said.Narrative = schemas.Seal(schemas.Narrative{Text: r.Narrative})
	}
	if r.Safeguarding != "" || len(r.SafeguardingCodes) > 0 {
		said.Safeguarding = schemas.Seal(schemas.Safeguarding{Text: r.Safeguarding, Codes: r.SafeguardingCodes})
	}
	return said
}

// onReferral runs a command on a locked referral of ours.
func (a *App) onReferral(ctx context.Context, by actor.Actor, cmd pg.Command, id string,
	fn func(ctx context.Context, tx pgx.Tx, r *domain.Referral, ref string, keys *vault.Keys) error,
) (Done, error) {
	var ref string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err := store.Referral(ctx, tx, id, false)
		if err == nil {
			ref, err = store.CurrentRef(ctx, tx, r.PatientRef)
		}
		return err
	})
	if err != nil {
		return Done{}, err
	}
	keys, err := a.Vault.Keys(ctx, []string{ref}, vault.Message)
	if err != nil {
		return Done{}, err
	}
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		r, err := store.Referral(ctx, tx, id, true)
		if err != nil {
			return Done{}, err
		}
		if err := fn(ctx, tx, &r, ref, keys); err != nil {
			return Done{}, err
		}
		if err := store.SaveReferral(ctx, tx, r); err != nil {
			return Done{}, err
		}
		a.changed(ctx, r.OrganisationID, r.ID, r.ParentOfferID)
		return Done{r.ID}, audit.Write(ctx, tx, audit.Entry{Verb: cmd.Verb, Object: "referral", ObjectID: r.ID, PatientRef: ref})
	})
}

// Inform answers the receiver's question about a referral that we sent.
func (a *App) Inform(ctx context.Context, by actor.Actor, cmd pg.Command, id, answer string, version int64) (Done, error) {
	if answer == "" {
		return Done{}, fault.Invalid("answer", "Enter your answer")
	}
	return a.onReferral(ctx, by, cmd, id, func(ctx context.Context, tx pgx.Tx, r *domain.Referral, ref string, keys *vault.Keys) error {
		now := a.now()
		if err := r.Inform(by.Person.ID, version, now); err != nil {
			return err
		}
		_, err := a.Out.Append(ctx, tx, ref, &linkworker.InformationGivenV1{
			PatientRef: ref, ReferralID: r.ID, OfferID: r.OfferID, QuestionID: r.QuestionID,
			Answer: schemas.Seal(schemas.Message{Text: answer}), By: by.Person.ID, At: now,
		}, keys)
		return err
	})
}

// Withdraw takes back a referral that we sent.
func (a *App) Withdraw(ctx context.Context, by actor.Actor, cmd pg.Command, id string, why terms.WithdrawalReason, note string, version int64) (Done, error) {
	return a.onReferral(ctx, by, cmd, id, func(ctx context.Context, tx pgx.Tx, r *domain.Referral, ref string, keys *vault.Keys) error {
		now := a.now()
		if err := r.Withdraw(by.Person.ID, why, note, version, now); err != nil {
			return err
		}
		said := &linkworker.ReferralWithdrawnV1{PatientRef: ref, ReferralID: r.ID, SenderOrganisationID: r.OrganisationID, Reason: why, By: by.Person.ID, At: now}
		if note != "" {
			said.Note = schemas.Seal(schemas.Message{Text: note})
		}
		_, err := a.Out.Append(ctx, tx, ref, said, keys)
		return err
	})
}
