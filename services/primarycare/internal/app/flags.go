package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// RaiseFlag is a yes to a red-flag question, or a crisis by any other way.
type RaiseFlag struct {
	Ref       string // the patient; "" for somebody who is none here, with Who
	Who       string
	Questions []terms.RedFlagQuestion
	Note      string
	DraftID   string // the draft that it stops
}

// FlagRaised is the answer.
type FlagRaised struct {
	ID string `json:"id"`
}

// RaiseFlag tells the duty clinician. It needs this service's own database alone: no broker, no other service, and when the
// vault is away too, the fact goes out without what was said, which stands in the row that the clinician reads.
func (a *App) RaiseFlag(ctx context.Context, by actor.Actor, cmd pg.Command, in RaiseFlag) (FlagRaised, error) {
	if err := checkFlag(&in); err != nil {
		return FlagRaised{}, err
	}
	if err := atDesk(by); err != nil {
		return FlagRaised{}, err
	}
	ref, keys, sealed := a.keysForFlag(ctx, in.Ref)
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (FlagRaised, error) {
		if in.Ref != "" {
			if _, err := store.Patient(ctx, tx, by.Organisation, ref, store.Read); err != nil {
				return FlagRaised{}, err
			}
		}
		f := domain.Flag{
			ID: a.NewID(), PracticeID: by.Organisation, Ref: ref, Source: terms.RedFlagFromReception, Questions: in.Questions,
			Note: in.Note, Who: in.Who, RaisedBy: by.Person.ID,
		}
		if err := a.raise(ctx, tx, f, ref, keys, sealed); err != nil {
			return FlagRaised{}, err
		}
		if err := a.stop(ctx, tx, by, in.DraftID, f.ID); err != nil {
			return FlagRaised{}, err
		}
		return FlagRaised{f.ID}, audit.Write(ctx, tx, audit.Entry{Verb: "raise", Object: "red_flag", ObjectID: f.ID, PatientRef: ref})
	})
}

// stop has a red flag stop a draft. Whatever became of the draft meanwhile, the flag is raised.
func (a *App) stop(ctx context.Context, tx pgx.Tx, by actor.Actor, draft, flag string) error {
	if draft == "" {
		return nil
	}
	d, err := store.Draft(ctx, tx, draft, store.Change)
	if errors.Is(err, domain.ErrNoDraft) || err == nil && d.Done() {
		return nil
	}
	if err != nil {
		return err
	}
	d.FlagID, d.FlagsClearAt, d.FlagsAskedBy = flag, time.Time{}, by.Person.ID
	return a.keepDraft(ctx, tx, by, d)
}

// keysForFlag is the ref to raise a red flag under, and its keys; sealed is false when the vault can not be asked, and then
// somebody who is no patient here gets a ref that the vault has not given out, which nothing else is ever said about.
func (a *App) keysForFlag(ctx context.Context, ref string) (_ string, keys outbox.Sealer, sealed bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // somebody waits on the telephone
	defer cancel()
	if ref == "" {
		made, err := a.Vault.NewRef(ctx)
		if err != nil {
			return id.NewRandom(), nil, false
		}
		ref = made
	}
	k, err := a.Vault.Keys(ctx, []string{ref}, vault.Safeguarding)
	if err != nil {
		return ref, nil, false
	}
	return ref, k, true
}

func checkFlag(in *RaiseFlag) error {
	var f fault.Fields
	in.Note, in.Who = strings.TrimSpace(in.Note), strings.TrimSpace(in.Who)
	if in.Ref == "" && in.Who == "" {
		f.Add("who", "Enter their name and how to reach them")
	}
	if len(in.Questions) == 0 && in.Note == "" {
		f.Add("note", "Say what is wrong")
	}
	if len([]rune(in.Note)) > domain.MaxNarrative {
		f.Add("note", "Shorten this to 2000 characters or fewer")
	}
	if len([]rune(in.Who)) > domain.MaxNote {
		f.Add("who", "Shorten this to 500 characters or fewer")
	}
	for _, q := range in.Questions {
		if !q.Known() {
			f.Add("question_codes", "Select from the questions on the page")
		}
	}
	return f.Err()
}

// raise begins the ladder inside a transaction, and says so about the ref whose keys are there; keys nil are those of the inbox.
// Without sealed the fact goes out without the note.
func (a *App) raise(ctx context.Context, tx pgx.Tx, f domain.Flag, about string, keys outbox.Sealer, sealed bool) error {
	duty, err := store.Duty(ctx, tx, f.PracticeID, a.day(), store.Read)
	if err != nil {
		return err
	}
	f.About = about
	f = domain.Raise(f, duty, a.now())
	added, err := store.RaiseFlag(ctx, tx, f)
	if err != nil || !added {
		return err
	}
	if err := store.KeepFlagStep(ctx, tx, a.NewID(), f, domain.FlagStep{At: f.RaisedAt, By: f.RaisedBy, What: "raised"}); err != nil {
		return err
	}
	said := &primarycare.RedFlagRaisedV1{
		PatientRef: about, FlagID: f.ID, PracticeID: f.PracticeID, QuestionCodes: f.Questions, RaisedBy: f.RaisedBy, RaisedAt: f.RaisedAt,
		Source: f.Source, CrisisID: f.CrisisID, DueAt: f.DueAt,
	}
	if note := strings.TrimSpace(f.Who + "\n" + f.Note); note != "" && sealed {
		said.Note = schemas.Seal(schemas.Safeguarding{Text: note})
	}
	if _, err := a.Out.Append(ctx, tx, about, said, keys); err != nil {
		return err
	}
	a.changed(ctx, f.PracticeID)
	return nil
}

// ActOnFlag records what a clinician did about a red flag: the acknowledgement.
func (a *App) ActOnFlag(ctx context.Context, by actor.Actor, cmd pg.Command, id string, action terms.RedFlagAction) (FlagRaised, error) {
	if !action.Known() {
		return FlagRaised{}, fault.Invalid("action", "Select what you did")
	}
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (FlagRaised, error) {
		f, err := store.Flag(ctx, tx, id, store.Change)
		if err != nil {
			return FlagRaised{}, err
		}
		f, _ = f.At(a.now())
		if !f.Open() {
			return FlagRaised{}, a.first(ctx, tx, f)
		}
		if f, err = f.Acted(by.Person.ID, action, a.now()); err != nil {
			return FlagRaised{}, err
		}
		f.Version++
		if err := store.SaveFlag(ctx, tx, f); err != nil {
			return FlagRaised{}, err
		}
		if err := store.KeepFlagStep(ctx, tx, a.NewID(), f, domain.FlagStep{At: f.ActedAt, By: by.Person.ID, What: "acted", Action: action}); err != nil {
			return FlagRaised{}, err
		}
		_, err = a.Out.Append(ctx, tx, f.About, &primarycare.RedFlagAcknowledgedV1{
			PatientRef: f.About, FlagID: f.ID, PracticeID: f.PracticeID, Action: action, AcknowledgedBy: by.Person.ID, AcknowledgedAt: f.ActedAt,
		}, nil)
		if err != nil {
			return FlagRaised{}, err
		}
		a.changed(ctx, f.PracticeID)
		return FlagRaised{id}, audit.Write(ctx, tx, audit.Entry{Verb: "acknowledge", Object: "red_flag", ObjectID: id, PatientRef: f.Ref})
	})
}

// first refuses the second of two clinicians, and names the one who was first.
func (a *App) first(ctx context.Context, tx pgx.Tx, f domain.Flag) error {
	names, err := who.Names(ctx, tx, f.ActedBy)
	if err != nil {
		return err
	}
	name := names[f.ActedBy]
	if name == "" {
		name = "Somebody else"
	}
	return domain.ErrFlagEnded.With(fmt.Sprintf("%s dealt with this at %s (%s). Nothing was changed by you", name, timeOfDay(f.EndedAt), f.Action.Label()))
}

// FlagPage is a red flag with what its page shows.
type FlagPage struct {
	domain.Flag
	Patient domain.Patient // the zero Patient for somebody who is none here
	Duty    domain.Duty
	Names   Names
	DraftID string
}

// Flag reads a red flag's page.
func (a *App) Flag(ctx context.Context, by actor.Actor, id string) (page FlagPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if page.Flag, err = store.Flag(ctx, tx, id, store.Read); err != nil {
			return err
		}
		page.Flag, _ = page.Flag.At(a.now())
		known, err := store.PatientNames(ctx, tx, by.Organisation, []string{page.Ref})
		if err != nil {
			return err
		}
		page.Patient = known[page.Ref]
		if page.Duty, err = store.Duty(ctx, tx, by.Organisation, a.day(), store.Read); err != nil {
			return err
		}
		people := []string{page.RaisedBy, page.ActedBy, page.DutyID, page.DeputyID, page.Duty.ClinicianID, page.Duty.DeputyID}
		for _, s := range page.Steps {
			people = append(people, s.By)
		}
		if page.Names, err = a.names(ctx, tx, people, nil); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "red_flag", ObjectID: id, PatientRef: page.Ref})
	})
	return page, err
}

// FlagList is a list of red flags.
type FlagList struct {
	Flags    []domain.Flag
	Patients map[string]domain.Patient
	Names    Names
	Duty     domain.Duty
}

// FlagPlace is where a page of the list ended.
type FlagPlace struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// Flags lists a practice's red flags, the newest first.
func (a *App) Flags(ctx context.Context, by actor.Actor, openOnly bool, after FlagPlace, limit int) (l FlagList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		l.Flags, err = store.Flags(ctx, tx, store.FlagQuery{PracticeID: by.Organisation, OpenOnly: openOnly, Before: after.At, BeforeID: after.ID, Limit: limit})
		if err != nil {
			return err
		}
		var refs, people []string
		for i, f := range l.Flags {
			l.Flags[i], _ = f.At(a.now())
			refs, people = append(refs, f.Ref), append(people, f.RaisedBy, f.ActedBy, f.DutyID, f.DeputyID)
		}
		if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
			return err
		}
		if l.Duty, err = store.Duty(ctx, tx, by.Organisation, a.day(), store.Read); err != nil {
			return err
		}
		if l.Names, err = a.names(ctx, tx, append(people, l.Duty.ClinicianID, l.Duty.DeputyID), nil); err != nil {
			return err
		}
		return readAll(ctx, tx, "red_flag", refs)
	})
	return l, err
}

// readAll writes that a list showed these patients.
func readAll(ctx context.Context, tx pgx.Tx, object string, refs []string) error {
	shown := make([]audit.Entry, len(refs))
	for i, ref := range refs {
		shown[i] = audit.Entry{Verb: "read", Object: object, PatientRef: ref}
	}
	return audit.WriteOnce(ctx, tx, shown...)
}

// PassOverdue moves red flags that nobody acknowledged in time to the deputy, and then to "ring 999 or 111". It is the clock's work.
func (a *App) PassOverdue(ctx context.Context) error {
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		late, err := store.LateFlags(ctx, tx, a.now())
		if err != nil {
			return err
		}
		for _, was := range late {
			f, moved := was.At(a.now())
			if !moved {
				continue
			}
			f.Version++
			if err := store.SaveFlag(ctx, tx, f); err != nil {
				return err
			}
			if err := store.KeepFlagStep(ctx, tx, a.NewID(), f, domain.FlagStep{At: a.now(), What: string(f.Rung)}); err != nil {
				return err
			}
			if err := audit.Write(ctx, tx, audit.Entry{Verb: "pass_on", Object: "red_flag", ObjectID: f.ID, PatientRef: f.Ref}); err != nil {
				return err
			}
			a.changed(ctx, f.PracticeID)
		}
		return nil
	})
}

// DutyPage is who is on duty and who could be.
type DutyPage struct {
	domain.Duty
	Clinicians []who.Role // GPs of the practice
	Deputies   []who.Role // GPs and the practice manager
	Names      Names
}

// Duty reads who answers red flags today.
func (a *App) Duty(ctx context.Context, by actor.Actor) (page DutyPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if page.Duty, err = store.Duty(ctx, tx, by.Organisation, a.day(), store.Read); err != nil {
			return err
		}
		if page.Clinicians, err = who.People(ctx, tx, by.Organisation, terms.RoleGP, a.Now()); err != nil {
			return err
		}
		managers, err := who.People(ctx, tx, by.Organisation, terms.RolePracticeManager, a.Now())
		if err != nil {
			return err
		}
		page.Deputies = append(append(page.Deputies, page.Clinicians...), managers...)
		page.Names, err = a.names(ctx, tx, []string{page.ClinicianID, page.DeputyID, page.SetBy}, nil)
		return err
	})
	return page, err
}

// SetDuty says who answers red flags today. version is that of today's duty, 0 when nobody was set.
func (a *App) SetDuty(ctx context.Context, by actor.Actor, cmd pg.Command, version int64, d domain.Duty) (FlagRaised, error) {
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (FlagRaised, error) {
		var f fault.Fields
		if d.ClinicianID == "" || !a.has(ctx, tx, by, d.ClinicianID, terms.RoleGP) {
			f.Add("clinician", "Select a GP of your practice")
		}
		if d.DeputyID != "" && d.DeputyID == d.ClinicianID {
			f.Add("deputy", "Select somebody else than the duty clinician")
		} else if d.DeputyID != "" && !a.has(ctx, tx, by, d.DeputyID, terms.RoleGP, terms.RolePracticeManager) {
			f.Add("deputy", "Select a GP or the practice manager of your practice")
		}
		if err := f.Err(); err != nil {
			return FlagRaised{}, err
		}
		was, err := store.Duty(ctx, tx, by.Organisation, a.day(), store.Change)
		if err != nil {
			return FlagRaised{}, err
		}
		if was.Version != version {
			return FlagRaised{}, a.stale(ctx, tx, by, "list", was.SetBy, was.SetAt)
		}
		d.PracticeID, d.Day, d.SetBy, d.SetAt, d.Version = by.Organisation, a.day(), by.Person.ID, a.now(), version+1
		saved, err := store.SaveDuty(ctx, tx, d)
		if err != nil {
			return FlagRaised{}, err
		}
		if !saved {
			if was, err = store.Duty(ctx, tx, by.Organisation, a.day(), store.Read); err != nil {
				return FlagRaised{}, err
			}
			return FlagRaised{}, a.stale(ctx, tx, by, "list", was.SetBy, was.SetAt)
		}
		a.changed(ctx, by.Organisation)
		return FlagRaised{d.Day}, audit.Write(ctx, tx, audit.Entry{Verb: "set", Object: "duty"})
	})
}

// has tells whether somebody has one of the roles at the actor's practice. An error reads as no: the refusal is the safe side.
func (a *App) has(ctx context.Context, tx pgx.Tx, by actor.Actor, person string, roles ...terms.Role) bool {
	for _, role := range roles {
		if ok, err := who.HasRole(ctx, tx, person, by.Organisation, role, a.Now()); err == nil && ok {
			return true
		}
	}
	return false
}
