package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// seats works out who must be in the room for the cases of an agenda. It is for the meeting's own organisation alone: that a
// service helps somebody is theirs to know.
func (a *App) seats(ctx context.Context, tx pgx.Tx, v *MeetingView) error {
	var refs []string
	for _, l := range v.Lines {
		refs = append(refs, l.PatientRef)
	}
	helping, err := store.Helping(ctx, tx, refs)
	if err != nil {
		return err
	}
	keys, err := store.KeyWorkers(ctx, tx, refs)
	if err != nil {
		return err
	}
	needs, err := store.ReferredFor(ctx, tx, refs)
	if err != nil {
		return err
	}
	var cases []domain.InRoom
	var ids []string
	for _, l := range v.Lines {
		c := domain.InRoom{ItemID: l.ID, Needs: append([]terms.Need{l.Need}, needs[l.PatientRef]...), Reason: l.Reason}
		part := func(person, organisation string, role terms.Role, why domain.SeatWhy) {
			c.Parties = append(c.Parties, domain.Party{PersonID: person, OrganisationID: organisation, Role: role, Why: why})
			ids = append(ids, person, organisation)
		}
		if h := l.Holder; h != nil && !h.Left() {
			part(h.PersonID, h.OrganisationID, h.Role, domain.SeatHolder)
		}
		if h := l.Asked; h != nil {
			part(h.PersonID, h.OrganisationID, h.Role, domain.SeatAsked)
		}
		if k, ok := keys[l.PatientRef]; ok {
			part(k.PersonID, k.OrganisationID, k.Role, domain.SeatKeyWorker)
		}
		for _, x := range l.Actions {
			if x.State == domain.ActionOpen && x.SeriesID == v.SeriesID {
				part(x.OwnerID, x.OwnerOrg, "", domain.SeatAction)
			}
		}
		if l.PutByOrg != v.OrganisationID {
			part("", l.PutByOrg, "", domain.SeatBrought)
		}
		for _, o := range helping[l.PatientRef] {
			part("", o, "", domain.SeatHelps)
		}
		cases = append(cases, c)
	}
	v.Seats = domain.Seats(cases, v.Invitations)
	return a.addNames(ctx, tx, v.Names, ids...)
}

// markStill notes on lines of the organisation's own meetings which cases are talked about and do not move.
func (a *App) markStill(ctx context.Context, tx pgx.Tx, by actor.Actor, lines []Line) error {
	var refs []string
	for _, l := range lines {
		if l.OrganisationID == by.Organisation {
			refs = append(refs, l.PatientRef)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	talked, err := store.Discussions(ctx, tx, by.Organisation, refs)
	if err != nil {
		return err
	}
	changed, err := store.LastChanges(ctx, tx, refs)
	if err != nil {
		return err
	}
	for i := range lines {
		l := &lines[i]
		l.Still = domain.StandsStill(talked[store.Talked{Series: l.SeriesID, PatientRef: l.PatientRef}], changed[l.PatientRef])
	}
	return nil
}

// mayRead are the roles that read what was said about a person; others of the organisation see that there is a case.
func mayRead(by actor.Actor) bool { return meets(by) == nil }
