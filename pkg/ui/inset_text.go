package ui

// InsetText sets something apart from the text around it.
type InsetText struct{ Body Component }

// Template names html/inset_text.html.
func (InsetText) Template() string { return "inset_text" }
