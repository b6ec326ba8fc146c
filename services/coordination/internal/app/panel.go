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
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Helping is one thing that somebody already does for a patient.
type Helping struct {
	ReferralID string
	Need       terms.Need
	State      domain.State
	With       string // the receiver's name, "" while nobody has it in hand
	Since      time.Time
	Same       bool // it is the need that was asked about
	Covers     bool // whoever has it in hand says that they help with that need too
}

// Panel answers "who already helps?" before sending.
type Panel struct {
	PatientRef string
	CaseID     string // only when the person may see the case
	Helping    []Helping
	Holder     string // the case-holder's name
	KeyWorker  string // the key worker's
	Now        time.Time
}

// WhoHelps looks for what is open for a patient, whoever sent it. It looks as the matcher, because the person may not see the
// case yet, and answers with no more than that help is there: nothing sensitive, nothing that was said.
func (a *App) WhoHelps(ctx context.Context, by actor.Actor, ref string, need terms.Need) (p Panel, err error) {
	// Who may refer may ask before. Others may when their organisation has a part in the person's case already.
	if !domain.MayAsk(terms.Role(by.Role)) {
		if _, err := domain.SeesCase(terms.Role(by.Role)); err != nil {
			return p, err
		}
		if _, err := a.CaseOfPatient(ctx, by, ref); err != nil {
			return p, err
		}
	}
	p = Panel{PatientRef: ref, Now: a.Now()}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "ask who helps", Object: "patient", ObjectID: ref, PatientRef: ref}); err != nil {
			return err
		}
		var c domain.Case
		err := store.AsMatcher(ctx, tx, func() (err error) {
			c, err = p.look(ctx, tx, ref, need)
			return err
		})
		if err != nil || c.ID == "" {
			return err
		}
		if _, err := store.CaseByID(ctx, tx, c.ID); err == nil {
			p.CaseID = c.ID
		}
		return nil
	})
	if err != nil {
		return Panel{}, fmt.Errorf("ask who helps: %w", err)
	}
	return p, nil
}

func (p *Panel) look(ctx context.Context, tx pgx.Tx, ref string, need terms.Need) (domain.Case, error) {
	aliases, err := store.Aliases(ctx, tx, []string{ref})
	if err != nil {
		return domain.Case{}, err
	}
	if into := aliases[ref]; into != "" {
		ref = into
	}
	c, err := store.OpenCaseOf(ctx, tx, ref)
	if errors.Is(err, domain.ErrNoCase) {
		return domain.Case{}, nil
	}
	if err != nil {
		return c, err
	}
	all, err := store.ReferralsOf(ctx, tx, c.ID)
	if err != nil {
		return c, err
	}
	people, err := store.CasePeople(ctx, tx, c.ID)
	if err != nil {
		return c, err
	}
	overlaps, err := overlapping(ctx, tx, need, "", all)
	if err != nil {
		return c, err
	}
	one := CaseView{Case: c, Referrals: all, People: people}
	called, err := names(ctx, tx, one.ids())
	if err != nil {
		return c, err
	}
	p.Holder = called[c.Holder.Person]
	for _, x := range people {
		if x.Part == partKeyWorker {
			p.KeyWorker = called[x.Person]
		}
	}
	for _, r := range all {
		if !r.State.Open() || r.Sensitive || hidden(r) || r.State == domain.Held || r.State == domain.Requested {
			continue
		}
		h := Helping{ReferralID: r.ID, Need: r.Need, State: r.State, Since: r.RequestedAt, Same: r.Need == need && need != ""}
		h.Covers = slices.ContainsFunc(overlaps, func(o domain.Overlap) bool { return o.ReferralID == r.ID })
		if o := r.Live(); o != nil {
			h.With = called[o.Receiver.ID]
		}
		p.Helping = append(p.Helping, h)
	}
	return c, nil
}

// overlapping finds what is open of other needs with somebody who helps with this need too.
func overlapping(ctx context.Context, tx pgx.Tx, need terms.Need, sender string, all []domain.Referral) ([]domain.Overlap, error) {
	inHand := domain.InHand(all)
	if need == "" || len(inHand) == 0 {
		return nil, nil
	}
	directory, err := named(ctx, tx, inHand, sender, nil)
	if err != nil {
		return nil, err
	}
	return domain.Overlaps(need, all, directory), nil
}
