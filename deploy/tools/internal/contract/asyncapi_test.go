package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
)

// officialSchema is AsyncAPI's own, in the folder of standards that stands beside the repository and is not part of it.
const officialSchema = "../../../../../shared/standards/asyncapi/schemas/3.1.0.json"

func readAsyncAPI(t *testing.T) map[string]any {
	t.Helper()
	b, err := schemas.FS.ReadFile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestAsyncAPIIsValid(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(officialSchema)
	if os.IsNotExist(err) {
		t.Fatalf("%s is not here: tests read the published standards from ../shared, beside the repository", officialSchema)
	}
	if err != nil {
		t.Fatal(err)
	}
	official, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const id = "http://asyncapi.com/definitions/3.1.0/asyncapi.json"
	if err := c.AddResource(id, official); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	doc := readAsyncAPI(t)
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
	doc["channels"].(map[string]any)["planted"] = map[string]any{"address": 7}
	if err := schema.Validate(doc); err == nil {
		t.Error("a channel whose address is a number was taken: nothing is checked")
	}
}

// Every reference leads somewhere: within the document, or to a schema file that is there.
func TestAsyncAPIReferencesResolve(t *testing.T) {
	t.Parallel()
	doc := readAsyncAPI(t)
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if r, ok := v["$ref"].(string); ok && !resolves(doc, r) {
				t.Errorf("%s leads nowhere: %s", at, r)
			}
			for k, x := range v {
				walk(at+"/"+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprintf("%s/%d", at, i), x)
			}
		}
	}
	walk("#", doc)
	if resolves(doc, "#/channels/nothing") || resolves(doc, "./vcse/nothing.v1.json") {
		t.Error("everything resolves: nothing is checked")
	}
}

func resolves(doc map[string]any, ref string) bool {
	pointer, local := strings.CutPrefix(ref, "#/")
	if !local {
		_, err := schemas.FS.Open(path.Clean(ref))
		return err == nil
	}
	var at any = doc
	for _, part := range strings.Split(pointer, "/") {
		m, ok := at.(map[string]any)
		if !ok || m[part] == nil {
			return false
		}
		at = m[part]
	}
	return true
}

// Each fact has a channel whose address is the subject under which pkg/event publishes it, one that sends it, and one
// operation for each service that listens to its speaker.
func TestAsyncAPIHasEveryFact(t *testing.T) {
	t.Parallel()
	doc := readAsyncAPI(t)
	channels, operations := doc["channels"].(map[string]any), doc["operations"].(map[string]any)
	want := 0
	for _, f := range schemas.All {
		ch, ok := channels[f.Speaker+"."+f.Name].(map[string]any)
		if !ok {
			t.Errorf("no channel for %s", f.Type)
			continue
		}
		e := anEvent(f.Type)
		address := strings.NewReplacer("{partition}", fmt.Sprint(e.Partition), "{about}", e.About).Replace(ch["address"].(string))
		if address != e.Subject() {
			t.Errorf("%s is published under %s, the document says %s", f.Type, e.Subject(), address)
		}
		if operations[f.Speaker+".says."+f.Name] == nil {
			t.Errorf("nobody says %s", f.Type)
		}
		want++
		for hearer, speakers := range schemas.Listens {
			for _, s := range speakers {
				if s == f.Speaker {
					want++
					if operations[hearer+".hears."+f.Speaker+"."+f.Name] == nil {
						t.Errorf("%s does not hear %s", hearer, f.Type)
					}
				}
			}
		}
	}
	if len(operations) != want || len(channels) != len(schemas.All) {
		t.Errorf("%d operations and %d channels, want %d and %d", len(operations), len(channels), want, len(schemas.All))
	}
}

func anEvent(eventType string) *event.Event {
	const about = "0193a2c0-0000-7000-8000-00000000000a"
	return &event.Event{
		ID: "0193a2c0-0000-7000-8000-000000000001", Type: eventType, Source: event.Source("gm", "vcse"), About: about,
		Time: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Partition: event.PartitionOf(about),
		Correlation: "0193a2c0-0000-7000-8000-000000000002", Causation: "0193a2c0-0000-7000-8000-000000000003",
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Classification: "restricted",
		Epoch: 1, Position: 7, PrevHash: []byte{1}, Hash: []byte{2}, Data: []byte(`{}`),
	}
}

// The documented headers are those that are sent.
func TestAsyncAPIHeadersAreThoseOfTheBinding(t *testing.T) {
	t.Parallel()
	m, err := anEvent("waypost.vcse.offer_accepted.v1").Msg()
	if err != nil {
		t.Fatal(err)
	}
	headers := cloudEventTrait()["headers"].(dict)
	documented := headers["properties"].(dict)
	for h := range m.Header {
		if strings.HasPrefix(h, "ce-") && documented[h] == nil {
			t.Errorf("%s is sent and not documented", h)
		}
	}
	for h := range documented {
		if len(m.Header[h]) == 0 {
			t.Errorf("%s is documented and not sent", h)
		}
	}
	for _, h := range headers["required"].([]string) {
		if documented[h] == nil {
			t.Errorf("%s is required and not documented", h)
		}
	}
}
