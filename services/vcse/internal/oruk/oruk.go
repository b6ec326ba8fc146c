// Package oruk shows the open directory as Open Referral UK 3.0 asks: public, without a key, for any website to read.
// Room, notes and who takes referrals are not in it, nor the places of sensitive services.
package oruk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
)

// Root is where the feed begins; it is the one base that the profile asks for.
const Root = "/api/vcse/v1/oruk"

// Profile is what the feed says it keeps to.
const Profile = "https://docs.openreferraluk.org/en/3.0/"

// How many services a page has.
const (
	perPage     = 50
	mostPerPage = 500
)

// Routes are the feed's addresses. All can be read by anybody, from any website.
func Routes(x *app.App) []httpx.Route {
	open := func(pattern, name string, h httpx.Handler) httpx.Route {
		return httpx.Route{
			Method: http.MethodGet, Pattern: Root + pattern, Name: name, Face: httpx.FaceAPI, Public: true,
			Handler: func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				return h(w, r)
			},
		}
	}
	return []httpx.Route{
		open("", "oruk", func(w http.ResponseWriter, _ *http.Request) error {
			return write(w, about{Version: "HSDS-UK-3.0", Profile: Profile, OpenAPI: "/api/vcse/v1/openapi.json"})
		}),
		open("/services", "oruk services", func(w http.ResponseWriter, r *http.Request) error { return list(w, r, x) }),
		open("/services/{id}", "oruk service", func(w http.ResponseWriter, r *http.Request) error { return one(w, r, x) }),
	}
}

type about struct {
	Version string `json:"version"`
	Profile string `json:"profile"`
	OpenAPI string `json:"openapi_url"`
}

// page is a page of services, as the profile has it.
type page struct {
	Total    int       `json:"total_items"`
	Pages    int       `json:"total_pages"`
	Number   int       `json:"page_number"`
	Size     int       `json:"size"`
	First    bool      `json:"first_page"`
	Last     bool      `json:"last_page"`
	Empty    bool      `json:"empty"`
	Contents []Service `json:"contents"`
}

func list(w http.ResponseWriter, r *http.Request, x *app.App) error {
	s, number, size, err := search(r)
	if err != nil {
		return err
	}
	s.Limit, s.Offset = size, (number-1)*size
	found, total, err := x.Directory(r.Context(), s)
	if err != nil {
		return err
	}
	out := page{Total: total, Pages: (total + size - 1) / size, Number: number, Size: len(found), First: number == 1, Empty: len(found) == 0, Contents: []Service{}}
	out.Last = number >= out.Pages
	for _, f := range found {
		out.Contents = append(out.Contents, view(f))
	}
	return write(w, out)
}

// search reads the profile's parameters; those we have no answer to are passed over, as the profile allows.
func search(r *http.Request) (s app.Search, number, size int, err error) {
	v := r.URL.Query()
	var f fault.Fields
	count := func(name string, otherwise, most int) int {
		text := v.Get(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			f.Add(name, fmt.Sprintf("Give a whole number from 1 to %d", most))
			return otherwise
		}
		return n
	}
	number, size = count("page", 1, 1_000_000), count("per_page", perPage, mostPerPage)
	s.Text = strings.ToValidUTF8(v.Get("search"), "")
	if len(s.Text) > 200 || strings.ContainsRune(s.Text, 0) {
		f.Add("search", "Give 200 characters at most")
	}
	for _, n := range terms.Needs {
		if term(n.Code) == v.Get("taxonomy_term_id") {
			s.Need = n.Code
		}
	}
	if d := v.Get("day"); d != "" {
		if i := slices.Index(days, strings.ToUpper(d)); i >= 0 {
			s.Weekday = terms.Weekday(i + 1)
		} else {
			f.Add("day", "Give a weekday such as MO")
		}
	}
	return s, number, size, f.Err()
}

func one(w http.ResponseWriter, r *http.Request, x *app.App) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	s, err := x.Listed(r.Context(), id)
	if err != nil {
		return err
	}
	return write(w, view(s))
}

func write(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write directory: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(b)
	return err
}
