package doortest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"example.org/waypost/pkg/id"
)

// shape is a JSON Schema as the API's documents have it.
type shape struct {
	Ref        string `json:"$ref"`
	Type       types
	Format     string
	Enum       []any
	MaxLength  int
	MinItems   int
	Required   []string
	Properties map[string]*shape
	Items      *shape
}

// types is "string", or ["string", "null"].
type types []string

func (t *types) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

func (s *shape) is(kind string) bool { return slices.Contains(s.Type, kind) }

func (d document) follow(s *shape) *shape {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// example is a value of the shape; text stands wherever any text may, cut to the length that is allowed.
func (d document) example(s *shape, text string) any {
	s = d.follow(s)
	switch {
	case s == nil:
		return nil
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.is("object"):
		out := map[string]any{}
		for name, p := range s.Properties {
			out[name] = d.example(p, text)
		}
		return out
	case s.is("array"):
		return []any{d.example(s.Items, text)}
	case s.is("integer"), s.is("number"):
		return 1
	case s.is("boolean"):
		return true
	}
	switch s.Format {
	case "uuid":
		return id.New()
	case "date":
		return "2026-01-01"
	case "date-time":
		return "2026-01-01T10:00:00Z"
	}
	if s.MaxLength > 0 && len(text) > s.MaxLength {
		return text[:s.MaxLength]
	}
	return text
}

// wrong is a body with one thing wrong, and the field that the answer has to name.
type wrong struct {
	why, field string
	body       any
}

// spoil makes, of a body that would do, one for each thing that can be wrong with it: a required field missing, a field of the
// wrong type, a text longer than it may be, a code that is not on the list, a field nobody knows.
func (d document) spoil(s *shape) []wrong {
	s = d.follow(s)
	good := func() map[string]any { return d.example(s, "x").(map[string]any) }
	var out []wrong
	add := func(why, field string, change func(map[string]any)) {
		b := good()
		change(b)
		out = append(out, wrong{why, field, b})
	}
	for _, name := range s.Required {
		add("without "+name, name, func(b map[string]any) { delete(b, name) })
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := d.follow(s.Properties[name])
		var other any = map[string]any{"a": 1}
		if p.is("object") {
			other = []any{Hostile}
		}
		add("another type of "+name, name, func(b map[string]any) { b[name] = other })
		if p.MaxLength > 0 {
			add("over-long "+name, name, func(b map[string]any) { b[name] = strings.Repeat("ø", p.MaxLength+1) })
		}
		if len(p.Enum) > 0 || p.Format != "" && p.is("string") {
			add("a "+name+" that is none", name, func(b map[string]any) { b[name] = Hostile })
		}
	}
	out = append(out, wrong{"a list", "", []any{1}}, wrong{"a text", "", Hostile}, wrong{"null", "", nil})
	add("an unknown field", "", func(b map[string]any) { b[Hostile] = Hostile })
	return out
}
