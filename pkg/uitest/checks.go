package uitest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// axeTags are the rules that a page must keep: WCAG 2.2 to level AA, and best practice.
const axeTags = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'experimental']`

// axeScript is axe-core, from pkg/ui's npm packages.
var axeScript = sync.OnceValues(func() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	file := filepath.Join(filepath.Dir(here), "..", "ui", "node_modules", "axe-core", "axe.min.js")
	script, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the browser tests need axe: make assets (or: cd pkg/ui && npm ci): %w", err)
	}
	return string(script), nil
})

// Axe fails the test for every rule that the page breaks. No rule is left out, those that axe leaves off by itself, such
// as the size of targets, included.
func (tab *Tab) Axe() {
	tab.t.Helper()
	script, err := axeScript()
	if err != nil {
		tab.t.Fatal(err)
	}
	if !Eval[bool](tab, "typeof axe === 'object'") {
		Eval[any](tab, script+"; null")
	}
	type violation struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	found := Eval[[]violation](tab, `(async () => {
		const rules = Object.fromEntries(axe.getRules(`+axeTags+`).map((r) => [r.ruleId, { enabled: true }]))
		const { violations } = await axe.run(document, { rules, runOnly: { type: 'tag', values: `+axeTags+` }, resultTypes: ['violations'] })
		return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }))
	})()`)
	for _, v := range found {
		for _, n := range v.Nodes {
			tab.t.Errorf("axe: %s (%s)\n%s\n%s", v.Help, v.ID, n.HTML, n.FailureSummary)
		}
	}
}

// NoSidewaysScroll fails the test when the page is wider than a phone of 390 pixels, and names what sticks out. The page
// has some seconds to rearrange itself, which a machine with much else to do may need.
func (tab *Tab) NoSidewaysScroll() {
	tab.t.Helper()
	tab.Size(390, 844)
	tab.fits()
}

// fits is NoSidewaysScroll at the width that the window has.
func (tab *Tab) fits() {
	tab.t.Helper()
	const wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
	for end := time.Now().Add(5 * time.Second); Eval[bool](tab, wide); {
		if time.Now().Before(end) {
			Eval[bool](tab, `new Promise((later) => setTimeout(() => later(true), 50))`)
			continue
		}
		out := Eval[[]string](tab, `[...document.body.querySelectorAll('*')]
			.filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
			.map((e) => e.outerHTML.slice(0, 160)).slice(-5)`)
		tab.t.Errorf("the page scrolls sideways; what sticks out:\n%s", strings.Join(out, "\n"))
		return
	}
}
