package ui

import (
	"encoding/json"
	"strings"
	"time"
)

// Fetched is a part of the page that another service makes, and that the browser fetches from it: a link to it, which is
// replaced by the part when it comes. When it does not come in time the page says so, and all else on it works.
type Fetched struct {
	ID     string
	URL    string  // answers with a Fragment
	Post   []Value // sent with it, and not in the address; none: it is only got
	Link   Link    // the same as a page, for who has no scripts
	Late   string  // "We could not see who already helps. You can still send."
	Within time.Duration
	// Meanwhile stands there until the part comes, and stays when it does not: fields of the form around it that the part brings itself.
	Meanwhile Component
}

// Template names html/fetched.html.
func (Fetched) Template() string { return "fetched" }

// Vals is what is sent, as htmx takes it.
func (f Fetched) Vals() (string, error) {
	vals := map[string]string{}
	for _, v := range f.Post {
		vals[v.Name] = v.Value
	}
	b, err := json.Marshal(vals)
	return string(b), err
}

// Names are those of what is sent: htmx would send everything that was typed into the form around it as well.
func (f Fetched) Names() string {
	var names []string
	for _, v := range f.Post {
		names = append(names, v.Name)
	}
	return strings.Join(names, ",")
}

// Milliseconds is Within for htmx, 3 seconds when not given.
func (f Fetched) Milliseconds() int64 {
	if f.Within == 0 {
		return 3000
	}
	return f.Within.Milliseconds()
}
