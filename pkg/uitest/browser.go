// Package uitest drives a real Chromium for the tests of the pages: finds things by the names that a screen reader says,
// runs axe, and fails a test for anything the browser complained of.
//
// A machine without Chromium or axe fails the test with the line to type; nothing is ever skipped.
package uitest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long a step waits for what it needs. Nothing takes that long; a machine under load may.
const patience = 20 * time.Second

// Tab is a browser tab of one test, with cookies of its own.
type Tab struct {
	t     testing.TB
	ctx   context.Context
	scope string // a JavaScript expression for the element that is looked in
	seen  *observed
}

// Option changes how a tab starts.
type Option func(context.Context) error

// NoScript is a browser with JavaScript turned off.
func NoScript() Option {
	return func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}
}

// Browser opens a tab that closes with the test, 1280 pixels wide. All tests of a process share one Chromium.
//
// When the test ends, whatever the browser complained of fails it: errors on the console, scripts that threw, what the
// content-security-policy forbade, files that were missing.
func Browser(t testing.TB, options ...Option) *Tab {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx, scope: "document", seen: &observed{}}
	tab.must("start the tab", chromedp.Do(ctx))
	tab.must("listen to the tab", chromedp.Listen(ctx, tab.seen.hear))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	tab.must("listen to the network", err)
	for _, o := range options {
		tab.must("set up the tab", o(ctx))
	}
	tab.Size(1280, 900)
	t.Cleanup(func() {
		t.Helper()
		if t.Failed() {
			tab.describe()
		}
		tab.checkQuiet()
	})
	return tab
}

// The one Chromium of this process. It goes when the process does, because it then loses the pipe it is driven by.
var chromium = sync.OnceValues(startChromium)

func startChromium() (context.Context, error) {
	program, err := findChromium()
	if err != nil {
		return nil, err
	}
	profile, err := newProfile()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.Env("TMPDIR=" + profile)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "hide-scrollbars", "disable-quic", "no-first-run", "no-default-browser-check",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		// Tabs of parallel tests are all in the background of each other.
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	// Our pages may not be kept by the browser (no-store), so Back asks the server again; here every page does. A spare
	// process for the next tab would be thrown away: every test has cookies of its own, and so a process of its own.
	options = append(options, chromedp.Flag("disable-features", "BackForwardCache,SpareRendererForSitePerProcess"))
	// No page is open for so long that compiling its scripts, and axe, a second time would pay.
	options = append(options, chromedp.Flag("js-flags", "--no-opt --no-maglev"))
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	return ctx, nil
}

// findChromium prefers the one without a window, whose own parts are pages too and cost half as much again as those under test.
func findChromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the browser tests need Chromium: apt-get install -y chromium")
}

const profilePrefix = "waypost-chromium-"

// newProfile is an empty folder for the browser, named after this process. Folders of processes that have gone are
// taken away first: the last one can not do so itself, its browser being the last to leave.
func newProfile() (string, error) {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), profilePrefix+"*"))
	for _, dir := range old {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), profilePrefix))
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
	dir := filepath.Join(os.TempDir(), profilePrefix+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("clear the browser's folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the browser's folder: %w", err)
	}
	return dir, nil
}

func (tab *Tab) must(what string, err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// eventually tries until try is done or patience ends, and then fails with the last reason it gave.
func (tab *Tab) eventually(what string, try func(context.Context) (done bool, why string)) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var why string
	for {
		done, reason := try(ctx)
		if done {
			return
		}
		if ctx.Err() == nil {
			why = reason
		}
		select {
		case <-ctx.Done():
			tab.t.Fatalf("%s: %s", what, why)
		case <-tick.C:
		}
	}
}

// call runs a browser command with a bound on its time.
func call[P, R any](tab *Tab, cmd cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Call(ctx, cmd, params)
}
