package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// Answer is what a person said about sharing for one purpose.
type Answer struct {
	Purpose terms.ConsentPurpose
	At      time.Time
	Given   bool
	With    []string // the organisations it was about; none means those who help
	By      string   // the organisation that asked
}

// restsOn is what a part in a case rests on: any of these purposes is enough.
var restsOn = map[string][]terms.ConsentPurpose{
	"sender": {terms.ConsentShareToHelp}, "receiver": {terms.ConsentShareToHelp}, "office": {terms.ConsentShareToHelp}, "shared": {terms.ConsentShareToHelp},
	"meeting": {terms.ConsentDiscussAtMDT}, "holder": {terms.ConsentShareToHelp, terms.ConsentDiscussAtMDT}, "key_worker": {terms.ConsentShareToHelp, terms.ConsentDiscussAtMDT},
}

// Agreed tells whether a person agrees to what an organisation's part in their case rests on. notWith are the organisations that they
// do not want to know of them. Of a purpose that nobody asked about nothing was refused; but where the part could rest on either and they said no to
// the one, that nobody asked about the other is no yes.
func Agreed(part, organisation string, answers []Answer, notWith []string) bool {
	if slices.Contains(notWith, organisation) {
		return false
	}
	var unasked, refused bool
	for _, p := range restsOn[part] {
		switch newest := newestOf(p, answers); {
		case newest == nil:
			unasked = true
		case newest.covers(organisation):
			return true
		case !newest.Given:
			refused = true
		}
	}
	return unasked && !refused
}

// covers tells whether an answer is a yes that an organisation may go by.
func (a *Answer) covers(organisation string) bool {
	return a.Given && (len(a.With) == 0 || a.By == organisation || slices.Contains(a.With, organisation))
}

// MayBeWithdrawn tells whether somebody can say that they no longer agree to a purpose, by itself.
func MayBeWithdrawn(purpose terms.ConsentPurpose) bool {
	return purpose == terms.ConsentShareToHelp || purpose == terms.ConsentDiscussAtMDT || purpose == terms.ConsentShareSensitive
}

// AgreesAgain tells whether a yes at a time takes back a no: the newest of the answers before it.
func AgreesAgain(purpose terms.ConsentPurpose, at time.Time, answers []Answer) bool {
	newest := newestOf(purpose, answers)
	return newest != nil && !newest.Given && at.After(newest.At)
}

// newestOf is nil of a purpose that nobody asked about. A no that names organisations says nothing about the others.
func newestOf(purpose terms.ConsentPurpose, answers []Answer) *Answer {
	var newest *Answer
	for i := range answers {
		a := &answers[i]
		if a.Purpose != purpose || !a.Given && len(a.With) > 0 {
			continue
		}
		if newest == nil || a.At.After(newest.At) || a.At.Equal(newest.At) && !a.Given {
			newest = a
		}
	}
	return newest
}

// Unwanted tells whether a referral is in the hands of somebody whom the person does not want to know of them.
func (r *Referral) Unwanted(notWith []string) bool {
	o := r.Live()
	return o != nil && slices.Contains(notWith, o.Receiver.Organisation)
}
