package main

import (
	"context"
	"fmt"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// discussed puts somebody on the agenda of the one meeting.
func (t *track) discussed(ctx context.Context, n int) (item string, err error) {
	chair := t.chairs[0]
	if t.meeting == "" {
		var m made
		at := t.on.Now().Add(time.Hour).UTC()
		if err := chair.Make(ctx, "/api/mdt/v1/meetings", id.New(), map[string]any{"name": "Finish line meeting (simulated)", "starts_at": at, "ends_at": at.Add(time.Hour)}, &m); err != nil {
			return "", err
		}
		t.meeting = m.ID
	}
	var who, put made
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	if err := chair.Make(ctx, "/api/mdt/v1/patients", id.New(), person, &who); err != nil {
		return "", err
	}
	err = chair.Make(ctx, "/api/mdt/v1/meetings/"+t.meeting+"/items", id.New(), map[string]any{
		"patient_ref": who.ID, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson}, "reason": terms.MDTOftenSeen, "need": terms.NeedLoneliness, "narrative": "Simulated",
	}, &put)
	if err != nil {
		return "", err
	}
	_, err = t.until(ctx, `select case_id::text from mdt.patient_case where patient_ref = (select patient_ref from mdt.item where id = $1) limit 1`, put.ID)
	return put.ID, err
}

func (t *track) asks(as *demo.Client, item string, whom int, out any) act {
	who := t.clinicians[whom].Who()
	return func(ctx context.Context) error {
		return as.Make(ctx, "/api/mdt/v1/items/"+item+"/case-holder", id.New(), map[string]any{"person_id": who.Person.ID, "organisation_id": who.Grants[0].Organisation}, out)
	}
}

func askedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.discussed(ctx, n)
	return [2]act{t.asks(t.chairs[0], item, 0, nil), t.asks(t.chairs[1], item, 1, nil)}, []any{item}, err
}

func takenBack(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.discussed(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	var holding made
	if err := t.asks(t.chairs[0], item, 0, &holding)(ctx); err != nil {
		return acts, nil, err
	}
	at := "/api/mdt/v1/holdings/" + holding.ID
	yes, err := change(ctx, t.clinicians[0], at, "/accept", nil)
	if err != nil {
		return acts, nil, err
	}
	back, err := change(ctx, t.chairs[1], at, "/take-back", nil)
	return [2]act{yes, back}, []any{holding.ID}, err
}

func decidedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.discussed(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	for i, decision := range []terms.MDTDecision{terms.MDTKeepUnderReview, terms.MDTNoFurtherDiscussion} {
		if acts[i], err = change(ctx, t.chairs[i], "/api/mdt/v1/items/"+item, "/decision", map[string]any{"decision": decision}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{item}, nil
}

func keyWorkersTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.discussed(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	for i, chair := range t.chairs {
		who := t.clinicians[i].Who()
		at, in := "/api/mdt/v1/items/"+item+"/key-worker", map[string]any{"person_id": who.Person.ID, "organisation_id": who.Grants[0].Organisation}
		if acts[i], err = change(ctx, chair, at, "", in); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{item}, nil
}

// actionEndedTwice has who should do something say that it is done while the chair says that it is no longer needed.
func actionEndedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.discussed(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	var agreed made
	who := t.clinicians[0].Who()
	err = t.chairs[0].Make(ctx, "/api/mdt/v1/items/"+item+"/actions", id.New(), map[string]any{
		"owner_person_id": who.Person.ID, "owner_organisation_id": who.Grants[0].Organisation, "due_on": t.on.Now().AddDate(0, 0, 2).Format(time.DateOnly), "what": "Simulated",
	}, &agreed)
	if err != nil {
		return acts, nil, err
	}
	for i, as := range []*demo.Client{t.clinicians[0], t.chairs[0]} {
		result := []terms.ActionResult{terms.ActionDone, terms.ActionDropped}[i]
		if acts[i], err = change(ctx, as, "/api/mdt/v1/actions/"+agreed.ID, "/end", map[string]any{"result": result, "note": "Simulated"}); err != nil {
			return acts, nil, err
		}
	}
	return acts, []any{agreed.ID}, nil
}

// closedMeanwhile has the case-holder close a case on which nobody owes anything, while a practice refers the person.
func closedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	item, err := t.held(ctx, n, 0)
	if err != nil {
		return acts, nil, err
	}
	decides, err := change(ctx, t.chairs[0], "/api/mdt/v1/items/"+item, "/decision", map[string]any{"decision": terms.MDTNoFurtherDiscussion})
	if err != nil {
		return acts, nil, err
	}
	if err := decides(ctx); err != nil {
		return acts, nil, err
	}
	if _, err := t.until(ctx, `select p.case_id::text from coordination.case_person p join mdt.item i on i.patient_ref = p.first_ref
		where i.id = $1 and p.part = 'case_holder' and p.state = 'accepted' limit 1`, item); err != nil {
		return acts, nil, err
	}
	held, err := t.until(ctx, `select c.id::text from coordination.case_record c join mdt.item i on i.patient_ref = c.patient_ref where i.id = $1 and c.closed_at is null`, item)
	if err != nil {
		return acts, nil, err
	}
	if err := t.on.Settle(ctx); err != nil { // what was decided has been heard: nobody owes anything
		return acts, nil, err
	}
	closes, err := change(ctx, t.clinicians[0], "/api/coordination/v1/cases/"+held, "/close", map[string]any{"outcome": terms.CaseWorkDone})
	if err != nil {
		return acts, nil, err
	}
	var added made
	person := demo.Simulated(n)
	person["nhs_number"] = nhsnumber.Test(n)
	if err := t.desks[0].Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
		return acts, nil, err
	}
	refers := func(ctx context.Context) error { _, err := t.refer(ctx, t.desks[0], added.Ref); return err }
	return [2]act{closes, refers}, []any{added.Ref}, nil
}

// held has one of the clinicians hold somebody's case.
func (t *track) held(ctx context.Context, n, whom int) (item string, err error) {
	if item, err = t.discussed(ctx, n); err != nil {
		return "", err
	}
	var holding made
	if err := t.asks(t.chairs[0], item, whom, &holding)(ctx); err != nil {
		return "", err
	}
	yes, err := change(ctx, t.clinicians[whom], "/api/mdt/v1/holdings/"+holding.ID, "/accept", nil)
	if err != nil {
		return "", err
	}
	return item, yes(ctx)
}

// leavesMeanwhile has somebody say yes to a case while the register hears that they have left.
func leavesMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	o := stage.Organise(terms.KindOtherCare, fmt.Sprintf("Ward %d (simulated)", n), "", terms.RoleCareProfessional)
	if err := t.on.Introduce(ctx, o); err != nil {
		return acts, nil, err
	}
	item, err := t.discussed(ctx, n)
	if err != nil {
		return acts, nil, err
	}
	var holding made
	nurse := t.on.Cast.As(o.Staff[terms.RoleCareProfessional])
	err = t.chairs[0].Make(ctx, "/api/mdt/v1/items/"+item+"/case-holder", id.New(), map[string]any{"person_id": nurse.Who().Person.ID, "organisation_id": o.OrganisationID}, &holding)
	if err != nil {
		return acts, nil, err
	}
	yes, err := change(ctx, nurse, "/api/mdt/v1/holdings/"+holding.ID, "/accept", nil)
	leaves := func(ctx context.Context) error { return t.on.Leave(ctx, o, terms.RoleCareProfessional) }
	return [2]act{yes, leaves}, []any{holding.ID}, err
}
