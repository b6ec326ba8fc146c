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
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Names is what to call people, organisations, services and teams; an id that is not in it has not been heard of.
type Names map[string]string

// Of is the name, or a word for what it is.
func (n Names) Of(id, otherwise string) string {
	if name := n[id]; name != "" {
		return name
	}
	return otherwise
}

// CaseView is the shared case as one person may see it.
type CaseView struct {
	Case        domain.Case
	Patient     domain.Patient // empty but for the ref when the role does not see contact
	Sees        domain.Sees
	Parts       []store.Part
	Referrals   []domain.Referral
	People      []store.CasePerson
	Actions     []store.Action
	Timeline    []store.Entry
	Names       Names
	Can         map[string][]domain.Action // by referral: what this person may do
	MayEnd      bool                       // this person may close the case, or open it again
	MayMeet     bool                       // … or put it on a meeting's agenda
	Merges      []MergeSeen                // which records were found to be this person's
	Coordinates bool                       // this person answers for the area's office
	Now         time.Time
}

// longestTimeline bounds a page; older lines are a click away in a later step.
const longestTimeline = 200

// SeeCase reads the shared case, and leaves the trace that it was read.
func (a *App) SeeCase(ctx context.Context, by actor.Actor, id string) (v CaseView, err error) {
	if v.Sees, err = domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Case, err = store.CaseByID(ctx, tx, id); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "case", ObjectID: id, PatientRef: v.Case.PatientRef}); err != nil {
			return err
		}
		return v.read(ctx, tx, by)
	})
	if err != nil {
		return CaseView{}, fmt.Errorf("see case: %w", err)
	}
	return v, nil
}

func (v *CaseView) read(ctx context.Context, tx pgx.Tx, by actor.Actor) (err error) {
	if v.Patient, err = store.PatientOnCase(ctx, tx, v.Case.ID); err != nil {
		return err
	}
	if v.Parts, err = store.Parts(ctx, tx, v.Case.ID); err != nil {
		return err
	}
	if v.Referrals, err = store.ReferralsOf(ctx, tx, v.Case.ID); err != nil {
		return err
	}
	if v.People, err = store.CasePeople(ctx, tx, v.Case.ID); err != nil {
		return err
	}
	if v.Actions, err = store.OpenActions(ctx, tx, v.Case.ID); err != nil {
		return err
	}
	if v.Timeline, err = store.Timeline(ctx, tx, v.Case.ID, longestTimeline); err != nil {
		return err
	}
	if v.Merges, err = mergesOn(ctx, tx, v.Case); err != nil {
		return err
	}
	v.limit(by)
	v.Names, err = names(ctx, tx, v.ids())
	return err
}

// limit takes away what the role does not see. It is the one place where a case is cut down, for pages and programs alike.
func (v *CaseView) limit(by actor.Actor) {
	if !v.Sees.Contact {
		v.Patient = domain.Patient{Ref: v.Patient.Ref, Status: v.Patient.Status}
	}
	v.Can, v.MayEnd, v.MayMeet = map[string][]domain.Action{}, MayEnd(by), domain.Meets(terms.Role(by.Role))
	v.Coordinates = terms.Role(by.Role) == terms.RoleCoordinator
	for i := range v.Referrals {
		r := &v.Referrals[i]
		v.Can[r.ID] = domain.AvailableActions(*r, partOf(by, *r))
		limitReferral(r, v.Sees)
	}
	for i := range v.Timeline {
		if !v.Sees.Class(v.Timeline[i].Class) {
			v.Timeline[i].Text = ""
		}
	}
	if !v.Sees.Narrative {
		for i := range v.Actions {
			v.Actions[i].What = ""
		}
	}
}

func limitReferral(r *domain.Referral, s domain.Sees) {
	if !s.Narrative {
		r.Narrative = ""
	}
	if !s.Safeguarding {
		r.Safeguarding, r.SafeguardingCodes = "", nil
	}
}

// ids is everything on the view that has a name.
func (v *CaseView) ids() []string {
	ids := []string{v.Case.Holder.Person, v.Case.Holder.Organisation}
	for _, m := range v.Merges {
		ids = append(ids, m.By)
	}
	for _, r := range v.Referrals {
		ids = append(ids, r.SenderOrganisation, r.RequestedBy, r.Owes.Organisation, r.Owes.Person)
		for _, o := range r.Offers {
			ids = append(ids, o.Receiver.ID, o.Receiver.Organisation)
		}
		for _, w := range r.Wanted {
			ids = append(ids, w.ID)
		}
	}
	for _, p := range v.People {
		ids = append(ids, p.Person, p.Organisation)
	}
	for _, x := range v.Actions {
		ids = append(ids, x.OwnerPerson, x.OwnerOrganisation, x.MeetingID)
	}
	for _, e := range v.Timeline {
		ids = append(ids, e.Person, e.Organisation, e.Detail["receiver"], e.Detail["who"], e.Detail["meeting"])
	}
	return ids
}

// names asks the copies what things are called.
func names(ctx context.Context, tx pgx.Tx, ids []string) (Names, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(s string) bool { return s == "" })
	known, err := who.Names(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	receivers, err := store.ReceiverNames(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for id, name := range receivers {
		if known[id] == "" { // a team is an organisation too, and its own name is the better known
			known[id] = name
		}
	}
	return known, nil
}

// ReferralView is one referral as one person may see it.
type ReferralView struct {
	Referral domain.Referral
	Case     domain.Case
	Patient  domain.Patient
	Existing *domain.Referral // what it may double, as far as the person may see that
	MayBe    []domain.Match   // whom the patient may be, the likeliest first, for the office alone
	Actions  []domain.Action
	Sees     domain.Sees
	Names    Names
	Now      time.Time
}

// SeeReferral reads one referral with its offers.
func (a *App) SeeReferral(ctx context.Context, by actor.Actor, id string) (v ReferralView, err error) {
	if v.Sees, err = domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Referral, err = store.ReferralByID(ctx, tx, id); err != nil {
			return err
		}
		if v.Case, err = store.CaseByID(ctx, tx, v.Referral.CaseID); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "referral", ObjectID: id, PatientRef: v.Referral.PatientRef}); err != nil {
			return err
		}
		return v.read(ctx, tx, by)
	})
	if err != nil {
		return ReferralView{}, fmt.Errorf("see referral: %w", err)
	}
	return v, nil
}

func (v *ReferralView) read(ctx context.Context, tx pgx.Tx, by actor.Actor) (err error) {
	if v.Patient, err = store.PatientByRef(ctx, tx, v.Referral.FirstRef); err != nil {
		return err
	}
	if v.Referral.DuplicateOf != "" {
		existing, err := store.ReferralByID(ctx, tx, v.Referral.DuplicateOf)
		if err != nil && !errors.Is(err, domain.ErrUnknown) {
			return err
		}
		if err == nil {
			limitReferral(&existing, v.Sees)
			v.Existing = &existing
		}
	}
	if err := v.readMayBe(ctx, tx, by); err != nil {
		return err
	}
	v.Actions = domain.AvailableActions(v.Referral, partOf(by, v.Referral))
	limitReferral(&v.Referral, v.Sees)
	if !v.Sees.Contact {
		v.Patient = domain.Patient{Ref: v.Patient.Ref}
	}
	one := CaseView{Case: v.Case, Referrals: []domain.Referral{v.Referral}}
	if v.Existing != nil {
		one.Referrals = append(one.Referrals, *v.Existing)
	}
	v.Names, err = names(ctx, tx, one.ids())
	return err
}

// mostCandidates bounds the page: who is less likely is asked about next.
const mostCandidates = 10

// readMayBe shows the office, and nobody else, whom the patient may be: it must compare them.
func (v *ReferralView) readMayBe(ctx context.Context, tx pgx.Tx, by actor.Actor) error {
	if v.Referral.MayBe == "" || terms.Role(by.Role) != terms.RoleCoordinator {
		return nil
	}
	err := store.AsMatcher(ctx, tx, func() (err error) {
		v.MayBe, err = candidates(ctx, tx, v.Referral)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range v.MayBe {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: m.Ref, PatientRef: m.Ref}); err != nil {
			return err
		}
	}
	return nil
}

// candidates are the people that the patient of a referral may be now; the one it is held for is among them whatever was said since.
func candidates(ctx context.Context, tx pgx.Tx, r domain.Referral) ([]domain.Match, error) {
	p, err := store.PatientByRef(ctx, tx, r.PatientRef)
	if err != nil {
		return nil, err
	}
	others, err := store.MergedInto(ctx, tx, r.PatientRef)
	if err != nil {
		return nil, err
	}
	found, err := store.Alike(ctx, tx, p, others)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(found, func(m domain.Match) bool { return m.Ref == r.MayBe }) {
		held, err := store.PatientByRef(ctx, tx, r.MayBe)
		if err != nil {
			return nil, err
		}
		if held.MergedInto == "" && held.ErasedAt.IsZero() {
			found = append([]domain.Match{{Patient: held, Is: domain.Unsure}}, found...)
		}
	}
	return found[:min(len(found), mostCandidates)], nil
}
