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
	Apart       []Apart                    // that they were kept apart from others, for the area's office alone
	Owed        []domain.Debt              // what keeps it open, for whoever may close it
	Coordinates bool                       // this person answers for the area's office
	Emergency   *domain.Grant              // this person looks in an emergency; nil: they have a part
	MayListLook bool                       // this person may list who looked
	Now         time.Time

	sight sight
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
		ctx, grant, err := a.carry(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if v.Case, err = store.CaseByID(ctx, tx, id); err != nil {
			return err
		}
		if v.Parts, v.sight, err = a.sightOf(ctx, tx, by, grant, v.Case); err != nil {
			return err
		}
		v.Emergency = v.sight.grant()
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

// personOn is who a case is about. Whom they refused by name does not see it, and what they sent stays on the page.
func personOn(ctx context.Context, tx pgx.Tx, c domain.Case, sees domain.Sees) (domain.Patient, domain.Sees, error) {
	p, err := store.PatientOnCase(ctx, tx, c.ID)
	if errors.Is(err, domain.ErrNotWho) {
		return domain.Patient{Ref: c.PatientRef}, sees.Refused(), nil
	}
	return p, sees, err
}

func (v *CaseView) read(ctx context.Context, tx pgx.Tx, by actor.Actor) (err error) {
	if v.Patient, v.Sees, err = personOn(ctx, tx, v.Case, v.Sees); err != nil {
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
	if v.Coordinates {
		if v.Apart, err = apartFrom(ctx, tx, v.Case); err != nil {
			return err
		}
	}
	if v.MayEnd && v.Case.Open {
		if v.Owed, err = debts(ctx, tx, v.Case.ID, v.Referrals, v.Actions, v.People); err != nil {
			return err
		}
	}
	var shown []*domain.Referral
	for i := range v.Referrals {
		shown = append(shown, &v.Referrals[i])
	}
	if err := hideUnseen(ctx, tx, shown...); err != nil {
		return err
	}
	if v.Names, err = names(ctx, tx, v.ids()); err != nil {
		return err
	}
	return addPhones(ctx, tx, v.Names, v.Referrals...)
}

// limit takes away what the role does not see. It is the one place where a case is cut down, for pages and programs alike.
func (v *CaseView) limit(by actor.Actor) {
	if !v.sight.who(v.Patient.Ref).Allowed {
		v.Sees = v.Sees.Refused()
	}
	v.Patient = limitPatient(v.Patient, v.Sees)
	v.People = slices.DeleteFunc(v.People, func(p store.CasePerson) bool { return !v.sight.worker(p.FirstRef).Allowed })
	v.Can, v.MayEnd, v.MayMeet = map[string][]domain.Action{}, MayEnd(by), domain.Meets(terms.Role(by.Role))
	v.Coordinates, v.MayListLook = domain.May(terms.Role(by.Role), domain.MayFindAWay), domain.May(terms.Role(by.Role), domain.MayListLooks)
	if v.Emergency != nil { // who only looks does nothing
		v.MayEnd, v.MayMeet, v.Coordinates, v.MayListLook = false, false, false, false
	}
	v.Referrals = slices.DeleteFunc(v.Referrals, func(r domain.Referral) bool { return !v.sight.of(r).Allowed })
	for i := range v.Referrals {
		r := &v.Referrals[i]
		if v.sight.of(*r).Rule != domain.RuleEmergency {
			v.Can[r.ID] = domain.AvailableActions(*r, partOf(by, *r))
		}
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

// limitPatient leaves of who somebody is what may be seen.
func limitPatient(p domain.Patient, s domain.Sees) domain.Patient {
	if !s.Contact {
		p = domain.Patient{Ref: p.Ref, Status: p.Status}
	}
	if !s.ThirdParty {
		p.NextOfKin = ""
	}
	return p
}

func limitReferral(r *domain.Referral, s domain.Sees) {
	if !s.Reason {
		r.Need = ""
	}
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
	for _, x := range v.Apart {
		ids = append(ids, x.By)
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
	for _, d := range v.Owed {
		ids = append(ids, d.Owes.Organisation, d.Owes.Person)
	}
	for _, x := range v.Actions {
		ids = append(ids, x.OwnerPerson, x.OwnerOrganisation, x.MeetingID)
	}
	for _, e := range v.Timeline {
		ids = append(ids, e.Person, e.Organisation, e.Detail["receiver"], e.Detail["who"], e.Detail["was"], e.Detail["meeting"])
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

	sight sight
}

// SeeReferral reads one referral with its offers.
func (a *App) SeeReferral(ctx context.Context, by actor.Actor, id string) (ReferralView, error) {
	return a.seeReferral(ctx, by, id, "")
}

// SeeOffer is SeeReferral for a page of one of its offers.
func (a *App) SeeOffer(ctx context.Context, by actor.Actor, referral, offer string) (ReferralView, error) {
	return a.seeReferral(ctx, by, referral, offer)
}

func (a *App) seeReferral(ctx context.Context, by actor.Actor, id, offer string) (v ReferralView, err error) {
	if v.Sees, err = domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		ctx, grant, err := a.carry(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if v.Referral, err = store.ReferralByID(ctx, tx, id); err != nil {
			return err
		}
		if v.Case, err = store.CaseByID(ctx, tx, v.Referral.CaseID); err != nil {
			return err
		}
		if _, v.sight, err = a.sightOf(ctx, tx, by, grant, v.Case); err != nil {
			return err
		}
		if !v.sight.of(v.Referral).Allowed || offer != "" && v.Referral.Offer(offer) == nil {
			return domain.ErrUnknown
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
	v.Patient, err = store.PatientByRef(ctx, tx, v.Referral.FirstRef)
	switch {
	case errors.Is(err, domain.ErrNoCase), err == nil && !v.sight.who(v.Referral.FirstRef).Allowed:
		v.Patient, v.Sees = domain.Patient{Ref: v.Referral.FirstRef}, v.Sees.Refused()
	case err != nil:
		return err
	}
	if v.Referral.DuplicateOf != "" {
		existing, err := store.ReferralByID(ctx, tx, v.Referral.DuplicateOf)
		if err != nil && !errors.Is(err, domain.ErrUnknown) {
			return err
		}
		if err == nil && v.sight.of(existing).Allowed {
			limitReferral(&existing, v.Sees)
			v.Existing = &existing
		}
	}
	if err := v.readMayBe(ctx, tx, by); err != nil {
		return err
	}
	if v.sight.of(v.Referral).Rule != domain.RuleEmergency {
		v.Actions = domain.AvailableActions(v.Referral, partOf(by, v.Referral))
	}
	limitReferral(&v.Referral, v.Sees)
	if err := hideUnseen(ctx, tx, &v.Referral); err != nil {
		return err
	}
	v.Patient = limitPatient(v.Patient, v.Sees)
	one := CaseView{Case: v.Case, Referrals: []domain.Referral{v.Referral}}
	if v.Existing != nil {
		one.Referrals = append(one.Referrals, *v.Existing)
	}
	if v.Names, err = names(ctx, tx, one.ids()); err != nil {
		return err
	}
	return addPhones(ctx, tx, v.Names, v.Referral)
}

// mostCandidates bounds the page: who is less likely is asked about next.
const mostCandidates = 10

// readMayBe shows the office, and nobody else, whom the patient may be: it must compare them.
func (v *ReferralView) readMayBe(ctx context.Context, tx pgx.Tx, by actor.Actor) error {
	if v.Referral.MayBe == "" || !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
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
