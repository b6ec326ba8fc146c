package event_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ce "github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
)

func sample() *event.Event {
	e := &event.Event{
		ID: id.New(), Type: "waypost.vcse.offer_accepted.v1", Source: event.Source("greater manchester", "vcse"), About: id.NewRandom(),
		Time: time.Date(2026, 11, 22, 10, 42, 3, 120000, time.UTC), Correlation: id.New(), Causation: id.New(),
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Classification: "restricted",
		Epoch: 2, Position: 41, PrevHash: []byte{1, 2}, Data: json.RawMessage(`{"offer_id":"x","note":"Zoë"}`),
	}
	e.Source = "/waypost/greater-manchester/vcse"
	e.Partition = event.PartitionOf(e.About)
	e.Hash = e.ChainHash(e.PrevHash)
	return e
}

// CloudEvents NATS binding, sections 3.1 and 3.2: both modes carry every attribute.
func TestBothModesCarryEveryAttribute(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*event.Event) (*nats.Msg, error){"binary": (*event.Event).Msg, "structured": (*event.Event).StructuredMsg} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := sample()
			m, err := write(e)
			require.NoError(t, err)
			require.Equal(t, e.ID, m.Header.Get(nats.MsgIdHdr))
			require.Equal(t, e.Subject(), m.Subject)
			back, err := event.FromMsg(m.Header, m.Data)
			require.NoError(t, err)
			require.JSONEq(t, string(e.Data), string(back.Data))
			back.Data = e.Data
			require.Equal(t, e, back)
			require.Equal(t, e.Hash, back.ChainHash(back.PrevHash))
		})
	}
}

// Section 3.1.1: in binary mode the data is the message, byte for byte. Section 3.1.3.1: names are lower case with ce- before them.
func TestBinaryModeLeavesTheDataAlone(t *testing.T) {
	t.Parallel()
	e := sample()
	m, err := e.Msg()
	require.NoError(t, err)
	require.Equal(t, []byte(e.Data), m.Data)
	require.Empty(t, m.Header["Content-Type"])
	for k := range m.Header {
		if k != nats.MsgIdHdr {
			require.Equal(t, strings.ToLower(k), k)
			require.True(t, strings.HasPrefix(k, "ce-"), k)
		}
	}
	require.Equal(t, []string{"application/json"}, m.Header["ce-datacontenttype"])
	require.Equal(t, []string{"1.0"}, m.Header["ce-specversion"])
}

// Section 3.1.3.2, its own example and the rules around it.
func TestHeaderValuesArePercentEncoded(t *testing.T) {
	t.Parallel()
	for plain, wire := range map[string]string{
		"Euro € 😀":     "Euro%20%E2%82%AC%20%F0%9F%98%80",
		`say "yes" 5%`: "say%20%22yes%22%205%25",
		"!~":           "!~",
		"\u007f":       "%7F",
	} {
		require.Equal(t, wire, event.PercentEncode(plain))
		back, err := event.PercentDecode(wire)
		require.NoError(t, err)
		require.Equal(t, plain, back)
	}
}

func TestHeaderValuesOfOthersAreUnderstood(t *testing.T) {
	t.Parallel()
	for wire, plain := range map[string]string{
		"Euro%20%e2%82%ac":   "Euro €",         // lower case digits
		"%41%42":             "AB",             // encoded without need
		`"quoted \"value\""`: `quoted "value"`, // as older versions wrote it
		"  padded\t":         "padded",
		"a%2520b":            "a%20b", // one round only
	} {
		got, err := event.PercentDecode(wire)
		require.NoError(t, err, wire)
		require.Equal(t, plain, got)
	}
	for _, wire := range []string{"%C0%A0", "%ED%A0%80", "%", "%4", "%zz", "\xff"} {
		_, err := event.PercentDecode(wire)
		require.ErrorIs(t, err, event.ErrMalformed, "%q", wire)
	}
}

// Section 3: structured when Content-Type begins with application/cloudevents in any case, otherwise binary; header names in any case.
func TestTheModeIsToldByContentType(t *testing.T) {
	t.Parallel()
	e := sample()
	m, err := e.StructuredMsg()
	require.NoError(t, err)
	_, err = event.FromMsg(nats.Header{"CONTENT-TYPE": {"Application/CloudEvents+JSON"}}, m.Data)
	require.NoError(t, err)
	_, err = event.FromMsg(nats.Header{}, m.Data)
	require.ErrorIs(t, err, event.ErrMalformed)

	b, err := e.Msg()
	require.NoError(t, err)
	loud := nats.Header{}
	for k, v := range b.Header {
		loud[strings.ToUpper(k)] = v
	}
	_, err = event.FromMsg(loud, b.Data)
	require.NoError(t, err)
}

// The structured form is valid against the JSON Schema that CloudEvents publishes.
func TestStructuredFormMatchesThePublishedSchema(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "standards", "cloudevents", "formats", "cloudevents.json"))
	require.NoError(t, err, "the tests read the published standards beside the repository")
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	doc, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("cloudevents.json", doc))
	schema, err := c.Compile("cloudevents.json")
	require.NoError(t, err)
	m, err := sample().StructuredMsg()
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(m.Data)))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(v))
}

func TestWhatIsNoEventOfOursIsRefused(t *testing.T) {
	t.Parallel()
	change := map[string]func(h nats.Header, data *[]byte){
		"no specversion":      func(h nats.Header, _ *[]byte) { delete(h, "ce-specversion") },
		"another specversion": func(h nats.Header, _ *[]byte) { h["ce-specversion"] = []string{"0.3"} },
		"no id":               func(h nats.Header, _ *[]byte) { delete(h, "ce-id") },
		"an id of words":      func(h nats.Header, _ *[]byte) { h["ce-id"] = []string{"seven"} },
		"no source":           func(h nats.Header, _ *[]byte) { delete(h, "ce-source") },
		"a foreign type":      func(h nats.Header, _ *[]byte) { h["ce-type"] = []string{"com.example.thing"} },
		"no subject":          func(h nats.Header, _ *[]byte) { delete(h, "ce-subject") },
		"a time of words":     func(h nats.Header, _ *[]byte) { h["ce-time"] = []string{"noon"} },
		"position of words":   func(h nats.Header, _ *[]byte) { h["ce-position"] = []string{"first"} },
		"a negative epoch":    func(h nats.Header, _ *[]byte) { h["ce-epoch"] = []string{"-1"} },
		"hash of words":       func(h nats.Header, _ *[]byte) { h["ce-hash"] = []string{"zz"} },
		"data that is text":   func(_ nats.Header, d *[]byte) { *d = []byte("hello") },
		"no data":             func(_ nats.Header, d *[]byte) { *d = nil },
		"another data type":   func(h nats.Header, _ *[]byte) { h["ce-datacontenttype"] = []string{"text/plain"} },
		"broken encoding":     func(h nats.Header, _ *[]byte) { h["ce-source"] = []string{"%C0%A0"} },
	}
	for name, f := range change {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := sample().Msg()
			require.NoError(t, err)
			data := m.Data
			f(m.Header, &data)
			_, err = event.FromMsg(m.Header, data)
			require.ErrorIs(t, err, event.ErrMalformed)
		})
	}
}

func FuzzFromMsg(f *testing.F) {
	m, err := sample().StructuredMsg()
	require.NoError(f, err)
	f.Add("application/cloudevents+json", "", m.Data)
	f.Add("", "%E2%82", []byte(`{}`))
	f.Fuzz(func(t *testing.T, contentType, source string, data []byte) {
		b, err := sample().Msg()
		require.NoError(t, err)
		b.Header["Content-Type"] = []string{contentType}
		if source != "" {
			b.Header["ce-source"] = []string{source}
		}
		e, err := event.FromMsg(b.Header, data)
		if err != nil {
			require.ErrorIs(t, err, event.ErrMalformed)
			return
		}
		_, err = e.Msg()
		require.NoError(t, err)
	})
}

// bySDK reads a message of binary mode through an event of the SDK's, which knows what the specification asks for.
func bySDK(h nats.Header, data []byte) (*event.Event, error) {
	c := ce.New(ce.CloudEventsVersionV1)
	c.DataEncoded = data
	for k, v := range h {
		name, ok := strings.CutPrefix(strings.ToLower(k), "ce-")
		if !ok || len(v) == 0 {
			continue
		}
		if name == "specversion" {
			continue
		}
		value, err := event.PercentDecode(v[0])
		if err != nil {
			return nil, err
		}
		switch name {
		case "id":
			err = c.Context.SetID(value)
		case "type":
			err = c.Context.SetType(value)
		case "source":
			err = c.Context.SetSource(value)
		case "subject":
			err = c.Context.SetSubject(value)
		case "datacontenttype":
			err = c.Context.SetDataContentType(value)
		case "dataschema":
			err = c.Context.SetDataSchema(value)
		case "time":
			var at time.Time
			if at, err = time.Parse(time.RFC3339Nano, value); err == nil {
				err = c.Context.SetTime(at)
			}
		default:
			err = c.Context.SetExtension(name, value)
		}
		if err != nil {
			return nil, err
		}
	}
	if h["ce-specversion"] == nil || h["ce-specversion"][0] != "1.0" {
		return nil, event.ErrMalformed
	}
	return event.FromCloudEvent(c)
}

// Binary mode is read by us, and must take and refuse what the SDK does.
func FuzzBinaryModeIsReadAsTheSDKDoes(f *testing.F) {
	for _, x := range [][2]string{
		{"source", "//host/a%20b?c#d"},
		{"source", ":"},
		{"source", " "},
		{"time", "2026-01-01T00:00:00+01:00"},
		{"dataschema", "relative"},
		{"dataschema", "https://x/y"},
		{"dataschema", ""},
		{"datacontenttype", "application/json; charset=utf-8"},
		{"datacontenttype", " application/json "},
		{"id", ""},
		{"subject", " "},
		{"type", "waypost.a.b.v01"},
		{"type", "waypost.a.b_c.v10"},
		{"Position", "7"},
		{"new", "%22"},
		{"sub-name", "x"},
		{"hash", ""},
		{"epoch", "0"},
		{"", "x"},
		{"correlationid", "x"},
		{"time", ""},
	} {
		f.Add(x[0], x[1], []byte(`{"a": 1}`))
	}
	f.Fuzz(func(t *testing.T, name, value string, data []byte) {
		m, err := sample().Msg()
		require.NoError(t, err)
		for k := range m.Header {
			if strings.EqualFold(k, "ce-"+name) {
				delete(m.Header, k)
			}
		}
		m.Header["ce-"+name] = []string{value}
		ours, err := event.FromMsg(m.Header, data)
		theirs, sdkErr := bySDK(m.Header, data)
		require.Equal(t, sdkErr == nil, err == nil, "%v; the SDK: %v", err, sdkErr)
		if err == nil {
			require.Equal(t, theirs, ours)
		}
	})
}

func FuzzPercentDecode(f *testing.F) {
	f.Add("Euro%20%E2%82%AC")
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := event.PercentDecode(s)
		if err != nil {
			return
		}
		again, err := event.PercentDecode(event.PercentEncode(plain))
		require.NoError(t, err)
		require.Equal(t, plain, again)
	})
}
