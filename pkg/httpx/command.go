package httpx

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/pg"
)

// KeyField is the hidden field of every form that writes.
const KeyField = "idempotency_key"

// KeyHeader is the header of every API request that writes.
const KeyHeader = "Idempotency-Key"

// Command makes the command of this request: its key, and a keyed hash of method, path and body. The key is hashed too,
// since callers may put anything into it. Outside a writing route the key is empty, and the command is not idempotent.
func Command(ctx context.Context, verb string) pg.Command {
	x := exchangeOf(ctx)
	return pg.Command{Verb: verb, Key: x.key, BodyHash: x.hash}
}

// withBody reads what was sent, within the limit, and refuses what is not text; the handler reads it again from memory.
func (e *Edge) withBody(rt Route, next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, rt.MaxBody)
		if rt.Stream || rt.Face == FaceInternal {
			patient(w)
			return next(w, r)
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(w, r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return unread(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := e.take(rt, r, body); err != nil {
			return err
		}
		return next(w, r)
	}
}

// patient gives an import or a replay the time it needs, past the server's own limits.
func patient(w http.ResponseWriter) {
	until := time.Now().Add(streamTime)
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(until)  //nolint:errcheck // a writer without deadlines has none to lift
	rc.SetWriteDeadline(until) //nolint:errcheck // likewise
}

func unread(err error) error {
	if _, status := Refusal(err); status != http.StatusInternalServerError {
		return err
	}
	return malformed("What was sent could not be read to its end")
}

// take checks the body by its type, and keeps key and hash for Command.
func (e *Edge) take(rt Route, r *http.Request, body []byte) error {
	x := exchangeOf(r.Context())
	var canonical []byte
	var err error
	if rt.Face == FaceAPI {
		if err := once(r, KeyHeader, "If-Match"); err != nil {
			return err
		}
		canonical, err = jsonBody(r, body)
		x.key = strings.Trim(r.Header.Get(KeyHeader), `"`)
	} else {
		if x.form, err = formBody(r, body); err != nil {
			return err
		}
		x.key = x.form.Get(KeyField)
		rest := url.Values{}
		for k, v := range x.form {
			if k != KeyField {
				rest[k] = v
			}
		}
		canonical = []byte(rest.Encode())
	}
	if err != nil {
		return err
	}
	if !rt.Write {
		x.key = ""
		return nil
	}
	if err := goodKey(rt, x.key); err != nil {
		return err
	}
	x.hash = e.mac("body", []byte(r.Method+" "+r.URL.EscapedPath()), canonical)
	x.key = base64.RawURLEncoding.EncodeToString(e.mac("key", []byte(x.key)))
	return nil
}

// once refuses a header that was sent more than once: which of them is meant, nobody can tell.
func once(r *http.Request, headers ...string) error {
	for _, name := range headers {
		if len(r.Header.Values(name)) > 1 {
			return malformed("Send one " + name + " header: there is more than one")
		}
	}
	return nil
}

func goodKey(rt Route, key string) error {
	bad := func(c rune) bool { return c <= ' ' || c > '~' }
	if key != "" && len(key) <= 200 && !strings.ContainsFunc(key, bad) {
		return nil
	}
	if rt.Face == FaceAPI {
		return malformed("Send an " + KeyHeader + " header of 1 to 200 visible characters, a new one for each thing you want done")
	}
	return malformed("This form is not complete, so nothing was done. Go back, load the page again and send it once more")
}

// mac is keyed, so that nobody can guess a short body, such as an NHS number, from its hash.
func (e *Edge) mac(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, e.Secret)
	io.WriteString(h, "waypost "+purpose)
	for _, p := range parts {
		fmt.Fprintf(h, "\n%d\n", len(p))
		h.Write(p)
	}
	return h.Sum(nil)
}

// jsonBody is the body with its keys in order and without white space, so that the same meaning has the same hash.
func jsonBody(r *http.Request, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "application/json" && !strings.HasSuffix(kind, "+json")) {
		return nil, unsupported("Send JSON, with Content-Type: application/json")
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, malformed(fmt.Sprintf("The body is not JSON: it can not be read after byte %d", dec.InputOffset()))
	}
	if dec.More() {
		return nil, malformed("The body is not one JSON value: something follows it")
	}
	if !clean(string(body)) || !cleanValue(v) {
		return nil, malformed("The body has characters that can not be read: send UTF-8, without NUL")
	}
	return json.Marshal(v)
}

func cleanValue(v any) bool {
	switch t := v.(type) {
	case string:
		return !strings.ContainsRune(t, 0)
	case []any:
		return !slices.ContainsFunc(t, func(one any) bool { return !cleanValue(one) })
	case map[string]any:
		for k, one := range t {
			if strings.ContainsRune(k, 0) || !cleanValue(one) {
				return false
			}
		}
	}
	return true
}

// ownProcess lets in who shows the service token, which all our processes share; mutual TLS replaces it when there is a network between them.
func (e *Edge) ownProcess(next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		given := sha256.Sum256([]byte(r.Header.Get("Waypost-Service-Token")))
		want := sha256.Sum256([]byte(e.InternalToken))
		if e.InternalToken == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			return errNoRole
		}
		return next(w, r)
	}
}
