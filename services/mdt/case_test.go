package mdt_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/claimtest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// hold makes somebody the case-holder.
func (h *house) hold(item string, a actor.Actor) string {
	h.T.Helper()
	done, err := h.app.AskToHold(h.T.Context(), h.coordinator, cmd(), somebody(item, a))
	require.NoError(h.T, err)
	_, err = h.app.AcceptCase(h.T.Context(), a, cmd(), app.HoldingChange{ID: done.ID, Version: 1})
	require.NoError(h.T, err)
	return done.ID
}

// sees tells whether somebody of another organisation is let in to see a patient's agenda items.
func (h *house) sees(a actor.Actor, ref string) (seen bool) {
	h.T.Helper()
	err := h.Admin.QueryRow(context.Background(), `select exists (select from item where patient_ref = $1 and $2 = any(people))`, ref, a.Person.ID).Scan(&seen)
	require.NoError(h.T, err)
	return seen
}

// holding counts who holds a case.
func (h *house) holding(caseID string) (people []string) {
	h.T.Helper()
	rows, err := h.Admin.Query(context.Background(), `select person_id::text from case_holder where case_id = $1 and state = 'holds'`, caseID)
	require.NoError(h.T, err)
	people, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.T, err)
	return people
}

// A hand-over is offered, accepted and released; the release is said with the acceptance, and the case is never without.
func TestHandOverIsOfferedAcceptedReleased(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	h.hold(item, h.gp)
	asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
	require.NoError(t, err)
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID), "whoever holds it does until somebody else has said yes")
	_, err = h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.secondGP))
	require.ErrorIs(t, err, domain.ErrAsked)
	_, err = h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.linkWorker))
	require.ErrorIs(t, err, domain.ErrMayNotHold)
	_, err = h.app.AcceptCase(ctx, h.nurse, cmd(), app.HoldingChange{ID: asked.ID, Version: 1})
	require.NoError(t, err)
	require.Equal(t, []string{h.nurse.Person.ID}, h.holding(caseID))
	all := says(h.Said(ref))
	require.Equal(t, []string{"case_holder_accepted", "case_holder_released"}, all[len(all)-2:])
	var released said.CaseHolderReleasedV1
	h.Last(ref, &released)
	require.Equal(t, h.nurse.Person.ID, released.HandedTo)
}

// A no, and an asking that is taken back, are said too: until then whoever was asked sees the shared case.
func TestAnAskingThatComesToNothingIsSaid(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	h.hold(item, h.gp)
	for name, end := range map[string]func(app.HoldingChange) (app.Done, error){
		"refused": func(c app.HoldingChange) (app.Done, error) {
			c.WhyNot = "On leave"
			return h.app.RefuseCase(ctx, h.nurse, cmd(), c)
		},
		"taken back": func(c app.HoldingChange) (app.Done, error) { return h.app.TakeBackAsking(ctx, h.coordinator, cmd(), c) },
	} {
		asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
		require.NoError(t, err, name)
		_, err = end(app.HoldingChange{ID: asked.ID, Version: 1})
		require.NoError(t, err, name)
		all := says(h.Said(ref))
		require.Equal(t, []string{"case_holder_offered", "case_holder_released"}, all[len(all)-2:], name)
		var p said.CaseHolderReleasedV1
		h.Last(ref, &p)
		require.True(t, p.NeverHeld, name)
		require.Equal(t, h.nurse.Person.ID, p.PersonID, name)
		require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID), name)
		require.False(t, h.sees(h.nurse, ref), name)
	}
}

// The database itself refuses a second holder and an empty chair, whatever the program does.
func TestTheDatabaseKeepsExactlyOneHolder(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	holding := h.hold(item, h.gp)
	err := h.door.DB.InTx(ctx, h.gp, func(ctx context.Context, tx pgx.Tx) error {
		x, err := store.Holding(ctx, tx, holding)
		require.NoError(t, err)
		x.State = domain.HoldingReleased
		return store.ChangeHolding(ctx, tx, x)
	})
	require.True(t, pg.Violates(err, "never_empty"), "%v", err)
	err = h.door.DB.InTx(ctx, h.coordinator, func(ctx context.Context, tx pgx.Tx) error {
		return store.SaveHolding(ctx, tx, domain.Holding{
			ID: id.New(), CaseID: caseID, PatientRef: ref, PersonID: h.secondGP.Person.ID, OrganisationID: h.practice, Role: terms.RoleGP, State: domain.HoldingHolds,
			AskedBy: h.coordinator.Person.ID, AskedByOrg: h.practice, AskedAt: h.Now.Now(), DueAt: h.Now.Now(), Version: 1,
		})
	})
	require.True(t, pg.Violates(err, "case_holder_one"), "%v", err)
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(caseID))
}

// Sixteen people hold one case, or are asked to hold it, at once. A case that is not open may be without: nothing else limits them.
func TestClaimsAreLinearizable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	item, _ := h.put(h.gp, h.meeting("MDT"), h.patient(h.gp, ada))
	like := h.hold(item, h.gp)
	claim := func(index, has string) claimtest.Claim {
		return claimtest.Claim{
			Index: index, Table: "case_holder", Has: `state = '` + has + `'`, Take: `update case_holder set state = '` + has + `' where id = $1`,
			Release: `update case_holder set state = 'refused' where id = $1`,
			Rows:    claimtest.Copies(t, h.Admin, "case_holder", like, map[string]string{"state": "refused", "case_id": id.New()}),
		}
	}
	claimtest.Judge(t, h.Admin, map[string]claimtest.Claim{"one case-holder": claim("case_holder_one", "holds"), "one who is asked": claim("case_holder_asked", "offered")})
}

// Two coordinators ask two people at the same moment: one is asked.
func TestTwoCanNotBeAskedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.patient(h.gp, ada)
	item, _ := h.put(h.gp, h.meeting("MDT"), ref)
	errs := make(chan error, 2)
	for _, a := range []actor.Actor{h.gp, h.nurse} {
		go func() {
			_, err := h.app.AskToHold(context.WithoutCancel(t.Context()), h.coordinator, cmd(), somebody(item, a))
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first != nil {
		first, second = second, first
	}
	require.NoError(t, first)
	require.ErrorIs(t, second, domain.ErrAsked)
}

func TestAKeyWorkerIsReplacedInOneStep(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, _ := h.put(h.gp, h.meeting("MDT"), ref)
	version := int64(0)
	for _, a := range []actor.Actor{h.linkWorker, h.nurse} {
		done, err := h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, a), version)
		require.NoError(t, err)
		_, err = h.app.AssignKeyWorker(ctx, h.gp, cmd(), somebody(item, a), version)
		require.ErrorContains(t, err, "Maya Meeting chose a key worker", "the second of two")
		version = done.Version
	}
	_, err := h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, h.nurse), version)
	require.ErrorIs(t, err, domain.ErrKeyWorkerSame)
	require.True(t, h.sees(h.nurse, ref))
	require.False(t, h.sees(h.linkWorker, ref), "who is key worker no more has no business there")
	_, err = h.app.ReleaseKeyWorker(ctx, h.coordinator, cmd(), item, 1)
	require.ErrorContains(t, err, "Maya Meeting chose a key worker")
	_, err = h.app.ReleaseKeyWorker(ctx, h.coordinator, cmd(), item, version)
	require.NoError(t, err)
	require.False(t, h.sees(h.nurse, ref))
	require.Equal(t, []string{"case_requested", "key_worker_assigned", "key_worker_released", "key_worker_assigned", "key_worker_released"}, says(h.Said(ref)))
}

// Whose training for the need ran out yesterday does not stay in touch with the person; a role that takes no referrals needs none.
func TestAKeyWorkerIsTrainedForTheNeed(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, _ := h.put(h.gp, h.meeting("MDT"), ref)
	day := func(days int) string { return h.Now.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	line := id.New()
	h.Tell(line, &register.RoleScopeSetV1{
		LineID: line, Role: terms.RoleLinkWorker, Act: terms.ActTake, Of: terms.OfAny, Allowed: true, Competency: terms.CompetencySensitiveNeeds,
		FromOn: day(-9), At: h.Now.Now(), Version: 1,
	})
	trained := func(until string) {
		h.Now.Add(time.Minute)
		h.Tell(h.linkWorker.Person.ID, &register.CompetencyRecordedV1{
			PersonID: h.linkWorker.Person.ID, Competency: terms.CompetencySensitiveNeeds, FromOn: "2020-01-01", UntilOn: until, At: h.Now.Now(),
		})
	}
	assign := func() error {
		_, err := h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, h.linkWorker), 0)
		return err
	}
	require.ErrorContains(t, assign(), "Select somebody whose training for this need is recorded")
	trained(day(-1))
	require.ErrorContains(t, assign(), "has not run out: theirs is not. Nobody at their organisation may just now. Their service lead records trainings")
	trained(day(1))
	require.NoError(t, assign())
	done, err := h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, h.gp), 1)
	require.NoError(t, err, "a doctor takes no referrals")
	trained(day(-1))
	also := h.linkWorker.Person
	h.Tell(also.ID, &register.PersonRoleGrantedV1{
		PersonID: also.ID, Issuer: also.Issuer, Subject: also.Subject, DisplayName: "Lee Link", OrganisationID: h.team, Role: terms.RoleMDTCoordinator, FromOn: "2020-01-01", At: h.Now.Now(),
	})
	_, err = h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(item, h.linkWorker), done.Version)
	require.NoError(t, err, "one of their roles there is enough")
	var assigned said.KeyWorkerAssignedV1
	h.Last(ref, &assigned)
	require.Equal(t, terms.RoleMDTCoordinator, assigned.Role)
}

// What is not done comes to the next agenda: when the next meeting is scheduled, and by the clock.
func TestActionsReturnOnTheNextAgendaUntilDone(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	meeting := h.meeting("MDT")
	ref := h.patient(h.gp, ada)
	item, _ := h.put(h.gp, meeting, ref)
	action, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.linkWorker), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
	require.NoError(t, err)
	v, err := h.app.ItemByID(ctx, h.coordinator, item)
	require.NoError(t, err)
	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: v.Version, Decision: terms.MDTNoFurtherDiscussion})
	require.NoError(t, err)
	next, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), meeting)
	require.NoError(t, err)
	again, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), meeting)
	require.NoError(t, err)
	require.Equal(t, next.ID, again.ID, "asking twice finds the one that is there")
	require.False(t, again.Made)

	h.Now.Add(26 * time.Hour)
	m, err := h.app.MeetingByID(ctx, h.coordinator, meeting)
	require.NoError(t, err)
	_, err = h.app.Hold(ctx, h.coordinator, cmd(), app.MeetingChange{ID: meeting, Version: m.Version})
	require.NoError(t, err)
	require.NoError(t, h.app.Tick(ctx))
	on := func() []app.Line {
		v, err := h.app.MeetingByID(ctx, h.coordinator, next.ID)
		require.NoError(t, err)
		return v.Lines
	}
	require.Len(t, on(), 1)
	require.Equal(t, domain.WhyAction, on()[0].Why)
	require.Equal(t, "Ada Hart", on()[0].Patient.Name())

	_, err = h.app.EndAction(ctx, h.linkWorker, cmd(), app.EndInput{ID: action.ID, Version: 1, Result: terms.ActionDone})
	require.NoError(t, err)
	item2 := on()[0]
	_, err = h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item2.ID, Version: item2.Version, Decision: terms.MDTNoFurtherDiscussion})
	require.NoError(t, err)
	third, err := h.app.ScheduleNext(ctx, h.coordinator, cmd(), next.ID)
	require.NoError(t, err)
	h.Now.Add(8 * 24 * time.Hour)
	require.NoError(t, h.app.Tick(ctx))
	last, err := h.app.MeetingByID(ctx, h.coordinator, third.ID)
	require.NoError(t, err)
	require.Empty(t, last.Lines, "what is done stays away")
}

// couple is two records of one person, each with a case on the agenda of one meeting; the case of the first is older.
type couple struct{ meeting, old, oldItem, oldCase, young, youngItem, youngCase string }

func (h *house) couple(holdsOld, holdsYoung actor.Actor) (c couple) {
	h.T.Helper()
	without := ada
	without.NHSNumber = ""
	c.old, c.young, c.meeting = h.patient(h.gp, ada), h.patient(h.gp, without), h.meeting("MDT")
	c.oldItem, c.oldCase = h.put(h.gp, c.meeting, c.old)
	h.Now.Add(time.Minute)
	c.youngItem, c.youngCase = h.put(h.gp, c.meeting, c.young)
	h.hold(c.oldItem, holdsOld)
	h.hold(c.youngItem, holdsYoung)
	h.Now.Add(time.Minute)
	return c
}

// A merge keeps the older case's holder, releases the other, and brings the case to the next agenda.
func TestAMergeKeepsTheOlderCasesHolder(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	c := h.couple(h.gp, h.nurse)
	old, oldCase, young, youngCase := c.old, c.oldCase, c.young, c.youngCase
	h.Tell(young, &coordination.PatientMergedV1{PatientRef: young, FromRef: old, IntoRef: young, Why: terms.MergeSameNumber, At: h.Now.Now()})
	h.Tell(old, &coordination.CaseClosedV1{PatientRef: old, CaseID: oldCase, Outcome: terms.CaseMerged, At: h.Now.Now()})
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(youngCase), "the older case's holder")
	require.Empty(t, h.holding(oldCase))
	var released said.CaseHolderReleasedV1
	h.Last(young, &released)
	require.Equal(t, h.nurse.Person.ID, released.PersonID)
	require.Equal(t, h.gp.Person.ID, released.HandedTo)
	v, err := h.app.MeetingByID(ctx, h.coordinator, c.meeting)
	require.NoError(t, err)
	require.Len(t, v.Lines, 1, "one person, one line")
}

// Two people after all: each case has again who held it, and who stayed in touch.
func TestAMergeUndoneGivesEachCaseItsPeopleBack(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	c := h.couple(h.gp, h.nurse)
	old, oldCase, young, youngCase := c.old, c.oldCase, c.young, c.youngCase
	_, err := h.app.AssignKeyWorker(ctx, h.coordinator, cmd(), somebody(c.oldItem, h.linkWorker), 0)
	require.NoError(t, err)
	h.Tell(young, &coordination.PatientMergedV1{PatientRef: young, FromRef: old, IntoRef: young, Why: terms.MergeSamePerson, At: h.Now.Now()})
	h.Tell(old, &coordination.CaseClosedV1{PatientRef: old, CaseID: oldCase, Outcome: terms.CaseMerged, At: h.Now.Now()})
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(youngCase))
	h.Now.Add(time.Minute)
	for _, ref := range []string{old, young} {
		h.Tell(ref, &coordination.PatientMergeUndoneV1{PatientRef: ref, FromRef: old, IntoRef: young, By: h.gp.Person.ID, At: h.Now.Now()})
	}
	h.Tell(old, &coordination.CaseReopenedV1{PatientRef: old, CaseID: oldCase, Reason: "patient_merge_undone", At: h.Now.Now()})
	require.Equal(t, []string{h.gp.Person.ID}, h.holding(oldCase))
	require.Equal(t, []string{h.nurse.Person.ID}, h.holding(youngCase))
	var cases []string
	rows, err := h.Admin.Query(ctx, `select case_id::text from key_worker where released_at is null`)
	require.NoError(t, err)
	cases, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{oldCase}, cases)
	var holds said.CaseHolderAcceptedV1
	h.Last(young, &holds)
	require.Equal(t, h.nurse.Person.ID, holds.PersonID, "the shared case hears it")
}

// A record that had been made one with the first goes with it, and nobody keeps the other's number.
func TestAMergeUndoneGivesAllOfOnePersonBack(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	without := ada
	without.NHSNumber = ""
	before, from, into := h.patient(h.gp, without), h.patient(h.gp, without), h.patient(h.gp, without)
	item, beforeCase := h.put(h.gp, h.meeting("MDT"), before)
	h.hold(item, h.nurse)
	said := h.Now.Now()
	for _, m := range [][2]string{{before, from}, {from, into}} {
		h.Now.Add(time.Minute)
		h.Tell(m[1], &coordination.PatientMergedV1{PatientRef: m[1], FromRef: m[0], IntoRef: m[1], Why: terms.MergeSamePerson, At: h.Now.Now()})
	}
	tell := func(ref, phone string, at time.Time) {
		h.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, Contact: schemas.Seal(schemas.Contact{GivenName: "Ada", FamilyName: "Hart", Phone: phone, SafeWays: schemas.SafeWays{Phone: true}}), At: at})
	}
	tell(into, "0161 496 0009", h.Now.Now().Add(time.Second))
	h.Now.Add(time.Minute)
	for _, ref := range []string{from, into} {
		h.Tell(ref, &coordination.PatientMergeUndoneV1{PatientRef: ref, FromRef: from, IntoRef: into, By: h.gp.Person.ID, At: h.Now.Now()})
	}
	tell(from, "0161 496 0001", said)
	var refs []string
	for _, table := range []string{"item", "case_holder", "patient_case"} {
		rows, err := h.Admin.Query(ctx, `select patient_ref::text from `+table+` where first_ref = $1`, before)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		refs = append(refs, found...)
	}
	require.NotEmpty(t, refs)
	for _, ref := range refs {
		require.Equal(t, from, ref)
	}
	require.Equal(t, []string{h.nurse.Person.ID}, h.holding(beforeCase))
	rows, err := h.Admin.Query(ctx, `select patient_ref = $1 and contact->>'phone' = '0161 496 0001' or patient_ref = $2 and contact->>'phone' = '0161 496 0009' from patient where first_ref in ($3, $1, $2)`, from, into, before)
	require.NoError(t, err)
	own, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	require.NoError(t, err)
	require.Equal(t, []bool{true, true, true}, own)
}

// Whoever adds somebody by their number has not seen what stands in the record: no way to contact them is opened, and what is sent says that nothing
// had been heard. So it is of a record that consent took away and a desk wrote anew.
func TestWhoIsAddedAgainIsContactedByNoWayThatWasForbidden(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	asOf := h.Now.Now().Add(time.Second)
	forbid := func() {
		h.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, Reach: schemas.Seal(schemas.Reach{Notes: 1}), At: asOf, AsOf: &asOf})
	}
	forbid()
	requested := func() said.CaseRequestedV1 {
		h.put(h.gp, h.meeting("MDT"), ref)
		var p said.CaseRequestedV1
		h.Last(ref, &p)
		return p
	}
	require.Equal(t, asOf.UTC(), requested().ContactHeardAt.UTC())
	require.Equal(t, ref, h.patient(h.gp, ada))
	var safe bool
	require.NoError(t, h.Admin.QueryRow(ctx, `select (contact->'safe_ways'->>'phone')::boolean from patient where patient_ref = $1`, ref).Scan(&safe))
	require.False(t, safe)
	require.True(t, requested().ContactHeardAt.IsZero())
	forbid()
	h.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, How: terms.ConsentByPhone, By: id.New(), At: h.Now.Now()})
	require.Equal(t, ref, h.patient(h.gp, ada))
	require.True(t, requested().ContactHeardAt.IsZero())
}

// Where one person holds both, or is asked to hold the other, a release would take them off the case that they go on holding.
func TestAMergeOfTwoCasesOfOneHolderReleasesNobody(t *testing.T) {
	t.Parallel()
	for name, oldFirst := range map[string]bool{"the older case goes": true, "the younger case goes": false} {
		h := newHouse(t)
		c := h.couple(h.gp, h.gp)
		from, into, stays, goes := c.old, c.young, c.youngCase, c.oldCase
		if !oldFirst {
			from, into, stays, goes = c.young, c.old, c.oldCase, c.youngCase
		}
		h.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: from, IntoRef: into, Why: terms.MergeSameNumber, At: h.Now.Now()})
		require.Equal(t, []string{h.gp.Person.ID}, h.holding(stays), name)
		require.Empty(t, h.holding(goes), name)
		for _, e := range h.Said("") {
			require.NotEqual(t, (&said.CaseHolderReleasedV1{}).EventType(), e.Type, name)
		}
	}
}

// The page of a case in a meeting has several forms: one that is refused does not empty what another one holds.
func TestARefusedActionKeepsTheDecision(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	item, _ := h.put(h.gp, h.meeting("MDT"), h.patient(h.gp, ada))
	_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTKeepUnderReview, Note: "She wants to go home"})
	require.NoError(t, err)
	form := url.Values{"what": {"Visit her"}, "owner": {""}, "idempotency_key": {id.New()}}
	status, body, _ := h.send(h.coordinator, "POST", "/mdt/items/"+item+"/actions", "application/x-www-form-urlencoded", form.Encode())
	require.Equal(t, 422, status, body)
	require.Contains(t, body, "Visit her", "what was typed")
	require.Contains(t, body, "She wants to go home</textarea>", "what was saved before")
	require.Regexp(t, `value="keep_under_review"[^>]* checked`, body)
}

func TestAClosedCaseHasNoHolder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	h.hold(item, h.nurse)
	h.Now.Add(time.Minute)
	h.Tell(ref, &coordination.CaseClosedV1{PatientRef: ref, CaseID: caseID, Outcome: terms.CaseWorkDone, At: h.Now.Now()})
	require.Empty(t, h.holding(caseID))
	var released said.CaseHolderReleasedV1
	h.Last(ref, &released)
	require.Empty(t, released.HandedTo)
}

// A case was closed while somebody said yes to it and somebody was to stay in touch: both end, and not before they began, or whoever goes by the
// times would still show them.
func TestAClosingThatCrossesAYesEndsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.patient(h.gp, ada)
	item, caseID := h.put(h.gp, h.meeting("MDT"), ref)
	closed := h.Now.Now()
	h.Now.Add(time.Minute)
	h.hold(item, h.nurse)
	_, err := h.app.AssignKeyWorker(t.Context(), h.coordinator, cmd(), somebody(item, h.linkWorker), 0)
	require.NoError(t, err)
	h.Tell(ref, &coordination.CaseClosedV1{PatientRef: ref, CaseID: caseID, Outcome: terms.CaseWorkDone, At: closed})
	var accepted said.CaseHolderAcceptedV1
	var assigned said.KeyWorkerAssignedV1
	var released said.CaseHolderReleasedV1
	var left said.KeyWorkerReleasedV1
	for _, last := range []event.Payload{&accepted, &assigned, &released, &left} {
		h.Last(ref, last)
	}
	require.False(t, released.At.Before(accepted.At), "%v, before %v", released.At, accepted.At)
	require.False(t, left.At.Before(assigned.At), "%v, before %v", left.At, assigned.At)
}

// An open case that a meeting discussed and nobody holds is a line on the home page of whoever can ask somebody, until somebody is asked.
func TestACaseWithoutAHolderIsOnTheHomePage(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	item, _ := h.put(h.gp, h.meeting("MDT"), h.patient(h.gp, ada))
	home := func(a actor.Actor) string {
		status, body, _ := h.send(a, "GET", "/mdt", "", "")
		require.Equal(t, 200, status)
		return body
	}
	const line = `href="/mdt/unheld"`
	require.NotContains(t, home(h.coordinator), line, "it was not discussed yet")
	_, err := h.app.Discuss(ctx, h.coordinator, cmd(), app.DiscussInput{ItemID: item, Version: 1, Decision: terms.MDTNoFurtherDiscussion})
	require.NoError(t, err)
	require.Contains(t, home(h.coordinator), line)
	require.NotContains(t, home(h.nurse), line, "another organisation's meeting")
	status, body, _ := h.send(h.coordinator, "GET", "/mdt/unheld", "", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "/mdt/items/"+item)
	require.Contains(t, body, "Ada Hart")
	_, err = h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(item, h.nurse))
	require.NoError(t, err)
	require.NotContains(t, home(h.coordinator), line)
	_, body, _ = h.send(h.coordinator, "GET", "/mdt/unheld", "", "")
	require.NotContains(t, body, "/mdt/items/"+item)
}

// Nothing that names or describes a person stays anywhere in the database once they are erased.
func TestErasureClearsEveryColumnOfPersonalData(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	item, _ := h.put(h.gp, h.meeting("MDT"), ref)
	_, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(item, h.linkWorker), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
	require.NoError(t, err)
	h.Tell(ref, &coordination.PatientErasedV1{PatientRef: ref, Why: terms.ErasurePatientAsked, At: h.Now.Now()})
	for _, c := range store.PersonalData {
		var left int
		require.NoError(t, h.Admin.QueryRow(ctx, `select count(*) from `+pgx.Identifier{c.Table}.Sanitize()+` where `+pgx.Identifier{c.Column}.Sanitize()+` is not null and `+pgx.Identifier{c.Column}.Sanitize()+`::text not in ('', 'null')`).Scan(&left))
		require.Zero(t, left, "%s.%s", c.Table, c.Column)
	}
	var gone said.RemovalAcknowledgedV1
	h.Last(ref, &gone)
	require.Positive(t, gone.Removed)
	v, err := h.app.ItemByID(ctx, h.coordinator, item)
	require.NoError(t, err)
	require.Equal(t, "Details removed", v.Patient.Name())
}

// A number that is on one person's record is not taken for another's.
func TestANumberOfOneIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref := h.patient(h.gp, ada)
	twin, daughter := ada, ada
	twin.GivenName, daughter.DateOfBirth = "Berta", "1980-03-04"
	for _, c := range []domain.Contact{twin, daughter} {
		_, err := h.app.AddPatient(ctx, h.gp, cmd(), app.AddPatientInput{Contact: c, Another: true})
		require.ErrorIs(t, err, domain.ErrNumberTaken)
	}
	p, err := h.app.PatientByRef(ctx, h.gp, ref)
	require.NoError(t, err)
	require.Equal(t, "Ada Hart", p.Patient.Name())
}

// A practice that has to do with a patient finds them here, although nobody typed them into this service.
func TestAPatientTheOrganisationHasToDoWithIsTakenInWhenNeeded(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	ref, err := h.Vault("primarycare").RefForNumber(ctx, ada.NHSNumber, nhsnumber.Holder{GivenName: ada.GivenName, DateOfBirth: ada.DateOfBirth})
	require.NoError(t, err)
	h.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: h.practice, Contact: schemas.Seal(ada), Status: terms.PatientActive, ChangedAt: h.Now.Now()})
	var readable int
	require.NoError(t, h.Admin.QueryRow(ctx, `select count(*) from patient`).Scan(&readable))
	require.Zero(t, readable, "until somebody needs them the details stay sealed")
	f, err := h.app.Find(ctx, h.gp, "944 930 6621")
	require.NoError(t, err)
	require.Len(t, f.Patients, 1)
	require.Equal(t, "Ada Hart", f.Patients[0].Name())
	_, err = h.app.PatientByRef(ctx, h.other, ref)
	require.ErrorIs(t, err, domain.ErrNoPatient)
}
