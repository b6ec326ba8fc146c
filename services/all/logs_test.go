package all_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a log line may name: ids, names of ours, numbers and times. A payload, a name or a text of somebody's is none of them.
var loggedKeys = []string{
	"service", "request", "correlation", "route", "status", "took", "person", "role", "organisation", "error", "stack",
	"speaker", "partition", "position", "from", "to", "event", "type", "reason", "group", "loop", "count", "receivers", "practices", "kind", "what", "why", "created", "checkpoint",
}

// How it may be written. Any, Reflect, Object and their like write whatever they are given, payloads too.
var loggedAs = []string{"String", "Int", "Int64", "Duration", "Time", "Error"}

// Where zap.Error is written as it comes: what goes wrong there is the broker's, or a table's that holds nothing readable of a
// person. Everywhere else httpx.Verbs leaves out what an error repeats.
var errorsAsTheyCome = []string{"pkg/bus/", "pkg/outbox/", "pkg/inbox/", "pkg/audit/chain/", "services/all/internal/demo/"}

// fields lists what is wrong with the fields of every log line in a file.
func fields(name string, file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := f.X.(*ast.Ident); !ok || x.Name != "zap" || !isField(f.Sel.Name, call) {
			return true
		}
		as := f.Sel.Name
		switch {
		case !slices.Contains(loggedAs, as):
			found = append(found, name+": zap."+as)
		case as == "Error":
			if !slices.ContainsFunc(errorsAsTheyCome, func(place string) bool { return strings.HasPrefix(name, place) }) {
				found = append(found, name+": zap.Error")
			}
		default:
			key, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				found = append(found, name+": a key that is not written out")
			} else if word, _ := strconv.Unquote(key.Value); !slices.Contains(loggedKeys, word) {
				found = append(found, name+": "+word)
			}
		}
		return true
	})
	return found
}

// isField tells zap's fields from what else it has: loggers, levels, options.
func isField(as string, call *ast.CallExpr) bool {
	if as == "Error" || as == "NamedError" || as == "Inline" || as == "Dict" {
		return true
	}
	if len(call.Args) != 2 {
		return false
	}
	return !strings.HasPrefix(as, "New") && !strings.HasPrefix(as, "Replace")
}

func TestLogsHoldIdentifiersOnly(t *testing.T) {
	t.Parallel()
	files, lines := token.NewFileSet(), 0
	root := "../.."
	for _, top := range []string{"pkg", "services"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"go.uber.org/zap"` }) {
				lines++
			}
			name, err := filepath.Rel(root, path)
			for _, wrong := range fields(filepath.ToSlash(name), file) {
				t.Error(wrong)
			}
			return err
		}))
	}
	require.Greater(t, lines, 15, "files that log were read")
}

func TestLogsThatHoldMoreAreFound(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "planted.go", `package planted
func f() {
	log.Warn("x", zap.Any("event", e), zap.String("family_name", n), zap.String(key, n), zap.Error(err), zap.String("event", id), zap.NamedError("why", err))
}`, 0)
	require.NoError(t, err)
	require.Equal(t, []string{
		"services/vcse/x.go: zap.Any", "services/vcse/x.go: family_name", "services/vcse/x.go: a key that is not written out",
		"services/vcse/x.go: zap.Error", "services/vcse/x.go: zap.NamedError",
	}, fields("services/vcse/x.go", file))
	require.NotContains(t, fields("pkg/inbox/x.go", file), "pkg/inbox/x.go: zap.Error")
}
