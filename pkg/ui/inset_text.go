package ui

import "slices"

// InsetText sets something apart from the text around it. What is text and links only stands in it as a paragraph.
type InsetText struct{ Body Component }

// Template names html/inset_text.html.
func (InsetText) Template() string { return "inset_text" }

// Inline tells whether the body would stand there without a block of its own.
func (i InsetText) Inline() bool { return inline(i.Body) }

func inline(c Component) bool {
	switch c := c.(type) {
	case Text, Link:
		return true
	case Group:
		return !slices.ContainsFunc(c, func(part Component) bool { return !inline(part) })
	}
	return false
}
