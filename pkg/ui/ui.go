// Package ui is what every page of Waypost is made of: one Go struct and one html file per component, with the
// accessible markup of nhsuk-frontend, and the layout around them.
//
// A component only lays out what it is given; what to show was decided by the handler that filled it in.
package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
)

// Component is anything that can be put on a page. Template names the html that lays it out: html/<name>.html, of this
// package or of the service that brings its own.
type Component interface{ Template() string }

// Group is several components one after the other.
type Group []Component

// Template names html/group.html.
func (Group) Template() string { return "group" }

// Text is plain words, escaped, for wherever a component is asked for.
type Text string

// Template names html/text.html.
func (Text) Template() string { return "text" }

// HasLongWord tells whether a word may be broken at any letter, to keep it from pushing a page or table wider.
func (t Text) HasLongWord() bool { return hasLongWord(string(t)) }

func hasLongWord(s string) bool {
	return slices.ContainsFunc(strings.Fields(s), func(word string) bool { return len(word) > 24 })
}

// Paragraph is a paragraph of our own words.
type Paragraph string

// Template names html/paragraph.html.
func (Paragraph) Template() string { return "paragraph" }

// Prose is what a person typed: escaped, with its line breaks kept.
type Prose string

// Template names html/prose.html.
func (Prose) Template() string { return "prose" }

// List is a bulleted list.
type List []Component

// Template names html/list.html.
func (List) Template() string { return "list" }

// Heading is a heading of level 2 to 4; the level 1 is the page's own, written in its template.
type Heading struct {
	Level int // 2 when not given
	Text  string
}

// Template names html/heading.html.
func (Heading) Template() string { return "heading" }

// Rank is the level, 2 when not given.
func (h Heading) Rank() int { return max(2, h.Level) }

// Link is a link. Hidden is read out after Text and not shown, so that "Change" can say what it changes.
type Link struct {
	Text, Href, Hidden string
}

// Template names html/link.html.
func (Link) Template() string { return "link" }

// HasLongWord is Text's.
func (l Link) HasLongWord() bool { return hasLongWord(l.Text) }

// renderer executes components by the name of their template.
type renderer struct{ templates *template.Template }

// render is the template function {{render .X}}: a component, or nothing at all for nil.
func (r *renderer) render(x any) (template.HTML, error) {
	switch c := x.(type) {
	case nil:
		return "", nil
	case Component:
		if v := reflect.ValueOf(c); v.Kind() == reflect.Pointer && v.IsNil() {
			return "", nil
		}
		return r.execute(c.Template(), c)
	case []Component:
		return r.execute(Group(c).Template(), c)
	}
	return "", fmt.Errorf("render: %T is not a component", x)
}

func (r *renderer) execute(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := r.templates.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	// Safe because html/template has escaped it, component by component.
	return template.HTML(strings.TrimSpace(b.String())), nil //nolint:gosec // see above
}
