package uitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
)

// states are what every page is shown in: with nothing to list, with something, after a mistake, and to somebody whom it
// is not for.
var states = []string{"empty", "full", "error", "denied"}

// Without are the states that pages can not be in, with the reason why: "cases/error" of the page cases, "cases" of all
// its states.
type Without map[string]string

// Told fails the test for every state of every page that no story shows, and for what without names in vain. routes is
// the table of the service's door.
func Told(t testing.TB, routes []httpx.Route, stories []ui.Story, without Without) {
	t.Helper()
	for _, what := range untold(routes, stories, without) {
		t.Error(what)
	}
}

func untold(routes []httpx.Route, stories []ui.Story, without Without) (wrong []string) {
	missing := map[string]bool{}
	for _, page := range pagesOf(routes) {
		for _, state := range states {
			if !slices.ContainsFunc(stories, func(s ui.Story) bool { return s.Page == page && s.State == state }) {
				missing[page+"/"+state] = true
			}
		}
	}
	needed := map[string]bool{}
	for what := range missing {
		page, _, _ := strings.Cut(what, "/")
		switch {
		case without[what] != "":
			needed[what] = true
		case without[page] != "":
			needed[page] = true
		default:
			wrong = append(wrong, fmt.Sprintf("no story shows %s", what))
		}
	}
	for what := range without {
		if !needed[what] {
			wrong = append(wrong, fmt.Sprintf("%s is on the list of what no story can show, and is no state of a page or has a story", what))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// pagesOf are the names of the routes that answer with a page. The storybook shows itself.
func pagesOf(routes []httpx.Route) (names []string) {
	for _, rt := range routes {
		if rt.Method == http.MethodGet && (rt.Face == "" || rt.Face == httpx.FacePage) && rt.Name != "storybook" && !slices.Contains(names, rt.Name) {
			names = append(names, rt.Name)
		}
	}
	return names
}
