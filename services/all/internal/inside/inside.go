// Package inside asks the services of a Waypost that is running, as they ask each other: for what its own programs and its page of
// operations need to know of all of them.
package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/schemas"
)

// Waypost is one that is running: where each service is, and the token that they show each other.
type Waypost struct {
	At    map[string]string
	Token string
	House string // where the one process of all services is asked for what only it can do; "" for services that run apart
}

// Whole is all services in one process.
func Whole(url, token string) Waypost {
	w := Waypost{At: map[string]string{}, Token: token, House: url}
	for _, service := range schemas.Speakers {
		w.At[service] = url
	}
	return w
}

// InParts is services that run apart: name=http://host:port, separated by ;
func InParts(list, tokenFile string) (Waypost, error) {
	w := Waypost{At: map[string]string{}}
	for part := range strings.SplitSeq(list, ";") {
		name, url, ok := strings.Cut(part, "=")
		if !ok || !slices.Contains(schemas.Speakers, name) {
			return w, fmt.Errorf("-services: %q is not name=http://host:port", part)
		}
		w.At[name] = strings.TrimSuffix(url, "/")
	}
	b, err := os.ReadFile(tokenFile)
	if err != nil {
		return w, fmt.Errorf("-token-file: %w", err)
	}
	w.Token = strings.TrimSpace(string(b))
	return w, nil
}

// Books asks all services for their ledgers at once. read is told of each that has come; nil: nobody is.
func (w Waypost) Books(ctx context.Context, read func(service string)) (map[string]ledger.Book, error) {
	var mu sync.Mutex
	var work sync.WaitGroup
	books := map[string]ledger.Book{}
	var failed []error
	for service := range w.At {
		work.Go(func() {
			b, err := w.Book(ctx, service)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
				return
			}
			books[service] = b
			if read != nil {
				read(service)
			}
		})
	}
	work.Wait()
	return books, errors.Join(failed...)
}

// Book asks one service for its ledger. It reads its whole stream for that.
func (w Waypost) Book(ctx context.Context, service string) (b ledger.Book, err error) {
	err = w.get(ctx, service, door.LedgerPath(service), &b)
	return b, err
}

// State asks a service how it stands.
func (w Waypost) State(ctx context.Context, service string) (s standing.State, err error) {
	err = w.get(ctx, service, door.StatePath(service), &s)
	return s, err
}

// Look tells a service to compare its stream with its outbox now.
func (w Waypost) Look(ctx context.Context, service string) error {
	return w.post(ctx, service, w.At[service]+door.LookPath(service))
}

// RemakePath is where the house makes a stream anew.
const RemakePath = "/internal/broker/streams/"

// Remake has a service's stream made anew, empty.
func (w Waypost) Remake(ctx context.Context, service string) error {
	if w.House == "" {
		return errors.New("services that run apart have a broker of their own: its bootstrapper makes streams")
	}
	return w.post(ctx, "the broker", w.House+RemakePath+service)
}

func (w Waypost) get(ctx context.Context, service, path string, into any) error {
	body, err := w.ask(ctx, http.MethodGet, service, w.At[service]+path)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("ask %s: %w", service, err)
	}
	return nil
}

func (w Waypost) post(ctx context.Context, whom, url string) error {
	body, err := w.ask(ctx, http.MethodPost, whom, url)
	if err != nil {
		return err
	}
	return body.Close()
}

func (w Waypost) ask(ctx context.Context, method, whom, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", whom, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		defer res.Body.Close()
		why, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // only to say more
		return nil, fmt.Errorf("ask %s: status %d: %s", whom, res.StatusCode, strings.TrimSpace(string(why)))
	}
	return res.Body, nil
}
