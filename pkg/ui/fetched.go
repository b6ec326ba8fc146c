package ui

import "time"

// Fetched is a part of the page that another service makes, and that the browser fetches from it: a link to it, which is
// replaced by the part when it comes. When it does not come in time the page says so, and all else on it works.
type Fetched struct {
	ID     string
	URL    string // answers with a Fragment
	Link   Link   // the same as a page, for who has no scripts
	Late   string // "We could not see who already helps. You can still send."
	Within time.Duration
}

// Template names html/fetched.html.
func (Fetched) Template() string { return "fetched" }

// Milliseconds is Within for htmx, 3 seconds when not given.
func (f Fetched) Milliseconds() int64 {
	if f.Within == 0 {
		return 3000
	}
	return f.Within.Milliseconds()
}
