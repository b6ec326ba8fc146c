package ui

import (
	"example.org/waypost/pkg/fault"
)

// Problem is one thing a person has to put right. Field is the name of an input, whose id is the same.
type Problem struct{ Field, Message string }

// Problems is all that is wrong with a form.
type Problems []Problem

// ProblemsOf takes the problems out of a refusal: its fields, or its own words when it has none. Nil for any error that
// is no refusal, because its words are not for the person.
func ProblemsOf(err error) Problems {
	refusal, ok := fault.Of(err)
	if !ok {
		return nil
	}
	if len(refusal.Fields) == 0 {
		return Problems{{Message: refusal.Message}}
	}
	all := make(Problems, 0, len(refusal.Fields))
	for _, f := range refusal.Fields {
		all = append(all, Problem{f.Path, f.Message})
	}
	return all
}

// For is the message that stands at one input: Input{Error: problems.For("nhs_number")}.
func (p Problems) For(field string) string {
	for _, x := range p {
		if x.Field == field {
			return x.Message
		}
	}
	return ""
}

// Template names html/problems.html: the summary "There is a problem", which takes the focus.
func (Problems) Template() string { return "problems" }

// Href leads to the input.
func (p Problem) Href() string {
	if p.Field == "" {
		return ""
	}
	return "#" + p.Field
}
