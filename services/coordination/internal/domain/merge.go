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
	ErrNotApart    = fault.NotFound("two who were kept apart")
	ErrAskedAgain  = fault.Conflict("asked_already", "Somebody has asked for these two to be looked at already. Nothing was changed by you")
	ErrNoAgain     = fault.Invalid("reason", "Select why they should be looked at again")
	ErrNoLookalike = fault.NotFound("two records that may be one person's")
)

// Undoable tells whether a merge that was made at some time can still be undone.
func Undoable(at, now time.Time) bool { return now.Sub(at) <= UndoWithin }

// Own is what is known of one of two people who were thought one since a time.
type Own struct {
	Since   time.Time
	Status  terms.PatientStatus
	Agrees  []terms.ConsentPurpose // to what, as they said it, and until no day that is over
	Answers []Answer               // everything that they said about sharing
}

// EndedByAnother tells whether a referral of theirs ended, while the two were thought one, only with what was said of the other.
func (o Own) EndedByAnother(r Referral) bool {
	if r.Since.Before(o.Since) || !endedWithThePerson(r) {
		return false
	}
	if r.State == Closed {
		return o.Status == terms.PatientActive
	}
	rests := []terms.ConsentPurpose{terms.ConsentShareToHelp}
	if r.Sensitive {
		rests = append(rests, terms.ConsentShareSensitive)
	}
	return slices.ContainsFunc(o.Agrees, func(p terms.ConsentPurpose) bool { return slices.Contains(rests, p) }) &&
		!slices.ContainsFunc(o.Answers, func(a Answer) bool {
			return slices.Contains(rests, a.Purpose) && !a.Given && !a.At.Before(o.Since)
		})
}

// ClosedByAnother tells whether a meeting's case, on which nothing else was open, ended only with what was said of the other.
func (o Own) ClosedByAnother(c Case, other terms.PatientStatus) bool {
	return c.WithMDT && !c.Open && !c.ClosedAt.Before(o.Since) && o.Status == terms.PatientActive && c.Outcome == EndOf[other] && c.Outcome != ""
}

// endedWithThePerson tells whether a referral ended with what was said of the person it is about. A sender who takes one back may give the same
// reason in words of their own: that stays so.
func endedWithThePerson(r Referral) bool {
	switch r.State {
	case Withdrawn:
		return r.Reason == string(terms.OutcomeConsentWithdrawn) || r.Reason == ReasonNoConsent
	case Closed:
		return r.Reason == string(terms.OutcomePatientDied) || r.Reason == string(terms.OutcomePatientMovedAway)
	}
	return false
}

// stoodDown tells whether an offer was taken back because of what was said of the person, or of who they are, and not of anybody's answer to it.
func stoodDown(o Offer) bool {
	switch terms.OfferWithdrawalReason(o.Reason) {
	case terms.OfferWithdrawalConsentWithdrawn, terms.OfferWithdrawalPatientDied, terms.OfferWithdrawalPatientMovedAway, terms.OfferWithdrawalNotSettled:
		return o.State == terms.OfferWithdrawn
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

// AgainReason is why somebody wants two looked at again who were kept apart.
type AgainReason string

// AgainReasons are those, with their words.
var AgainReasons = []struct {
	Code AgainReason
	Text string
}{
	{"learned_more", "Something was learned since about one of them"},
	{"sender_says", "A sender says that they are one person"},
	{"person_says", "The person, or somebody who knows them, says so"},
	{"mistake", "The answer was a mistake"},
}

// Known tells whether it is one of these.
func (r AgainReason) Known() bool { return r.Label() != "" }

// Label is the reason in words.
func (r AgainReason) Label() string {
	for _, x := range AgainReasons {
		if x.Code == r {
			return x.Text
		}
	}
	return ""
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
