package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// NoteInput is something to say of a service, or of a note about it.
type NoteInput struct {
	ServiceID string
	Kind      terms.NoteKind
	About     string
	Text      string
}

// AddNote adds what somebody who knows a service says of it. Anybody signed in may; it carries their name.
func (a *App) AddNote(ctx context.Context, by actor.Actor, cmd pg.Command, in NoteInput) (Done, error) {
	n := domain.Note{
		ID: a.NewID(), ServiceID: in.ServiceID, Kind: in.Kind, About: in.About, Text: in.Text, By: by.Person.ID,
		Role: terms.Role(by.Role), Organisation: by.Organisation, At: a.now(),
	}
	if err := n.Check(); err != nil {
		return Done{}, err
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if _, err := store.Service(ctx, tx, n.ServiceID); err != nil {
			return Done{}, err
		}
		if err := knowsNote(ctx, tx, n); err != nil {
			return Done{}, err
		}
		added, err := store.AddNote(ctx, tx, n)
		if err != nil {
			return Done{}, err
		}
		if !added {
			return Done{}, fault.Conflict("said_already", "You said so of this note before. Nothing was changed by you")
		}
		p := &vcse.NoteAddedV1{NoteID: n.ID, ServiceID: n.ServiceID, Kind: n.Kind, AboutNoteID: n.About, Text: n.Text, By: n.By, OrganisationID: n.Organisation, At: n.At}
		if err := a.say(ctx, tx, n.ServiceID, p, nil); err != nil {
			return Done{}, err
		}
		return Done{ID: n.ID, Version: 1, Made: true}, acted(ctx, tx, "add", "note", n.ID, "")
	})
	if err != nil {
		return done, fmt.Errorf("add note: %w", err)
	}
	return done, nil
}

// Notes lists what people say of a service, newest first: notes and what others said of them since.
func (a *App) Notes(ctx context.Context, by actor.Actor, service string, after *TimePlace, limit int) (out []domain.Note, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := store.Service(ctx, tx, service); err != nil {
			return err
		}
		out, err = store.LatestNotes(ctx, tx, service, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	return out, nil
}

// knowsNote checks that the note this one is about is one of the same service's.
func knowsNote(ctx context.Context, tx pgx.Tx, n domain.Note) error {
	if n.Kind == terms.NoteNew {
		return nil
	}
	all, err := store.Notes(ctx, tx, n.ServiceID)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == n.About {
			return nil
		}
	}
	return domain.ErrNoNote
}
