package all_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const origin = "example.org/waypost/"

// room is a kind of package and what it may import. In ours, S stands for services/<the same service>/internal, and a name
// covers what lies below it. In theirs, a module's path covers its packages; std and "any" speak for themselves.
type room struct {
	name   string
	ours   []string
	theirs []string
}

// Values without I/O that every room of a service may use, domain included.
var values = []string{"pkg/fault", "pkg/nhsnumber", "pkg/geo", "schemas/terms"}

// What every room but domain may also name.
var names = append([]string{"pkg/id", "pkg/actor"}, values...)

const (
	pgx  = "github.com/jackc/pgx/v5"
	nats = "github.com/nats-io/nats.go"
	zap  = "go.uber.org/zap"
)

// The one statement of who may import whom; deploy/decisions/import-rules.md has the reasons for what is not in house-style.
var rooms = []room{
	{"schemas", []string{"schemas"}, []string{"std"}},
	{"pkg/copies", []string{"pkg", "schemas"}, []string{"any"}},
	{"pkg", []string{"pkg"}, []string{"any"}},
	{"S/domain", append([]string{"pkg/sound"}, values...), pure},
	{"S/store", append([]string{"S/domain", "pkg/pg"}, names...), []string{"std", pgx}},
	{"S/app", append([]string{
		"S/domain", "S/store", "schemas", "pkg/pg", "pkg/event", "pkg/outbox", "pkg/inbox", "pkg/vault", "pkg/policy",
		"pkg/match", "pkg/clock", "pkg/audit", "pkg/copies",
	}, names...), []string{"std", pgx}},
	{"S/web", append([]string{"S/domain", "S/app", "pkg/authn", "pkg/httpx", "pkg/live", "pkg/parked", "pkg/pg", "pkg/ui"}, names...), []string{"std"}},
	{"S/api", append([]string{"S/domain", "S/app", "pkg/authn", "pkg/httpx", "pkg/live", "pkg/pg"}, names...), []string{"std", "github.com/danielgtaylor/huma/v2"}},
	{"S/face", append([]string{"S/domain", "S/app", "pkg/authn", "pkg/httpx", "pkg/rows"}, names...), []string{"std", "github.com/arran4/golang-ical"}},
	{"S door", []string{"S", "schemas", "pkg"}, []string{"std", pgx, nats, zap}},
	{"S/cmd", []string{"S door", "pkg"}, []string{"std"}},
	{"services/all", []string{"services", "schemas", "pkg", "deploy/sample", "deploy/nats"}, []string{"any"}},
	{"deploy/nats", []string{"deploy/nats", "schemas", "pkg"}, []string{"any"}},
	{"deploy/sample", nil, []string{"std"}},
	{"deploy/tools", []string{"deploy/tools", "deploy/sample", "schemas", "pkg"}, []string{"any"}},
}

// Tests of a room may also use the rest of their own service (to set the scene through its door), and these.
var inTests = room{"", []string{"S", "S door", "schemas", "pkg"}, []string{
	"std", pgx, nats, zap,
	"github.com/stretchr/testify", "github.com/google/go-cmp", "pgregory.net/rapid", "github.com/anishathalye/porcupine",
	"go.uber.org/goleak", "golang.org/x/net/html", "github.com/rogpeppe/go-internal", "github.com/chromedp", "github.com/danielgtaylor/huma/v2",
}}

// The part of the standard library that neither reads nor writes anything: what a domain is made of. Not in it, besides
// everything that reaches a file or the network: crypto/rand and math/rand, because ids and chance come from outside.
var pure = []string{
	"bytes", "cmp", "context", "encoding", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "errors", "fmt",
	"hash", "iter", "maps", "math", "math/big", "math/bits", "regexp", "slices", "sort", "strconv", "strings", "time",
	"unicode", "unicode/utf8", "crypto/sha256", "crypto/hmac", "container/heap",
}

// What no deployed binary may link: the test framework, a broker of its own, and a mailbox that keeps what is sent.
var neverDeployed = []string{"testing", "github.com/nats-io/nats-server/v2/server", origin + "pkg/mail/mailbox"}

// pack is what go list says of a package.
type pack struct {
	ImportPath                               string
	Name                                     string
	Imports, TestImports, XTestImports, Deps []string
}

// packages lists every package of the modules of the workspace in dir.
func packages(t *testing.T, dir string, env ...string) []pack {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Imports,TestImports,XTestImports,Deps", origin+"...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err, complaints.String())
	var all []pack
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pack
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

// violations names every import that the rules do not allow, in the order of the packages.
func violations(all []pack) []string {
	var found []string
	for _, p := range all {
		path := strings.TrimPrefix(p.ImportPath, origin)
		r, service, ok := roomOf(path)
		if !ok {
			found = append(found, path+" is in no room of the house")
			continue
		}
		for _, imported := range p.Imports {
			if !withinOne(path, imported) && !r.allows(service, imported) {
				found = append(found, fmt.Sprintf("%s (%s) imports %s", path, r.name, imported))
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if !withinOne(path, imported) && !r.allows(service, imported) && !inTests.allows(service, imported) {
				found = append(found, fmt.Sprintf("%s (tests of %s) imports %s", path, r.name, imported))
			}
		}
		if (r.name == "S/cmd" || r.name == "deploy/nats") && p.Name == "main" {
			for _, banned := range neverDeployed {
				if slices.Contains(p.Deps, banned) {
					found = append(found, fmt.Sprintf("%s (a deployed binary) links %s", path, banned))
				}
			}
		}
	}
	return found
}

// roomOf finds the row for a package, and the service it belongs to.
func roomOf(path string) (r room, service string, ok bool) {
	parts := strings.Split(path, "/")
	name := parts[0]
	switch {
	case below(path, "pkg/copies"), below(path, "services/all"), below(path, "deploy/tools"), below(path, "deploy/sample"), below(path, "deploy/nats"):
		name = strings.Join(parts[:2], "/")
	case parts[0] == "services" && len(parts) > 1:
		service, name = parts[1], serviceRoom(parts[2:])
	}
	i := slices.IndexFunc(rooms, func(r room) bool { return r.name == name })
	if i < 0 {
		return room{}, "", false
	}
	return rooms[i], service, true
}

func serviceRoom(parts []string) string {
	switch {
	case len(parts) == 0:
		return "S door"
	case parts[0] == "cmd" && len(parts) == 2:
		return "S/cmd"
	case parts[0] != "internal" || len(parts) < 2:
		return ""
	case slices.Contains([]string{"domain", "store", "app", "web", "api"}, parts[1]):
		return "S/" + parts[1]
	}
	return "S/face"
}

// withinOne tells whether both packages stand in the same room of a service, which may have folders of its own.
func withinOne(path, imported string) bool {
	parts := strings.SplitN(path, "/", 5)
	return len(parts) >= 4 && parts[2] == "internal" && below(imported, origin+strings.Join(parts[:4], "/"))
}

func (r room) allows(service, imported string) bool {
	if path, ours := strings.CutPrefix(imported, origin); ours {
		return slices.ContainsFunc(r.ours, func(o string) bool { return oursAllows(r, o, service, path) })
	}
	std := !strings.Contains(strings.Split(imported, "/")[0], ".")
	return slices.ContainsFunc(r.theirs, func(o string) bool {
		switch {
		case o == "any", o == "std" && std:
			return true
		case std:
			return o == imported
		}
		return below(imported, o)
	})
}

func oursAllows(r room, o, service, path string) bool {
	rest, same := strings.CutPrefix(o, "S/")
	switch {
	case o == "S door":
		return path == "services/"+service
	case o == "S":
		return below(path, "services/"+service+"/internal")
	case same:
		return below(path, "services/"+service+"/internal/"+rest)
	}
	return below(path, o)
}

func below(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func TestImportRules(t *testing.T) {
	t.Parallel()
	all := packages(t, ".")
	require.Greater(t, len(all), 10, "go list read the house")
	for _, v := range violations(all) {
		t.Error(v)
	}
}

// A small house in testdata breaks every rule once; exactly that must be found in it.
func TestImportRulesFindWhatIsPlanted(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/arch/violations.txt")
	require.NoError(t, err)
	got := violations(packages(t, "testdata/arch/house", "GOWORK=off"))
	require.Equal(t, string(want), strings.Join(got, "\n")+"\n")
}

// Each module builds alone only when it says itself where the others are.
func TestModulesNameTheirNeighbours(t *testing.T) {
	t.Parallel()
	root := "../.."
	var checked int
	require.NoError(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || (strings.HasPrefix(d.Name(), ".") && name != root)) {
			return fs.SkipDir
		}
		if d.Name() == "go.mod" {
			checked++
			checkModule(t, root, filepath.Dir(name))
		}
		return nil
	}))
	require.GreaterOrEqual(t, checked, 10, "the modules were found")
}

func checkModule(t *testing.T, root, dir string) {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	require.NoError(t, err)
	var mod struct {
		Module  struct{ Path string }
		Require []struct{ Path string }
		Replace []struct{ Old, New struct{ Path string } }
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	place, err := filepath.Rel(root, dir)
	require.NoError(t, err)
	require.Equal(t, origin+filepath.ToSlash(place), mod.Module.Path, "a module is named for its folder")
	for _, r := range mod.Require {
		path, ours := strings.CutPrefix(r.Path, origin)
		if !ours {
			continue
		}
		require.True(t, slices.ContainsFunc(mod.Replace, func(x struct{ Old, New struct{ Path string } }) bool {
			return x.Old.Path == r.Path && filepath.Join(dir, x.New.Path) == filepath.Join(root, path)
		}), "%s/go.mod needs a replace line for %s", place, r.Path)
	}
}

func TestTopOfTheHouse(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("../..")
	require.NoError(t, err)
	known := []string{"LICENSE", "Makefile", "README.md", "bin", "deploy", "go.work", "go.work.sum", "pkg", "schemas", "services"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			t.Errorf("%s does not belong at the top: it has only services, pkg, schemas, deploy and the few files that open the house", e.Name())
		}
	}
}
