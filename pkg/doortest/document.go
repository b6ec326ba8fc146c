package doortest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
)

//go:embed standard/openapi-3.1.json
var openAPISchema []byte

var compileOpenAPI = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPISchema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	const id = "https://spec.openapis.org/oas/3.1/schema/2021-04-15"
	if err := c.AddResource(id, doc); err != nil {
		return nil, err
	}
	return c.Compile(id)
})

// document is an OpenAPI document, as far as tests read it.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*shape }
}

type operation struct {
	Parameters  []struct{ Name, In string }
	RequestBody struct {
		Content map[string]struct{ Schema *shape }
	}
}

func (o operation) takes(header string) bool {
	return slices.ContainsFunc(o.Parameters, func(p struct{ Name, In string }) bool { return p.In == "header" && p.Name == header })
}

func (o operation) body() *shape { return o.RequestBody.Content["application/json"].Schema }

// openAPI reads the service's document, checks it against the standard's own schema, and that every route of the API is in it.
func openAPI(t testing.TB, url, service string, routes []httpx.Route) document {
	t.Helper()
	prefix := "/api/" + service + "/v1"
	res, err := http.Get(url + prefix + "/openapi.json") //nolint:noctx // a server of this test
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "application/openapi+json", res.Header.Get("Content-Type"))
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	require.NoError(t, err)
	schema, err := compileOpenAPI()
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value), "the document is not OpenAPI 3.1")
	refs(t, value, value)
	var doc document
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	require.True(t, strings.HasPrefix(doc.OpenAPI, "3.1."), doc.OpenAPI)
	for _, rt := range routes {
		path, ours := strings.CutPrefix(rt.Pattern, prefix)
		if !ours || rt.Name == "openapi" {
			continue
		}
		require.Contains(t, doc.Paths[path], strings.ToLower(rt.Method), "%s %s is not in the document", rt.Method, rt.Pattern)
	}
	return doc
}

// refs fails on a reference that leads nowhere.
func refs(t testing.TB, whole, at any) {
	t.Helper()
	switch at := at.(type) {
	case map[string]any:
		if ref, ok := at["$ref"].(string); ok {
			to := whole
			for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := to.(map[string]any)
				to = m[part]
			}
			require.NotNil(t, to, "%s leads nowhere", ref)
		}
		for _, v := range at {
			refs(t, whole, v)
		}
	case []any:
		for _, v := range at {
			refs(t, whole, v)
		}
	}
}
