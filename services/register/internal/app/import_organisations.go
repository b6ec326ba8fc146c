package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// Incoming is what a source says of one organisation. Lay puts it over what is known (the zero Organisation when nothing is)
// and tells whether that changes anything; a source that only adds to known organisations answers false for the others.
type Incoming struct {
	ID  string
	Lay func(known domain.Organisation) (next domain.Organisation, changed bool)
}

// Counts is what became of the rows of an import.
type Counts struct{ Read, Added, Changed, Closed, Same int }

// Add adds up.
func (c *Counts) Add(more Counts) {
	c.Read += more.Read
	c.Added += more.Added
	c.Changed += more.Changed
	c.Closed += more.Closed
	c.Same += more.Same
}

// ImportOrganisations takes in one batch as the importer, in one transaction. What changes nothing is not written and not
// said, so that an import can be run again. The rows of one batch must be of different organisations.
func (x *App) ImportOrganisations(ctx context.Context, batch []Incoming) (done Counts, err error) {
	ids := make([]string, len(batch))
	seen := make(map[string]bool, len(batch))
	for i, in := range batch {
		if ids[i] = in.ID; seen[in.ID] {
			return done, fmt.Errorf("import organisations: %w", errTwice)
		}
		seen[in.ID] = true
	}
	err = x.DB.InTx(ctx, actor.Machine(actor.Importer), func(ctx context.Context, tx pgx.Tx) error {
		done = Counts{Read: len(batch)}
		known, err := store.LockOrganisations(ctx, tx, ids)
		if err != nil {
			return err
		}
		var save []domain.Organisation
		for _, in := range batch {
			was, ok := known[in.ID]
			next, changed := in.Lay(was)
			switch {
			case !changed:
				done.Same++
				continue
			case !ok:
				done.Added++
			default:
				done.Changed++
			}
			next.ID, next.Version = in.ID, was.Version+1
			if ok && was.Status != next.Status && next.ClosedOn != "" {
				done.Closed++
			}
			save = append(save, next)
		}
		if len(save) == 0 {
			return nil
		}
		if err := x.saveAndSay(ctx, tx, known, save); err != nil {
			return err
		}
		return write(ctx, tx, "import", "organisations", "")
	})
	if err != nil {
		return Counts{}, fmt.Errorf("import organisations: %w", err)
	}
	return done, nil
}

// BeginImport writes down who sent a file in. The rows themselves are taken in by the importer.
func (x *App) BeginImport(ctx context.Context, a actor.Actor) error {
	if err := refuse(a, domain.ActImport, domain.What{}); err != nil {
		return err
	}
	return x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		return write(ctx, tx, "import", "organisations", "")
	})
}
