package ods

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/rows"

	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
)

// maxUpload is how large a file may be that is sent in; the largest real one has 3.6 MB, unpacked.
const maxUpload = 64 << 20

// mostRefusals bounds how many bad rows an answer lists. All of them are counted.
const mostRefusals = 200

// Summary is the answer to an import.
type Summary struct {
	Read     int       `json:"read"`
	Added    int       `json:"added"`
	Changed  int       `json:"changed"`
	Same     int       `json:"same"`
	Refused  int       `json:"refused"`
	Refusals []Refusal `json:"refusals"`
}

// Refusal is one bad row: where it stands and why it was refused, never what it holds.
type Refusal struct {
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// Routes let a program send in one file of ODS, packed or not. It can be sent again: what is known already changes nothing,
// so it needs no idempotency key.
func Routes(x *app.App) []httpx.Route {
	return []httpx.Route{{
		Method: http.MethodPost, Pattern: "/api/register/v1/imports/ods", Name: "import ods", Face: httpx.FaceAPI,
		Roles: []string{string(terms.RoleCoordinator)}, Stream: true, MaxBody: maxUpload,
		Handler: func(w http.ResponseWriter, r *http.Request) error { return receive(w, r, x) },
	}}
}

func receive(w http.ResponseWriter, r *http.Request, x *app.App) error {
	a, _ := actor.From(r.Context())
	if err := x.BeginImport(r.Context(), a); err != nil {
		return err
	}
	out := Summary{Refusals: []Refusal{}}
	refuse := func(e *rows.Error) {
		if out.Refused++; len(out.Refusals) < mostRefusals {
			out.Refusals = append(out.Refusals, Refusal{e.Line, e.Field, e.Reason})
		}
	}
	done, err := Import(r.Context(), x, []File{{"file", r.Body}}, refuse, func(app.Counts) {})
	if errors.Is(err, ErrUnknownFile) {
		return fault.Invalid("file", "Send epraccur, the core partners of PCNs or the list sizes, as CSV")
	}
	if err != nil {
		return err
	}
	out.Read, out.Added, out.Changed, out.Same = done.Read, done.Added, done.Changed, done.Same
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return fmt.Errorf("answer import: %w", err)
	}
	return nil
}
