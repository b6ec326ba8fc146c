package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Goto opens an address and waits until the page is there, whatever its status.
func (tab *Tab) Goto(url string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tab.must("open "+url, chromedp.Do(ctx, chromedp.Navigate(url)))
}

// Click clicks the link, button, radio button, checkbox or summary with this name, or the element with this selector,
// with the mouse. If that leads to another page, it waits for it.
func (tab *Tab) Click(name string) {
	tab.t.Helper()
	node := tab.find(name, clickable)
	_, err := call(tab, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node})
	tab.must("scroll to "+name, err)
	x, y := tab.centre(name, node)
	leads := tab.on(node, leadsElsewhere) == "true"
	before, _ := tab.seen.pageLoads()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tab.must("click "+name, chromedp.Do(ctx, chromedp.MouseClickXY(x, y)))
	tab.settle(leads, before)
}

// leadsElsewhere tells whether a click on an element will open a page: it is a link to one, or sends a form.
const leadsElsewhere = `function () {
	const e = this.closest('a[href], button, input')
	if (!e || e.closest('[hx-get], [hx-post], [hx-boost]')) return false
	const here = e.href?.includes('#') && e.href.split('#')[0] === location.href.split('#')[0]
	if (e.matches('a')) return !e.target && !e.download && !here
	return Boolean(e.form) && (e.type === 'submit' || e.type === 'image')
}`

// centre is the middle of what is seen of an element.
func (tab *Tab) centre(name string, node cdp.BackendNodeID) (x, y float64) {
	tab.t.Helper()
	quads, err := call(tab, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
	tab.must("look where "+name+" is", err)
	if len(quads.Quads) == 0 {
		tab.t.Fatalf("click %s: it takes no room on the page", name)
	}
	q := quads.Quads[0]
	return (q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4
}

// settle waits for the page that a click or key leads to. The browser sends a form in a task of its own some time after
// the click, and says nothing in between; so where one is expected it is waited for, for two seconds: a script may have
// kept it from being sent.
func (tab *Tab) settle(leads bool, before int) {
	tab.t.Helper()
	end := time.Now().Add(2 * time.Second)
	tab.eventually("wait for the next page", func(context.Context) (bool, string) {
		started, loading := tab.seen.pageLoads()
		return !loading && (!leads || started > before || time.Now().After(end)), "it is still loading"
	})
}

// Fill types text into the field with this label, in place of what was there.
func (tab *Tab) Fill(label, text string) {
	tab.t.Helper()
	node := tab.find(label, fillable)
	_, err := call(tab, dom.Focus, dom.FocusParams{BackendNodeID: node})
	tab.must("go to field "+label, err)
	tab.on(node, `function () { this.select() }`)
	if text == "" {
		tab.Press("\b")
		return
	}
	_, err = call(tab, input.InsertText, input.InsertTextParams{Text: text})
	tab.must("type into "+label, err)
}

// Choose picks an option of the drop-down list with this label.
func (tab *Tab) Choose(label, option string) {
	tab.t.Helper()
	node := tab.find(label, choosable)
	found := tab.on(node, fmt.Sprintf(`function () {
		const option = [...this.options].find((o) => o.label.trim() === %s)
		if (option) { this.value = option.value; this.dispatchEvent(new Event('change', { bubbles: true })) }
		return Boolean(option)
	}`, quote(option)))
	if found != "true" {
		tab.t.Fatalf("choose %q in %q: there is no such option", option, label)
	}
}

// Press presses keys where the focus is: "\t", "\r", or those of chromedp's package kb. It waits for nothing: WaitText does.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tab.must("press a key", chromedp.Do(ctx, chromedp.KeyEvent(keys)))
}

// Back goes to the page before.
func (tab *Tab) Back() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tab.must("go back", chromedp.Do(ctx, chromedp.NavigateBack()))
}

// WaitText waits until the page, or the part it looks in, shows these words.
func (tab *Tab) WaitText(words string) {
	tab.t.Helper()
	tab.eventually(fmt.Sprintf("wait for %q", words), func(ctx context.Context) (bool, string) {
		shown, err := tab.shown(ctx)
		if err != nil {
			return false, err.Error()
		}
		return strings.Contains(shown, words), "it is not on the page"
	})
}

// WaitGone waits until the page does not show these words any more.
func (tab *Tab) WaitGone(words string) {
	tab.t.Helper()
	tab.eventually(fmt.Sprintf("wait until %q is gone", words), func(ctx context.Context) (bool, string) {
		shown, err := tab.shown(ctx)
		if err != nil {
			return false, err.Error()
		}
		return !strings.Contains(shown, words), "it is still on the page"
	})
}

// Text is what the page, or the part it looks in, shows, with every run of spaces and line breaks as one space.
func (tab *Tab) Text() string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	shown, err := tab.shown(ctx)
	tab.must("read the page", err)
	return shown
}

func (tab *Tab) shown(ctx context.Context) (string, error) {
	scope := tab.scope
	if scope == "document" {
		scope = "document.body"
	}
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](scope+`?.innerText ?? ''`))
	return oneSpaced(s), err
}

// Has tells whether the page has an element with this selector now.
func (tab *Tab) Has(selector string) bool {
	tab.t.Helper()
	return Eval[bool](tab, fmt.Sprintf("Boolean(%s?.querySelector(%s))", tab.scope, quote(selector)))
}

// Value is what stands in the field with this label.
func (tab *Tab) Value(label string) string {
	tab.t.Helper()
	var s string
	_ = json.Unmarshal([]byte(tab.on(tab.find(label, slices.Concat(fillable, choosable)), `function () { return this.value }`)), &s)
	return s
}

// Focused is the name that a screen reader says for what has the focus: its label, text or id.
func (tab *Tab) Focused() string {
	tab.t.Helper()
	return oneSpaced(Eval[string](tab, `(() => { const e = document.activeElement
		return e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.id || e.tagName })()`))
}

// URL is the address of the page.
func (tab *Tab) URL() string {
	tab.t.Helper()
	return Eval[string](tab, "location.href")
}

// Title is the page's title.
func (tab *Tab) Title() string {
	tab.t.Helper()
	return Eval[string](tab, "document.title")
}

// Size makes the window so many pixels wide and high; 390 is a phone.
func (tab *Tab) Size(width, height int) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tab.must("size the window", chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height))))
}

// Screenshot writes a picture of the whole page, however long, as PNG.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	picture, err := call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)})
	tab.must("take a picture", err)
	tab.must("make the picture's folder", os.MkdirAll(filepath.Dir(path), 0o750))          //nolint:gosec // who runs the test says where
	tab.must("write the picture", os.WriteFile(filepath.Clean(path), picture.Data, 0o600)) //nolint:gosec // who runs the test says where
}

// Eval runs JavaScript in the page, for what the steps do not cover. A promise is waited for.
func Eval[T any](tab *Tab, script string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	tab.must("run a script", err)
	return value
}

// on calls a JavaScript function with an element as this, and returns its JSON.
func (tab *Tab) on(node cdp.BackendNodeID, function string) string {
	tab.t.Helper()
	element, err := call(tab, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
	tab.must("take hold of an element", err)
	answer, err := call(tab, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: element.Object.ObjectID, ReturnByValue: new(true),
	})
	tab.must("use an element", err)
	if answer.ExceptionDetails != nil {
		tab.t.Fatalf("use an element: %s", describe(answer.ExceptionDetails.Exception))
	}
	return string(answer.Result.Value)
}

// describe tells of the page on which a test failed.
func (tab *Tab) describe() {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	whole := Tab{t: tab.t, ctx: tab.ctx, scope: "document"}
	shown, _ := whole.shown(ctx)
	if len(shown) > 1500 {
		shown = shown[:1500] + " …"
	}
	address, _ := chromedp.Run(ctx, chromedp.Location())
	tab.t.Logf("the page was %s: %s", address, shown)
}
