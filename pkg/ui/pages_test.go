package ui_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
)

type plain struct {
	ui.Page
	Name string
	Part ui.Component
	None *ui.Banner
}

func files(name, text string) fstest.MapFS {
	return fstest.MapFS{"html/" + name + ".html": {Data: []byte(text)}}
}

func TestRenderPutsAPageInTheLayout(t *testing.T) {
	t.Parallel()
	pages, err := ui.NewPages(files("hello", `<h1>Hello {{.Name}}</h1>{{render .Part}}{{render .None}}`), "html/*.html")
	require.NoError(t, err)
	w := httptest.NewRecorder()
	hostile := `<script>alert("x")</script>`
	err = pages.Render(w, http.StatusUnprocessableEntity, "hello", plain{
		Page: ui.Page{Title: "Hello", Service: ui.Link{Text: "Practice"}, Nonce: "n0nce", Problems: ui.Problems{{Field: "name", Message: hostile}}},
		Name: hostile, Part: ui.Group{ui.Text(hostile), ui.Prose(hostile), ui.Input{Name: "a", Label: hostile, Value: `"` + hostile}},
	})
	require.NoError(t, err)
	html := w.Body.String()
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Contains(t, html, "<title>Error: Hello – Practice – Waypost</title>")
	require.Contains(t, html, `nonce="n0nce"`)
	require.NotContains(t, html, "<script>alert")
	require.Equal(t, 6, strings.Count(html, "&lt;script&gt;alert"))
}

func TestRenderLeavesNoHalfPage(t *testing.T) {
	t.Parallel()
	pages, err := ui.NewPages(files("broken", `<h1>{{.Name}}</h1>{{index .Name 99}}`), "html/*.html")
	require.NoError(t, err)
	w := httptest.NewRecorder()
	require.ErrorContains(t, pages.Render(w, http.StatusOK, "broken", plain{Name: "x"}), "render page broken")
	require.Empty(t, w.Body.String())
	require.Empty(t, w.Header())
	require.ErrorContains(t, pages.Render(w, http.StatusOK, "nowhere", plain{}), "nowhere")
}

func TestWrongTemplatesAreFoundAtStart(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fstest.MapFS{
		"unclosed":       files("a", `{{if .X}}`),
		"no such func":   files("a", `{{nothing .X}}`),
		"bad context":    files("a", `<a href="{{if .X}}"{{end}}>`),
		"taken name":     files("button", `mine`),
		"no such file":   files("a", `{{template "nowhere"}}`),
		"nothing at all": {},
	} {
		_, err := ui.NewPages(f, "html/*.html")
		require.Error(t, err, name)
	}
}

func TestProblemsOfARefusal(t *testing.T) {
	t.Parallel()
	var f fault.Fields
	f.Add("nhs_number", "Enter 10 digits")
	f.Add("needs", "Select a need")
	p := ui.ProblemsOf(f.Err())
	require.Equal(t, "Select a need", p.For("needs"))
	require.Empty(t, p.For("name"))
	require.Equal(t, "#nhs_number", p[0].Href())
	require.Equal(t, ui.Problems{{Message: "Sam accepted this at 10:42"}}, ui.ProblemsOf(fault.Stale("Sam accepted this at 10:42")))
	require.Nil(t, ui.ProblemsOf(errors.New("a password in an internal error")))
}

func TestATextareaKeepsItsFirstLineBreak(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	require.NoError(t, newPages(t).Fragment(&b, ui.Textarea{Name: "a", Label: "A", Value: "\n\nthird"}))
	require.Contains(t, b.String(), ">\n\n\nthird</textarea>")
}

func TestAssets(t *testing.T) {
	t.Parallel()
	edge := newEdge().Handler()
	get := func(url, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, url, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		edge.ServeHTTP(w, r)
		return w
	}
	css := get(ui.AssetURL("nhsuk-frontend.css"), "")
	require.Equal(t, http.StatusOK, css.Code)
	require.Equal(t, "text/css; charset=utf-8", css.Header().Get("Content-Type"))
	require.Contains(t, css.Header().Get("Cache-Control"), "immutable")
	require.NotContains(t, css.Body.String(), "assets.nhs.uk")
	require.NotContains(t, css.Body.String(), "Frutiger")
	require.NotContains(t, css.Body.String(), "@font-face")

	packed := get(ui.AssetURL("nhsuk-frontend.css"), "gzip, br")
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	require.Less(t, packed.Body.Len(), css.Body.Len()/4)

	require.Equal(t, http.StatusNotFound, get(ui.AssetURL("nowhere.css"), "").Code)
	require.Equal(t, http.StatusNotFound, get("/assets/000000000000/waypost.css", "").Code)
	for _, ours := range []string{"waypost.css", "waypost.js", "live.js", "session.js", "favicon.svg", "htmx.js"} {
		require.Equal(t, http.StatusOK, get(ui.AssetURL(ours), "").Code, ours)
	}
}

func TestTheStorybookShowsWhatIsWrong(t *testing.T) {
	t.Parallel()
	pages, err := ui.NewPages(files("broken", `{{index .Name 99}}`), "html/*.html")
	require.NoError(t, err)
	book := newStorybook(pages, []ui.Story{{Page: "broken", State: "full", Data: plain{}}})
	for path, status := range map[string]int{
		"/storybook":                          http.StatusOK,
		"/storybook?page=broken&state=full":   http.StatusInternalServerError,
		"/storybook?page=broken&state=denied": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		book.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, status, w.Code, path)
	}
}
