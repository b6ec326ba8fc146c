package ui

// Panel confirms that something was done; it is the page's heading. What happens next, with a date, stands below it.
type Panel struct {
	Heading   string
	Reference string // to be read out over the phone
	Body      Component
}

// Template names html/panel.html.
func (Panel) Template() string { return "panel" }
