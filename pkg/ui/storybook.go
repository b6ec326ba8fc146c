package ui

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"

	"example.org/waypost/pkg/fault"
)

// Story is one state of one page. Every page has some, so that each can be looked at, and is tested, without first
// bringing the whole program into that state.
type Story struct {
	Page     string // the route's name
	State    string // "empty", "full", "error", "denied" or another word for what is to be seen
	Template string // Page when not given
	Data     Laid
}

// Path is where a storybook shows the story, under its own root.
func (s Story) Path() string {
	return "?page=" + url.QueryEscape(s.Page) + "&state=" + url.QueryEscape(s.State)
}

func (s Story) template() string {
	if s.Template == "" {
		return s.Page
	}
	return s.Template
}

// Storybook lists the stories and shows each. nonce is where the answer's content-security-policy nonce is found, as
// the middleware in front of it has set it: httpx.Nonce.
func Storybook(pages *Pages, nonce func(context.Context) string, stories []Story) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		story := contents(stories)
		if q.Get("page") != "" {
			i := slices.IndexFunc(stories, func(s Story) bool { return s.Page == q.Get("page") && s.State == q.Get("state") })
			if i < 0 {
				return fault.NotFound("story")
			}
			story = stories[i]
		}
		page := story.Data.layout()
		page.Nonce = nonce(r.Context())
		var b bytes.Buffer
		if err := pages.write(&b, story.template(), story.Data, page); err != nil {
			// A storybook is for those who build the pages: they are shown what is wrong.
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return nil
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := b.WriteTo(w)
		return err
	}
}

// contents is the page that lists the stories.
func contents(stories []Story) Story {
	table := Table{Caption: "Pages and their states", Columns: []Column{{Text: "Page"}, {Text: "States"}}}
	var names []string
	links := map[string]List{}
	for _, s := range stories {
		if links[s.Page] == nil {
			names = append(names, s.Page)
		}
		links[s.Page] = append(links[s.Page], Link{Text: s.State, Href: s.Path(), Hidden: "state of " + s.Page})
	}
	for _, name := range names {
		table.Rows = append(table.Rows, Row{Cells: []Component{Text(name), links[name]}})
	}
	return Story{Template: ShutterPage, Data: Shutter{Page: Page{Title: "Storybook", Wide: true}, Body: table}}
}

// WithRefusals adds what stands in place of a page that somebody may not see, and of one that Waypost can not show now,
// to every page that has no such story of its own.
func WithRefusals(stories []Story, denied, failed Shutter) []Story {
	var pages []string
	told := map[[2]string]bool{}
	for _, s := range stories {
		if !slices.Contains(pages, s.Page) {
			pages = append(pages, s.Page)
		}
		told[[2]string{s.Page, s.State}] = true
	}
	for _, page := range pages {
		for _, r := range []Story{{Page: page, State: "denied", Data: denied}, {Page: page, State: "error", Data: failed}} {
			if !told[[2]string{page, r.State}] {
				r.Template = ShutterPage
				stories = append(stories, r)
			}
		}
	}
	return stories
}
