// Package schemas is the contract between the services: a JSON Schema for every event, the Go types made from them, and
// the sealed fields in which personal data travels.
package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The classes of sealed data. Each has its own key per patient, and the vault says which service may open which.
const (
	ClassContact      = "contact"      // who somebody is and how to reach them
	ClassNarrative    = "narrative"    // what was said by or about the person
	ClassMessage      = "message"      // what sender and receiver tell each other about an offer
	ClassSafeguarding = "safeguarding" // risks, and which sensitive service
)

// ErrNotSealed is returned when somebody tries to write a field that still holds a plaintext and no ciphertext.
var ErrNotSealed = errors.New("a sealed field has not been sealed")

// ErrBadSealed is returned when what stands on the wire is not a sealed field.
var ErrBadSealed = errors.New("not a sealed field")

// Sealed is a field that travels only encrypted:
//
//	{"$enc": "<key id>", "v": 1, "class": "contact", "ct": "<base64>"}
//
// In the program it can hold the plaintext as well, put there by Seal or by opening it. No way of writing or printing it
// shows the plaintext, and writing it before it was sealed is an error: forgetting to seal loses the event's transaction,
// never the patient's privacy. It is not safe for use by several goroutines at once.
type Sealed struct {
	class   string
	key     string
	version int
	ct      []byte

	plain  []byte
	opened bool
	err    error // why Seal could not encode its value; said when it is written
}

// Seal wraps v, which must be encodable as JSON, as the plaintext of a field that is still to be sealed.
func Seal(v any) *Sealed {
	plain, err := json.Marshal(v)
	if err != nil {
		// The error of encoding/json may quote the value.
		return &Sealed{err: fmt.Errorf("encode the plaintext of a sealed field of type %T", v)}
	}
	return &Sealed{plain: plain, opened: true}
}

// Into reads the plaintext into v. ok is false when there is none to read: it is not ours to open, or it was erased.
func (s *Sealed) Into(v any) (ok bool, err error) {
	switch {
	case s == nil:
		return false, nil
	case s.err != nil:
		return false, s.err
	case !s.opened:
		return false, nil
	}
	if err := json.Unmarshal(s.plain, v); err != nil {
		// The error of encoding/json may quote the value.
		return false, fmt.Errorf("decode the plaintext of a sealed field into %T", v)
	}
	return true, nil
}

// Plaintext is the JSON inside; ok is false when the field was not opened.
func (s *Sealed) Plaintext() (plain []byte, ok bool) {
	if s == nil {
		return nil, false
	}
	return s.plain, s.opened
}

// SetPlaintext puts the JSON inside after the field was opened.
func (s *Sealed) SetPlaintext(plain []byte) { s.plain, s.opened = plain, true }

// Ciphertext is what travels: the key's id, the version of the wire form and the bytes. ok is false before sealing.
func (s *Sealed) Ciphertext() (key string, version int, ct []byte, ok bool) {
	if s == nil {
		return "", 0, nil, false
	}
	return s.key, s.version, s.ct, s.key != ""
}

// SetCiphertext seals the field.
func (s *Sealed) SetCiphertext(key string, version int, ct []byte) {
	s.key, s.version, s.ct = key, version, ct
}

// Class is contact, narrative, message or safeguarding; "" before the field was part of an event.
func (s *Sealed) Class() string {
	if s == nil {
		return ""
	}
	return s.class
}

// Box is what sealing and opening need of a field. It is the same interface literal as pkg/event's Box, so that neither
// module needs the other.
type Box = interface {
	Plaintext() (plain []byte, ok bool)
	SetPlaintext(plain []byte)
	Ciphertext() (key string, version int, ct []byte, ok bool)
	SetCiphertext(key string, version int, ct []byte)
}

// Visit gives the field to fn under its place and class in the event's schema; a nil field is passed over. A field that
// arrived under another class is refused: its key would be one that its readers may have and should not.
func (s *Sealed) Visit(path, class string, fn func(path, class string, b Box) error) error {
	switch {
	case s == nil:
		return nil
	case s.class != "" && s.class != class:
		return fmt.Errorf("%s is of class %s, not %s: %w", path, s.class, class, ErrBadSealed)
	}
	s.class = class
	return fn(path, class, s)
}

// Anew is a copy of an opened field that is still to be sealed, for passing it on in another event. It is nil when there is
// nothing to pass on: the field was nil, is not ours to open, or was erased.
func (s *Sealed) Anew() *Sealed {
	if s == nil || !s.opened {
		return nil
	}
	return &Sealed{plain: slices.Clone(s.plain), opened: true, err: s.err}
}

// wire is the JSON form.
type wire struct {
	Key     string `json:"$enc"`
	Version int    `json:"v"`
	Class   string `json:"class"`
	CT      []byte `json:"ct"`
}

// MarshalJSON writes the ciphertext. It is an error when there is none, or when the class is not known yet.
//
// This and the printing methods have value receivers so that they also guard a Sealed that somebody copied.
func (s Sealed) MarshalJSON() ([]byte, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case s.key == "" || len(s.ct) == 0 || !knownClass(s.class):
		return nil, ErrNotSealed
	}
	return json.Marshal(wire{s.key, s.version, s.class, s.ct})
}

// UnmarshalJSON reads the ciphertext. Anything else than a sealed field is refused: a plaintext that somebody sends where
// a sealed field belongs must not be taken in. The error never says what stood there.
func (s *Sealed) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return ErrBadSealed
	}
	if w.Key == "" || w.Version < 1 || len(w.CT) == 0 || !knownClass(w.Class) {
		return ErrBadSealed
	}
	*s = Sealed{class: w.Class, key: w.Key, version: w.Version, ct: w.CT}
	return nil
}

func knownClass(c string) bool {
	return c == ClassContact || c == ClassNarrative || c == ClassMessage || c == ClassSafeguarding
}

// Format prints "[sealed]" whatever the verb, so that neither a log line nor a failed test shows what is inside.
func (s Sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String is "[sealed]".
func (s Sealed) String() string { return "[sealed]" }

// GoString is "[sealed]".
func (s Sealed) GoString() string { return s.String() }
