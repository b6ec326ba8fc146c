package uitest

import (
	"net/http"
	"slices"
	"testing"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
)

// states are how a page may stand before somebody: with nothing on it, with much, after something was typed wrong or could
// not be done, and for who may not see it.
var states = []string{"empty", "full", "error", "denied"}

// anyPage is the story of what is shown in place of whichever page was asked for: a refusal knows its reason and not the page.
const anyPage = "any page"

// Told fails the test for every page among a door's routes that has no story of one of its four states, its own or, for what
// is shown in its place, that of any page. never gives, by "page: state", why a page has no such state; a reason that is
// not needed fails the test too.
func Told(t testing.TB, routes []httpx.Route, stories []ui.Story, never map[string]string) {
	t.Helper()
	tells := func(page, state string) bool {
		return slices.ContainsFunc(stories, func(s ui.Story) bool { return s.Page == page && s.State == state })
	}
	var needed []string
	for _, rt := range routes {
		if rt.Method != http.MethodGet || rt.Face != httpx.FacePage || rt.Name == "storybook" {
			continue
		}
		for _, state := range states {
			inPlace := (state == "error" || state == "denied") && tells(anyPage, state)
			key := rt.Name + ": " + state
			switch {
			case tells(rt.Name, state), inPlace:
			case never[key] == "":
				t.Errorf("no story shows %q", key)
			default:
				needed = append(needed, key)
			}
		}
	}
	for key := range never {
		if !slices.Contains(needed, key) {
			t.Errorf("%q needs no reason: there is a story, or no such page", key)
		}
	}
}
