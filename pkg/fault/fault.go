// Package fault gives errors a meaning that a program and a person can act on; httpx turns meanings into statuses.
//
// A message says what to do, in plain English, and never repeats what was typed: it may be a patient's data.
package fault

import (
	"errors"
	"strings"
)

// Meaning is why something was refused.
type Meaning string

// The meanings, and the HTTP status httpx gives each.
const (
	MeaningInvalid     Meaning = "invalid"               // 422: a field is missing or wrong
	MeaningNotFound    Meaning = "not_found"             // 404: there is none, or it is not yours to know of
	MeaningConflict    Meaning = "conflict"              // 409: the step is not allowed in this state
	MeaningStale       Meaning = "stale"                 // 412: somebody changed it meanwhile
	MeaningNeedVersion Meaning = "precondition_required" // 428: say which version you change
	MeaningForbidden   Meaning = "forbidden"             // 403: who you are does not allow it
	MeaningMismatch    Meaning = "mismatch"              // 422: an idempotency key used again with another body
	MeaningUnavailable Meaning = "unavailable"           // 503: try again later
)

// Field is one thing wrong with one input. Path is the input's name, with dots for nesting.
type Field struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error is a refusal with its meaning. Two are the same to errors.Is when meaning and code are.
type Error struct {
	Meaning Meaning
	Code    string
	Message string
	Fields  []Field
}

func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range e.Fields {
		b.WriteString("; " + f.Path + ": " + f.Message)
	}
	return b.String()
}

// Is compares meaning and code, so that a sentinel matches a copy of it with other words.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Meaning == e.Meaning && t.Code == e.Code
}

// With returns a copy with other words, still the same to errors.Is.
func (e *Error) With(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// Of finds the refusal in err's chain.
func Of(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Invalid refuses one field.
func Invalid(path, message string) *Error {
	return &Error{Meaning: MeaningInvalid, Code: "invalid", Message: "There is a problem with what was sent", Fields: []Field{{path, message}}}
}

// NotFound says there is no such thing for this person; what is a noun: "referral".
func NotFound(what string) *Error {
	return &Error{Meaning: MeaningNotFound, Code: "not_found", Message: "There is no such " + what + ", or you can not see it"}
}

// Conflict refuses a step that is not allowed now; code names the rule.
func Conflict(code, message string) *Error {
	return &Error{Meaning: MeaningConflict, Code: code, Message: message}
}

// Stale refuses a change made from an old copy.
func Stale(message string) *Error {
	return &Error{Meaning: MeaningStale, Code: "stale", Message: message}
}

// PreconditionRequired refuses a change that does not say which version it changes.
func PreconditionRequired() *Error {
	return &Error{Meaning: MeaningNeedVersion, Code: "precondition_required", Message: "Say which version you are changing, in If-Match"}
}

// Forbidden refuses because of who is asking; the message says which set-up is missing and who can fix it.
func Forbidden(message string) *Error {
	return &Error{Meaning: MeaningForbidden, Code: "forbidden", Message: message}
}

// Mismatch refuses an idempotency key that was used before with another body.
func Mismatch() *Error {
	return &Error{Meaning: MeaningMismatch, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used before with a different body"}
}

// Unavailable says that something needed is not there now.
func Unavailable(message string) *Error {
	return &Error{Meaning: MeaningUnavailable, Code: "unavailable", Message: message}
}

// Fields collects what is wrong with a form, so that a person sees all of it at once.
type Fields struct{ list []Field }

// Add notes one problem.
func (f *Fields) Add(path, message string) { f.list = append(f.list, Field{path, message}) }

// Has tells whether anything is wrong with path.
func (f *Fields) Has(path string) bool {
	for _, x := range f.list {
		if x.Path == path {
			return true
		}
	}
	return false
}

// Err is nil when nothing was added.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &Error{Meaning: MeaningInvalid, Code: "invalid", Message: "There is a problem with what was sent", Fields: f.list}
}
