package event

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	ce "github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
)

// The CloudEvents NATS binding. We publish in binary mode: the data is then the exact bytes of the outbox row, and the relay adds
// epoch and position as extensions without touching them. Both modes are read.
// (The SDK's own JetStream protocol does not percent-encode and sets no content type.)

const structuredType = "application/cloudevents+json; charset=utf-8"

// Msg writes the event in binary mode. Nats-Msg-Id is the event id, so that the broker drops a repeat inside its window;
// correctness rests on the inbox, not on that.
func (e *Event) Msg() (*nats.Msg, error) {
	c, err := e.CloudEvent()
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: e.Subject(), Header: nats.Header{}, Data: e.Data}
	m.Header[nats.MsgIdHdr] = []string{e.ID}
	set := func(name, value string) {
		if value != "" {
			m.Header["ce-"+name] = []string{percentEncode(value)}
		}
	}
	set("specversion", "1.0")
	set("id", c.ID())
	set("type", c.Type())
	set("source", c.Source())
	set("subject", c.Subject())
	set("time", c.Context.(*ce.EventContextV1).Time.String())
	set("datacontenttype", c.DataContentType())
	for _, x := range e.extensions() {
		set(x.name, x.value)
	}
	return m, nil
}

// StructuredMsg writes the event in structured mode, for programs that read only the released binding 1.0.2.
func (e *Event) StructuredMsg() (*nats.Msg, error) {
	c, err := e.CloudEvent()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write structured event: %w", err)
	}
	m := &nats.Msg{Subject: e.Subject(), Header: nats.Header{}, Data: b}
	m.Header["Content-Type"] = []string{structuredType}
	m.Header[nats.MsgIdHdr] = []string{e.ID}
	return m, nil
}

// FromMsg reads an event in either mode. Every error wraps ErrMalformed and names the attribute, never its value.
func FromMsg(h nats.Header, data []byte) (*Event, error) {
	for k, v := range h {
		if len(v) == 0 || !strings.EqualFold(k, "content-type") { // NATS keeps case, the binding says it does not matter
			continue
		}
		if !strings.HasPrefix(strings.ToLower(v[0]), "application/cloudevents") {
			break
		}
		var c ce.Event
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, malformed("the structured event can not be read")
		}
		return FromCloudEvent(c)
	}
	return binary(h, data)
}

// binary reads a message whose headers are the attributes. It holds them to what the SDK holds a structured event to (a test
// compares), without making one of the SDK's: every service reads every message.
func binary(h nats.Header, data []byte) (*Event, error) {
	r := reading{Event: Event{Data: data}}
	for k, v := range h {
		if len(v) == 0 || len(k) < 3 || !strings.EqualFold(k[:3], "ce-") {
			continue
		}
		if err := r.attribute(strings.ToLower(k[3:]), v[0]); err != nil {
			return nil, err
		}
	}
	if r.version != "1.0" {
		return nil, malformed("ce-specversion is not 1.0")
	}
	if strings.TrimSpace(r.Source) == "" {
		return nil, malformed("source is required")
	}
	if r.contentType != "application/json" {
		return nil, malformed("data must be JSON")
	}
	return r.checked(r.extension)
}

// reading is an event of which some attributes are read.
type reading struct {
	Event
	version, contentType string
	other                map[string]string // extensions
}

func (r *reading) extension(name string) string { return r.other[name] }

func (r *reading) attribute(name, wire string) error {
	if name == "specversion" {
		r.version = wire
		return nil
	}
	value, err := percentDecode(wire)
	if err != nil {
		return malformed("header ce-" + name + " is not percent-encoded UTF-8")
	}
	ok := true
	switch name {
	case "id":
		r.ID = strings.TrimSpace(value)
	case "type":
		r.Type = strings.TrimSpace(value)
	case "subject":
		r.About = strings.TrimSpace(value)
	case "datacontenttype":
		r.contentType = strings.TrimSpace(value)
	case "source":
		r.Source, ok = uri(value, false)
	case "dataschema":
		_, ok = uri(strings.TrimSpace(value), strings.TrimSpace(value) != "")
	case "time":
		r.Time, err = parseTime(value)
		ok = err == nil
	default:
		if r.other == nil {
			r.other = map[string]string{}
		}
		ok = plain(name)
		r.other[name] = value
	}
	if !ok {
		return malformed("attribute " + name + " can not be read")
	}
	return nil
}

// uri is a URI as the SDK writes it again.
func uri(s string, absolute bool) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || absolute && !u.IsAbs() {
		return "", false
	}
	return u.String(), true
}

// plain tells whether it can be an attribute's name: small letters and digits.
func plain(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

const upperHex = "0123456789ABCDEF"

// percentEncode escapes space, the double quote, percent and everything outside U+0021 to U+007E, byte by byte.
func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if x := s[i]; x <= ' ' || x > '~' || x == '"' || x == '%' {
			b.WriteByte('%')
			b.WriteByte(upperHex[x>>4])
			b.WriteByte(upperHex[x&15])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// percentDecode undoes one round of percent-encoding, after quotes that older writers put around a value.
// Bytes that are no UTF-8, overlong forms among them, are refused.
func percentDecode(s string) (string, error) {
	s = unquote(strings.Trim(s, " \t"))
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", ErrMalformed
		}
		hi, lo := unhex(s[i+1]), unhex(s[i+2])
		if hi < 0 || lo < 0 {
			return "", ErrMalformed
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	if out := b.String(); utf8.ValidString(out) {
		return out, nil
	}
	return "", ErrMalformed
}

// unquote takes a double-quoted string apart as RFC 7230 has it; anything else stays as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i < len(s)-2 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) int { return strings.IndexByte("0123456789ABCDEF", upper(c)) }

func upper(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 32
	}
	return c
}
