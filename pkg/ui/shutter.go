package ui

// ShutterPage is the name of the page that a Shutter fills, known to all Pages.
const ShutterPage = "shutter"

// Shutter is a page of a heading and a body: mostly one that says why one can not go on, and how to come back: no consent, no
// access, no such thing, an error. Which set-up is wrong and who can fix it belongs in Body.
type Shutter struct {
	Page
	Heading string // Title when not given
	Body    Component
}
