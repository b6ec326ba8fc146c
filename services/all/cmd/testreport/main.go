// Command testreport reads the output of go test -json, prints what go test would, with the words of a failed test whole,
// and fails when a test failed, when one was skipped, and when none ran: go test -json ./... | testreport
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	began := time.Now()
	r := report{out: os.Stdout, words: map[key][]string{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !r.close(time.Since(began)) {
		os.Exit(1)
	}
}

// event is one line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

type key struct{ pack, test string }

type report struct {
	out             io.Writer
	words           map[key][]string // of tests that have not ended, and of packages
	passed          int
	failed, skipped []string
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(r.out, lines.Text()) // go itself, before any test
			continue
		}
		r.take(e)
	}
	return lines.Err()
}

func (r *report) take(e event) {
	k := key{e.Package, e.Test}
	name := strings.TrimSpace(e.Package + " " + e.Test)
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.failed = append(r.failed, e.ImportPath+" does not build")
	case "output":
		r.output(k, e.Output)
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		delete(r.words, k)
	case "skip":
		if e.Test != "" { // a package without tests is not a skipped test
			r.skipped = append(r.skipped, name)
			r.print(k)
		}
		delete(r.words, k)
	case "fail":
		if e.Test == "" {
			r.unended(e.Package)
		}
		r.failed = append(r.failed, name)
		r.print(k)
		delete(r.words, k)
	}
}

// output keeps a test's words until it is known whether it failed, and prints a package's closing line at once.
func (r *report) output(k key, text string) {
	closing := k.test == "" && slices.ContainsFunc([]string{"ok  \t", "FAIL\t", "?   \t", "---"}, func(p string) bool {
		return strings.HasPrefix(text, p)
	})
	switch {
	case closing:
		fmt.Fprint(r.out, text)
	case strings.HasPrefix(text, "=== "):
	default:
		r.words[k] = append(r.words[k], text)
	}
}

// unended prints the words of the tests that a package left running when it broke off: a panic, or its time was up.
func (r *report) unended(pack string) {
	var left []key
	for k := range r.words {
		if k.pack == pack && k.test != "" {
			left = append(left, k)
		}
	}
	slices.SortFunc(left, func(a, b key) int { return strings.Compare(a.test, b.test) })
	for _, k := range left {
		r.failed = append(r.failed, k.pack+" "+k.test+" did not end")
		r.print(k)
		delete(r.words, k)
	}
}

func (r *report) print(k key) {
	if len(r.words[k]) > 0 {
		fmt.Fprintf(r.out, "%s %s\n%s", k.pack, k.test, strings.Join(r.words[k], ""))
	}
}

// close prints the count, and tells whether all is well.
func (r *report) close(took time.Duration) bool {
	for _, name := range r.failed {
		fmt.Fprintln(r.out, "failed:", name)
	}
	for _, name := range r.skipped {
		fmt.Fprintln(r.out, "skipped, which counts as failed:", name)
	}
	fmt.Fprintf(r.out, "%d tests passed, %d failed, %d skipped, in %s\n", r.passed, len(r.failed), len(r.skipped), took.Round(time.Second))
	if r.passed == 0 {
		fmt.Fprintln(r.out, "no test ran")
	}
	return r.passed > 0 && len(r.failed) == 0 && len(r.skipped) == 0
}
