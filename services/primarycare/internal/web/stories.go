package web

import "example.org/waypost/pkg/ui"

// Stories are every state of every page.
func (web *Web) Stories() []ui.Story { return nil }
