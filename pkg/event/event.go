// Package event is the envelope: a CloudEvents 1.0 event as it is kept in an outbox and sent over NATS.
package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	ce "github.com/cloudevents/sdk-go/v2/event"

	"example.org/waypost/pkg/id"
)

// Partitions is a constant of the contract: every position, chain and progress key has the partition in it.
const Partitions = 16

// MaxBody bounds an event's data, in bytes; the streams refuse larger messages.
const MaxBody = 200 << 10

// Event is one fact of one speaker.
type Event struct {
	ID             string // UUIDv7; with Source the identity
	Type           string // waypost.<speaker>.<fact>.v<n>
	Source         string // /waypost/<area>/<speaker>
	About          string // CloudEvents subject: the patient ref, or the id of the thing the fact is about
	Time           time.Time
	Partition      int
	Correlation    string
	Causation      string // the event that led to this one, or ""
	Traceparent    string
	Classification string // "restricted" where a patient is concerned, else "internal"

	// The relay's part, given after the commit.
	Epoch    int
	Position int64
	PrevHash []byte
	Hash     []byte

	Data json.RawMessage
}

// Speaker is the service that said it, "" when the type is not of our form.
func (e *Event) Speaker() string { s, _, _ := SplitType(e.Type); return s }

// Fact is the fact's name and version: "offer_accepted.v1" is ("offer_accepted", 1).
func (e *Event) Fact() string { _, f, _ := SplitType(e.Type); return f }

// SplitType takes a type apart: waypost.<speaker>.<fact>.v<n>; ok is false when it is not of our form.
func SplitType(t string) (speaker, fact string, ok bool) {
	rest, ours := strings.CutPrefix(t, "waypost.")
	speaker, rest, _ = strings.Cut(rest, ".")
	fact, version, _ := strings.Cut(rest, ".v")
	if !ours || !letters(speaker, "") || !letters(fact, "_") || !digits(version) || version[0] == '0' {
		return "", "", false
	}
	return speaker, fact, true
}

func letters(s, also string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && !strings.ContainsRune(also, c) }) < 0
}

func digits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// PartitionOf says in which of the partitions everything about one patient or thing is ordered.
func PartitionOf(about string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, about) // a hash never fails
	return int(h.Sum32() % Partitions)
}

// Subject is where the event is published: waypost.<speaker>.<partition>.<fact>.<about>. It holds random ids only.
func (e *Event) Subject() string {
	s, f, _ := SplitType(e.Type)
	return "waypost." + s + "." + strconv.Itoa(e.Partition) + "." + f + "." + e.About
}

// Genuine tells whether the event's own hash fits what it says; in a chain with the one before it.
func (e *Event) Genuine() bool { return bytes.Equal(e.ChainHash(e.PrevHash), e.Hash) }

// Source of a speaker in an area.
func Source(area, speaker string) string { return "/waypost/" + area + "/" + speaker }

// ChainHash is SHA-256 over the hash before, the fixed attributes and the body; each part is preceded by its length,
// so that no two events can be written the same way.
func (e *Event) ChainHash(prev []byte) []byte {
	h := sha256.New()
	for _, part := range [][]byte{
		prev, []byte(e.ID), []byte(e.Type), []byte(e.Source), []byte(e.About), []byte(e.Time.UTC().Format(time.RFC3339Nano)),
		[]byte(strconv.Itoa(e.Partition)), []byte(strconv.Itoa(e.Epoch)), []byte(strconv.FormatInt(e.Position, 10)),
		[]byte(e.Correlation), []byte(e.Causation), []byte(e.Traceparent), []byte(e.Classification), e.Data,
	} {
		fmt.Fprintf(h, "%d:", len(part))
		h.Write(part)
	}
	return h.Sum(nil)
}

// ErrMalformed is wrapped by every error of a message that is no event of ours; trying again does not help.
var ErrMalformed = errors.New("malformed event")

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }

// CloudEvent is the event as the SDK knows it, extensions included.
func (e *Event) CloudEvent() (ce.Event, error) {
	c := ce.New(ce.CloudEventsVersionV1)
	c.SetID(e.ID)
	c.SetType(e.Type)
	c.SetSource(e.Source)
	c.SetSubject(e.About)
	c.SetTime(e.Time.UTC())
	for _, x := range e.extensions() {
		if x.value != "" {
			c.SetExtension(x.name, x.value)
		}
	}
	if err := c.SetData("application/json", e.Data); err != nil {
		return c, fmt.Errorf("make cloud event: %w", err)
	}
	if err := c.Validate(); err != nil {
		return c, malformed(err.Error())
	}
	return c, nil
}

type extension struct{ name, value string }

func (e *Event) extensions() []extension {
	x := []extension{
		{"correlationid", e.Correlation},
		{"causationid", e.Causation},
		{"traceparent", e.Traceparent},
		{"partitionkey", e.About},
		{"dataclassification", e.Classification},
	}
	if e.Position > 0 {
		x = append(x, extension{"epoch", strconv.Itoa(e.Epoch)}, extension{"position", strconv.FormatInt(e.Position, 10)},
			extension{"prevhash", hex.EncodeToString(e.PrevHash)}, extension{"hash", hex.EncodeToString(e.Hash)})
	}
	return x
}

// FromCloudEvent checks the SDK's event and takes it apart.
func FromCloudEvent(c ce.Event) (*Event, error) {
	if err := c.Validate(); err != nil {
		return nil, malformed(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if c.DataContentType() != "application/json" {
		return nil, malformed("data must be JSON")
	}
	e := &Event{ID: c.ID(), Type: c.Type(), Source: c.Source(), About: c.Subject(), Time: c.Time(), Data: c.Data()}
	x := c.Extensions()
	return e.checked(func(name string) string { s, _ := x[name].(string); return s })
}

// checked reads the extensions, and returns the event when it can be one of ours.
func (e *Event) checked(extension func(name string) string) (*Event, error) {
	if _, _, ok := SplitType(e.Type); !ok {
		return nil, malformed("type is not waypost.<speaker>.<fact>.v<n>")
	}
	if !id.Valid(e.ID) || !id.Valid(e.About) {
		return nil, malformed("id and subject must be UUIDs")
	}
	if !json.Valid(e.Data) {
		return nil, malformed("data must be JSON")
	}
	e.Partition = PartitionOf(e.About)
	return e, e.readExtensions(extension)
}

func (e *Event) readExtensions(text func(name string) string) error {
	e.Correlation, e.Causation, e.Traceparent = text("correlationid"), text("causationid"), text("traceparent")
	e.Classification = text("dataclassification")
	if e.Correlation != "" && !id.Valid(e.Correlation) || e.Causation != "" && !id.Valid(e.Causation) {
		return malformed("correlationid and causationid must be UUIDs")
	}
	if text("position") == "" {
		return nil
	}
	var err error
	if e.Epoch, err = strconv.Atoi(text("epoch")); err != nil || e.Epoch < 1 {
		return malformed("epoch is not a number")
	}
	if e.Position, err = strconv.ParseInt(text("position"), 10, 64); err != nil || e.Position < 1 {
		return malformed("position is not a number")
	}
	if e.PrevHash, err = hex.DecodeString(text("prevhash")); err != nil {
		return malformed("prevhash is not hexadecimal")
	}
	if e.Hash, err = hex.DecodeString(text("hash")); err != nil {
		return malformed("hash is not hexadecimal")
	}
	return nil
}
