package web

import (
	"maps"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

// recurring is what was found, where a reason recurs on the way to all of them.
func (t teller) recurring(found app.ServicesFound) app.ServicesFound {
	w := app.Warning{Reason: terms.BounceWrongArea, Same: 4, People: 10, CameBack: 6, NewestAt: t.now.AddDate(0, 0, -3)}
	found.Warnings = maps.Clone(found.Warnings)
	if found.Warnings == nil {
		found.Warnings = app.Warnings{}
	}
	for _, s := range found.Services {
		found.Warnings[s.ID] = w
	}
	w.Reason, w.Same, w.Everyone = terms.BounceNotOurRole, 3, true
	for _, x := range found.Teams {
		found.Warnings[x.ID] = w
	}
	return found
}
