package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// LooksView is who looked at what is held of a person.
type LooksView struct {
	PatientRef string
	Looks      []Look   // one more than asked for, when there are more
	Unread     []string // services whose trail could not be read just now
	Names      Names
	Now        time.Time
}

// Look and LookCursor are the trail's.
type (
	Look       = audit.Look
	LookCursor = audit.LookCursor
)

// SeeLooks lists who looked at what any service holds of a person, the newest first: for the privacy officer of the area's office, and for
// the person's own practice to print. Who is involved in what is sensitive is not named to those who do not know of it already, nor is
// who works with the person on their own and has no part in the shared case.
func (a *App) SeeLooks(ctx context.Context, by actor.Actor, ref string, after *LookCursor, limit int) (v LooksView, err error) {
	role := terms.Role(by.Role)
	if !domain.May(role, domain.MayListLooks) {
		return v, errMayNotListLooks
	}
	officer := domain.May(role, domain.MayGuardPrivacy)
	if officer {
		if err := a.guardsPrivacy(ctx, by); err != nil {
			return v, err
		}
	} else if _, err := a.CaseOfPatient(ctx, by, ref); err != nil {
		return v, err
	}
	var around aroundLooks
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		around, err = aroundLooksOf(ctx, tx, by, ref)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("see who looked: %w", err)
	}
	v = LooksView{PatientRef: ref, Now: a.Now()}
	q := audit.Question{Refs: around.refs, Before: after, Limit: limit + 1}
	elsewhere, unread := a.Trails.Looks(ctx, q)
	v.Unread = unread
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		here, err := audit.Looks(ctx, tx, q)
		if err != nil {
			return err
		}
		if !officer {
			around.hide(here, nil)
			around.hide(elsewhere, append(around.parts, by.Organisation))
		}
		v.Looks = append(here, elsewhere...)
		slices.SortFunc(v.Looks, audit.Newest)
		v.Looks = v.Looks[:min(len(v.Looks), limit+1)]
		var ids []string
		for _, l := range v.Looks {
			ids = append(ids, l.Person, l.Organisation)
		}
		if v.Names, err = names(ctx, tx, ids); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "list who looked", Object: "patient", ObjectID: ref, PatientRef: around.refs[0]})
	})
	if err != nil {
		return LooksView{}, fmt.Errorf("see who looked: %w", err)
	}
	return v, nil
}

var errMayNotListLooks = fault.Forbidden("Listing who looked at a person's record is for their practice's GPs and managers, and for the privacy officer of the area's office. Ask them")

// aroundLooks is what must be known to list who looked at a person.
type aroundLooks struct {
	refs   []string // all of the person, the one that everything is kept under first
	hidden []string // organisations that the reader must not learn of
	parts  []string // organisations with a part in what the reader sees of the shared cases
}

func aroundLooksOf(ctx context.Context, tx pgx.Tx, by actor.Actor, ref string) (x aroundLooks, err error) {
	err = store.AsMatcher(ctx, tx, func() error {
		main, err := store.PatientOfThing(ctx, tx, ref)
		if err != nil {
			return err
		}
		if main == "" {
			return domain.ErrNoCase
		}
		all, err := store.RefsOf(ctx, tx, main)
		if err != nil {
			return err
		}
		x.refs = append([]string{main}, slices.DeleteFunc(all, func(r string) bool { return r == main })...)
		if x.hidden, err = store.OnlySensitive(ctx, tx, x.refs, by.Organisation); err != nil {
			return err
		}
		parts, seen, err := store.WithAPart(ctx, tx, x.refs, by.Organisation)
		for _, p := range parts {
			if p != by.Organisation && !slices.Contains(seen, p) {
				x.hidden = append(x.hidden, p)
			}
		}
		x.parts = seen
		return err
	})
	return x, err
}

// hide takes the names from what was done by whom the reader must not learn of, and, where only some may be named, by others. What they did
// is told no closer than that they read or changed something: an offer that somebody accepts is one of a service's.
func (x aroundLooks) hide(looks []Look, only []string) {
	for i := range looks {
		by := looks[i].Organisation
		if slices.Contains(x.hidden, by) || only != nil && !slices.Contains(only, by) {
			looks[i] = Look{ID: looks[i].ID, At: looks[i].At, Verb: plainly(looks[i].Verb), Object: "record", Emergency: looks[i].Emergency}
		}
	}
}

func plainly(verb string) string {
	if verb == "read" {
		return verb
	}
	return "change"
}
