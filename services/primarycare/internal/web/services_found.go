package web

import (
	"fmt"
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
)

// servicesFound answers a search by words. It is a POST that changes nothing, so that what was typed stands in no address.
func (web *Web) servicesFound(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	words := f.Text("words", 200, "Enter a word to search for")
	filter := url.Values{}
	for _, name := range filters {
		if v := f.Typed(name); v != "" {
			filter.Set(name, v)
		}
	}
	if err := f.Err(); err != nil {
		again, _ := refused(f.Values(), err)
		return web.showServices(w, r, filter, again)
	}
	found := fresh(f.Values())
	found.typed.Set("words", words)
	return web.showServices(w, r, filter, found)
}

// filters are the names in the address of a list of services.
var filters = []string{"day", "within", "takes"}

// countWords heads the list. What was found by words goes without a second page, and says so.
func countWords(found app.ServicesFound, words string) string {
	count := ui.Count(found.Total, "service", "services")
	switch {
	case words == "":
		return count
	case found.Loose:
		count += " with some of these words"
	default:
		count += " with these words"
	}
	if shown := len(found.Services); shown < found.Total {
		count += fmt.Sprintf(", the best %d shown", shown)
	}
	return count
}

func findServices(d app.DraftPage, filter url.Values, f form) ui.Form {
	x := ui.Form{Action: taskHref(d.ID, "services/find"), ID: "search", Fields: []ui.Component{ui.Input{
		Name: "words", Label: "Search by words", Hint: "Such as a service’s name, or “knitting”. Do not enter anything about the patient", Type: "search",
		Value: f.value("words"), Error: f.wrong("words"), Autocomplete: "off",
	}}, Buttons: []ui.Component{ui.Button{Text: "Search", Variant: ui.Secondary, Small: true}}}
	for _, name := range filters {
		if v := filter.Get(name); v != "" {
			x.Values = append(x.Values, ui.Value{Name: name, Value: v})
		}
	}
	return x
}
