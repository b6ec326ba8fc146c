package domain

// rule works out what follows in one cell of the table.
type rule func(*step) error

// row is what follows from one kind of event in each state. It is written without field names on purpose: a new state
// makes every row below refuse to compile until somebody has thought about it.
type row struct {
	fresh, requested, checked, held, offered, asked, waitlisted, accepted, underWay, escalated, joined, withdrawn, closed rule
}

// table is the life of a referral. Its expected results stand in testdata/decisions.txt, written by hand.
//
// The columns are, in order:
// new · requested · checked · held · offered · information asked · waitlisted · accepted · under way · escalated · joined · withdrawn · closed
var table = map[Kind]row{
	// How it arrives and is checked.
	KindRequested:      {begin, again, again, again, again, again, again, again, again, again, again, again, again},
	KindMatchUnsure:    {unknown, holdPerson, checked, holdNext, checked, checked, checked, checked, checked, checked, ended, ended, ended},
	KindMatchLate:      {nothing, holdPerson, holdLate, nothing, holdLate, nothing, nothing, nothing, nothing, holdUnasked, nothing, nothing, nothing},
	KindDuplicateFound: {unknown, holdNeed, checked, holdNeed, checked, checked, checked, checked, checked, checked, ended, ended, ended},
	KindNoDuplicate:    {unknown, goOn, nothing, goOn, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing},
	KindOverlapJoined:  {unknown, joinHelp, checked, joinHelp, checked, checked, checked, checked, checked, checked, ended, ended, ended},
	KindReceiverKnown:  {unknown, nothing, goOn, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing},

	// A possible duplicate: the three choices.
	KindJoin:     {unknown, notHeld, notHeld, join, notHeld, notHeld, notHeld, notHeld, notHeld, notHeld, ended, ended, ended},
	KindConfirm:  {unknown, notHeld, notHeld, confirm, notHeld, notHeld, notHeld, notHeld, notHeld, notHeld, ended, ended, ended},
	KindWithdraw: {nothing, withdraw, withdraw, withdraw, withdraw, withdraw, withdraw, withdraw, withdraw, withdraw, nothing, nothing, nothing},

	// A receiver's answers, and the sender's to a question.
	KindAccepted:         {nothing, accept, accept, accept, accept, accept, accept, accept, accept, accept, accept, accept, accept},
	KindWaitlisted:       {nothing, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist, waitlist},
	KindBounced:          {nothing, bounce, bounce, bounce, bounce, bounce, bounce, bounce, bounce, bounce, bounce, bounce, bounce},
	KindInformationAsked: {nothing, ask, ask, ask, ask, ask, ask, ask, ask, ask, ask, ask, ask},
	KindInformationGiven: {nothing, nothing, nothing, nothing, nothing, inform, nothing, nothing, nothing, inform, nothing, nothing, nothing},

	// Support, and how it ends.
	KindContactMade:  {nothing, nothing, nothing, nothing, nothing, nothing, nothing, start, start, start, nothing, nothing, nothing},
	KindSupportEnded: {nothing, nothing, nothing, nothing, nothing, nothing, nothing, finish, finish, finish, nothing, nothing, nothing},
	KindOnwardEnded:  {nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, finishWaiting, finishWaiting, nothing, nothing, nothing},
	KindParentEnded:  {nothing, endOnward, endOnward, endOnward, endOnward, endOnward, endOnward, endOnward, endOnward, endOnward, nothing, nothing, nothing},

	// Silence, an area that had nobody to turn to, and a receiver that is no more.
	KindClockRanOut:    {nothing, late, lateReceiver, lateChoice, expire, silent, silent, silent, silent, late, nothing, nothing, nothing},
	KindOfficeKnown:    {nothing, nothing, nothing, nameOffice, nothing, nothing, nothing, nothing, nothing, nameOffice, nothing, nothing, nothing},
	KindReceiverClosed: {nothing, nothing, nothing, nothing, leave, leave, leave, leave, leave, leave, nothing, nothing, nothing},

	// The area's office.
	KindCoordinatorOffers: {unknown, notEscalated, offerChosen, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, offerChosen, ended, ended, ended},
	KindCoordinatorCloses: {unknown, closeChosen, closeChosen, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, closeChosen, ended, ended, ended},
	KindCoordinatorWaits:  {unknown, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, notEscalated, wait, ended, ended, ended},

	// Who owes the step gives it to a person of theirs, whatever it is.
	KindReassigned: {unknown, reassign, reassign, reassign, reassign, reassign, reassign, reassign, reassign, reassign, ended, ended, ended},

	// A call is owed also when the referral is over: nobody has told them.
	KindProviderPhoned: {unknown, phoned, phoned, phoned, phoned, phoned, phoned, phoned, phoned, phoned, phoned, phoned, phoned},

	// What ends everything, from any open state.
	KindPatientDied:      {nothing, died, died, died, died, died, died, died, died, died, nothing, nothing, nothing},
	KindPatientMovedAway: {nothing, movedAway, movedAway, movedAway, movedAway, movedAway, movedAway, movedAway, movedAway, movedAway, nothing, nothing, nothing},
	KindConsentWithdrawn: {nothing, noConsent, noConsent, noConsent, noConsent, noConsent, noConsent, noConsent, noConsent, noConsent, nothing, nothing, nothing},
	KindPatientErased:    {nothing, erased, erased, erased, erased, erased, erased, erased, erased, erased, nothing, nothing, nothing},

	// Two people after all.
	KindMergeUndone: {nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, askAnew, askAfterAll, askAfterAll},
	KindWorkerLeft:  {nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, askAnew, nothing, nothing},
}

// in picks the cell of a state.
func (r row) in(s State) rule {
	switch s {
	case New:
		return r.fresh
	case Requested:
		return r.requested
	case Checked:
		return r.checked
	case Held:
		return r.held
	case Offered:
		return r.offered
	case InformationAsked:
		return r.asked
	case Waitlisted:
		return r.waitlisted
	case Accepted:
		return r.accepted
	case UnderWay:
		return r.underWay
	case Escalated:
		return r.escalated
	case Joined:
		return r.joined
	case Withdrawn:
		return r.withdrawn
	case Closed:
		return r.closed
	}
	return nil
}
