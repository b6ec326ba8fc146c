package app

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// Filter says which referrals are listed. It holds identifiers and codes only, so that it may stand in an address.
type Filter struct {
	State   terms.ReferralState
	Need    terms.Need
	Show    string // "", open, yours, overdue, bounced, new, mine
	Order   store.Order
	After   ReferralPlace
	Limit   int
	Patient string
}

// ReferralPlace is where a page of a list ended.
type ReferralPlace struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// Listed is a referral in a list, with whether it changed since this person last looked.
type Listed = store.Listed

// ReferralList is a page of referrals.
type ReferralList struct {
	Referrals []Listed
	Total     int
	Next      *ReferralPlace
	Patients  map[string]domain.Patient
	Names     Names
}

// Order is how a list is sorted.
type Order = store.Order

// The orders of a list.
const (
	ByChange = store.ByChange
	BySent   = store.BySent
	ByDue    = store.ByDue
)

// Referrals lists a practice's referrals.
func (a *App) Referrals(ctx context.Context, by actor.Actor, f Filter) (l ReferralList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		l, err = a.referrals(ctx, tx, by, f)
		return err
	})
	return l, err
}

func (a *App) referrals(ctx context.Context, tx pgx.Tx, by actor.Actor, f Filter) (l ReferralList, err error) {
	q := store.ReferralQuery{
		PracticeID: by.Organisation, Need: f.Need, NewFor: by.Person.ID, Order: f.Order, AfterAt: f.After.At, AfterID: f.After.ID, Limit: f.Limit + 1, Now: a.now(),
		Yours: f.Show == "yours", Overdue: f.Show == "overdue", Open: f.Show == "open", Bounced: f.Show == "bounced",
	}
	if f.State != "" {
		q.States = []terms.ReferralState{f.State}
	}
	if f.Show == "mine" {
		q.SentBy = by.Person.ID
	}
	if f.Patient != "" {
		if q.Refs, err = store.SamePerson(ctx, tx, f.Patient); err != nil {
			return l, err
		}
	}
	if l.Referrals, l.Total, err = store.Referrals(ctx, tx, q, f.Show == "new"); err != nil {
		return l, err
	}
	if len(l.Referrals) > f.Limit {
		l.Referrals = l.Referrals[:f.Limit]
		last := l.Referrals[f.Limit-1]
		l.Next = &ReferralPlace{At: sortKey(f.Order, last), ID: last.ID}
	}
	var refs []string
	for _, r := range l.Referrals {
		refs = append(refs, r.Ref)
	}
	if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
		return l, err
	}
	if l.Names, err = a.nameAll(ctx, tx, l.Referrals); err != nil {
		return l, err
	}
	return l, readAll(ctx, tx, "referral", refs)
}

// never is where what has no time is put in an order by time, as the store does.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func sortKey(o store.Order, r Listed) time.Time {
	switch {
	case o == store.BySent:
		return r.RequestedAt
	case o == store.ByDue && (r.DueAt.IsZero() || !r.Open):
		return never
	case o == store.ByDue:
		return r.DueAt
	}
	return r.ChangedAt
}

// ReferralPage is a referral with what its page shows.
type ReferralPage struct {
	domain.Referral
	Patient  domain.Patient
	Now      string // the ref that stands for the person now
	Consent  domain.Consent
	Steps    []domain.Step
	LookedAt time.Time // when this person looked before; zero for the first time
	Existing *domain.Referral
	Again    domain.Referral // what it was sent again from
	Names    Names
	Phone    string // of whoever is asked, where no e-mail reaches them
}

// Referral reads a referral's page, and notes that this person has seen it.
func (a *App) Referral(ctx context.Context, by actor.Actor, id string) (page ReferralPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		page, err = a.referralPage(ctx, tx, by, id)
		return err
	})
	return page, err
}

func (a *App) referralPage(ctx context.Context, tx pgx.Tx, by actor.Actor, id string) (page ReferralPage, err error) {
	if page.Referral, err = store.Referral(ctx, tx, id, store.Read); err != nil {
		return page, err
	}
	if page.Patient, err = store.Patient(ctx, tx, by.Organisation, page.Ref, store.Read); err != nil {
		return page, err
	}
	if page.Now, err = store.Resolve(ctx, tx, page.Ref); err != nil {
		return page, err
	}
	if page.Consent, err = store.Consent(ctx, tx, by.Organisation, page.ConsentID); err != nil {
		return page, err
	}
	if page.Steps, err = store.Steps(ctx, tx, id); err != nil {
		return page, err
	}
	if page.LookedAt, err = store.Look(ctx, tx, by.Organisation, by.Person.ID, id, a.now()); err != nil {
		return page, err
	}
	// What it may be a duplicate of can be another organisation's: then there is no row here, and the shared case shows it.
	if other := page.ExistingReferral; other != "" {
		if r, err := store.Referral(ctx, tx, other, store.Read); err == nil {
			page.Existing = &r
		}
	}
	people, services := peopleOf(page.Referral), receiversOf(page.Referral)
	for _, s := range page.Steps {
		people, services = append(people, s.By), append(services, s.Receiver.ID)
	}
	if page.Names, err = a.names(ctx, tx, append(people, page.Consent.AskedBy), services); err != nil {
		return page, err
	}
	if page.Notice.Phone() {
		if page.Phone, err = directory.PhoneOf(ctx, tx, page.Receiver.ID); err != nil {
			return page, err
		}
	}
	return page, audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "referral", ObjectID: id, PatientRef: page.Ref})
}

// changeReferral loads and locks a referral, changes it, says it, in one transaction with the keys of its patient.
func (a *App) changeReferral(ctx context.Context, by actor.Actor, cmd pg.Command, verb, id string, version int64,
	change func(ctx context.Context, tx pgx.Tx, r domain.Referral, about string, keys outbox.Sealer) (domain.Referral, error),
) (ReferralSent, error) {
	var ref string
	err := a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err := store.Referral(ctx, tx, id, store.Read)
		if err != nil {
			return err
		}
		ref, err = store.Resolve(ctx, tx, r.Ref)
		return err
	})
	if err != nil {
		return ReferralSent{}, err
	}
	return withKeys(ctx, a, ref, everything, func(keys outbox.Sealer, about string) (ReferralSent, error) {
		return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
			r, err := store.Referral(ctx, tx, id, store.Change)
			if err != nil {
				return ReferralSent{}, err
			}
			if r.Version != version {
				return ReferralSent{}, a.movedOn(ctx, tx, by, r)
			}
			if r, err = change(ctx, tx, r, about, keys); err != nil {
				return ReferralSent{}, err
			}
			if err := store.SaveReferral(ctx, tx, r); err != nil {
				return ReferralSent{}, err
			}
			a.changed(ctx, by.Organisation)
			return ReferralSent{r.ID, r.Reference, r.Version}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "referral", ObjectID: id, PatientRef: r.Ref})
		})
	})
}

// movedOn refuses a step made from an old page: who was first, or what coordination has said since.
func (a *App) movedOn(ctx context.Context, tx pgx.Tx, by actor.Actor, r domain.Referral) error {
	if r.ChangedBy != "" {
		return a.stale(ctx, tx, by, "referral", r.ChangedBy, r.ChangedAt)
	}
	words, _, _ := r.Status()
	return fault.Stale("This referral has moved on since you opened the page: " + words + ". Nothing was changed by you. What you typed is still below")
}

// Withdraw takes a referral back.
func (a *App) Withdraw(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, reason terms.WithdrawalReason, note string) (ReferralSent, error) {
	info, known := terms.WithdrawalReasonByCode(reason)
	note = strings.TrimSpace(note)
	switch {
	case !known:
		return ReferralSent{}, fault.Invalid("reason", "Select why you withdraw it")
	case info.NeedsText && note == "":
		return ReferralSent{}, fault.Invalid("note", "Say why you withdraw it")
	case len([]rune(note)) > domain.MaxNarrative:
		return ReferralSent{}, fault.Invalid("note", "Shorten this to 2000 characters or fewer")
	}
	return a.changeReferral(ctx, by, cmd, "withdraw", id, version, func(ctx context.Context, tx pgx.Tx, r domain.Referral, about string, keys outbox.Sealer) (domain.Referral, error) {
		r, err := r.Withdrawn(by.Person.ID, reason, a.now())
		if err != nil {
			return r, err
		}
		step := domain.Step{ID: a.NewID(), At: r.WithdrawnAt, By: by.Person.ID, What: "withdrawn_here", Reason: string(reason), Message: note}
		if err := store.KeepStep(ctx, tx, r, step); err != nil {
			return r, err
		}
		said := &primarycare.ReferralWithdrawnV1{
			PatientRef: about, ReferralID: r.ID, SenderOrganisationID: r.PracticeID, Reason: reason, By: by.Person.ID, At: r.WithdrawnAt,
		}
		if note != "" {
			said.Note = schemas.Seal(schemas.Message{Text: note})
		}
		_, err = a.Out.Append(ctx, tx, about, said, keys)
		return r, err
	})
}

// Inform answers the question that a receiver asked.
func (a *App) Inform(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, question, answer string) (ReferralSent, error) {
	answer = strings.TrimSpace(answer)
	switch {
	case answer == "":
		return ReferralSent{}, fault.Invalid("answer", "Enter your answer")
	case len([]rune(answer)) > domain.MaxNarrative:
		return ReferralSent{}, fault.Invalid("answer", "Shorten this to 2000 characters or fewer")
	}
	return a.changeReferral(ctx, by, cmd, "inform", id, version, func(ctx context.Context, tx pgx.Tx, r domain.Referral, about string, keys outbox.Sealer) (domain.Referral, error) {
		r, err := r.Informed(by.Person.ID, question, a.now())
		if err != nil {
			return r, err
		}
		if err := store.KeepStep(ctx, tx, r, domain.Step{ID: a.NewID(), At: r.ChangedAt, By: by.Person.ID, What: "informed", Receiver: r.Receiver, Message: answer}); err != nil {
			return r, err
		}
		_, err = a.Out.Append(ctx, tx, about, &primarycare.InformationGivenV1{
			PatientRef: about, ReferralID: r.ID, OfferID: r.OfferID, QuestionID: question, Answer: schemas.Seal(schemas.Message{Text: answer}), By: by.Person.ID, At: r.ChangedAt,
		}, keys)
		return r, err
	})
}
