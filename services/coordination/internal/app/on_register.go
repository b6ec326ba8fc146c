package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// What is heard of receivers concerns many patients, whose keys this transaction does not have: it leaves errands for the clock.

// OnServicePublished keeps the directory; a referral may wait for just this service.
func (a *App) OnServicePublished(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.ServicePublishedV1) error {
	if err := directory.OnServicePublished(ctx, tx, e, p); err != nil {
		return err
	}
	to := domain.Receiver{Kind: terms.ReceiverService, ID: p.ServiceID}
	n, err := store.LeaveKnown(ctx, tx, to, a.Now())
	if err == nil && p.Status == terms.ServiceInactive {
		n, err = store.LeaveClosed(ctx, tx, to, a.Now())
	}
	a.wakeAfter(ctx, n)
	return err
}

// OnTeamOfferPublished keeps what teams do; a referral may wait for just this team.
func (a *App) OnTeamOfferPublished(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.TeamOfferPublishedV1) error {
	if err := directory.OnTeamOfferPublished(ctx, tx, e, p); err != nil {
		return err
	}
	n, err := store.LeaveKnown(ctx, tx, domain.Receiver{Kind: terms.ReceiverTeam, ID: p.TeamID}, a.Now())
	a.wakeAfter(ctx, n)
	return err
}

// OnServiceWithdrawn keeps the directory; whoever was offered to it goes on.
func (a *App) OnServiceWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.ServiceWithdrawnV1) error {
	if err := directory.OnServiceWithdrawn(ctx, tx, e, p); err != nil {
		return err
	}
	n, err := store.LeaveClosed(ctx, tx, domain.Receiver{Kind: terms.ReceiverService, ID: p.ServiceID}, a.Now())
	a.wakeAfter(ctx, n)
	return err
}

// OnOrganisationClosed keeps who is who; whoever was offered to it goes on.
func (a *App) OnOrganisationClosed(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.OrganisationClosedV1) error {
	if err := who.OnOrganisationClosed(ctx, tx, e, p); err != nil {
		return err
	}
	n, err := store.LeaveOrganisationClosed(ctx, tx, p.OrganisationID, a.Now())
	a.wakeAfter(ctx, n)
	return err
}

// OnPersonRoleGranted keeps who is who. Where nobody answered for the area before, somebody may now.
func (a *App) OnPersonRoleGranted(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleGrantedV1) error {
	a.officeChanged(ctx, p.Role)
	return who.OnPersonRoleGranted(ctx, tx, e, p)
}

// OnPersonRoleEnded keeps who is who.
func (a *App) OnPersonRoleEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleEndedV1) error {
	a.officeChanged(ctx, p.Role)
	return who.OnPersonRoleEnded(ctx, tx, e, p)
}

func (a *App) officeChanged(ctx context.Context, role terms.Role) {
	if role != terms.RoleCoordinator {
		return
	}
	a.office.forget() // for what else this transaction does
	pg.AfterCommit(ctx, func() { a.office.forget(); a.Wake() })
}

func (a *App) wakeAfter(ctx context.Context, errands int64) {
	if errands > 0 {
		pg.AfterCommit(ctx, a.Wake)
	}
}

// Wake has the clock look at once.
func (a *App) Wake() {
	select {
	case a.wake <- struct{}{}:
	default: // it has not looked since the last time
	}
}
