package faults

import (
	"context"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

func (n *neighbours) deskRefers(ctx context.Context) error {
	_, referral, _, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	return n.asked(ctx, n.as(n.north, terms.RoleReceptionist), "/api/primarycare/v1/referrals/", referral)
}

func (n *neighbours) joins(ctx context.Context) error { return n.again(ctx, "/join", nil) }

func (n *neighbours) confirms(ctx context.Context) error {
	return n.again(ctx, "/confirm", map[string]any{"reason": terms.SendDifferentHelp})
}

// again has the other practice ask for the same, and say what that is.
func (n *neighbours) again(ctx context.Context, what string, in any) error {
	_, _, person, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	var known, made thing
	desk := n.as(n.south, terms.RoleReceptionist)
	if err := desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &known); err != nil {
		return err
	}
	err = desk.Make(ctx, "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": known.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": terms.UrgencyRoutine,
		"receivers": []map[string]any{{"kind": terms.ReceiverService, "id": n.service}}, "consent": agreed,
	}, &made)
	if err != nil {
		return err
	}
	_, err = waits(ctx, func() (string, error) {
		return made.ID, step(ctx, desk, "/api/coordination/v1/referrals/"+made.ID, what, in)
	})
	return err
}

// undoes takes the newest merge apart; where nobody has been made one yet, two desks write down one person without a number.
func (n *neighbours) undoes(ctx context.Context) error {
	office := n.as(n.office, terms.RoleCoordinator)
	made := func() (string, error) {
		var all struct {
			Items []thing `json:"items"`
		}
		_, err := office.Get(ctx, "/api/coordination/v1/merges", &all)
		if err != nil || len(all.Items) == 0 {
			return "", err
		}
		return all.Items[0].ID, nil
	}
	merge, err := made()
	if err != nil {
		return err
	}
	if merge == "" {
		person := n.somebody()
		delete(person, "nhs_number")
		person["no_number_reason"] = "not_known"
		for _, practice := range []stage.Organisation{n.north, n.south} {
			var known thing
			desk := n.as(practice, terms.RoleReceptionist)
			if err := desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &known); err != nil {
				return err
			}
			err := desk.Make(ctx, "/api/primarycare/v1/referrals", id.New(), map[string]any{
				"patient_ref": known.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": terms.UrgencyRoutine,
				"receivers": []map[string]any{{"kind": terms.ReceiverService, "id": n.service}}, "consent": agreed,
			}, nil)
			if err != nil {
				return err
			}
		}
		if merge, err = waits(ctx, made); err != nil {
			return err
		}
	}
	return office.Make(ctx, "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "Simulated: they are cousins"}, nil)
}

func (n *neighbours) waitlists(ctx context.Context) error {
	_, referral, _, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	offer, err := n.offerOf(ctx, "vcse", referral)
	if err != nil {
		return err
	}
	return step(ctx, n.as(n.helper, terms.RoleProviderWorker), "/api/vcse/v1/offers/"+offer, "/waitlist", map[string]any{})
}
