package hsds

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// maxUpload is how large a list may be that is sent in; England's, unpacked, has 16 MB.
const maxUpload = 128 << 20

// mostRefusals bounds how many bad rows an answer lists. All of them are counted.
const mostRefusals = 200

// Summary is the answer to an import.
type Summary struct {
	Read           int       `json:"read"`
	New            int       `json:"new"`
	Changed        int       `json:"changed"`
	Unchanged      int       `json:"unchanged"`
	LeftToProvider int       `json:"left_to_provider"` // claimed: the provider's words count
	Withdrawn      int       `json:"withdrawn"`
	NeedsMapped    int       `json:"needs_mapped"`
	NeedsUnmapped  int       `json:"needs_unmapped"` // found by their words
	Refused        int       `json:"refused"`
	Refusals       []Refusal `json:"refusals"`
}

// Refusal is one bad row: where it stands and why it was refused, never what it holds.
type Refusal struct {
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// Routes let a program send in one list of services, packed or not; source and licence say where it is from when the list
// itself does not. It can be sent again: what is known already changes nothing, so it needs no idempotency key.
func Routes(x *app.App) []httpx.Route {
	return []httpx.Route{{
		Method: http.MethodPost, Pattern: "/api/vcse/v1/imports/services", Name: "import services", Face: httpx.FaceAPI,
		Roles: []string{string(terms.RoleCoordinator)}, Stream: true, MaxBody: maxUpload,
		Handler: func(w http.ResponseWriter, r *http.Request) error { return receive(w, r, x) },
	}}
}

func receive(w http.ResponseWriter, r *http.Request, x *app.App) error {
	a, _ := actor.From(r.Context())
	if err := x.BeginImport(r.Context(), a); err != nil {
		return err
	}
	q := r.URL.Query()
	from := Origin{Name: q.Get("source"), Licence: q.Get("licence"), Today: x.Now().Format("2006-01-02")}
	if utf8.RuneCountInString(from.Name) > domain.MaxName || utf8.RuneCountInString(from.Licence) > domain.MaxName {
		return fault.Invalid("source", "Name source and licence in 300 characters at most")
	}
	refusals := []Refusal{}
	res, err := Import(r.Context(), x, []File{{"file", r.Body}}, from, func(e *rows.Error) {
		if len(refusals) < mostRefusals {
			refusals = append(refusals, Refusal{e.Line, e.Field, e.Reason})
		}
	}, func(int) {})
	if errors.Is(err, ErrUnknownFile) {
		return fault.Invalid("file", "Send HSDS 3.0 with one service a line, Street Support's answers or the list of public libraries")
	}
	if err != nil {
		return err
	}
	sum := res.Sum()
	w.Header().Set("Content-Type", "application/json")
	err = json.NewEncoder(w).Encode(Summary{
		Read: sum.Read(), New: sum.New, Changed: sum.Changed, Unchanged: sum.Unchanged, LeftToProvider: sum.LeftToProvider, Withdrawn: sum.Withdrawn,
		NeedsMapped: sum.Mapped, NeedsUnmapped: sum.Unmapped, Refused: res.Refused, Refusals: refusals,
	})
	if err != nil {
		return fmt.Errorf("answer import: %w", err)
	}
	return nil
}
