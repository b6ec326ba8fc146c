package httpx

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"example.org/waypost/pkg/fault"
)

// How many rows a list gives.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// ListInput is embedded in the input of every list; pages use ListOf.
type ListInput struct {
	Cursor string `query:"cursor" maxLength:"600" doc:"next_cursor of the page before; empty for the first"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
}

// ListOf reads cursor and limit from a page's address.
func ListOf(r *http.Request) (ListInput, error) {
	q := r.URL.Query()
	in := ListInput{Cursor: q.Get("cursor"), Limit: DefaultLimit}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > MaxLimit {
			return in, fault.Invalid("limit", fmt.Sprintf("Ask for 1 to %d", MaxLimit))
		}
		in.Limit = n
	}
	return in, nil
}

const macLen = 16

// Cursor makes an opaque, signed cursor of the place where a page ended: identifiers, times and positions, never a name.
// It is signed so that only what we made comes back to the database.
func Cursor(ctx context.Context, place any) string {
	b, err := json.Marshal(place)
	if err != nil {
		panic(fmt.Sprintf("httpx: a cursor of %T: %v", place, err))
	}
	return base64.RawURLEncoding.EncodeToString(append(exchangeOf(ctx).sign(b), b...))
}

// After reads the place into a pointer; ok is false on the first page.
func (in ListInput) After(ctx context.Context, place any) (ok bool, err error) {
	if in.Cursor == "" {
		return false, nil
	}
	bad := fault.Invalid("cursor", "Use next_cursor as it was given, or leave it out")
	b, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil || len(b) < macLen || !hmac.Equal(b[:macLen], exchangeOf(ctx).sign(b[macLen:])) || json.Unmarshal(b[macLen:], place) != nil {
		return false, bad
	}
	return true, nil
}

func (x *exchange) sign(b []byte) []byte {
	e := x.edge
	if e == nil {
		e = &Edge{}
	}
	return e.mac("cursor", b)[:macLen]
}

// List is the body of every list answer.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next_cursor,omitempty" doc:"Send as cursor to get the next page; absent on the last"`
}

// ListBody cuts rows, of which the caller asked for in.Limit+1, to the limit, and makes the next cursor from the last row shown.
func ListBody[T any](ctx context.Context, in ListInput, rows []T, place func(T) any) List[T] {
	l := List[T]{Items: rows}
	if l.Items == nil {
		l.Items = []T{}
	}
	if len(rows) > in.Limit {
		l.Items = rows[:in.Limit]
		l.Next = Cursor(ctx, place(l.Items[in.Limit-1]))
	}
	return l
}
