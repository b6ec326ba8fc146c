package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Retention is a rule with who decided it.
type Retention = store.Retention

// RetentionView is every rule, in the order in which they are shown.
type RetentionView struct {
	Rules []Retention
	Names Names
	Now   time.Time
}

// SeeRetention lists the rules, for the privacy officer of the area's office.
func (a *App) SeeRetention(ctx context.Context, by actor.Actor) (v RetentionView, err error) {
	if err := a.MayErase(ctx, by); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		rules, err := store.Retentions(ctx, tx)
		if err != nil {
			return err
		}
		var people []string
		v.Rules = nil
		for _, code := range domain.RetentionCodes {
			for _, r := range rules {
				if r.Code == code {
					v.Rules, people = append(v.Rules, r), append(people, r.DecidedBy)
				}
			}
		}
		v.Names, err = names(ctx, tx, people)
		return err
	})
	if err != nil {
		return RetentionView{}, fmt.Errorf("see retention rules: %w", err)
	}
	return v, nil
}

// Retaining is the word on one rule.
type Retaining struct {
	Command pg.Command
	Code    domain.RetentionCode
	Years   int
	On      bool
}

// Retained is what was decided.
type Retained struct{ Code domain.RetentionCode }

// DecideRetention switches a rule on or off. While one is on, records it is about are erased when their time is over, in the name of
// who decided it.
func (a *App) DecideRetention(ctx context.Context, by actor.Actor, s Retaining) (Retained, error) {
	if !s.Code.Known() {
		return Retained{}, fault.Invalid("code", "Select whose records the rule is about")
	}
	if s.Years < 1 || s.Years > 100 {
		return Retained{}, fault.Invalid("years", "Enter how many years, from 1 to 100")
	}
	if err := a.MayErase(ctx, by); err != nil {
		return Retained{}, err
	}
	done, err := pg.Do(ctx, a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Retained, error) {
		r := Retention{RetentionRule: domain.RetentionRule{Code: s.Code, Years: s.Years, On: s.On}, DecidedBy: by.Person.ID, DecidedAt: a.Now()}
		if err := store.DecideRetention(ctx, tx, r); err != nil {
			return Retained{}, err
		}
		verb := "switch off"
		if s.On {
			verb = "switch on"
		}
		return Retained{s.Code}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "retention rule " + string(s.Code)})
	})
	if err != nil {
		return done, fmt.Errorf("decide retention rule: %w", err)
	}
	return done, nil
}

// byRuleEvery is how often the clock looks for records whose time is over. They are due by the year.
const byRuleEvery = time.Hour

// EraseByRule erases the records whose time is over by the rules that are on. It is the clock's, who calls it as often as it likes. Any
// number of copies may do so at once: each record is locked, and one that was erased before is left alone.
func (a *App) EraseByRule(ctx context.Context) error {
	now := a.Now()
	if now.Sub(a.ruled) < byRuleEvery && !now.Before(a.ruled) {
		return nil
	}
	var rules []Retention
	err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
		rules, err = store.Retentions(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("erase by rule: %w", err)
	}
	if err := a.eraseDue(ctx, rules, now); err != nil {
		return fmt.Errorf("erase by rule: %w", err)
	}
	a.ruled = now
	return nil
}

func (a *App) eraseDue(ctx context.Context, rules []Retention, now time.Time) error {
	shortest := 0
	for _, r := range rules {
		if years := r.Shortest(); r.On && (shortest == 0 || years < shortest) {
			shortest = years
		}
	}
	if shortest == 0 {
		return nil // none is on
	}
	before := now.AddDate(-shortest, 0, 0)
	var failed []error
	for after := store.Nowhere; ; {
		kept, err := a.keptSince(ctx, before, after)
		if err != nil {
			return err
		}
		for _, k := range kept {
			after = k.Ref
			if _, due := overdue(rules, k.Kept, now); !due {
				continue
			}
			if err := a.eraseByRule(ctx, k.Ref, rules, before, now); err != nil {
				failed = append(failed, err)
			}
		}
		if len(kept) < atOnce {
			return errors.Join(failed...)
		}
	}
}

// overdue tells by which rule the time of a record is over.
func overdue(rules []Retention, k domain.Kept, now time.Time) (by Retention, due bool) {
	plain := make([]domain.RetentionRule, len(rules))
	for i, r := range rules {
		plain[i] = r.RetentionRule
	}
	until, code, ok := domain.KeepUntil(plain, k)
	if !ok || now.Before(until) {
		return by, false
	}
	i := slices.IndexFunc(rules, func(r Retention) bool { return r.Code == code })
	return rules[i], true
}

func (a *App) keptSince(ctx context.Context, before time.Time, after string) (kept []store.KeptRecord, err error) {
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		kept, err = store.KeptSince(ctx, tx, before, after, atOnce)
		return err
	})
	return kept, err
}

// eraseByRule looks again under the lock: somebody may have come back since, or another copy of us been here.
func (a *App) eraseByRule(ctx context.Context, ref string, rules []Retention, before, now time.Time) error {
	keys, err := a.Keys.KeysToOpen(ctx, []string{ref}, Classes...)
	if err != nil {
		return err
	}
	by := actor.Machine(actor.Clock)
	return a.DB.InTx(outbox.WithKeys(ctx, keys), by, func(ctx context.Context, tx pgx.Tx) error {
		w, known, err := a.lock(ctx, tx, ref)
		if err != nil || !known || w.c.ID != "" {
			return err
		}
		k, still, err := store.KeptSinceOf(ctx, tx, before, ref)
		if err != nil || !still {
			return err
		}
		rule, due := overdue(rules, k.Kept, now)
		if !due {
			return nil
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "erase by rule", Object: "retention rule " + string(rule.Code), ObjectID: ref, PatientRef: ref}); err != nil {
			return err
		}
		by.Person.ID = rule.DecidedBy
		_, err = a.erase(ctx, tx, by, Erasing{PatientRef: ref, Why: terms.ErasureRetentionEnded, rule: rule.Code})
		return err
	})
}
