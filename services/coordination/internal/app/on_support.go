package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// record puts what was heard on the timeline of the patient's open case; without one there is nobody to share it with, and it counts only for
// how long the record is kept.
// Where it shows that help has begun, the referral is under way.
func (a *App) record(ctx context.Context, tx pgx.Tx, ref string, x store.Entry, began bool) error {
	w, known, err := a.lock(ctx, tx, ref)
	if err != nil || !known {
		return err
	}
	if w.c.ID == "" {
		return store.Heard(ctx, tx, ref, x.At)
	}
	if err := w.note(ctx, x); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Verb: "record " + x.What, Object: "case", ObjectID: w.c.ID, PatientRef: w.patient.Ref}); err != nil {
		return err
	}
	a.Hint(ctx, "case."+w.c.ID)
	r, ok := w.referral(x.ReferralID)
	if !ok || !began {
		return nil
	}
	taken := r.Taken()
	if taken == nil {
		return nil
	}
	e := domain.Event{Kind: domain.KindContactMade, OfferID: taken.ID, Organisation: taken.Receiver.Organisation}
	_, err = w.apply(ctx, r, e, happened{person: x.Person, at: x.At})
	return err
}

// OnContactRecorded notes a contact; having spoken with the person begins the support.
func (a *App) OnContactRecorded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.ContactRecordedV1) error {
	x := store.Entry{
		What: "contact_recorded", At: p.At, ReferralID: p.ReferralID, OfferID: p.OfferID, Person: p.By,
		Detail: map[string]string{"how": string(p.How), "result": string(p.Result)},
	}
	return a.narrated(ctx, tx, p.PatientRef, x, p.Note, p.Result == terms.ContactReached)
}

// OnPlanAgreed notes that a plan stands; the plan itself stays with the link worker.
func (a *App) OnPlanAgreed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.PlanAgreedV1) error {
	return a.record(ctx, tx, p.PatientRef, store.Entry{What: "plan_agreed", At: p.At, ReferralID: p.ReferralID, Person: p.By}, true)
}

// OnOutcomeRecorded notes that something was measured; the scores stay with the link worker.
func (a *App) OnOutcomeRecorded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.OutcomeRecordedV1) error {
	x := store.Entry{
		What: "outcome_recorded", At: p.At, ReferralID: p.ReferralID, Person: p.By,
		Detail: map[string]string{"tool": string(p.Tool), "stage": string(p.Stage), "result": string(p.Result)},
	}
	return a.record(ctx, tx, p.PatientRef, x, true)
}

// OnAttendanceRecorded notes whether the person came; having come begins the support.
func (a *App) OnAttendanceRecorded(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.AttendanceRecordedV1) error {
	x := store.Entry{
		What: "attendance_recorded", At: e.Time, ReferralID: p.ReferralID, OfferID: p.OfferID,
		Detail: map[string]string{"result": string(p.Result), "on": p.SessionOn},
	}
	return a.record(ctx, tx, p.PatientRef, x, p.Result == terms.AttendanceAttended)
}

// OnCrisisReported notes that a crisis was reported. What was said about it stays in the crisis route.
func (a *App) OnCrisisReported(ctx context.Context, tx pgx.Tx, _ *event.Event, p *linkworker.CrisisReportedV1) error {
	x := store.Entry{
		What: "crisis_reported", At: p.At, ReferralID: p.ReferralID, OfferID: p.OfferID, Organisation: p.OrganisationID, Person: p.By,
		Detail: map[string]string{"whom_rung": string(p.WhomRung)},
	}
	return a.record(ctx, tx, p.PatientRef, x, false)
}

// OnRedFlagRaised notes a red flag on a case that is open.
func (a *App) OnRedFlagRaised(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.RedFlagRaisedV1) error {
	if err := a.keepFlag(ctx, tx, p); err != nil {
		return err
	}
	if err := store.KeepFlag(ctx, tx, p.PatientRef, p.FlagID); err != nil {
		return err
	}
	x := store.Entry{What: "red_flag_raised", At: p.RaisedAt, Organisation: p.PracticeID, Person: p.RaisedBy, Detail: map[string]string{"source": string(p.Source)}}
	return a.record(ctx, tx, p.PatientRef, x, false)
}

// OnRedFlagAcknowledged notes who acted on it.
func (a *App) OnRedFlagAcknowledged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.RedFlagAcknowledgedV1) error {
	if err := a.actedOnFlag(ctx, tx, p); err != nil {
		return err
	}
	if info, _ := terms.RedFlagActionByCode(p.Action); info.Ends {
		if err := store.DropFlag(ctx, tx, p.PatientRef, p.FlagID); err != nil {
			return err
		}
	}
	x := store.Entry{What: "red_flag_acknowledged", At: p.AcknowledgedAt, Organisation: p.PracticeID, Person: p.AcknowledgedBy, Detail: map[string]string{"action": string(p.Action)}}
	return a.record(ctx, tx, p.PatientRef, x, false)
}

// OnPatientSignposted notes information that was given, unless it is sensitive.
func (a *App) OnPatientSignposted(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.PatientSignpostedV1) error {
	if err := a.keepSignpost(ctx, tx, p); err != nil {
		return err
	}
	if p.Hidden != nil {
		return store.Heard(ctx, tx, p.PatientRef, p.At)
	}
	x := store.Entry{
		What: "patient_signposted", At: p.At, Organisation: p.PracticeID, Person: p.By,
		Detail: map[string]string{"need": string(p.Need), "receiver": p.ServiceID, "kind": string(terms.ReceiverService)},
	}
	return a.record(ctx, tx, p.PatientRef, x, false)
}

// OnSignpostFollowedUp notes what came of it.
func (a *App) OnSignpostFollowedUp(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.SignpostFollowedUpV1) error {
	if err := store.DropOwed(ctx, tx, OwedSignpost, p.SignpostID); err != nil {
		return err
	}
	x := store.Entry{What: "signpost_followed_up", At: p.At, Organisation: p.PracticeID, Person: p.By, Detail: map[string]string{"result": string(p.Result)}}
	return a.record(ctx, tx, p.PatientRef, x, false)
}

// narrated is record with what was said, if it is ours to read.
func (a *App) narrated(ctx context.Context, tx pgx.Tx, ref string, x store.Entry, text *schemas.Sealed, began bool) error {
	var n schemas.Narrative
	if _, err := text.Into(&n); err != nil {
		return err
	}
	if n.Text != "" {
		x.Class, x.Text = vault.Narrative, n.Text
	}
	return a.record(ctx, tx, ref, x, began)
}

// OnPatientDetailsChanged keeps the newest contact of a patient we know. Whoever died or moved away needs no more offers. Of somebody whom
// we do not know a death is kept, and nothing else: a request that is still on its way must not be offered.
func (a *App) OnPatientDetailsChanged(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.PatientDetailsChangedV1) error {
	w, ok, err := a.lockOrMake(ctx, tx, p.PatientRef)
	if err != nil || !ok || w.isNew && p.Status != terms.PatientDied {
		return err
	}
	var contact schemas.Contact
	readable, err := p.Contact.Into(&contact)
	if err != nil {
		return err
	}
	was, again := *w.record(), false
	if readable && !w.isNew {
		record := w.record()
		*record, again = takeContact(*record, contact, domain.Word{By: e.Speaker() + ":" + p.PracticeID, At: p.ChangedAt, Heard: p.ContactHeardAt}, w.now)
	}
	w.record().Said, w.patient.Status = p.Status, p.Status // an undone merge must know of whom it was said
	if domain.StatusOf(w.records()...) == terms.PatientDied {
		w.patient.Status = terms.PatientDied
	}
	if err := w.savePatient(ctx); err != nil {
		return err
	}
	if err := w.sayReach(ctx, was, again); err != nil {
		return err
	}
	if was.Recognised() != w.record().Recognised() {
		if err := store.LeaveLook(ctx, tx, w.patient.Ref, w.now); err != nil {
			return err
		}
	}
	kind := map[terms.PatientStatus]domain.Kind{terms.PatientDied: domain.KindPatientDied, terms.PatientMovedAway: domain.KindPatientMovedAway}[p.Status]
	if kind == "" {
		return nil
	}
	if err := w.endAll(ctx, domain.Event{Kind: kind, Organisation: p.PracticeID}, happened{person: p.ChangedBy, at: p.ChangedAt}); err != nil {
		return err
	}
	return w.endWithThem(ctx)
}

// endWithThem closes the case of somebody who died or moved away, once what was open on it has ended.
func (w *work) endWithThem(ctx context.Context) error {
	if w.last.ID == "" && w.c.ID != "" && domain.OpenIn(w.all) == 0 { // a meeting's case on which no referral is open: nothing else would end it
		return w.closeCase(ctx, domain.EndOf[w.patient.Status], "")
	}
	return w.finish(ctx)
}

// endAll lets what ends everything happen to every open referral, onward ones first.
func (w *work) endAll(ctx context.Context, e domain.Event, h happened) error {
	w.ending = true
	defer func() { w.ending = false }()
	for _, onwardFirst := range []bool{true, false} {
		for i := len(w.all) - 1; i >= 0; i-- { // the later may come from the earlier
			r := w.all[i]
			if !r.State.Open() || r.Root == onwardFirst {
				continue
			}
			if _, err := w.apply(ctx, r, e, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended reads a referral of one of the patient's closed cases. One that is another's is handed over with ok false.
func (w *work) ended(ctx context.Context, id string) (domain.Referral, bool, error) {
	r, err := store.ReferralByID(ctx, w.tx, id)
	if errors.Is(err, domain.ErrUnknown) || err == nil && r.PatientRef != w.patient.Ref {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if w.c, err = store.CaseByID(ctx, w.tx, r.CaseID); err != nil {
		return r, false, err
	}
	return r, true, nil
}
