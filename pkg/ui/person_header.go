package ui

// PersonHeader is who the page is about, on every page about them but a confirmation.
type PersonHeader struct {
	Name, Href string
	Facts      []Fact
	Restricted string      // why contact details are not shown, and what to do; empty when they are
	Alerts     []Component // what everyone must know first, such as "Not safe to leave a voicemail"
}

// Fact is a name and a value.
type Fact struct {
	Key   string
	Value Component
}

// Template names html/person_header.html.
func (PersonHeader) Template() string { return "person_header" }
