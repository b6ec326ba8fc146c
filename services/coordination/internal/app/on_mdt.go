package app

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// OnCaseRequested opens or finds the case of somebody whom a meeting is to discuss, with or without a referral.
func (a *App) OnCaseRequested(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.CaseRequestedV1) error {
	var contact schemas.Contact
	if ok, err := p.Contact.Into(&contact); err != nil || !ok {
		return err
	}
	if !p.Consent.Given {
		return nil // without consent the case is not shared, and there is nothing to open
	}
	w, ok, err := a.lockOrMake(ctx, tx, p.PatientRef)
	if err != nil || !ok {
		return err
	}
	if ended, err := w.endedMeanwhile(ctx, p.Consent.Purpose, p.Consent.AskedAt); err != nil || ended {
		return err
	}
	if err := w.takePatient(ctx, contact, domain.Word{By: e.Speaker() + ":" + p.OrganisationID, At: p.At, Heard: p.ContactHeardAt}); err != nil {
		return err
	}
	if err := w.saveConsent(ctx, p.Consent, p.OrganisationID); err != nil {
		return err
	}
	if err := w.openCase(ctx, "case_requested", e.ID); err != nil {
		return err
	}
	x := store.Entry{
		What: "case_requested", At: p.At, Organisation: p.OrganisationID, Person: p.By,
		Detail: map[string]string{"reason": string(p.Reason), "need": string(p.Need), "meeting": p.MeetingID},
	}
	var n schemas.Narrative
	if _, err := p.Narrative.Into(&n); err != nil {
		return err
	}
	if n.Text != "" {
		x.Class, x.Text = vault.Narrative, n.Text
	}
	if err := w.byMeeting(ctx, x, true, store.Member{CaseID: w.c.ID, Organisation: p.OrganisationID, Part: store.PartMeeting, Because: p.RequestID}); err != nil {
		return err
	}
	if w.patient.Status == terms.PatientDied { // said by another, while this was on its way
		return w.endWithThem(ctx)
	}
	return nil
}

// byMeeting notes what a meeting did with the case, and whether it has it.
func (w *work) byMeeting(ctx context.Context, x store.Entry, taken bool, members ...store.Member) error {
	if w.c.WithMDT != taken {
		w.c.WithMDT = taken
		w.c.Version++
		if err := store.SaveCase(ctx, w.tx, w.c); err != nil {
			return err
		}
	}
	for i := range members {
		members[i].FirstRef = cmp.Or(members[i].FirstRef, w.ref)
	}
	if err := store.SaveMembers(ctx, w.tx, w.now, members...); err != nil {
		return err
	}
	w.parts = w.parts || len(members) > 0
	if err := w.share(ctx); err != nil {
		return err
	}
	if err := w.agree(ctx); err != nil {
		return err
	}
	if err := w.note(ctx, x); err != nil {
		return err
	}
	w.app.Hint(ctx, "case."+w.c.ID)
	return audit.Write(ctx, w.tx, audit.Entry{Verb: "record " + x.What, Object: "case", ObjectID: w.c.ID, PatientRef: w.patient.Ref})
}

// held is the open case that a meeting speaks of. Its words name the case as it was; a merge may have moved it since.
func (a *App) held(ctx context.Context, tx pgx.Tx, ref string) (w *work, ok bool, err error) {
	w, known, err := a.lock(ctx, tx, ref)
	return w, known && err == nil && w.c.ID != "", err
}

// OnMeetingScheduled keeps what meetings are called.
func (a *App) OnMeetingScheduled(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.MeetingScheduledV1) error {
	return store.SaveMeeting(ctx, tx, store.Meeting{ID: p.MeetingID, Organisation: p.OrganisationID, Name: p.Name, StartsAt: p.StartsAt, Status: string(p.Status), Version: p.Version})
}

// OnCaseDiscussed notes a decision. When nothing more is to be discussed, nobody holds the case and no action is open, it ends with its work.
func (a *App) OnCaseDiscussed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.CaseDiscussedV1) error {
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil || !ok {
		return err
	}
	var n schemas.Narrative
	if _, err := p.Note.Into(&n); err != nil {
		return err
	}
	x := store.Entry{What: "case_discussed", At: p.At, Person: p.By, Detail: map[string]string{"decision": string(p.Decision), "meeting": p.MeetingID}}
	if n.Text != "" {
		x.Class, x.Text = vault.Narrative, n.Text
	}
	owed, err := store.OpenActions(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	taken := p.Decision != terms.MDTNoFurtherDiscussion || w.c.Holder.Person != "" || len(owed) > 0
	if err := w.byMeeting(ctx, x, taken); err != nil {
		return err
	}
	switch {
	case taken:
		return nil
	case len(w.all) == 0:
		return w.closeCase(ctx, terms.CaseWorkDone, p.By)
	}
	w.last = w.all[len(w.all)-1]
	return w.finish(ctx)
}

// holder notes who was asked, accepted, or let go, and what their organisation may see.
func (a *App) holder(ctx context.Context, tx pgx.Tx, what, part, state string, p *mdt.CaseHolderOfferedV1) error {
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	who := store.CasePerson{CaseID: w.c.ID, Person: p.PersonID, Organisation: p.OrganisationID, Part: part, Role: string(p.Role), State: state, Since: p.At, FirstRef: w.ref}
	if state == "offered" {
		who.DueAt = a.Times.Due(p.At, string(terms.ClockCaseHolder), "", p.OrganisationID)
	}
	ended, err := w.hasEnded(ctx, p.CaseID)
	switch {
	case err != nil:
		return err
	case ended: // with that case, and not with one that was opened since: if it is opened again, it is without them
		who.CaseID = p.CaseID
		return store.SaveCasePerson(ctx, tx, who, p.PatientRef)
	case !ok:
		return nil
	}
	under, err := store.AskedUnder(ctx, tx, w.c.ID, p.PersonID, part)
	if err != nil {
		return err
	}
	who.FirstRef = cmp.Or(under, w.ref)
	if err := store.SaveCasePerson(ctx, tx, who, p.PatientRef); err != nil {
		return err
	}
	membership := map[string]store.Part{partHolder: store.PartHolder, partKeyWorker: store.PartKeyWorker}[part]
	m := store.Member{CaseID: w.c.ID, Organisation: p.OrganisationID, Part: membership, Because: p.PersonID, FirstRef: who.FirstRef, Ends: state == "released"}
	x := store.Entry{What: what, At: p.At, FirstRef: who.FirstRef, Organisation: p.OrganisationID, Person: p.By, Detail: map[string]string{"who": p.PersonID, "role": string(p.Role)}}
	return w.byMeeting(ctx, x, w.c.WithMDT || part == partHolder && state != "released", m) // who let go of an earlier case takes no later one
}

// hasEnded tells whether a case was closed for its own sake. Of one that was merged, the other goes on.
func (w *work) hasEnded(ctx context.Context, caseID string) (bool, error) {
	c, err := store.CaseByID(ctx, w.tx, caseID)
	if errors.Is(err, domain.ErrNoCase) {
		return false, nil
	}
	return err == nil && !c.Open && c.Outcome != terms.CaseMerged, err
}

const (
	partHolder    = "case_holder"
	partKeyWorker = "key_worker"
)

// OnCaseHolderOffered hears who was asked to hold the case.
func (a *App) OnCaseHolderOffered(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.CaseHolderOfferedV1) error {
	return a.holder(ctx, tx, "case_holder_offered", partHolder, "offered", p)
}

// OnCaseHolderAccepted hears who holds the case now.
func (a *App) OnCaseHolderAccepted(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.CaseHolderAcceptedV1) error {
	return a.holder(ctx, tx, "case_holder_accepted", partHolder, "accepted", (*mdt.CaseHolderOfferedV1)(p))
}

// OnCaseHolderReleased hears who let the case go, or was asked to hold it and will not: their organisation sees it no longer.
func (a *App) OnCaseHolderReleased(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.CaseHolderReleasedV1) error {
	was := &mdt.CaseHolderOfferedV1{
		PatientRef: p.PatientRef, CaseID: p.CaseID,
		PersonID: p.PersonID, OrganisationID: p.OrganisationID, Role: p.Role, By: p.By, At: p.At,
	}
	if p.NeverHeld {
		return a.holder(ctx, tx, "case_holder_refused", partHolder, "released", was)
	}
	return a.holder(ctx, tx, "case_holder_released", partHolder, "released", was)
}

// OnKeyWorkerAssigned hears who stays in touch.
func (a *App) OnKeyWorkerAssigned(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.KeyWorkerAssignedV1) error {
	return a.holder(ctx, tx, "key_worker_assigned", partKeyWorker, "accepted", (*mdt.CaseHolderOfferedV1)(p))
}

// OnKeyWorkerReleased hears who no longer does.
func (a *App) OnKeyWorkerReleased(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.KeyWorkerReleasedV1) error {
	if err := a.holder(ctx, tx, "key_worker_released", partKeyWorker, "released", (*mdt.CaseHolderOfferedV1)(p)); err != nil {
		return err
	}
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil || !ok {
		return err
	}
	if err := w.workerLeft(ctx, p.PersonID); err != nil {
		return err
	}
	return w.finish(ctx)
}

// OnActionAgreed keeps an action with its owner and date.
func (a *App) OnActionAgreed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionAgreedV1) error {
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil || !ok {
		return err
	}
	var what schemas.Narrative
	if _, err := p.What.Into(&what); err != nil {
		return err
	}
	err = store.SaveAction(ctx, tx, store.Action{
		ID: p.ActionID, CaseID: w.c.ID, PatientRef: w.patient.Ref, FirstRef: w.ref, MeetingID: p.MeetingID,
		OwnerPerson: p.OwnerPersonID, OwnerOrganisation: p.OwnerOrganisationID, DueOn: p.DueOn, AgreedAt: p.At, What: what.Text,
	})
	if err != nil {
		return err
	}
	x := store.Entry{What: "action_agreed", At: p.At, Organisation: p.OwnerOrganisationID, Person: p.By, Detail: map[string]string{"who": p.OwnerPersonID, "due_on": p.DueOn}}
	if what.Text != "" {
		x.Class, x.Text = vault.Narrative, what.Text
	}
	return w.byMeeting(ctx, x, true) // until the action is done, a person closes the case
}

// OnActionReassigned hears who does an action now. Its day stays.
func (a *App) OnActionReassigned(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionReassignedV1) error {
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if err := store.ReassignAction(ctx, tx, p.ActionID, p.OwnerPersonID, p.OwnerOrganisationID); err != nil || !ok { // also of a case that has ended
		return err
	}
	return w.byMeeting(ctx, store.Entry{
		What: "action_reassigned", At: p.At, Organisation: p.OwnerOrganisationID, Person: p.By,
		Detail: map[string]string{"who": p.OwnerPersonID, "was": p.WasPersonID, "due_on": p.DueOn},
	}, w.c.WithMDT)
}

// OnActionDone hears that it was done or dropped.
func (a *App) OnActionDone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionDoneV1) error {
	w, ok, err := a.held(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if err := store.EndAction(ctx, tx, p.ActionID, string(p.Result), p.At); err != nil || !ok { // also of a case that has ended: it is owed until then
		return err
	}
	return w.byMeeting(ctx, store.Entry{What: "action_done", At: p.At, Person: p.By, Detail: map[string]string{"result": string(p.Result)}}, w.c.WithMDT)
}
