package uitest

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"example.org/waypost/pkg/ui"
)

// Stories looks at every story in a real browser: nothing for axe to find at 1280 and at 390 pixels, no sideways
// scrolling, nothing that the browser complains of, a title. handler is the service's whole storybook, as it is mounted at root.
func Stories(t *testing.T, handler http.Handler, root string, stories []ui.Story) {
	t.Helper()
	if len(stories) == 0 {
		t.Fatal("there are no stories")
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for _, s := range stories {
		t.Run(s.Page+"/"+s.State, func(t *testing.T) {
			t.Parallel()
			tab := Browser(t)
			tab.Goto(server.URL + root + s.Path())
			if status := tab.Status(); status != http.StatusOK {
				t.Fatalf("the storybook answered %d: %s", status, tab.Text())
			}
			tab.Axe()
			tab.fits()
			tab.picture(s, "wide")
			tab.NoSidewaysScroll()
			tab.Axe()
			tab.picture(s, "narrow")
		})
	}
}

// picture keeps a story's look in the folder that $PICTURES names, if it names one.
func (tab *Tab) picture(s ui.Story, width string) {
	tab.t.Helper()
	if dir := os.Getenv("PICTURES"); dir != "" {
		tab.Screenshot(filepath.Join(dir, cmp.Or(s.Page, "storybook")+"-"+s.State+"-"+width+".png"))
	}
}
