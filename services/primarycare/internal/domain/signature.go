package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
)

// SignatureAnswer is what a supervisor said.
type SignatureAnswer string

// What a supervisor can say.
const (
	SignatureGiven    SignatureAnswer = "signed"
	SignatureSentBack SignatureAnswer = "sent_back"
)

// What signing refuses.
var (
	ErrNoSignature    = fault.NotFound("request for a signature")
	ErrOwnSignature   = fault.Conflict("own_signature", "Nobody signs for what they began themselves. A colleague who may send it has to")
	ErrNeedsNone      = fault.Conflict("no_signature_needed", "You may send this yourself: nobody has to sign it")
	ErrNotTrainable   = fault.Conflict("signature_not_enough", "A signature does not help here: this is not for your role, whatever the training")
	ErrChangedSince   = fault.Conflict("changed_since_asked", "This was changed after you were asked to sign, so it is not what you were asked about. Whoever began it has to ask again")
	ErrAnswered       = fault.Conflict("signature_answered", "This was answered already")
	ErrNoLongerSigned = fault.Conflict("signature_void", "Whoever signed this may not sign any more: their training has run out, or they have left. Ask somebody else to sign")
)

// Signature is what a supervisor was asked about one version of a draft, and said.
type Signature struct {
	DraftID      string // "" when nobody was asked
	PracticeID   string
	DraftVersion int64
	AskedBy      string // who acts
	AskedAt      time.Time
	SupervisorID string // who was asked; another who may can answer too
	Answer       SignatureAnswer
	AnsweredBy   string
	AnsweredAt   time.Time
}

// Of tells whether it is about this draft as it stands now.
func (s Signature) Of(d Draft) bool {
	return s.DraftID != "" && s.DraftID == d.ID && s.DraftVersion == d.Version
}

// Waits tells whether a supervisor still has to answer about the draft as it stands.
func (s Signature) Waits(d Draft) bool { return s.Of(d) && s.Answer == "" }

// Signed tells whether the draft as it stands was signed for this person.
func (s Signature) Signed(d Draft, person string) bool {
	return s.Of(d) && s.Answer == SignatureGiven && s.AskedBy == person
}

// Asked asks a supervisor about a draft as it stands. It replaces what was asked before, which was about something else or was
// sent back; a signature that stands is left alone.
func (d Draft) Asked(before Signature, by, supervisor string, now time.Time) (Signature, error) {
	switch {
	case by == supervisor:
		return Signature{}, fault.Invalid("supervisor", "Select somebody else than yourself")
	case before.Signed(d, by):
		return Signature{}, ErrAnswered.With("This is signed already: you can send it")
	}
	return Signature{DraftID: d.ID, PracticeID: d.PracticeID, DraftVersion: d.Version, AskedBy: by, AskedAt: now, SupervisorID: supervisor}, nil
}

// Answered takes the answer of somebody who may send this themselves. The first of two counts.
func (s Signature) Answered(d Draft, by string, answer SignatureAnswer, now time.Time) (Signature, error) {
	switch {
	case s.DraftID == "":
		return s, ErrNoSignature
	case by == s.AskedBy:
		return s, ErrOwnSignature
	case s.Answer != "":
		return s, ErrAnswered
	case !s.Of(d):
		return s, ErrChangedSince
	}
	s.Answer, s.AnsweredBy, s.AnsweredAt = answer, by, now
	return s, nil
}
