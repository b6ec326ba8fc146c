package domain

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/schemas/terms"
)

// area is a few people, who of them was found to be whom, and all their cases. Each step does to a case what the app does with it.
type area struct {
	t     *rapid.T
	now   time.Time
	into  map[string]string // a ref, and the one that it was found to be
	cases []*worked
	sent  int
	was   map[string]Case // each case as it was after the last step
}

// worked is a case with what is on it.
type worked struct {
	Case
	lives   []*life
	actions int // that a meeting agreed, and nobody has done yet
}

var refs = []string{"anna", "bert", "carol", "dora"}

func newArea(t *rapid.T) *area {
	return &area{t: t, now: now, into: map[string]string{}, was: map[string]Case{}}
}

// who is the ref that somebody is known by now.
func (a *area) who(ref string) string {
	for a.into[ref] != "" {
		ref = a.into[ref]
	}
	return ref
}

func (a *area) openOf(ref string) *worked {
	for _, w := range a.cases {
		if w.Open && w.PatientRef == a.who(ref) {
			return w
		}
	}
	return nil
}

// opened is somebody's open case, or a new one.
func (a *area) opened(ref string) *worked {
	if w := a.openOf(ref); w != nil {
		return w
	}
	w := &worked{Case: Case{ID: fmt.Sprint("case-", len(a.cases)), PatientRef: a.who(ref), FirstRef: ref, Open: true, OpenedAt: a.now, Version: 1}}
	a.cases = append(a.cases, w)
	return w
}

func (w *worked) all() (all []Referral) {
	for _, l := range w.lives {
		all = append(all, l.r)
	}
	return all
}

func (w *worked) debts() []Debt {
	return Debts(w.all(), make([]Debt, w.actions)...)
}

// happens is an event of one referral on a case, and what follows from it: what waited for its end is asked about anew, and the case may end with it.
func (a *area) happens(w *worked, l *life, e Event) {
	before := l.r
	l.now = a.now
	l.apply(e)
	if l.r.State.Open() || l.r.Version == before.Version {
		return
	}
	for _, held := range w.lives {
		if held.r.State == Held && held.r.HeldWhy == HeldSameNeed && held.r.DuplicateOf == l.r.ID {
			a.check(w, held)
		}
	}
	a.finish(w, l)
}

func (a *area) check(w *worked, l *life) {
	if existing, found := Duplicate(l.r, w.all()); found {
		a.happens(w, l, Event{Kind: KindDuplicateFound, Existing: existing})
		return
	}
	a.happens(w, l, Event{Kind: KindNoDuplicate})
}

// finish closes a case when what ended was the last that was open on it.
func (a *area) finish(w *worked, last *life) {
	if outcome, ends := w.EndsWith(last.r, w.all()); ends {
		a.close(w, outcome)
	}
}

func (a *area) close(w *worked, outcome terms.CaseOutcome) {
	was := w.Case
	is, err := w.Close(outcome, w.all(), a.now)
	require.NoError(a.t, err)
	require.Equal(a.t, was.Version+1, is.Version)
	w.Case = is
}

// asks is a referral that a practice sends.
func (a *area) asks(t *rapid.T) {
	ref := rapid.SampledFrom(refs).Draw(t, "of")
	w := a.opened(ref)
	if len(w.lives) == 4 {
		return
	}
	l := newLife(t)
	a.sent++
	l.r.ID, l.r.CaseID, l.r.PatientRef, l.r.FirstRef = fmt.Sprint("referral-", a.sent), w.ID, w.PatientRef, ref
	l.r.Need = rapid.SampledFrom([]terms.Need{terms.NeedLoneliness, terms.NeedHousing}).Draw(t, "need")
	w.lives = append(w.lives, l)
	a.happens(w, l, Event{Kind: KindRequested})
	if other := a.who(rapid.SampledFrom(refs).Draw(t, "may be")); other != w.PatientRef && rapid.Bool().Draw(t, "unsure") {
		a.happens(w, l, Event{Kind: KindMatchUnsure, Existing: other})
		return
	}
	a.check(w, l)
}

// somethingHappens to one referral, also to one that has ended. What the case itself decides, and what ends everything of somebody, are steps of their own.
func (a *area) somethingHappens(t *rapid.T) {
	a.passes(t)
	if len(a.cases) == 0 {
		return
	}
	w := rapid.SampledFrom(a.cases).Draw(t, "case")
	if len(w.lives) == 0 {
		return
	}
	l := rapid.SampledFrom(w.lives).Draw(t, "referral")
	l.now = a.now
	e := l.anything()
	switch e.Kind {
	case KindRequested, KindMatchUnsure, KindDuplicateFound, KindNoDuplicate, KindOverlapJoined, KindMergeUndone, KindWorkerLeft,
		KindPatientDied, KindPatientMovedAway, KindConsentWithdrawn, KindPatientErased:
		return
	}
	a.happens(w, l, e)
}

func (a *area) passes(t *rapid.T) {
	a.now = a.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
}

// everythingEnds with somebody who died or moved away, no longer agrees, or is erased: also a case that a meeting has taken.
func (a *area) everythingEnds(t *rapid.T) {
	w := a.openOf(rapid.SampledFrom(refs).Draw(t, "of"))
	if w == nil {
		return
	}
	kind := rapid.SampledFrom([]Kind{KindPatientDied, KindPatientMovedAway, KindConsentWithdrawn, KindPatientErased}).Draw(t, "with")
	var last *life
	for _, l := range w.lives {
		if l.r.State.Open() {
			l.now = a.now
			l.apply(Event{Kind: kind})
			last = l
		}
	}
	status := map[Kind]terms.PatientStatus{KindPatientDied: terms.PatientDied, KindPatientMovedAway: terms.PatientMovedAway}[kind]
	switch {
	case last != nil:
		a.finish(w, last)
	case status != "":
		a.close(w, EndOf[status])
	default:
		return // nothing was open, so a meeting has it: it goes on there
	}
	require.False(t, w.Open, "%s, and the case goes on", kind)
	require.NotEqual(t, terms.CaseWorkDone, w.Outcome, "it was not the work that ended it")
	w.actions = 0
}

// aMeetingTakes somebody's case, and may agree that something is to be done.
func (a *area) aMeetingTakes(t *rapid.T) {
	w := a.opened(rapid.SampledFrom(refs).Draw(t, "of"))
	if !w.WithMDT {
		w.WithMDT, w.Version = true, w.Version+1
	}
	w.actions += rapid.IntRange(0, 1).Draw(t, "actions")
}

func (a *area) anActionIsDone(t *rapid.T) {
	if w := a.openOf(rapid.SampledFrom(refs).Draw(t, "of")); w != nil && w.actions > 0 {
		w.actions--
	}
}

// aMeetingLetsGo of a case once its actions are done: it ends with its work, at once where that is done.
func (a *area) aMeetingLetsGo(t *rapid.T) {
	w := a.openOf(rapid.SampledFrom(refs).Draw(t, "of"))
	if w == nil || !w.WithMDT || w.actions > 0 {
		return
	}
	w.WithMDT, w.Version = false, w.Version+1
	if len(w.lives) == 0 {
		a.close(w, terms.CaseWorkDone)
		return
	}
	a.finish(w, w.lives[len(w.lives)-1])
}

// aPersonCloses a case, whether they may or not.
func (a *area) aPersonCloses(t *rapid.T) {
	if len(a.cases) == 0 {
		return
	}
	w := rapid.SampledFrom(a.cases).Draw(t, "case")
	outcome := rapid.SampledFrom([]terms.CaseOutcome{"", "no such outcome", terms.CaseWorkDone, terms.CasePatientMovedAway}).Draw(t, "outcome")
	err := w.MayClose(outcome, w.debts())
	switch {
	case !w.Open:
		require.ErrorIs(t, err, ErrCaseClosed)
	case !outcome.Known():
		require.ErrorIs(t, err, ErrNoOutcome)
	case OpenIn(w.all()) > 0 || w.actions > 0:
		require.ErrorIs(t, err, ErrStillOwed)
	default:
		require.NoError(t, err)
		a.close(w, outcome)
		return
	}
	if is, err := w.Close(outcome, w.all(), a.now); w.actions == 0 || !w.Open || !outcome.Known() {
		require.Error(t, err, "the one refuses what the other allows")
		require.Equal(t, w.Case, is)
	}
}

// aPersonReopens a case, whether they may or not. It waits for a person from then on.
func (a *area) aPersonReopens(t *rapid.T) {
	if len(a.cases) == 0 {
		return
	}
	w := rapid.SampledFrom(a.cases).Draw(t, "case")
	note := rapid.SampledFrom([]string{"", "They are back from their daughter's"}).Draw(t, "note")
	other := a.openOf(w.PatientRef)
	is, err := w.Reopen(note, other != nil && other != w)
	switch {
	case w.Open:
		require.ErrorIs(t, err, ErrCaseOpen)
	case other != nil:
		require.ErrorIs(t, err, ErrOtherOpen)
	case note == "":
		require.ErrorIs(t, err, ErrNoteToReopen)
	default:
		require.NoError(t, err)
		require.Equal(t, w.Version+1, is.Version)
		is.WithMDT, is.PatientRef = true, a.who(is.PatientRef) // who was found to be another meanwhile is known by that ref
		w.Case = is
		return
	}
	require.Equal(t, w.Case, is)
}

// twoAreOne: what is open of the one comes into what is open of the other, or is the other's as it is. What waited to know who it is goes on.
func (a *area) twoAreOne(t *rapid.T) {
	from, into := a.who(rapid.SampledFrom(refs).Draw(t, "the one")), a.who(rapid.SampledFrom(refs).Draw(t, "is the other"))
	if from == into {
		return
	}
	goes, stays := a.openOf(from), a.openOf(into)
	a.into[from] = into
	if goes == nil {
		return
	}
	if stays == nil {
		goes.PatientRef, goes.Version = into, goes.Version+1
		stays = goes
	} else {
		a.moves(goes, stays)
		a.close(goes, terms.CaseMerged)
	}
	for _, l := range stays.lives {
		l.r.PatientRef = into
		if l.r.State == Held && l.r.HeldWhy == HeldSamePerson && a.who(l.r.MayBe) == into {
			a.check(stays, l)
		}
	}
}

// moves puts everything that is on one case on the other. Neither of two who help with one need already is taken from them.
func (a *area) moves(from, into *worked) {
	for _, l := range from.lives {
		if l.r.Confirmed == "" && doubled(l.r) {
			for _, o := range into.lives {
				if doubled(o.r) && o.r.Need == l.r.Need {
					l.r.Confirmed = "found_to_be_one_person"
				}
			}
		}
		l.r.CaseID = into.ID
	}
	into.lives, from.lives = append(into.lives, from.lives...), nil
	into.actions, from.actions = into.actions+from.actions, 0
	if from.WithMDT && !into.WithMDT { // the meeting has the case that goes on, too
		into.WithMDT, into.Version = true, into.Version+1
	}
}

// doubled tells whether a referral stands where a second one of its need would double it.
func doubled(r Referral) bool { return r.State.Open() && r.State != Held && r.State != Requested }

// holds is what must be so after every step.
func (a *area) holds(t *rapid.T) {
	open := map[string]string{}
	for _, w := range a.cases {
		was, known := a.was[w.ID]
		if !known {
			require.Positive(t, w.Version)
		} else if is := w.Case; is != was {
			require.Greater(t, is.Version, was.Version, "something of the case has changed, and its version has not")
		}
		a.was[w.ID] = w.Case
		if !w.Open {
			a.closed(t, w)
			continue
		}
		who := a.who(w.PatientRef)
		require.Equal(t, who, w.PatientRef, "it is open under a ref that is not theirs any more")
		require.Empty(t, open[who], "%s has two open cases: %s and %s", who, open[who], w.ID)
		open[who] = w.ID
		require.Empty(t, w.Outcome, "an open case has an outcome")
		require.True(t, w.ClosedAt.IsZero())
		require.True(t, w.WithMDT || OpenIn(w.all()) > 0, "nothing is open on it, no meeting has it, and it did not end")
		a.once(t, w)
	}
}

// closed is a case that has ended: how and when stands on it, and nobody owes anything.
func (a *area) closed(t *rapid.T, w *worked) {
	require.True(t, w.Outcome.Known(), "it closed with the outcome %q", w.Outcome)
	require.False(t, w.ClosedAt.IsZero())
	require.False(t, w.ClosedAt.After(a.now))
	require.Empty(t, w.debts(), "somebody owes something on a closed case")
	for _, l := range w.lives {
		require.False(t, l.r.State.Open(), "%s is open on a closed case", l.r.ID)
		require.Equal(t, Owes{Party: Nobody}, l.r.Owes)
	}
}

// once: on one case one referral of a need goes on, but for those that a person confirmed or that a merge brought together.
func (a *area) once(t *rapid.T, w *worked) {
	first := map[terms.Need]string{}
	for _, l := range w.lives {
		require.Equal(t, w.ID, l.r.CaseID)
		if !doubled(l.r) || l.r.Confirmed != "" {
			continue
		}
		require.Empty(t, first[l.r.Need], "%s and %s both go on", first[l.r.Need], l.r.ID)
		first[l.r.Need] = l.r.ID
	}
}

// TestCasesWhateverHappens lets cases be opened, taken by a meeting, closed by a person or with their last referral, reopened and merged, in any order.
func TestCasesWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := newArea(t)
		t.Repeat(map[string]func(*rapid.T){
			"a practice asks": a.asks, "something happens to a referral": a.somethingHappens, "everything of somebody ends": a.everythingEnds,
			"a meeting takes it": a.aMeetingTakes, "an action is done": a.anActionIsDone, "a meeting lets go": a.aMeetingLetsGo,
			"a person closes it": a.aPersonCloses, "a person reopens it": a.aPersonReopens, "two are one": a.twoAreOne, "": a.holds,
		})
	})
}
