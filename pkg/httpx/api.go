package httpx

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
)

// WriteInput is embedded in the input of every operation that changes something. The header is checked before huma sees it.
type WriteInput struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"A new one for each thing you want done; the same one to ask again what became of it"`
}

// ChangeInput is WriteInput for a thing that has an ETag. If-Match is required, though not by schema: its absence is 428, not 422.
type ChangeInput struct {
	WriteInput
	IfMatch string `header:"If-Match" maxLength:"40" doc:"Required: the ETag of what you change"`
}

// Version is the version named by If-Match.
func (in ChangeInput) Version() (int64, error) { return parseTag(in.IfMatch) }

// One is the answer that is one thing with a version.
type One[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// Made is the answer to a request that made something.
type Made[T any] struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     T
}

// What an operation's Metadata may say of it.
const (
	MetaRoles  = "roles"  // []string: who may
	MetaPublic = "public" // true: nobody needs to have signed in
	MetaReads  = "reads"  // true: a POST that changes nothing, such as a search
)

// Only is Metadata for an operation that only these roles may do.
func Only(roles ...string) map[string]any { return map[string]any{MetaRoles: roles} }

// Reads is Metadata for a POST that changes nothing: a search whose terms must not stand in an address.
func Reads(roles ...string) map[string]any {
	return map[string]any{MetaReads: true, MetaRoles: roles}
}

// Public is Metadata for an operation that needs no sign-in.
func Public() map[string]any { return map[string]any{MetaPublic: true} }

// API is the service's JSON face at /api/<service>/v1, with its OpenAPI 3.1 document at openapi.json beneath. Operations go on with
// huma.Register and paths from there ("/offers/{id}"); each becomes a Route of this Edge, with the same chain around it.
func (e *Edge) API(version string) huma.API {
	prefix := "/api/" + e.Service + "/v1"
	c := huma.DefaultConfig("Waypost "+e.Service, version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Servers = []*huma.Server{{URL: prefix}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "http", Scheme: "bearer", Description: "The token of a session; a browser's session cookie does as well"},
	}
	api := huma.NewAPI(c, &adapter{edge: e, prefix: prefix})
	var once sync.Once
	var spec []byte
	e.Mount(Route{
		Method: http.MethodGet, Pattern: prefix + "/openapi.json", Name: "openapi", Face: FaceAPI, Public: true,
		Handler: func(w http.ResponseWriter, _ *http.Request) (err error) {
			once.Do(func() {
				e.describe(api.OpenAPI(), prefix)
				spec, err = json.Marshal(api.OpenAPI())
			})
			if err != nil {
				return fmt.Errorf("write openapi: %w", err)
			}
			w.Header().Set("Content-Type", "application/openapi+json")
			_, err = w.Write(spec)
			return err
		},
	})
	return api
}

// describe adds to the document what was mounted beside huma's operations: imports, which read their body as it comes.
func (e *Edge) describe(doc *huma.OpenAPI, prefix string) {
	for _, rt := range e.routes {
		path, ours := strings.CutPrefix(rt.Pattern, prefix+"/")
		if !ours || rt.Face != FaceAPI || rt.Name == "openapi" || described(doc.Paths["/"+path], rt.Method) {
			continue
		}
		op := &huma.Operation{
			Method: rt.Method, Path: "/" + path, OperationID: strings.ReplaceAll(rt.Name, " ", "-"), Summary: rt.Name,
			Responses: map[string]*huma.Response{
				"200":     {Description: "Done", Content: map[string]*huma.MediaType{"application/json": {}}},
				"default": {Description: "Error", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}},
			},
		}
		for _, name := range parameters(path) {
			op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
		if rt.Stream {
			op.Description = "The file itself is the body. It can be sent again: what is known already changes nothing, so it takes no " + KeyHeader
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"*/*": {}}}
		}
		if !rt.Public {
			op.Security = []map[string][]string{{"session": {}}}
		}
		doc.AddOperation(op)
	}
}

func described(p *huma.PathItem, method string) bool {
	if p == nil {
		return false
	}
	op := map[string]*huma.Operation{http.MethodGet: p.Get, http.MethodPost: p.Post, http.MethodPut: p.Put, http.MethodPatch: p.Patch, http.MethodDelete: p.Delete}[method]
	return op != nil
}

// parameters are the names in the braces of a path.
func parameters(path string) (names []string) {
	for _, part := range strings.Split(path, "/") {
		if name, ok := between(part, "{", "}"); ok {
			names = append(names, name)
		}
	}
	return names
}

// adapter puts huma's operations into the Edge's table.
type adapter struct {
	edge   *Edge
	prefix string
}

func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.edge.Handler().ServeHTTP(w, r) }

func (a *adapter) Handle(op *huma.Operation, h func(huma.Context)) {
	// The body is here before huma sees it. Its deadline for reading it (five seconds) would pass while we answer, and net/http takes
	// that for a client who left: the answer, and all that is asked on this connection later, would be cancelled.
	op.BodyReadTimeout = -1
	rt := Route{
		Method: op.Method, Pattern: a.prefix + op.Path, Name: op.OperationID, Face: FaceAPI,
		Handler: func(w http.ResponseWriter, r *http.Request) error {
			if takes(op, "If-Match") && named(op, r) { // before the body is looked at, so that its absence is 428 whatever else is wrong
				if _, err := IfMatch(r); err != nil {
					return err
				}
			}
			h(humago.NewContext(op, r, w))
			return nil
		},
	}
	rt.Roles, _ = op.Metadata[MetaRoles].([]string)
	rt.Public, _ = op.Metadata[MetaPublic].(bool)
	reads, _ := op.Metadata[MetaReads].(bool)
	rt.Write = !reads && op.Method != http.MethodGet && op.Method != http.MethodHead
	if rt.Write != takes(op, KeyHeader) {
		panic(fmt.Sprintf("httpx: %s %s: embed httpx.WriteInput, or say httpx.Reads() in Metadata", op.Method, op.Path))
	}
	if !rt.Public {
		op.Security = []map[string][]string{{"session": {}}}
	}
	a.edge.Mount(rt)
}

// named tells whether the address can name anything; when not, huma answers that there is nothing.
func named(op *huma.Operation, r *http.Request) bool {
	return !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool {
		return p.In == "path" && p.Schema != nil && p.Schema.Format == "uuid" && !id.Valid(r.PathValue(p.Name))
	})
}

func takes(op *huma.Operation, header string) bool {
	return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "header" && p.Name == header })
}

// huma has no other way than its package variables to get errors in our form; its own repeat the value that was sent.
func init() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		f, status := humaRefusal(status, errs)
		return problem(f, status, "")
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		f, status := humaRefusal(status, errs)
		x := exchangeOf(ctx.Context())
		if len(errs) > 0 {
			x.noteFailure(ctx.Context(), status, errs[0])
		}
		_, w := humago.Unwrap(ctx)
		refuse(w.Header(), status)
		return problem(f, status, x.id)
	}
}

// humaRefusal gives huma's own refusals a meaning: those of its validation, and the error an operation returned.
func humaRefusal(status int, errs []error) (*fault.Error, int) {
	if status == http.StatusInternalServerError && len(errs) > 0 {
		return Refusal(errs[0])
	}
	if status < 400 || status >= 500 {
		return errUnknown, http.StatusInternalServerError
	}
	f := &fault.Error{Meaning: fault.MeaningInvalid, Code: "invalid", Message: "There is a problem with what was sent"}
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok {
			f.Fields = append(f.Fields, fault.Field{Path: "body", Message: "is not valid"})
			continue
		}
		field := fieldOf(d.ErrorDetail())
		if strings.HasPrefix(field.Path, "path.") {
			return fault.NotFound("thing"), http.StatusNotFound
		}
		f.Fields = append(f.Fields, field)
	}
	if len(f.Fields) == 0 && status == http.StatusBadRequest {
		f.Code, f.Message = "malformed", "The body is missing or can not be read"
	}
	if status == http.StatusRequestEntityTooLarge {
		f = errTooBig
	}
	return f, status
}

// fieldOf keeps the place and the rule, and drops whatever came from the sender: the value, the parser's words about it, names we do not know.
func fieldOf(d *huma.ErrorDetail) fault.Field {
	path := strings.TrimPrefix(strings.TrimPrefix(d.Location, "body"), ".")
	if path == "" {
		path = "body"
	}
	if name, ok := between(d.Message, "expected required property ", " to be present"); ok {
		return fault.Field{Path: strings.TrimPrefix(path+"."+name, "body."), Message: "is required"}
	}
	switch {
	case d.Message == "unknown query parameter":
		return fault.Field{Path: "query", Message: "has a parameter that is not known here"}
	case d.Message == "unexpected property":
		return fault.Field{Path: parent(path, d.Value), Message: "has a property that is not known here"}
	case strings.HasPrefix(d.Message, "expected "), strings.HasPrefix(d.Message, "required "):
		rule, _, _ := strings.Cut(d.Message, ": ")
		return fault.Field{Path: path, Message: rule}
	}
	return fault.Field{Path: path, Message: "is not valid"}
}

// parent cuts the unknown key, which may hold dots, off the path. huma gives the object it was found in.
func parent(path string, object any) string {
	known, _ := object.(map[string]any)
	for key := range known {
		if before, ok := strings.CutSuffix(path, "."+key); ok {
			return before
		}
	}
	return "body"
}

func between(s, before, after string) (string, bool) {
	s, ok := strings.CutPrefix(s, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, after)
}
