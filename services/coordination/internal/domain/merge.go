package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// UndoWithin is how long a merge can be undone.
const UndoWithin = 30 * 24 * time.Hour

// Refusals of steps on a merge.
var (
	ErrNoMerge     = fault.NotFound("merge")
	ErrMergeUndone = fault.Conflict("merge_undone", "Somebody has made them two people again already. Nothing was changed by you")
	ErrMergeOld    = fault.Conflict("merge_too_old", "These records were made one more than 30 days ago, and what came since can not be told apart safely. Ask the people who know the person which record is whose, and open a new case for the other")
	ErrMergedOn    = fault.Conflict("merged_further", "The record that stayed was later found to be one with another. Undo that first")
	ErrNoUndoNote  = fault.Invalid("note", "Enter how you know that they are two people")
)

// Undoable tells whether a merge that was made at some time can still be undone.
func Undoable(at, now time.Time) bool { return now.Sub(at) <= UndoWithin }

// EndedByAnother tells whether a referral ended only with what was said of another person, since two records were made one at a time: is and
// answers are what is known of its own patient. Onward referrals end with what they came from, and whoever takes that on sends them anew.
func EndedByAnother(r Referral, since time.Time, is terms.PatientStatus, answers []Answer) bool {
	if r.State.Open() || !r.Root || r.Since.Before(since) || !aboutThePerson(r.Reason) {
		return false
	}
	if r.Reason != string(terms.OutcomeConsentWithdrawn) {
		return is == terms.PatientActive
	}
	if newest := newestOf(terms.ConsentShareToHelp, answers); newest != nil && !newest.Given {
		return false
	}
	return !slices.ContainsFunc(answers, func(a Answer) bool {
		return a.Purpose == terms.ConsentShareToHelp && !a.Given && !a.At.Before(since)
	})
}

// aboutThePerson tells whether something ended, by its reason, because of the person it is about, and not of anybody's answer to it.
func aboutThePerson(reason string) bool {
	switch reason {
	case string(terms.OutcomeConsentWithdrawn), string(terms.OutcomePatientDied), string(terms.OutcomePatientMovedAway):
		return true
	}
	return false
}

// SharingAnswer is what a patient said about sharing with those who help.
type SharingAnswer struct {
	FirstRef string    // the record it was said under
	At       time.Time // when it was asked
	Given    bool
	With     []string // the organisations it was given for; none means those who help
}

// MaySeeRecord tells whether an organisation that does not know one record of a person by itself may see what came under it: the
// newest answer about that record must be a yes that covers the organisation. What was asked once the records were known to be
// one person's counts for all of them.
func MaySeeRecord(answers []SharingAnswer, record string, oneSince time.Time, organisation string) bool {
	newest := SharingAnswer{}
	for _, a := range answers {
		about := a.FirstRef == record || !a.At.Before(oneSince)
		if about && (newest.At.IsZero() || a.At.After(newest.At) || a.At.Equal(newest.At) && !a.Given) {
			newest = a
		}
	}
	return newest.Given && (len(newest.With) == 0 || slices.Contains(newest.With, organisation))
}

// ApartReason is how somebody knows that two records which look the same are two people's.
type ApartReason string

// The reasons to keep two records apart.
const (
	ApartSenderSays ApartReason = "sender_says"
	ApartPersonSays ApartReason = "person_says"
	ApartRelatives  ApartReason = "relatives"
	ApartRecords    ApartReason = "records_show"
	ApartUndone     ApartReason = "merge_undone" // not chosen: said with an undo
)

// ApartReasons are those that a person may choose, with their words.
var ApartReasons = []struct {
	Code ApartReason
	Text string
}{
	{ApartSenderSays, "The sender says so: I asked them"},
	{ApartPersonSays, "The person, or somebody who knows them, says so"},
	{ApartRelatives, "They are relatives, such as twins, or a parent and child of one name"},
	{ApartRecords, "Other records show it, such as two NHS numbers"},
}

// Known tells whether a person may give this reason.
func (r ApartReason) Known() bool {
	for _, x := range ApartReasons {
		if x.Code == r {
			return true
		}
	}
	return false
}

// Label is the reason in words.
func (r ApartReason) Label() string {
	for _, x := range ApartReasons {
		if x.Code == r {
			return x.Text
		}
	}
	return ""
}
