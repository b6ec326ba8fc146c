package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.org/waypost/pkg/event"
)

// prepared is a Delivery with its payload read and opened, before any transaction.
type prepared struct {
	Delivery
	payload event.Payload
	needs   []string // classes whose keys it cannot do without
	handler *handler
	keys    Keys
	keyErr  error
}

// needs are the classes whose keys a reaction to this payload can not do without. wide: it is tried again, by itself.
func (h *handler) needs(p event.Payload, wide bool) (classes []string) {
	if !h.reads && (!h.passes || wide) {
		return h.classes
	}
	_ = p.EachSealed(func(_, class string, _ event.Box) error { // which never fails: ours does not
		if slices.Contains(h.classes, class) && !slices.Contains(classes, class) {
			classes = append(classes, class)
		}
		return nil
	})
	return classes
}

var errKeys = errors.New("the vault can not be reached")

func (w *worker) prepare(ctx context.Context, todo []Delivery, wide bool) []prepared {
	out := make([]prepared, len(todo))
	refs, classes := map[string]bool{}, map[string]bool{}
	for i, d := range todo {
		out[i].Delivery = d
		h, ok := w.r.handlers[d.Type]
		if d.Bad != nil || !ok {
			continue
		}
		out[i].handler = &h
		if !d.Genuine() {
			out[i].Bad = fmt.Errorf("%w: it was altered on the way", event.ErrMalformed)
			continue
		}
		if out[i].payload, out[i].Bad = h.decode(d.Data); out[i].Bad != nil {
			continue
		}
		if h.only != nil && !h.only(out[i].payload) {
			out[i].handler = nil
			continue
		}
		out[i].needs = h.needs(out[i].payload, wide)
		if len(out[i].needs) > 0 {
			refs[d.About] = true
			for _, c := range out[i].needs {
				classes[c] = true
			}
		}
	}
	if len(refs) == 0 || w.r.Keyring == nil {
		return out
	}
	keys, err := w.r.Keyring(ctx, names(refs), names(classes))
	for i := range out {
		if len(out[i].needs) == 0 {
			continue
		}
		if err != nil {
			out[i].keyErr = fmt.Errorf("%w: %w", errKeys, err)
			continue
		}
		out[i].keys = keys
		if oerr := keys.OpenPayload(out[i].About, out[i].ID, out[i].payload); oerr != nil {
			out[i].Bad = oerr
		}
	}
	return out
}

func names(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
