package ui

// WarningCallout warns of something that matters for someone's safety. Urgent ones are red: for red flags.
type WarningCallout struct {
	Heading string // "Important" when not given
	Body    Component
	Urgent  bool
}

// Template names html/warning_callout.html.
func (WarningCallout) Template() string { return "warning_callout" }
