package app

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// keep notes that an organisation has to do with a patient. The contact stays sealed in the event it came in; carried is that
// event's payload with nothing else in it.
func (a *App) keep(ctx context.Context, tx pgx.Tx, e *event.Event, organisation, patient string, carried event.Payload) error {
	if organisation == "" {
		return nil
	}
	sealed, err := json.Marshal(carried)
	if err != nil {
		return err
	}
	return store.SaveKnown(ctx, tx, store.Known{Organisation: organisation, PatientRef: patient, EventID: e.ID, EventType: e.Type, Sealed: sealed, At: e.Time})
}

// OnPracticeReferred notes that a practice has to do with a patient, and what its referral is for.
func (a *App) OnPracticeReferred(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.ReferralRequestedV1) error {
	if err := a.referralFact(ctx, tx, p.PatientRef, p.ReferralID, p.Need, p.Sensitive, p.SenderOrganisationID, e); err != nil {
		return err
	}
	return a.keep(ctx, tx, e, p.SenderOrganisationID, p.PatientRef, &primarycare.ReferralRequestedV1{PatientRef: p.PatientRef, Contact: p.Contact})
}

// OnTeamReferred is OnPracticeReferred for an onward referral of a link worker team.
func (a *App) OnTeamReferred(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.ReferralRequestedV1) error {
	if err := a.referralFact(ctx, tx, p.PatientRef, p.ReferralID, p.Need, p.Sensitive, p.SenderOrganisationID, e); err != nil {
		return err
	}
	return a.keep(ctx, tx, e, p.SenderOrganisationID, p.PatientRef, &linkworker.ReferralRequestedV1{PatientRef: p.PatientRef, Contact: p.Contact})
}

func (a *App) referralFact(ctx context.Context, tx pgx.Tx, patient, id string, need terms.Need, sensitive bool, sender string, e *event.Event) error {
	patient, err := ref(ctx, tx, patient)
	if err != nil {
		return err
	}
	return store.AddReferralFact(ctx, tx, patient, id, need, sensitive || need == "" || need.Sensitive(), sender, e.Time)
}

// OnReferralOffered notes that a link worker team has to do with a patient; other receivers come to no agenda.
func (a *App) OnReferralOffered(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralOfferedV1) error {
	if err := a.referralFact(ctx, tx, p.PatientRef, p.ReferralID, p.Need, p.Sensitive, p.SenderOrganisationID, e); err != nil {
		return err
	}
	return a.keep(ctx, tx, e, p.TeamID, p.PatientRef, &coordination.ReferralOfferedV1{PatientRef: p.PatientRef, Contact: p.Contact})
}

// OnPatientDetailsChanged keeps what a practice wrote of its patient: sealed, unless the practice has them on an agenda.
func (a *App) OnPatientDetailsChanged(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.PatientDetailsChangedV1) error {
	if err := a.keep(ctx, tx, e, p.PracticeID, p.PatientRef, &primarycare.PatientDetailsChangedV1{PatientRef: p.PatientRef, Contact: p.Contact}); err != nil {
		return err
	}
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if p.Status == terms.PatientDied || p.Status == terms.PatientMovedAway {
		if err := a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: patient, Fact: "patient_details_changed", Code: string(p.Status), Organisation: p.PracticeID, At: p.ChangedAt}); err != nil {
			return err
		}
	}
	var c domain.Contact
	if ok, err := p.Contact.Into(&c); err != nil || !ok {
		return err
	}
	organisations, err := store.TakeContact(ctx, tx, patient, p.PracticeID, c, p.ChangedAt, p.ContactHeardAt)
	a.hint(ctx, organisations...)
	return err
}

// OnRedFlagRaised notes it for the meeting.
func (a *App) OnRedFlagRaised(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.RedFlagRaisedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "red_flag_raised", Organisation: p.PracticeID, Person: p.RaisedBy, At: p.RaisedAt})
}

// OnRedFlagAcknowledged notes it for the meeting.
func (a *App) OnRedFlagAcknowledged(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.RedFlagAcknowledgedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "red_flag_acknowledged", Code: string(p.Action), Organisation: p.PracticeID, Person: p.AcknowledgedBy, At: p.AcknowledgedAt})
}

// OnContactRecorded notes it for the meeting.
func (a *App) OnContactRecorded(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.ContactRecordedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "contact_recorded", Code: string(p.Result), ReferralID: p.ReferralID, Person: p.By, At: p.At})
}

// OnPlanAgreed notes it for the meeting.
func (a *App) OnPlanAgreed(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.PlanAgreedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "plan_agreed", ReferralID: p.ReferralID, Person: p.By, At: p.At})
}

// OnOutcomeRecorded notes it for the meeting.
func (a *App) OnOutcomeRecorded(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.OutcomeRecordedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "outcome_recorded", Code: string(p.Stage), ReferralID: p.ReferralID, Person: p.By, At: p.At})
}

// OnCrisisReported notes it for the meeting.
func (a *App) OnCrisisReported(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.CrisisReportedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "crisis_reported", Code: string(p.WhomRung), Organisation: p.OrganisationID, Person: p.By, At: p.At})
}

// OnTeamSupportEnded notes it for the meeting.
func (a *App) OnTeamSupportEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.SupportEndedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "support_ended", Code: string(p.Outcome), ReferralID: p.ReferralID, Organisation: p.OrganisationID, Person: p.By, At: p.At})
}

// OnSupportEnded notes it for the meeting.
func (a *App) OnSupportEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.SupportEndedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "support_ended", Code: string(p.Outcome), ReferralID: p.ReferralID, Organisation: p.OrganisationID, Person: p.By, At: p.At})
}

// OnAttendanceRecorded notes it for the meeting.
func (a *App) OnAttendanceRecorded(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.AttendanceRecordedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "attendance_recorded", Code: string(p.Result), ReferralID: p.ReferralID, Person: p.By, At: p.At})
}
