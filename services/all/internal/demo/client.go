package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
)

// Refusal is an answer that is not a success, in the platform's own words.
type Refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	} `json:"errors"`
	Path string `json:"-"` // what was asked
}

func (r *Refusal) Error() string {
	s := fmt.Sprintf("%s: %d %s %s", r.Path, r.Status, r.Code, r.Detail)
	for _, e := range r.Errors {
		s += "; " + e.Path + ": " + e.Message
	}
	return s
}

// Overtaken tells whether somebody else was quicker or the step is not allowed any more: nothing to repair, look again.
func Overtaken(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && (r.Status == http.StatusConflict || r.Status == http.StatusPreconditionFailed || r.Status == http.StatusNotFound)
}

// Cast signs invented people in. Their sessions are those of everybody, so they see and may do what their roles may.
type Cast struct {
	Base     string // where the platform answers: http://127.0.0.1:8080
	HTTP     *http.Client
	Sessions *authn.Sessions
	Now      func() time.Time

	mu     sync.Mutex
	known  map[string]*session
	failed map[string]int // what was asked, and answered with a service's own fault
}

type session struct {
	mu    sync.Mutex
	token string
	since time.Time
}

// renewAfter is well before a session that nobody uses ends.
const renewAfter = authn.IdleTime / 2

// As is the client of a person in their one role.
func (c *Cast) As(who authn.Identity) *Client {
	key := who.Person.ID + who.Grants[0].Key()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]*session{}
	}
	if c.known[key] == nil {
		c.known[key] = &session{}
	}
	return &Client{cast: c, who: who, session: c.known[key]}
}

// aThing is a thing's own name in a path.
var aThing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func (c *Cast) fail(method, path string, status int) {
	path, _, _ = strings.Cut(path, "?")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = map[string]int{}
	}
	c.failed[fmt.Sprintf("%s %s answered %d", method, aThing.ReplaceAllString(path, "{id}"), status)]++
}

// Failures are the requests that a service failed to answer by its own fault, without a word of whom they were about.
func (c *Cast) Failures() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(c.failed)) {
		all = append(all, fmt.Sprintf("%s, %d times", what, c.failed[what]))
	}
	return all
}

// Client asks the platform as one person.
type Client struct {
	cast    *Cast
	who     authn.Identity
	session *session
}

// Who it is.
func (c *Client) Who() authn.Identity { return c.who }

func (c *Client) token(ctx context.Context) (string, error) {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if now := c.cast.Now(); c.session.token == "" || now.Sub(c.session.since) > renewAfter {
		token, err := c.cast.Sessions.Token(ctx, c.who)
		if err != nil {
			return "", fmt.Errorf("sign in: %w", err)
		}
		c.session.token, c.session.since = token, now
	}
	return c.session.token, nil
}

// Get reads into out and returns the version to change it by. The error is a *Refusal when the platform answered.
func (c *Client) Get(ctx context.Context, path string, out any) (etag string, err error) {
	return c.do(ctx, http.MethodGet, path, "", "", nil, out)
}

// Make sends something new under a key of its own; the same key again does nothing more.
func (c *Client) Make(ctx context.Context, path, key string, in, out any) error {
	_, err := c.do(ctx, http.MethodPost, path, key, "", in, out)
	return err
}

// Change sends a step on something that is there, which must be as etag says.
func (c *Client) Change(ctx context.Context, path, etag string, in, out any) error {
	_, err := c.do(ctx, http.MethodPost, path, id.New(), etag, in, out)
	return err
}

// Step is Change under a key of the caller's, so that it can be sent again until it is answered.
func (c *Client) Step(ctx context.Context, path, key, etag string, in, out any) error {
	_, err := c.do(ctx, http.MethodPost, path, key, etag, in, out)
	return err
}

// Put replaces something that is there.
func (c *Client) Put(ctx context.Context, path, etag string, in any) error {
	_, err := c.do(ctx, http.MethodPut, path, id.New(), etag, in, nil)
	return err
}

// do asks, and once more after signing in anew when the session has ended: sessions do not outlive a crash of the database.
func (c *Client) do(ctx context.Context, method, path, key, etag string, in, out any) (string, error) {
	tag, err := c.once(ctx, method, path, key, etag, in, out)
	var r *Refusal
	if errors.As(err, &r) && r.Status == http.StatusUnauthorized {
		c.session.mu.Lock()
		c.session.token = ""
		c.session.mu.Unlock()
		tag, err = c.once(ctx, method, path, key, etag, in, out)
	}
	return tag, err
}

func (c *Client) once(ctx context.Context, method, path, key, etag string, in, out any) (string, error) {
	header := map[string]string{"Accept": "application/json", "Idempotency-Key": key, "If-Match": etag}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return "", fmt.Errorf("ask %s: %w", path, err)
		}
		body, header["Content-Type"] = bytes.NewReader(b), "application/json"
	}
	answered, b, err := c.send(ctx, method, path, header, body)
	if err != nil {
		return "", err
	}
	if out != nil && len(b) > 0 {
		if err := json.Unmarshal(b, out); err != nil {
			return "", fmt.Errorf("read the answer of %s: %w", path, err)
		}
	}
	return answered.Get("ETag"), nil
}

// Page reads a page. The error is a *Refusal when the platform answered with something else.
func (c *Client) Page(ctx context.Context, path string) (string, error) {
	_, b, err := c.send(ctx, http.MethodGet, path, nil, nil)
	return string(b), err
}

// Form sends a form of a page, and returns the page that it leads to.
func (c *Client) Form(ctx context.Context, path string, form url.Values) (string, error) {
	_, b, err := c.send(ctx, http.MethodPost, path, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, strings.NewReader(form.Encode()))
	return string(b), err
}

// send asks once, with those headers that say something.
func (c *Client) send(ctx context.Context, method, path string, header map[string]string, body io.Reader) (http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.cast.Base+path, body)
	if err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	token, err := c.token(ctx)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for name, value := range header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := c.cast.HTTP.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		c.cast.fail(method, path, res.StatusCode)
	}
	if res.StatusCode >= 300 {
		refusal := &Refusal{}
		_ = json.Unmarshal(b, refusal) // a page, or a proxy's: the status says enough
		refusal.Status, refusal.Path = res.StatusCode, method+" "+path
		return nil, nil, refusal
	}
	return res.Header, b, nil
}
