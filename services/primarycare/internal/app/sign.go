package app

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// Supervisor is somebody at the practice who may send what a trainee has begun, and so may sign for them.
type Supervisor = who.Role

// told tells whether what a draft asks for tells something. A receiver that has gone meanwhile is sending's to refuse.
func (a *App) told(ctx context.Context, tx pgx.Tx, q domain.Request) (bool, error) {
	sensitive, err := a.sensitive(ctx, tx, q)
	if _, refused := fault.Of(err); refused {
		return q.Need.Sensitive(), nil
	}
	return sensitive, err
}

// signing puts onto a draft's page what keeps this person from sending it, who may sign for them, and what was signed.
func (a *App) signing(ctx context.Context, tx pgx.Tx, by actor.Actor, page *DraftPage) error {
	sensitive, err := a.told(ctx, tx, page.Request)
	if err != nil {
		return err
	}
	if page.Signature, err = store.Signature(ctx, tx, page.ID); err != nil {
		return err
	}
	s, err := a.standing(ctx, tx, by)
	if _, refused := fault.Of(err); refused {
		page.MayNot = err
		return nil
	}
	if err != nil {
		return err
	}
	lacks := s.Lacks(terms.ActRefer, page.Need, sensitive)
	if lacks == nil {
		return nil
	}
	able, err := who.Able(ctx, tx, by.Organisation, terms.ActRefer, page.Need, sensitive, a.Now())
	if err != nil {
		return err
	}
	page.MayNot = lacks.Refusal(able)
	if lacks.Trainable() {
		page.Supervisors = onePerPerson(able, by.Person.ID)
	}
	return nil
}

// onePerPerson takes out who acts, and whoever has a second role.
func onePerPerson(able []Supervisor, but string) []Supervisor {
	seen := map[string]bool{but: true}
	return slices.DeleteFunc(able, func(r Supervisor) bool {
		again := seen[r.PersonID]
		seen[r.PersonID] = true
		return again
	})
}

// AskSignature asks a supervisor to sign a draft as it stands, for somebody who lacks the training to send it themselves.
func (a *App) AskSignature(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, supervisor string) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		d, err := a.lockDraft(ctx, tx, by, id, version)
		if err != nil {
			return DraftSaved{}, err
		}
		if err := d.Ready(a.now()); err != nil {
			return DraftSaved{}, err
		}
		page := DraftPage{Draft: d}
		if err := a.signing(ctx, tx, by, &page); err != nil {
			return DraftSaved{}, err
		}
		switch {
		case page.MayNot == nil:
			return DraftSaved{}, domain.ErrNeedsNone
		case page.Supervisors == nil:
			return DraftSaved{}, domain.ErrNotTrainable
		case !slices.ContainsFunc(page.Supervisors, func(s Supervisor) bool { return s.PersonID == supervisor }):
			return DraftSaved{}, fault.Invalid("supervisor", "Select who should sign, from the people on the page")
		}
		s, err := d.Asked(page.Signature, by.Person.ID, supervisor, a.now())
		if err != nil {
			return DraftSaved{}, err
		}
		if err := store.SaveSignature(ctx, tx, s); err != nil {
			return DraftSaved{}, err
		}
		a.changed(ctx, by.Organisation)
		return DraftSaved{id, d.Version}, audit.Write(ctx, tx, audit.Entry{Verb: "ask_signature", Object: "draft", ObjectID: id, PatientRef: d.Ref})
	})
}

// Sign answers, as a supervisor, for a draft as it stands. version is the draft's. Of two who answer at once the second is told
// who was first.
func (a *App) Sign(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64, answer domain.SignatureAnswer) (DraftSaved, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		d, err := store.Draft(ctx, tx, id, store.Change)
		switch {
		case err != nil:
			return DraftSaved{}, err
		case d.Done():
			return DraftSaved{}, domain.ErrAlreadySent
		case !a.now().Before(d.ExpiresAt):
			return DraftSaved{}, domain.ErrNoDraft
		}
		s, err := store.Signature(ctx, tx, id)
		if err != nil {
			return DraftSaved{}, err
		}
		sensitive, err := a.told(ctx, tx, d.Request)
		if err != nil {
			return DraftSaved{}, err
		}
		if err := a.mayRefer(ctx, tx, by, d.Need, sensitive); err != nil {
			return DraftSaved{}, err
		}
		if d.Version != version {
			return DraftSaved{}, a.stale(ctx, tx, by, "referral", d.ChangedBy, d.ChangedAt)
		}
		signed, err := s.Answered(d, by.Person.ID, answer, a.now())
		if isAnswered(err) {
			return DraftSaved{}, a.answeredBefore(ctx, tx, s)
		}
		if err != nil {
			return DraftSaved{}, err
		}
		if err := store.SaveSignature(ctx, tx, signed); err != nil {
			return DraftSaved{}, err
		}
		a.changed(ctx, by.Organisation)
		verb := map[domain.SignatureAnswer]string{domain.SignatureGiven: "sign", domain.SignatureSentBack: "send_back"}[answer]
		return DraftSaved{id, d.Version}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "draft", ObjectID: id, PatientRef: d.Ref})
	})
}

func isAnswered(err error) bool {
	f, ok := fault.Of(err)
	return ok && f.Is(domain.ErrAnswered)
}

func (a *App) answeredBefore(ctx context.Context, tx pgx.Tx, s domain.Signature) error {
	names, err := who.Names(ctx, tx, s.AnsweredBy)
	if err != nil {
		return err
	}
	did := "signed this"
	if s.Answer == domain.SignatureSentBack {
		did = "sent this back"
	}
	return domain.ErrAnswered.With(Names{Of: names}.Name(s.AnsweredBy, "A colleague") + " " + did + " already, at " + timeOfDay(s.AnsweredAt) + ". Nothing was changed by you")
}

// signedFor is the signature under which somebody sends what they may not send alone. The error is the refusal that lacks makes
// when there is none that stands.
func (a *App) signedFor(ctx context.Context, tx pgx.Tx, by actor.Actor, d domain.Draft, lacks *who.Lacks, sensitive bool) (domain.Signature, error) {
	s, err := store.Signature(ctx, tx, d.ID)
	if err != nil {
		return s, err
	}
	able, err := who.Able(ctx, tx, by.Organisation, lacks.Act, d.Need, sensitive, a.Now())
	switch {
	case err != nil:
		return s, err
	case !lacks.Trainable() || !s.Signed(d, by.Person.ID):
		return s, lacks.Refusal(able)
	case !slices.ContainsFunc(able, func(r Supervisor) bool { return r.PersonID == s.AnsweredBy }):
		return s, domain.ErrNoLongerSigned
	}
	return s, nil
}

// SignatureList is what waits for a supervisor at the practice.
type SignatureList struct {
	Waiting  []domain.Signature
	Drafts   map[string]domain.Draft
	Patients map[string]domain.Patient
	Names    Names
}

// mostSignatures bounds what one page lists.
const mostSignatures = 100

// Signatures lists what waits for a signature at the practice, the longest asked first.
func (a *App) Signatures(ctx context.Context, by actor.Actor) (l SignatureList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if l.Waiting, err = store.Signatures(ctx, tx, by.Organisation, a.now(), mostSignatures); err != nil {
			return err
		}
		l.Drafts = map[string]domain.Draft{}
		var refs, people []string
		for _, s := range l.Waiting {
			d, err := store.Draft(ctx, tx, s.DraftID, store.Read)
			if err != nil {
				return err
			}
			l.Drafts[s.DraftID] = d
			refs, people = append(refs, d.Ref), append(people, s.AskedBy, s.SupervisorID)
		}
		if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
			return err
		}
		if l.Names, err = a.names(ctx, tx, people, nil); err != nil {
			return err
		}
		return readAll(ctx, tx, "draft", refs)
	})
	return l, err
}
