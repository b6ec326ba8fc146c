package ui

import "slices"

// ActionRequired is the heart of every home page: what waits for this person, counted, each line leading to a list that
// shows just that. Lines that count nothing are left out; with none left it says "No action required".
type ActionRequired struct{ Items []ActionItem }

// ActionItem is one line: One and Many are nouns with what is said of them, "referral waiting over 2 days".
type ActionItem struct {
	Count           int
	One, Many, Href string
	Urgent          bool
}

// Template names html/action_required.html.
func (ActionRequired) Template() string { return "action_required" }

// Owed are the lines that count something.
func (a ActionRequired) Owed() []ActionItem {
	return slices.DeleteFunc(slices.Clone(a.Items), func(i ActionItem) bool { return i.Count == 0 })
}

// Words are the link's: "4 referrals waiting over 2 days".
func (i ActionItem) Words() string { return Count(i.Count, i.One, i.Many) }
