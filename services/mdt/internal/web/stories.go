package web

import "example.org/waypost/pkg/ui"

// Stories are every state of every page, with invented people.
func Stories() []ui.Story { return nil }
