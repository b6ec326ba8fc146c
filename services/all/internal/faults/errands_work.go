package faults

import (
	"context"
	"time"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// supported is somebody whom the team has begun to help.
func (n *neighbours) supported(ctx context.Context) (offer string, err error) {
	_, referral, _, err := n.refer(ctx, terms.ReceiverTeam, n.team.OrganisationID)
	if err != nil {
		return "", err
	}
	worker := n.as(n.team, terms.RoleLinkWorker)
	if offer, err = n.offerOf(ctx, "linkworker", referral); err != nil {
		return "", err
	}
	return offer, step(ctx, worker, "/api/linkworker/v1/offers/"+offer, "/accept", map[string]any{})
}

// asked has the helper ask about an offer of a referral, and the sender answer and then take the referral back.
func (n *neighbours) asked(ctx context.Context, sender *demo.Client, at, referral string) error {
	helper := n.as(n.helper, terms.RoleProviderWorker)
	offer, err := n.offerOf(ctx, "vcse", referral)
	if err != nil {
		return err
	}
	if err := step(ctx, helper, "/api/vcse/v1/offers/"+offer, "/ask", map[string]any{"question": "Simulated: stairs?"}); err != nil {
		return err
	}
	if _, err := waits(ctx, func() (string, error) { // until the question has come
		var now struct {
			Question string `json:"question_id"` // a practice says which
		}
		if _, err := sender.Get(ctx, at+referral, &now); err != nil {
			return "", err
		}
		body := map[string]any{"answer": "Simulated: no"}
		if now.Question != "" {
			body["question_id"] = now.Question
		}
		return referral, step(ctx, sender, at+referral, "/information", body)
	}); err != nil {
		return err
	}
	return step(ctx, sender, at+referral, "/withdraw", map[string]any{"reason": terms.WithdrawalPatientChangedMind})
}

func (n *neighbours) refersOn(ctx context.Context) error {
	offer, err := n.supported(ctx)
	if err != nil {
		return err
	}
	var made thing
	worker := n.as(n.team, terms.RoleLinkWorker)
	if _, err := waits(ctx, func() (string, error) { // until the team hears that its yes counts
		err := worker.Make(ctx, "/api/linkworker/v1/offers/"+offer+"/referrals", id.New(), map[string]any{
			"need": needs[0], "urgency": terms.UrgencyRoutine, "receivers": []map[string]any{{"kind": terms.ReceiverService, "id": n.service}}, "narrative": "Simulated", "consent": agreed,
		}, &made)
		return made.ID, err
	}); err != nil {
		return err
	}
	return n.asked(ctx, worker, "/api/linkworker/v1/referrals/", made.ID)
}

func (n *neighbours) meetingRefers(ctx context.Context) error {
	chair := n.as(n.hospital, terms.RoleCareProfessional)
	person := n.somebody()
	var who, made thing
	if err := chair.Make(ctx, "/api/mdt/v1/patients", id.New(), person, &who); err != nil {
		return err
	}
	err := chair.Make(ctx, "/api/mdt/v1/referrals", id.New(), map[string]any{
		"patient_ref": who.ID, "red_flags_clear": true, "consent": agreed, "need": needs[0], "receiver_kind": terms.ReceiverService, "receiver_id": n.service, "narrative": "Simulated",
	}, &made)
	if err != nil {
		return err
	}
	return n.asked(ctx, chair, "/api/mdt/v1/referrals/", made.ID)
}

// handsOn has an action agreed, given to somebody else and done.
func handsOn(ctx context.Context, chair *demo.Client, item, due string, first authn.Identity, then *demo.Client) error {
	var action thing
	err := chair.Make(ctx, item+"/actions", id.New(), map[string]any{
		"owner_person_id": first.Person.ID, "owner_organisation_id": first.Grants[0].Organisation, "what": "Simulated", "due_on": due,
	}, &action)
	if err != nil {
		return err
	}
	to := then.Who()
	if err := step(ctx, chair, "/api/mdt/v1/actions/"+action.ID, "/give", map[string]any{"person_id": to.Person.ID, "organisation_id": to.Grants[0].Organisation}); err != nil {
		return err
	}
	return step(ctx, then, "/api/mdt/v1/actions/"+action.ID, "/end", map[string]any{"result": "done"})
}

// caseEnds has a meeting of its own take a case that nobody else has a part in, so that nothing is owed on it.
func (n *neighbours) caseEnds(ctx context.Context) error {
	chair, gp := n.as(n.team, terms.RoleMDTCoordinator), n.as(n.north, terms.RoleGP)
	person := n.somebody()
	var meeting, who, put, holding thing
	at := n.on.Now().Add(time.Hour).UTC()
	if err := chair.Make(ctx, "/api/mdt/v1/meetings", id.New(), map[string]any{"name": "Meeting about one (simulated)", "starts_at": at, "ends_at": at.Add(time.Hour)}, &meeting); err != nil {
		return err
	}
	if err := chair.Make(ctx, "/api/mdt/v1/patients", id.New(), person, &who); err != nil {
		return err
	}
	err := chair.Make(ctx, "/api/mdt/v1/meetings/"+meeting.ID+"/items", id.New(), map[string]any{
		"patient_ref": who.ID, "consent": agreed, "reason": terms.MDTOftenSeen, "need": terms.NeedLoneliness, "narrative": "Simulated",
	}, &put)
	if err != nil {
		return err
	}
	item := "/api/mdt/v1/items/" + put.ID
	held, err := waits(ctx, func() (string, error) {
		var now struct {
			Case string `json:"case_id"`
		}
		_, err := chair.Get(ctx, item, &now)
		return now.Case, err
	})
	if err != nil {
		return err
	}
	grant := gp.Who().Grants[0]
	if err := chair.Make(ctx, item+"/case-holder", id.New(), map[string]any{"person_id": gp.Who().Person.ID, "organisation_id": grant.Organisation}, &holding); err != nil {
		return err
	}
	if err := step(ctx, gp, "/api/mdt/v1/holdings/"+holding.ID, "/accept", nil); err != nil {
		return err
	}
	stays := n.team.Staff[terms.RoleLinkWorker]
	if err := step(ctx, chair, item+"/key-worker", "", map[string]any{"person_id": stays.Person.ID, "organisation_id": n.team.OrganisationID}); err != nil {
		return err
	}
	if err := step(ctx, chair, item+"/key-worker", "/release", nil); err != nil {
		return err
	}
	if err := handsOn(ctx, chair, item, at.AddDate(0, 0, 14).Format(time.DateOnly), gp.Who(), n.as(n.team, terms.RoleLinkWorker)); err != nil {
		return err
	}
	if err := step(ctx, chair, item, "/decision", map[string]any{"decision": terms.MDTNoFurtherDiscussion, "note": "Simulated"}); err != nil {
		return err
	}
	closed, err := waits(ctx, func() (string, error) { // until the case has heard of it all
		return held, step(ctx, gp, "/api/coordination/v1/cases/"+held, "/close", map[string]any{"outcome": terms.CaseWorkDone})
	})
	if err != nil {
		return err
	}
	return step(ctx, gp, "/api/coordination/v1/cases/"+closed, "/reopen", map[string]any{"note": "Simulated: they came back"})
}
