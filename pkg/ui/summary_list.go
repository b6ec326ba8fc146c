package ui

import "strings"

// SummaryList is facts by name, or answers to check.
type SummaryList struct{ Rows []SummaryRow }

// SummaryRow is one fact. A link's Hidden text is the row's name when it has none: "Change date of birth".
type SummaryRow struct {
	Key   string
	Value Component
	Links []Link
}

// Template names html/summary_list.html.
func (SummaryList) Template() string { return "summary_list" }

// Change is the row of an answer that can be changed at href.
func Change(key string, value Component, href string) SummaryRow {
	return SummaryRow{key, value, []Link{{Text: "Change", Href: href}}}
}

// Actions are the links, each with words that say which row it is for.
func (r SummaryRow) Actions() []Link {
	links := make([]Link, len(r.Links))
	for i, l := range r.Links {
		if l.Hidden == "" {
			l.Hidden = lowerFirst(r.Key)
		}
		links[i] = l
	}
	return links
}

// lowerFirst puts a name into the middle of a sentence, and leaves abbreviations alone: "NHS number".
func lowerFirst(s string) string {
	if len(s) > 1 && s[1:2] == strings.ToLower(s[1:2]) {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
