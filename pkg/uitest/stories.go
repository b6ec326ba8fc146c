package uitest

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/ui"
)

// Stories looks at every story, at one of those that show the same, in a real browser: nothing for axe to find at 1280 and
// at 390 pixels, no sideways scrolling, nothing that the browser complains of, a title. handler is the service's whole
// storybook, as it is mounted at root.
func Stories(t *testing.T, handler http.Handler, root string, stories []ui.Story) {
	t.Helper()
	if len(stories) == 0 {
		t.Fatal("there are no stories")
	}
	server := httptest.NewServer(still(handler))
	t.Cleanup(server.Close)
	// A tab's process takes a browser longer to start than a page takes to be looked at, so the stories share a few.
	tabs := make(chan *Tab, runtime.GOMAXPROCS(0))
	for range cap(tabs) {
		tabs <- Browser(t)
	}
	contents := ui.Story{State: "contents"} // of the storybook: the page of no page
	for _, s := range append(distinct(stories), contents) {
		t.Run(cmp.Or(s.Page, "storybook")+"/"+s.State, func(t *testing.T) {
			t.Parallel()
			shared := <-tabs
			t.Cleanup(func() { tabs <- shared })
			tab := shared.lent(t)
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
			// The page stays until the next story: where its sign-in ends meanwhile it would go and sign out, and not to the story.
			Eval[bool](tab, `(() => { for (let i = setTimeout(() => {}); i > 0; i--) clearInterval(i); return true })()`)
		})
	}
}

// still answers what a page asks for of its own accord with nothing new: a story is looked at for as long as it takes, and what it
// would fetch is not in the storybook.
func still(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(authn.PassiveHeader) != "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// distinct are the stories without those that show the very same as another, such as that somebody may not see a page.
func distinct(stories []ui.Story) (of []ui.Story) {
	for _, s := range stories {
		s.Template = cmp.Or(s.Template, s.Page)
		if !slices.ContainsFunc(of, func(o ui.Story) bool { return o.Template == s.Template && reflect.DeepEqual(o.Data, s.Data) }) {
			of = append(of, s)
		}
	}
	return of
}

// lent is the tab for another test, as if it were new, but for the page it shows: by way of an empty one the next would come from
// a process that has compiled neither our scripts nor axe, and take half as long again. What the browser complains of fails that test.
func (tab *Tab) lent(t *testing.T) *Tab {
	t.Helper()
	own := *tab
	own.t = t
	Eval[any](&own, "if (location.origin !== 'null') { sessionStorage.clear(); localStorage.clear() } null")
	own.Size(1280, 900)
	t.Cleanup(func() {
		t.Helper()
		if t.Failed() {
			own.describe()
		}
		own.checkQuiet()
	})
	return &own
}

// picture keeps a story's look in the folder that $PICTURES names, if it names one.
func (tab *Tab) picture(s ui.Story, width string) {
	tab.t.Helper()
	if dir := os.Getenv("PICTURES"); dir != "" {
		tab.Screenshot(filepath.Join(dir, cmp.Or(s.Page, "storybook")+"-"+s.State+"-"+width+".png"))
	}
}
