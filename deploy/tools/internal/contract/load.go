package contract

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"example.org/waypost/schemas"
)

// Base is where the schemas have their ids.
const Base = "https://waypost.example.org/schemas/"

// Contract is everything the services say, and the shapes they share.
type Contract struct {
	Shapes   []Object
	Speakers []Speaker
}

// Speaker is one service and its facts.
type Speaker struct {
	Name  string
	Facts []Fact
}

// Fact is one event.
type Fact struct {
	Speaker string
	Name    string // offer_accepted
	Version int
	File    string // vcse/offer_accepted.v1.json
	Title   string
	About   string // the property that is the CloudEvents subject
	Patient bool
	Object  Object
	Nested  []Object
}

// Type is the CloudEvents type.
func (f Fact) Type() string { return fmt.Sprintf("waypost.%s.%s.v%d", f.Speaker, f.Name, f.Version) }

// Object becomes a Go struct.
type Object struct {
	Name   string
	Doc    string
	Fields []Field
}

// Field becomes a field of a Go struct.
type Field struct {
	JSON  string
	Name  string
	Type  string
	Tag   string
	Doc   string
	Class string // the class of a sealed field, else ""
}

// Load reads the schemas under root.
func Load(root string) (*Contract, error) {
	c := &Contract{}
	shapes, err := readSchema(root, "shapes.json")
	if err != nil {
		return nil, err
	}
	if c.Shapes, err = (&reader{}).nested(shapes, ""); err != nil {
		return nil, fmt.Errorf("shapes.json: %w", err)
	}
	for _, name := range schemas.Speakers {
		s := Speaker{Name: name}
		files, err := filepath.Glob(filepath.Join(root, name, "*.json"))
		if err != nil {
			return nil, fmt.Errorf("list schemas: %w", err)
		}
		sort.Strings(files)
		for _, f := range files {
			file := name + "/" + filepath.Base(f)
			fact, err := loadFact(root, name, file)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			s.Facts = append(s.Facts, fact)
		}
		c.Speakers = append(c.Speakers, s)
	}
	return c, nil
}

var fileName = regexp.MustCompile(`^([a-z][a-z_]*)\.v([1-9][0-9]*)\.json$`)

func loadFact(root, speaker, file string) (Fact, error) {
	m := fileName.FindStringSubmatch(path.Base(file))
	if m == nil {
		return Fact{}, fmt.Errorf("the file's name must be <fact>.v<n>.json")
	}
	n, err := readSchema(root, file)
	if err != nil {
		return Fact{}, err
	}
	f := Fact{Speaker: speaker, Name: m[1], File: file, Title: n.text("title"), About: n.text("x-about")}
	f.Version, _ = strconv.Atoi(m[2])
	body := n
	if ref := n.text("$ref"); ref != "" { // several speakers say the same
		if body, err = readSchema(root, path.Join(speaker, ref)); err != nil {
			return Fact{}, err
		}
	}
	r := &reader{prefix: pascal(f.Name) + "V" + m[2], schemas: "schemas."}
	if f.Object, err = r.object(r.prefix, body); err != nil {
		return Fact{}, err
	}
	if f.Nested, err = r.nested(body, r.prefix); err != nil {
		return Fact{}, err
	}
	f.Object.Doc = n.text("description")
	f.Patient = f.About == "patient_ref"
	return f, f.check(body)
}

// check refuses what would be found only in production: an event without a subject, a patient who is not it.
func (f Fact) check(body *node) error {
	if f.Title == "" || f.Object.Doc == "" {
		return fmt.Errorf("a title and a description are missing")
	}
	required := body.texts("required")
	if !slices.Contains(required, f.About) {
		return fmt.Errorf("x-about must name a required property, not %q", f.About)
	}
	if body.get("properties").get("patient_ref") != nil && !f.Patient {
		return fmt.Errorf("an event with a patient_ref is about the patient")
	}
	if body.get("additionalProperties") != nil {
		return fmt.Errorf("a reader ignores what it does not know: no additionalProperties")
	}
	for _, o := range f.Nested {
		for _, field := range o.Fields {
			if field.Class != "" {
				return fmt.Errorf("%s: sealed fields stand at the top of an event only", field.JSON)
			}
		}
	}
	return nil
}

func readSchema(root, file string) (*node, error) {
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	n, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if got := n.text("$id"); got != Base+file {
		return nil, fmt.Errorf("%s: $id is %q", file, got)
	}
	if got := n.text("$schema"); got != "https://json-schema.org/draft/2020-12/schema" {
		return nil, fmt.Errorf("%s: $schema is %q", file, got)
	}
	return n, nil
}

// reader turns the properties of one file into fields.
type reader struct {
	prefix  string // of the Go names of nested objects
	schemas string // "schemas." outside the schemas package itself
}

func (r *reader) nested(n *node, prefix string) ([]Object, error) {
	defs := n.get("$defs")
	if defs == nil {
		return nil, nil
	}
	var out []Object
	for _, k := range defs.keys {
		o, err := r.object(prefix+pascal(k), defs.object[k])
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func (r *reader) object(name string, n *node) (Object, error) {
	o := Object{Name: name, Doc: n.text("description")}
	properties := n.get("properties")
	if properties == nil {
		return o, fmt.Errorf("%s has no properties", name)
	}
	required := n.texts("required")
	for _, k := range required {
		if properties.get(k) == nil {
			return o, fmt.Errorf("%s: %q is required and not there", name, k)
		}
	}
	for _, k := range properties.keys {
		f, err := r.field(k, properties.object[k], slices.Contains(required, k))
		if err != nil {
			return o, fmt.Errorf("%s: %w", k, err)
		}
		o.Fields = append(o.Fields, f)
	}
	return o, nil
}

func (r *reader) field(name string, n *node, required bool) (Field, error) {
	f := Field{JSON: name, Name: pascal(name), Doc: n.text("description"), Class: n.text("x-class")}
	typ, kind, err := r.goType(n)
	if err != nil {
		return f, err
	}
	f.Type = typ
	switch {
	case kind == kindSealed:
		f.Doc = sealedDoc(n, f.Doc)
	case !required && kind == kindPointed:
		f.Type = "*" + typ
	}
	f.Tag = name
	// A list is never written as null: an empty one is absent, and where the schema demands an entry it is missing.
	if !required || kind == kindList {
		f.Tag += ",omitempty"
	}
	return f, nil
}

func sealedDoc(n *node, doc string) string {
	inside := pascal(path.Base(strings.ReplaceAll(n.text("x-inside"), "#", "")))
	s := fmt.Sprintf("sealed %s, inside: schemas.%s", n.text("x-class"), inside)
	if doc != "" {
		s = doc + " (" + s + ")"
	}
	return s
}

type kind int

const (
	kindPlain   kind = iota // its zero value is "absent"
	kindPointed             // its zero value means something: a pointer where it is optional
	kindList
	kindSealed
)

func (r *reader) goType(n *node) (string, kind, error) {
	if ref := n.text("$ref"); ref != "" {
		return r.refType(ref, n)
	}
	if x := n.text("x-go"); x != "" {
		return x, kindPointed, nil
	}
	if n.get("enum") != nil {
		return "string", kindPlain, nil
	}
	switch n.text("type") {
	case "string":
		if n.text("format") == "date-time" {
			return "time.Time", kindPointed, nil
		}
		return "string", kindPlain, nil
	case "boolean":
		return "bool", kindPlain, nil
	case "integer":
		return "int", kindPointed, nil
	case "number":
		return "float64", kindPointed, nil
	case "array":
		inner, k, err := r.goType(n.get("items"))
		if err == nil && (k == kindList || k == kindSealed) {
			err = fmt.Errorf("a list of lists or of sealed fields")
		}
		return "[]" + inner, kindList, err
	}
	return "", 0, fmt.Errorf("no Go type for type %q: nested objects go into $defs", n.text("type"))
}

func (r *reader) refType(ref string, n *node) (string, kind, error) {
	file, def, ok := strings.Cut(ref, "#/$defs/")
	if !ok || def == "" {
		return "", 0, fmt.Errorf("can not read $ref %q", ref)
	}
	switch path.Base(file) {
	case "terms.json":
		return "terms." + def, kindPlain, nil
	case "shapes.json":
		return r.schemas + pascal(def), kindPointed, nil
	case "sealed.json":
		if def != "sealed_"+n.text("x-class") || n.text("x-inside") == "" {
			return "", 0, fmt.Errorf("a sealed field says x-class and x-inside, the class as in %q", def)
		}
		return "*" + r.schemas + "Sealed", kindSealed, nil
	case ".":
		return r.prefix + pascal(def), kindPointed, nil
	}
	return "", 0, fmt.Errorf("can not read $ref %q", ref)
}

var initialisms = map[string]string{"id": "ID", "ids": "IDs", "url": "URL", "nhs": "NHS", "ods": "ODS", "mdt": "MDT"}

// pascal makes the Go name of a JSON name: practice_ids becomes PracticeIDs.
func pascal(s string) string {
	var b strings.Builder
	for _, part := range strings.Split(s, "_") {
		if i, ok := initialisms[part]; ok {
			b.WriteString(i)
		} else if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
