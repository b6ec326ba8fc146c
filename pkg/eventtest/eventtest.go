// Package eventtest checks in tests that what is published is what the contract says.
package eventtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Contract is a set of compiled schemas, formats asserted. It may be used by several goroutines.
type Contract struct {
	byFile map[string]*jsonschema.Schema
}

// Compile reads every JSON Schema in fsys, one per file with an $id; other JSON files are passed over. References between
// them are followed by $id, nothing is fetched.
func Compile(fsys fs.FS) (*Contract, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // with no scheme: a reference that is not among the files is an error
	ids := map[string]string{}                       // of files, and of the definitions in them
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".json" {
			return err
		}
		id, doc, err := read(fsys, file)
		if err != nil || id == "" {
			return err
		}
		ids[file] = id
		object, _ := doc.(map[string]any)
		defs, _ := object["$defs"].(map[string]any)
		for name := range defs {
			ids[file+"#/$defs/"+name] = id + "#/$defs/" + name
		}
		return compiler.AddResource(id, doc)
	})
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	c := &Contract{byFile: map[string]*jsonschema.Schema{}}
	for file, id := range ids {
		if c.byFile[file], err = compiler.Compile(id); err != nil {
			return nil, fmt.Errorf("compile %s: %w", file, err)
		}
	}
	return c, nil
}

func read(fsys fs.FS, file string) (id string, doc any, err error) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return "", nil, err
	}
	if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(b)); err != nil {
		return "", nil, fmt.Errorf("%s: %w", file, err)
	}
	object, _ := doc.(map[string]any)
	id, _ = object["$id"].(string)
	return id, doc, nil
}

// Files lists the schemas: files, and definitions as <file>#/$defs/<name>.
func (c *Contract) Files() []string {
	out := make([]string, 0, len(c.byFile))
	for f := range c.byFile {
		out = append(out, f)
	}
	return out
}

// Validate checks the data of an event against the schema of its type. Its error names places and rules, not values: test
// output ends up in logs, and the data may be real.
func (c *Contract) Validate(eventType string, data []byte) error {
	file, err := fileOf(eventType)
	if err != nil {
		return err
	}
	return c.ValidateFile(file, data)
}

// ValidateFile checks data against the schema in one file, or against one definition: sealed.json#/$defs/contact.
func (c *Contract) ValidateFile(file string, data []byte) error {
	schema, ok := c.byFile[file]
	if !ok {
		return fmt.Errorf("there is no schema %s", file)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: the data is not JSON", file)
	}
	err = schema.Validate(value)
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return fmt.Errorf("%s: %s", file, strings.Join(places(invalid), "; "))
	}
	return err
}

// places is the leaves of a validation error: where, and which rule.
func places(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		rule := strings.Join(e.ErrorKind.KeywordPath(), "/")
		where := "/" + strings.Join(e.InstanceLocation, "/")
		if r, ok := e.ErrorKind.(*kind.Required); ok { // these names come from the schema
			return []string{where + " lacks " + strings.Join(r.Missing, ", ")}
		}
		return []string{fmt.Sprintf("%s breaks %s", where, rule)}
	}
	var out []string
	for _, c := range e.Causes {
		out = append(out, places(c)...)
	}
	return out
}

// fileOf is where the schema of waypost.vcse.offer_accepted.v1 stands: vcse/offer_accepted.v1.json.
func fileOf(eventType string) (string, error) {
	parts := strings.Split(eventType, ".")
	if len(parts) != 4 {
		return "", fmt.Errorf("%q is not <system>.<speaker>.<fact>.v<n>", eventType)
	}
	return parts[1] + "/" + parts[2] + "." + parts[3] + ".json", nil
}

var compiled sync.Map // fs.FS → func() (*Contract, error)

// Of compiles the schemas of fsys once for the whole test binary.
func Of(fsys fs.FS) (*Contract, error) {
	if !reflect.TypeOf(fsys).Comparable() {
		return Compile(fsys) // a map of a test's own
	}
	once, _ := compiled.LoadOrStore(fsys, sync.OnceValues(func() (*Contract, error) { return Compile(fsys) }))
	return once.(func() (*Contract, error))()
}

// Check fails the test when the data of an event is not what the contract says. fsys is schemas.FS.
func Check(t testing.TB, fsys fs.FS, eventType string, data []byte) {
	t.Helper()
	c, err := Of(fsys)
	if err != nil {
		t.Fatalf("eventtest: %v", err)
	}
	if err := c.Validate(eventType, data); err != nil {
		t.Errorf("eventtest: %v", err)
	}
}

// CheckPayload is Check for a payload in the program, which must be sealed.
func CheckPayload(t testing.TB, fsys fs.FS, payload interface{ EventType() string }) {
	t.Helper()
	data, err := json.Marshal(payload)
	if err != nil {
		t.Errorf("eventtest: write %s: %v", payload.EventType(), err)
		return
	}
	Check(t, fsys, payload.EventType(), data)
}
