package app

import (
	"context"
	"slices"

	"example.org/waypost/pkg/inbox"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// parked lists what could not be applied, in any service, as far as q asks for it. The area's office owes a look at each: only its
// coordinators can put it right. Every service is asked at this moment, so there is no copy that could be old.
func (a *App) parked(ctx context.Context, v *OverdueView, q store.OwedQuery) (out []Owed) {
	if !v.Area {
		return nil
	}
	found, unread := a.Parked.Waiting(ctx)
	v.Unread = unread
	listed := map[string]int{}
	for _, w := range found {
		if listed[w.Service]++; listed[w.Service] == inbox.MostWaiting {
			v.Cut = append(v.Cut, w.Service)
		}
		o := Owed{Kind: OwedParked, ID: w.EventID, Party: domain.Coordinator, Since: w.Since, DueAt: w.DueAt, Service: w.Service, Behind: w.Behind}
		if o.DueAt.Before(q.To) && !o.DueAt.Before(q.From) && (q.After == nil || o.Cursor().Compare(*q.After) > 0) {
			out = append(out, o)
		}
	}
	return out
}

// among puts more steps among a page of them, in the page's order.
func among(rows, more []Owed, limit int) []Owed {
	if len(more) == 0 {
		return rows
	}
	rows = append(rows, more...)
	slices.SortFunc(rows, func(a, b Owed) int { return a.Cursor().Compare(b.Cursor()) })
	return rows[:min(len(rows), limit)]
}
