package web

import (
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

// warned puts on the card what came back from there again and again.
func warned(c offerCard, all app.Warnings, need terms.Need, id string) offerCard {
	if w, ok := all[id]; ok {
		c.Warning = w.Words(need, c.Name)
	}
	return c
}
