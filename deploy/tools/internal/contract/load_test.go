package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shapesStub = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://waypost.example.org/schemas/shapes.json","$defs":{"receiver":{"properties":{"id":{"type":"string"}}}}}`

// planted writes one schema of vcse's into a fresh folder.
func planted(t *testing.T, file, schema string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"shapes.json": shapesStub, "vcse/" + file: schema} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const goodSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://waypost.example.org/schemas/vcse/tea_made.v1.json",
  "title": "Tea made",
  "description": "Somebody made tea.",
  "x-about": "service_id",
  "type": "object",
  "required": ["service_id"],
  "properties": {"service_id": {"type": "string", "format": "uuid"}, "cups": {"type": "integer"}}
}`

func TestASchemaBecomesATypeWithoutFurtherCode(t *testing.T) {
	t.Parallel()
	files, err := Make(planted(t, "tea_made.v1.json", goodSchema))
	if err != nil {
		t.Fatal(err)
	}
	src := string(files["vcse/tea_made.v1.gen.go"])
	for _, want := range []string{"type TeaMadeV1 struct {", "ServiceID string", "Cups      *int", `json:"cups,omitempty"`, "return e.ServiceID"} {
		if !strings.Contains(src, want) {
			t.Errorf("%q is missing in\n%s", want, src)
		}
	}
	if !strings.Contains(string(files["asyncapi.json"]), `"address": "waypost.vcse.{partition}.tea_made.{about}"`) {
		t.Error("the channel is missing")
	}
}

func TestWhatTheGeneratorRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, from, to, says string }{
		"a file name without a version": {"tea_made.json", "", "", "file's name"},
		"another id":                    {"tea_drunk.v1.json", "", "", "$id"},
		"another draft":                 {"", "2020-12", "2019-09", "$schema"},
		"no title":                      {"", `"Tea made"`, `""`, "title"},
		"no subject":                    {"", `"x-about": "service_id",`, "", "x-about"},
		"an optional subject":           {"", `"x-about": "service_id"`, `"x-about": "cups"`, "x-about"},
		"a patient who is not it":       {"", `"cups"`, `"patient_ref"`, "about the patient"},
		"a closed object":               {"", `"type": "object"`, `"type": "object", "additionalProperties": false`, "additionalProperties"},
		"a requirement of nothing":      {"", `["service_id"]`, `["service_id", "milk"]`, "not there"},
		"an object in the middle":       {"", `{"type": "integer"}`, `{"type": "object", "properties": {}}`, "$defs"},
		"a property that stands twice":  {"", `"cups": {`, `"cups": {"type": "string"}, "cups": {`, "twice"},
		"a sealed field of no class":    {"", `{"type": "integer"}`, `{"$ref": "../sealed.json#/$defs/sealed_contact"}`, "x-class"},
		"a sealed field of two classes": {"", `{"type": "integer"}`, `{"$ref": "../sealed.json#/$defs/sealed_contact", "x-class": "message", "x-inside": "x"}`, "x-class"},
		"a reference into nowhere":      {"", `{"type": "integer"}`, `{"$ref": "../other.json#/$defs/x"}`, "$ref"},
		"a list of lists":               {"", `{"type": "integer"}`, `{"type": "array", "items": {"type": "array", "items": {"type": "string"}}}`, "list"},
		"no JSON":                       {"", `}`, ``, "v1.json"},
		"two schemas in a file":         {"", "Somebody made tea.\",", "Somebody made tea.\"} {", "follows"},
	} {
		file := c.file
		if file == "" {
			file = "tea_made.v1.json"
		}
		_, err := Make(planted(t, file, strings.Replace(goodSchema, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

func TestWritingAgainChangesNothingAndClearsWhatIsStale(t *testing.T) {
	t.Parallel()
	dir := planted(t, "tea_made.v1.json", goodSchema)
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(dir, "vcse", "tea_made.v1.gen.go")
	before, err := os.Stat(made)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "vcse", "tea_spilt.v1.gen.go")
	if err := os.WriteFile(stale, []byte("package vcse\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(made)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a file that is current was written again: %v", err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Error("a generated file without a schema stayed")
	}
}
