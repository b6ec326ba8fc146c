package door

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/vault"
)

// API is the service's JSON face, with what every service that listens has in it: what could not be applied can be seen by
// its operators, applied again or dropped.
func (f *Frame) API(version string) huma.API {
	api := f.Edge.API(version)
	if len(f.Inbox.Speakers) == 0 {
		return api
	}
	only := httpx.Only(f.operators...)
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Metadata: only}
	}
	huma.Register(api, op("list-parked", http.MethodGet, "/parked", "List events that could not be applied, oldest first",
		"Each waits alone with what follows on the same case; other cases go on"), f.listParked)
	huma.Register(api, op("replay-parked", http.MethodPost, "/parked/{id}/replay", "Apply a parked event again, and what waits behind it",
		"All of one case in one step, or none of it: then 409, and the reason in the list is brought up to date"), f.replayParked)
	huma.Register(api, op("drop-parked", http.MethodPost, "/parked/{id}/drop", "Give up a parked event, so that what waits behind it can be applied",
		"It is kept, with who dropped it, when and why"), f.dropParked)
	return api
}

type parkedView struct {
	EventID  string    `json:"event_id" format:"uuid"`
	Speaker  string    `json:"speaker"`
	Type     string    `json:"type"`
	About    string    `json:"about,omitempty" doc:"The patient ref, or the id of the thing it is about"`
	Position int64     `json:"position"`
	Reason   string    `json:"reason" doc:"What was being done when it failed; never what the event holds"`
	Attempts int       `json:"attempts"`
	FirstAt  time.Time `json:"first_at"`
	DueAt    time.Time `json:"due_at" doc:"By when somebody should have looked at it"`
}

func (f *Frame) listParked(ctx context.Context, in *struct{ httpx.ListInput }) (*struct{ Body httpx.List[parkedView] }, error) {
	var after string
	if _, err := in.After(ctx, &after); err != nil {
		return nil, err
	}
	found, err := inbox.ListParked(ctx, f.DB, f.Service, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make([]parkedView, len(found))
	for i, p := range found {
		views[i] = parkedView(p)
	}
	return &struct{ Body httpx.List[parkedView] }{httpx.ListBody(ctx, in.ListInput, views, func(v parkedView) any { return v.EventID })}, nil
}

type parkedInput struct {
	httpx.WriteInput
	ID string `path:"id" format:"uuid"`
}

type settledView struct {
	EventID    string `json:"event_id" format:"uuid"`
	Settlement string `json:"settlement" enum:"replayed,dropped"`
}

type settledAnswer struct{ Body settledView }

func (f *Frame) replayParked(ctx context.Context, in *parkedInput) (*settledAnswer, error) {
	done, err := f.replay(ctx, in.ID)
	return &settledAnswer{done}, err
}

type dropInput struct {
	httpx.WriteInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Reason string `json:"reason" enum:"put_right,said_again,no_effect,mistaken" doc:"What it says was done by hand; a later event says it too; it would change nothing any more; it should not have been said"`
	}
}

func (f *Frame) dropParked(ctx context.Context, in *dropInput) (*settledAnswer, error) {
	done, err := f.drop(ctx, in.ID, inbox.Why(in.Body.Reason))
	return &settledAnswer{done}, err
}

// ParkedPages mounts the pages for what could not be applied, in the service's look, and returns what its menus have for whoever
// is on request: for operators the way there, and to the page of the whole flow where there is one.
func (f *Frame) ParkedPages(look parked.Look) (menu func(*http.Request) []ui.MenuItem) {
	p := &parked.Pages{
		Look: look, DB: f.DB, Consumer: f.Service, Roles: f.operators, Now: f.Now, NewID: f.NewID,
		Replay: func(ctx context.Context, event string) error { _, err := f.replay(ctx, event); return err },
		Drop: func(ctx context.Context, event string, why inbox.Why) error {
			_, err := f.drop(ctx, event, why)
			return err
		},
	}
	f.Edge.Mount(p.Routes()...)
	return func(r *http.Request) []ui.MenuItem {
		if by, ok := actor.From(r.Context()); !ok || !slices.Contains(f.operators, by.Role) {
			return nil
		}
		items := []ui.MenuItem{p.Item(r)}
		if f.Operations != "" {
			items = append(items, ui.MenuItem{Text: "Operations", Href: f.Operations})
		}
		return items
	}
}

func (f *Frame) replay(ctx context.Context, event string) (settledView, error) {
	return f.settle(ctx, event, "replayed", f.Inbox.Retry)
}

func (f *Frame) drop(ctx context.Context, event string, why inbox.Why) (settledView, error) {
	return f.settle(ctx, event, "dropped", func(ctx context.Context, event, by string) error { return f.Inbox.Drop(ctx, event, by, why) })
}

// settle lets the inbox do it in its own transaction, which asks the vault for keys first, and then remembers the key. A crash
// between the two leaves a settled event without its key: asked again, it answers as it would have.
func (f *Frame) settle(ctx context.Context, event, how string, do func(ctx context.Context, event, by string) error) (done settledView, err error) {
	by, _ := actor.From(ctx) // without one no transaction begins
	cmd := httpx.Command(ctx, how+" parked event")
	done, known, err := pg.Known[settledView](ctx, f.DB, by, cmd)
	if err != nil || known {
		return done, err
	}
	if err := f.settled(ctx, event, how, do(ctx, event, by.Person.ID)); err != nil {
		return done, err
	}
	return pg.Do(ctx, f.DB, by, cmd, func(context.Context, pgx.Tx) (settledView, error) { return settledView{event, how}, nil })
}

// settled says what an attempt to settle an event came to. One that was settled the same way before is as good as done.
func (f *Frame) settled(ctx context.Context, event, how string, err error) error {
	switch {
	case errors.Is(err, inbox.ErrNotParked):
		if was, lookErr := f.Inbox.Settled(ctx, event); lookErr != nil || was != how {
			return errors.Join(lookErr, inbox.ErrNotParked)
		}
		return nil
	case err != nil && !pg.Passing(err) && !errors.Is(err, vault.ErrUnavailable):
		return fault.Conflict("still_parked", "It can still not be applied. What failed stands beside it")
	}
	return err
}
