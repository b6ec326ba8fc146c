package eventtest

import (
	"strings"
	"testing"
	"testing/fstest"
)

func contract(t *testing.T) fstest.MapFS {
	t.Helper()
	return fstest.MapFS{
		"parts.json": {Data: []byte(`{"$id":"https://x.example/parts.json","$defs":{"day":{"type":"string","format":"date"}}}`)},
		"vcse/offer_accepted.v1.json": {Data: []byte(`{"$id":"https://x.example/vcse/offer_accepted.v1.json","type":"object",
			"required":["offer_id"],"properties":{"offer_id":{"type":"string","format":"uuid"},"on":{"$ref":"../parts.json#/$defs/day"}}}`)},
		"asyncapi.json": {Data: []byte(`{"asyncapi":"3.1.0"}`)},
	}
}

const accepted = "waypost.vcse.offer_accepted.v1"

func TestValidateAssertsFormatsAndFollowsReferences(t *testing.T) {
	t.Parallel()
	c, err := Compile(contract(t))
	if err != nil {
		t.Fatal(err)
	}
	good := `{"offer_id":"0193a2c0-0000-7000-8000-000000000001","on":"2026-11-22","new":"a reader ignores what it does not know"}`
	if err := c.Validate(accepted, []byte(good)); err != nil {
		t.Error(err)
	}
	for data, says := range map[string]string{
		`{}`:                         "lacks offer_id",
		`{"offer_id":"Jo Bloggs"}`:   "/offer_id breaks format",
		`{"offer_id":7}`:             "/offer_id breaks type",
		`{"offer_id":"Jo Bloggs"} x`: "not JSON",
		`{"offer_id":"0193a2c0-0000-7000-8000-000000000001","on":"Jo Bloggs"}`: "/on breaks format",
	} {
		err := c.Validate(accepted, []byte(data))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", data, err, says)
		} else if strings.Contains(err.Error(), "Bloggs") {
			t.Errorf("the error repeats the data: %v", err)
		}
	}
	if err := c.ValidateFile("parts.json#/$defs/day", []byte(`"2026-02-30"`)); err == nil {
		t.Error("there is no such day")
	}
	for _, unknown := range []string{"waypost.vcse.nothing_said.v1", "vcse", "waypost.vcse.offer_accepted.v2"} {
		if err := c.Validate(unknown, []byte(good)); err == nil {
			t.Errorf("%s has no schema", unknown)
		}
	}
}

func TestCompileRefusesWhatItCanNotFollow(t *testing.T) {
	t.Parallel()
	f := contract(t)
	delete(f, "parts.json")
	if _, err := Compile(f); err == nil {
		t.Error("a reference leads nowhere")
	}
	f["parts.json"] = &fstest.MapFile{Data: []byte(`{`)}
	if _, err := Compile(f); err == nil {
		t.Error("that is not JSON")
	}
}

// spy is a testing.TB that notes failures.
type spy struct {
	testing.TB
	failed bool
}

func (s *spy) Helper()                   {}
func (s *spy) Errorf(string, ...any)     { s.failed = true }
func (s *spy) Fatalf(_ string, _ ...any) { s.failed = true }

type payload struct {
	OfferID string `json:"offer_id"`
}

func (payload) EventType() string { return accepted }

func TestCheckFailsTheTest(t *testing.T) {
	t.Parallel()
	s := &spy{TB: t}
	Check(s, contract(t), accepted, []byte(`{}`))
	if !s.failed {
		t.Error("Check let a wrong event pass")
	}
	s = &spy{TB: t}
	CheckPayload(s, contract(t), payload{"not a uuid"})
	if !s.failed {
		t.Error("CheckPayload let a wrong event pass")
	}
	CheckPayload(t, contract(t), payload{"0193a2c0-0000-7000-8000-000000000001"})
}
