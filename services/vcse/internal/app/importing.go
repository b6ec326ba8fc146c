package app

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// batch is how many listings one transaction takes. What was committed stays when a later one fails, and the import can be run again.
const batch = 200

// Listing is one entry of somebody's list of services.
type Listing struct {
	Service domain.Service
	Gone    bool // it is not to be listed any more
}

// Counts tells what an import did, of one source or of all.
type Counts struct {
	New, Changed, Unchanged int
	LeftToProvider          int // claimed: its provider's words count, not the list's
	Withdrawn               int
	Mapped, Unmapped        int
}

// Read is how many entries were read.
func (c Counts) Read() int { return c.New + c.Changed + c.Unchanged + c.LeftToProvider + c.Withdrawn }

// Import takes listings in, as the machine. bad hears of each row that could not be taken, and reading goes on; progress hears
// after each committed batch. The same listings again change nothing and say nothing.
func (a *App) Import(ctx context.Context, listings iter.Seq2[Listing, error], bad func(error) error, progress func(done int)) (map[string]Counts, error) {
	counts := map[string]Counts{}
	var pending []Listing
	done := 0
	flush := func() error {
		if err := a.importBatch(ctx, pending, counts); err != nil {
			return fmt.Errorf("import services: %w", err)
		}
		done += len(pending)
		pending = pending[:0]
		progress(done)
		return nil
	}
	for l, err := range listings {
		if err == nil {
			l.Service = complete(l.Service)
			if !l.Gone {
				err = l.Service.Check()
			}
		}
		if err != nil {
			if err := bad(err); err != nil {
				return counts, err
			}
			continue
		}
		if pending = append(pending, l); len(pending) == batch {
			if err := flush(); err != nil {
				return counts, err
			}
		}
	}
	return counts, flush()
}

// BeginImport writes down who sent a list in. The rows themselves are taken in by the importer.
func (a *App) BeginImport(ctx context.Context, by actor.Actor) error {
	if !Office(by) {
		return domain.ErrNotOffice
	}
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Verb: "import", Object: "services"})
	})
}

// complete fills in what a list did not say and an event must.
func complete(s domain.Service) domain.Service {
	if s.Source == "" {
		s.Source = "a list without a name"
	}
	if s.SourceID == "" {
		s.SourceID = s.ID
	}
	if s.SourceLicence == "" {
		s.SourceLicence = "not stated"
	}
	return s
}

// importBatch is one transaction. It counts only what was committed.
func (a *App) importBatch(ctx context.Context, listings []Listing, counts map[string]Counts) error {
	if len(listings) == 0 {
		return nil
	}
	var did map[string]Counts
	err := a.DB.InTx(ctx, actor.Machine(actor.Importer), func(ctx context.Context, tx pgx.Tx) error {
		did = map[string]Counts{}
		ids := make([]string, len(listings))
		for i, l := range listings {
			ids[i] = l.Service.ID
		}
		known, err := store.LockKnown(ctx, tx, ids)
		if err != nil {
			return err
		}
		var save []domain.Service
		var prints []string
		for _, l := range listings {
			c := did[l.Service.Source]
			keep, said, err := a.weigh(ctx, tx, l, known, &c)
			if err != nil {
				return err
			}
			did[l.Service.Source] = c
			if keep != nil {
				save, prints = append(save, *keep), append(prints, said)
				known[keep.ID] = store.Known{Fingerprint: said, Version: keep.Version} // a list may have an entry twice
			}
		}
		if err := store.SaveServices(ctx, tx, save, prints, a.now()); err != nil {
			return err
		}
		for _, s := range save {
			if err := a.say(ctx, tx, s.ID, published(s), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for source, d := range did {
		c := counts[source]
		counts[source] = Counts{
			c.New + d.New, c.Changed + d.Changed, c.Unchanged + d.Unchanged, c.LeftToProvider + d.LeftToProvider,
			c.Withdrawn + d.Withdrawn, c.Mapped + d.Mapped, c.Unmapped + d.Unmapped,
		}
	}
	return nil
}

// weigh decides what becomes of one listing: nil when nothing is to be saved.
func (a *App) weigh(ctx context.Context, tx pgx.Tx, l Listing, known map[string]store.Known, c *Counts) (*domain.Service, string, error) {
	s := l.Service
	k, there := known[s.ID]
	if there && k.Claimed {
		c.LeftToProvider++
		return nil, "", nil
	}
	if l.Gone {
		c.Withdrawn++
		if !there || k.Withdrawn {
			return nil, "", nil
		}
		return nil, "", a.withdraw(ctx, tx, s.ID, terms.ServiceGoneSource)
	}
	s.Settle()
	if s.NeedsMapped {
		c.Mapped++
	} else {
		c.Unmapped++
	}
	said := s.Fingerprint()
	switch {
	case !there:
		c.New++
	case k.Fingerprint == said && !k.Withdrawn:
		c.Unchanged++
		return nil, "", nil
	default:
		c.Changed++
	}
	s.Claimed, s.ProviderID, s.AcceptsReferrals, s.Version = false, "", false, k.Version+1
	return &s, said, nil
}
