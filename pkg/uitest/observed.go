package uitest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// observed is what the browser told about a tab.
type observed struct {
	mu         sync.Mutex
	complaints []string
	expected   []string
	pages      map[string]bool // addresses that were gone to, as against fetched by a page
	status     int             // of the last of them
	started    int             // pages that began to load
	loading    bool
}

// hear is called for every event of the tab, before the reply to the command that caused it.
func (o *observed) hear(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		o.complaints = append(o.complaints, "a script failed: "+e.ExceptionDetails.Text+" "+describe(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, a := range e.Args {
				words = append(words, describe(a))
			}
			o.complaints = append(o.complaints, "console: "+strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		// That a page itself has the status of an error is the test's business, not the browser's.
		ownStatus := e.Entry.Source == log.EntrySourceNetwork && o.pages[e.Entry.URL]
		if e.Entry.Level == log.EntryLevelError && !ownStatus {
			o.complaints = append(o.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			if o.pages == nil {
				o.pages = map[string]bool{}
			}
			o.pages[e.Response.URL] = true
			o.status = int(e.Response.Status)
		}
	case *page.EventFrameStartedLoading:
		o.started++
		o.loading = true
	case *page.EventFrameStoppedLoading:
		o.loading = false
	}
}

func describe(o *runtime.RemoteObject) string {
	if o == nil {
		return ""
	}
	if o.Description != "" {
		return o.Description
	}
	return strings.Trim(string(o.Value), `"`)
}

// pageLoads is how many pages began to load, and whether one is doing so now.
func (o *observed) pageLoads() (started int, loading bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.started, o.loading
}

// Expect says that the browser may complain of something that has these words in it, such as "503" while a server is
// down on purpose.
func (tab *Tab) Expect(words string) {
	tab.seen.mu.Lock()
	defer tab.seen.mu.Unlock()
	tab.seen.expected = append(tab.seen.expected, words)
}

// checkQuiet fails the test for everything the browser complained of.
func (tab *Tab) checkQuiet() {
	tab.t.Helper()
	tab.seen.mu.Lock()
	defer tab.seen.mu.Unlock()
	for _, c := range tab.seen.complaints {
		if !slices.ContainsFunc(tab.seen.expected, func(words string) bool { return strings.Contains(c, words) }) {
			tab.t.Errorf("the browser complained: %s", c)
		}
	}
	tab.seen.complaints = nil
}

// Status is the HTTP status of the page that is shown.
func (tab *Tab) Status() int {
	tab.seen.mu.Lock()
	defer tab.seen.mu.Unlock()
	return tab.seen.status
}
