package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// DiscussInput is what a meeting decided about a case.
type DiscussInput struct {
	ItemID   string
	Version  int64
	Decision terms.MDTDecision
	Note     string
}

// Discuss records the decision with who was in the room.
func (a *App) Discuss(ctx context.Context, by actor.Actor, cmd pg.Command, in DiscussInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	keys, err := a.narrativeKeys(ctx, by, in.ItemID)
	if err != nil {
		return Done{}, fmt.Errorf("discuss case: %w", err)
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		i, m, err := a.lockItem(ctx, tx, by, in.ItemID, in.Version, false)
		if err != nil {
			return Done{}, err
		}
		if err := i.Discuss(m, in.Decision, in.Note, in.Version, by.Person.ID, now); err != nil {
			return Done{}, err
		}
		all, err := store.Invitations(ctx, tx, m.ID)
		if err != nil {
			return Done{}, err
		}
		i.Present, i.Apologies = domain.Room(all)
		if err := store.SaveItem(ctx, tx, i); err != nil {
			return Done{}, err
		}
		c, _, err := store.CaseOf(ctx, tx, i.PatientRef)
		if err != nil {
			return Done{}, err
		}
		p := &mdt.CaseDiscussedV1{PatientRef: i.PatientRef, MeetingID: m.ID, ItemID: i.ID, CaseID: c.ID, Decision: i.Decision, Present: i.Present, Apologies: i.Apologies, By: by.Person.ID, At: now}
		if i.Note != "" {
			p.Note = schemas.Seal(schemas.Narrative{Text: i.Note})
		}
		if err := a.say(ctx, tx, i.PatientRef, p, keys); err != nil {
			return Done{}, err
		}
		a.hintItem(ctx, i)
		return Done{ID: i.ID, Version: i.Version + 1}, acted(ctx, tx, "discuss", "item", i.ID, i.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("discuss case: %w", err)
	}
	return done, nil
}

// narrativeKeys seal what is written about the patient of an item.
func (a *App) narrativeKeys(ctx context.Context, by actor.Actor, item string) (*vault.Keys, error) {
	var patient string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		i, err := store.Item(ctx, tx, item)
		patient = i.PatientRef
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.Vault.Keys(ctx, []string{patient}, vault.Narrative)
}
