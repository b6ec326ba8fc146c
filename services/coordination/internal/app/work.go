package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// work is one patient's open case under its lock, in one transaction.
type work struct {
	app     *App
	tx      pgx.Tx
	now     time.Time
	ref     string // that the fact or step names: the patient's own, or one that was merged into it
	patient domain.Patient
	others  []domain.Patient       // the records of this person under refs that were merged into the patient's
	answers []domain.SharingAnswer // what was said about sharing, where there are others
	isNew   bool                   // the patient has no row yet
	opened  bool                   // the case was opened just now: nobody works on it yet
	c       domain.Case            // without an id while there is no open one
	all     []domain.Referral
	last    domain.Referral // the one that ended last, to see whether the case ends with it
	ending  bool            // everything ends: what waited for another ends too, and is offered to nobody
	parts   bool            // who has a part in the case, or may see what of it, has changed
}

// happened is what came with an event besides what the table needs.
type happened struct {
	person    string           // who did it
	at        time.Time        // when they did; zero: now
	text      *schemas.Sealed  // class message, opened: passed on to the other side
	words     string           // the same, for the timeline
	suggested *domain.Receiver // by whom bounced
	detail    map[string]string
	notice    int // the version of the notice that was phoned about
}

// lock takes a patient's lock and reads the open case; known is false when we hold nothing of this ref, or nothing any more.
func (a *App) lock(ctx context.Context, tx pgx.Tx, ref string) (w *work, known bool, err error) {
	w = &work{app: a, tx: tx, now: a.Now().UTC().Truncate(time.Microsecond), ref: ref}
	if w.patient, known, err = store.LockPatient(ctx, tx, ref); err != nil || !known || w.erased() {
		return w, false, err
	}
	if err := w.loadRecords(ctx); err != nil {
		return w, true, err
	}
	return w, true, w.load(ctx)
}

// lockToStep is lock for a person's step, which is refused when the record was erased meanwhile.
func (a *App) lockToStep(ctx context.Context, tx pgx.Tx, ref string) (*work, error) {
	w, _, err := a.lock(ctx, tx, ref)
	if err == nil && w.erased() {
		err = errErased
	}
	return w, err
}

// lockOrMake is lock for what may begin with this ref. Nothing can hang on a new patient before savePatient. Under one that was
// erased nothing begins: ok is false. Another copy of us may still have had the keys to read what was said.
func (a *App) lockOrMake(ctx context.Context, tx pgx.Tx, ref string) (w *work, ok bool, err error) {
	w, known, err := a.lock(ctx, tx, ref)
	if err == nil && !known && !w.erased() {
		w.isNew, w.patient = true, domain.Patient{Ref: ref, Status: terms.PatientActive, Said: terms.PatientActive}
	}
	return w, err == nil && !w.erased(), err
}

func (w *work) erased() bool { return !w.patient.ErasedAt.IsZero() }

func (w *work) savePatient(ctx context.Context) error {
	if err := store.HoldAlike(ctx, w.tx, *w.record()); err != nil {
		return err
	}
	w.joinReach()
	for _, o := range w.others {
		if err := store.SavePatient(ctx, w.tx, o); err != nil {
			return err
		}
	}
	if w.isNew {
		w.isNew = false
		return store.AddPatient(ctx, w.tx, w.patient)
	}
	return store.SavePatient(ctx, w.tx, w.patient, w.others...)
}

func (w *work) load(ctx context.Context) (err error) {
	w.c, err = store.OpenCaseOf(ctx, w.tx, w.patient.Ref)
	if errors.Is(err, domain.ErrNoCase) {
		w.c, w.all = domain.Case{}, nil
		return nil
	}
	if err != nil {
		return err
	}
	w.all, err = store.ReferralsOf(ctx, w.tx, w.c.ID)
	return err
}

func (w *work) referral(id string) (domain.Referral, bool) {
	i := slices.IndexFunc(w.all, func(r domain.Referral) bool { return r.ID == id })
	if i < 0 {
		return domain.Referral{}, false
	}
	return w.all[i], true
}

// keep puts a referral as it is now among the others.
func (w *work) keep(r domain.Referral) {
	if i := slices.IndexFunc(w.all, func(o domain.Referral) bool { return o.ID == r.ID }); i >= 0 {
		w.all[i] = r
		return
	}
	w.all = append(w.all, r)
}

// openCase opens the case if there is none.
func (w *work) openCase(ctx context.Context, because, eventID string) error {
	if w.c.ID != "" {
		return nil
	}
	c, err := w.newCase(ctx)
	if err != nil {
		return err
	}
	w.c, w.opened = c, true
	if err := store.AddCase(ctx, w.tx, w.c, because, eventID); err != nil {
		return err
	}
	if err := w.note(ctx, store.Entry{What: "case_opened", Detail: map[string]string{"because": because}}); err != nil {
		return err
	}
	return w.say(ctx, &coordination.CaseOpenedV1{PatientRef: w.patient.Ref, CaseID: w.c.ID, Reference: w.c.Reference, Because: because, ByEvent: eventID, At: w.now})
}

func (w *work) newCase(ctx context.Context) (domain.Case, error) {
	ref, err := w.newReference(ctx)
	return domain.Case{ID: w.app.NewID(), PatientRef: w.patient.Ref, FirstRef: w.ref, Reference: ref, Open: true, OpenedAt: w.now, Version: 1}, err
}

// newReference makes one that no case has. The unique index is the last word; there are three milliards of them.
func (w *work) newReference(ctx context.Context) (string, error) {
	for range 5 {
		ref := domain.Reference(w.app.Random())
		if taken, err := store.ReferenceTaken(ctx, w.tx, ref); err != nil || !taken {
			return ref, err
		}
	}
	return "", errors.New("make a reference: five in a row are taken")
}

// apply lets one event happen to one referral, and all that follows from it on this case.
func (w *work) apply(ctx context.Context, r domain.Referral, e domain.Event, h happened) (domain.Decision, error) {
	f, err := w.facts(ctx, r, e, h)
	if err != nil {
		return domain.Decision{}, err
	}
	d, err := domain.Decide(r, e, f)
	if err != nil {
		return d, err
	}
	if !d.Changed {
		return d, w.unchanged(ctx, r, e, d, h)
	}
	if d.EndOnward {
		if err := w.endOnward(ctx, d.Next); err != nil {
			return d, err
		}
	}
	if err := w.save(ctx, r, e, d, h); err != nil {
		return d, err
	}
	if err := w.tell(ctx, r, e, d, h); err != nil {
		return d, err
	}
	return d, w.follow(ctx, d.Next)
}

func (w *work) save(ctx context.Context, r domain.Referral, e domain.Event, d domain.Decision, h happened) error {
	_, known := w.referral(r.ID)
	changes := store.Changes{Now: w.now, Was: r, Is: d.Next, New: !known, Members: members(r, d.Next), Timeline: w.entries(r, e, d, h), Returned: d.Returned}
	if r.HeldWhy == domain.HeldSamePerson && d.Next.HeldWhy != r.HeldWhy { // whoever else it may be was asked about with this one
		if err := errors.Join(store.DropOnePerson(ctx, w.tx, r.ID), store.LeaveLook(ctx, w.tx, w.patient.Ref, w.now)); err != nil {
			return err
		}
	}
	w.keep(d.Next)
	w.parts = w.parts || len(changes.Members) > 0
	if err := store.Save(ctx, w.tx, changes); err != nil {
		return err
	}
	return audit.Write(ctx, w.tx, audit.Entry{Verb: string(e.Kind), Object: "referral", ObjectID: r.ID, PatientRef: w.patient.Ref})
}

// unchanged says what there is to say when nothing changes: an answer that could not be honoured.
func (w *work) unchanged(ctx context.Context, r domain.Referral, e domain.Event, d domain.Decision, h happened) error {
	if len(d.Say) == 0 {
		return nil
	}
	if err := store.AddEntries(ctx, w.tx, w.entries(r, e, d, h)...); err != nil {
		return err
	}
	if err := audit.Write(ctx, w.tx, audit.Entry{Verb: string(e.Kind), Object: "referral", ObjectID: r.ID, PatientRef: w.patient.Ref, Outcome: "refused"}); err != nil {
		return err
	}
	return w.tell(ctx, r, e, d, h)
}

// endOnward ends what came from a referral that is ending: all close before it does.
func (w *work) endOnward(ctx context.Context, parent domain.Referral) error {
	reason := parent.Reason
	if parent.State == domain.Closed && parent.Outcome != "" {
		reason = parent.Outcome
	}
	if !terms.WithdrawalReason(reason).Known() && reason != string(terms.OutcomeConsentWithdrawn) {
		reason = ""
	}
	for _, r := range slices.Clone(w.all) {
		if r.ParentID != parent.ID || r.Root || !r.State.Open() {
			continue
		}
		if _, err := w.apply(ctx, r, domain.Event{Kind: domain.KindParentEnded, Reason: reason}, happened{}); err != nil {
			return err
		}
	}
	return nil
}

// follow does what the end of one referral means for others: its parent, and those held because of it.
func (w *work) follow(ctx context.Context, r domain.Referral) error {
	if r.State.Open() {
		return nil
	}
	w.last = r
	for _, held := range slices.Clone(w.all) {
		if !w.ending && held.State == domain.Held && held.HeldWhy == domain.HeldSameNeed && held.DuplicateOf == r.ID {
			if err := w.check(ctx, held); err != nil {
				return err
			}
		}
	}
	parent, ok := w.referral(r.ParentID)
	if !ok || r.Root || domain.OpenOnward(parent.ID, w.all) > 0 {
		return nil
	}
	_, err := w.apply(ctx, parent, domain.Event{Kind: domain.KindOnwardEnded}, happened{})
	return err
}

// check asks the duplicate question of a referral: it is held, or goes on.
func (w *work) check(ctx context.Context, r domain.Referral) error {
	if existing, found := domain.Duplicate(r, w.all); found {
		_, err := w.apply(ctx, r, domain.Event{Kind: domain.KindDuplicateFound, Existing: existing}, happened{})
		return err
	}
	return w.checkOverlap(ctx, r)
}

// finish lets each organisation see what it may, and closes the case when its last referral has ended. Call it once, last.
func (w *work) finish(ctx context.Context) error {
	if err := w.share(ctx); err != nil {
		return err
	}
	if err := w.agree(ctx); err != nil {
		return err
	}
	if w.last.ID == "" {
		return nil
	}
	outcome, ends := w.c.EndsWith(w.last, w.all)
	if !ends {
		return nil
	}
	return w.closeCase(ctx, outcome, "")
}

func (w *work) closeCase(ctx context.Context, outcome terms.CaseOutcome, by string) (err error) {
	if w.c, err = w.c.Close(outcome, w.all, w.now); err != nil {
		return fmt.Errorf("close case: %w", err)
	}
	if err := store.SaveCase(ctx, w.tx, w.c); err != nil {
		return err
	}
	if err := w.note(ctx, store.Entry{What: "case_closed", Person: by, Detail: map[string]string{"outcome": string(outcome)}}); err != nil {
		return err
	}
	return w.say(ctx, &coordination.CaseClosedV1{PatientRef: w.patient.Ref, CaseID: w.c.ID, Outcome: outcome, By: by, At: w.now})
}

// members is what begins and ends of organisations' parts in the case, between two states of a referral.
func members(was, is domain.Referral) []store.Member {
	var out []store.Member
	member := func(part store.Part, organisation, because string, ends bool) {
		if organisation != "" {
			out = append(out, store.Member{CaseID: is.CaseID, Organisation: organisation, Part: part, Because: because, FirstRef: is.FirstRef, Ends: ends})
		}
	}
	if was.Version <= 1 {
		member(store.PartSender, is.SenderOrganisation, is.ID, false)
	}
	for _, o := range is.Offers {
		old := was.Offer(o.ID)
		wasLive := old != nil && old.State.Open()
		if o.State.Open() != wasLive {
			member(store.PartReceiver, o.Receiver.Organisation, o.ID, wasLive)
		}
	}
	wasOffice, isOffice := was.Owes.Party == domain.Coordinator && was.Version > 1, is.Owes.Party == domain.Coordinator
	switch {
	case isOffice && (!wasOffice || was.Owes.Organisation != is.Owes.Organisation):
		member(store.PartOffice, is.Owes.Organisation, is.ID, false)
	case wasOffice && !is.State.Open():
		member(store.PartOffice, was.Owes.Organisation, is.ID, true)
	}
	return out
}

// note adds one line to the case's timeline.
func (w *work) note(ctx context.Context, e store.Entry) error {
	return store.AddEntries(ctx, w.tx, w.entry(e))
}

func (w *work) entry(e store.Entry) store.Entry {
	e.ID, e.CaseID, e.PatientRef = w.app.NewID(), w.c.ID, w.patient.Ref
	if r, ok := w.referral(e.ReferralID); ok && e.FirstRef == "" {
		e.FirstRef = r.FirstRef
	}
	e.FirstRef = cmp.Or(e.FirstRef, w.ref)
	if e.At.IsZero() {
		e.At = w.now
	}
	return e
}
