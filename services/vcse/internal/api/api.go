// Package api is how a program sees the service: JSON at /api/vcse/v1.
package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
)

// Version is of the API as its document states it.
const Version = "1.0.0"

// API is the JSON face.
type API struct{ App *app.App }

var (
	provider = []string{string(terms.RoleProviderWorker), string(terms.RoleServiceLead)}
	office   = []string{string(terms.RoleCoordinator), string(terms.RoleServiceLead)}
)

// Register adds every operation.
func (x API) Register(api huma.API) {
	x.services(api)
	x.offers(api)
	x.claims(api)
}

func who(ctx context.Context) actor.Actor { a, _ := actor.From(ctx); return a }

// IDInput is embedded in what names one thing; it is exported because huma passes over others.
type IDInput struct {
	ID string `path:"id" format:"uuid"`
}

// doneView is what a change answers.
type doneView struct {
	ID      string `json:"id" format:"uuid"`
	Version int64  `json:"version"`
}

func done(d app.Done, err error) (*httpx.One[doneView], error) {
	if err != nil {
		return nil, named(err)
	}
	return &httpx.One[doneView]{ETag: httpx.ETag(d.Version), Body: doneView{d.ID, d.Version}}, nil
}

// apiFields are the names that a form's fields have in the body.
var apiFields = map[string]string{
	"until": "until_on", "session": "session_on", "first_contact": "first_contact_by_on", "expected": "expected_by_on",
	"tried_1": "tried_on.0", "tried_2": "tried_on.1", "tried_3": "tried_on.2",
}

// named gives a form's fields the names they have in the body.
func named(err error) error {
	f, ok := fault.Of(err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	out := *f
	out.Fields = make([]fault.Field, len(f.Fields))
	for i, one := range f.Fields {
		out.Fields[i] = one
		if name, other := apiFields[one.Path]; other {
			out.Fields[i].Path = name
		}
	}
	return &out
}

func made(path string, d app.Done, err error) (*httpx.Made[doneView], error) {
	if err != nil {
		return nil, err
	}
	return &httpx.Made[doneView]{Location: "/api/vcse/v1" + path + d.ID, ETag: httpx.ETag(d.Version), Body: doneView{d.ID, d.Version}}, nil
}

// moment is absent for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// tag is the ETag of a version.
func tag(version int64) string { return httpx.ETag(version) }
