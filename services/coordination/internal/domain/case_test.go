package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func named(id string, state State, change ...func(*Referral)) Referral {
	r := in(state)
	r.ID = id
	for _, f := range change {
		f(&r)
	}
	return r
}

func onward(of string) func(*Referral) {
	return func(r *Referral) { r.ParentID, r.Root = of, false }
}

func TestDuplicateIsTheSameNeedOpenInTheCase(t *testing.T) {
	t.Parallel()
	mine := named("mine", Requested)
	same := func(state State, change ...func(*Referral)) bool {
		_, found := Duplicate(mine, []Referral{mine, named("theirs", state, change...)})
		return found
	}
	for _, open := range []State{Checked, Offered, InformationAsked, Waitlisted, Accepted, UnderWay, Escalated} {
		require.True(t, same(open), open)
	}
	for _, not := range []State{Held, Requested, Joined, Withdrawn, Closed} {
		require.False(t, same(not), not)
	}
	require.False(t, same(Offered, func(r *Referral) { r.Need = terms.NeedHousing }))
	require.False(t, same(Offered, func(r *Referral) { r.CaseID = "another" }))
	require.False(t, same(Offered, onward("parent")), "an onward referral is measured against its own kind")

	mine = named("mine", Requested, onward("parent"))
	require.True(t, same(Offered, onward("parent")))
	require.False(t, same(Offered, onward("another parent")))
	require.False(t, same(Offered))
}

func TestOpenOnward(t *testing.T) {
	t.Parallel()
	all := []Referral{named("p", UnderWay), named("a", Offered, onward("p")), named("b", Closed, onward("p")), named("c", Offered, onward("q"))}
	require.Equal(t, 1, OpenOnward("p", all))
}

func TestCaseEndsWithItsLastReferral(t *testing.T) {
	t.Parallel()
	c := Case{ID: "case", Open: true}
	done := named("r", Closed)
	outcome, ends := c.EndsWith(done, []Referral{done})
	require.True(t, ends)
	require.Equal(t, terms.CaseWorkDone, outcome)

	_, ends = c.EndsWith(done, []Referral{done, named("other", Held)})
	require.False(t, ends, "something is still open")

	c.WithMDT = true
	_, ends = c.EndsWith(done, []Referral{done})
	require.False(t, ends, "a meeting has it: a person closes it")

	for reason, want := range map[string]terms.CaseOutcome{
		"patient_died": terms.CasePatientDied, "patient_moved_away": terms.CasePatientMovedAway, "consent_withdrawn": terms.CaseConsentWithdrawn,
	} {
		gone := named("r", Withdrawn, func(r *Referral) { r.Reason = reason })
		outcome, ends = c.EndsWith(gone, []Referral{gone})
		require.True(t, ends, reason)
		require.Equal(t, want, outcome)
	}
	died := named("r", Closed, func(r *Referral) { r.Outcome = "patient_died" })
	outcome, _ = c.EndsWith(died, []Referral{died})
	require.Equal(t, terms.CasePatientDied, outcome)
}

func TestACaseIsClosedByAPersonOnlyWhenNobodyOwesAnything(t *testing.T) {
	t.Parallel()
	c := Case{ID: "case", Open: true, Version: 1}
	open, done := named("open", Offered, func(r *Referral) { r.Need = terms.NeedLoneliness }), named("done", Closed)
	hidden := named("hidden", Accepted, func(r *Referral) { r.Need = terms.NeedDomesticAbuse })
	all := Debts([]Referral{open, done, hidden}, Debt{Kind: OwesAction, Owes: Owes{Person: "jo"}})
	require.Len(t, all, 3)
	require.False(t, all[0].Hidden)
	require.True(t, all[1].Hidden, "that a sensitive service has it is not named")
	for _, d := range all {
		require.ErrorIs(t, c.MayClose(terms.CaseWorkDone, []Debt{d}), ErrStillOwed)
	}
	require.NoError(t, c.MayClose(terms.CaseWorkDone, Debts([]Referral{done})))
	require.ErrorIs(t, c.MayClose("", nil), ErrNoOutcome)
	require.ErrorIs(t, Case{}.MayClose(terms.CaseWorkDone, nil), ErrCaseClosed)
}

func TestCloseAndReopenACase(t *testing.T) {
	t.Parallel()
	c := Case{ID: "case", Open: true, Version: 1}
	_, err := c.Close("", nil, now)
	require.ErrorIs(t, err, ErrNoOutcome)
	_, err = c.Close(terms.CaseWorkDone, []Referral{named("r", Escalated)}, now)
	require.ErrorIs(t, err, ErrStillOwed)
	closed, err := c.Close(terms.CaseWorkDone, []Referral{named("r", Closed)}, now)
	require.NoError(t, err)
	require.False(t, closed.Open)
	require.Equal(t, now, closed.ClosedAt)
	_, err = closed.Close(terms.CaseWorkDone, nil, now)
	require.ErrorIs(t, err, ErrCaseClosed)

	_, err = c.Reopen("came back", false)
	require.ErrorIs(t, err, ErrCaseOpen)
	_, err = closed.Reopen("", false)
	require.ErrorIs(t, err, ErrNoteToReopen)
	_, err = closed.Reopen("came back", true)
	require.ErrorIs(t, err, ErrOtherOpen)
	open, err := closed.Reopen("came back", false)
	require.NoError(t, err)
	require.True(t, open.Open)
	require.True(t, open.ClosedAt.IsZero())
	require.Equal(t, 3, open.Version)
}
