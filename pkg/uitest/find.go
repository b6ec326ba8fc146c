package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The roles, as Chromium names them, of what can be clicked, filled in, and looked in.
var (
	clickable = []string{"link", "button", "radio", "checkbox", "switch", "tab", "menuitem", "option", "DisclosureTriangle", "summary"}
	fillable  = []string{"textbox", "searchbox", "spinbutton", "Date", "InputTime"}
	choosable = []string{"combobox", "ComboBoxMenuButton", "ComboBoxSelect", "listbox", "MenuListPopup"}
	groups    = []string{"group", "region", "form", "dialog", "navigation", "main", "banner", "complementary", "list", "table", "radiogroup", "search", "row", "figure"}
)

// Within looks only inside one part of the page: a selector, or the name of a group, region, form, table or the like.
// The legend of a question names its group.
func (tab *Tab) Within(name string) *Tab {
	tab.t.Helper()
	inner := *tab
	if isSelector(name) {
		inner.scope = fmt.Sprintf("%s.querySelector(%s)", tab.scope, quote(name))
		return &inner
	}
	node := tab.find(name, groups)
	// The element is marked, so that it can be named in an expression of its own; no page of ours reads the mark.
	mark := fmt.Sprintf("w%d", node)
	tab.on(node, fmt.Sprintf(`function () { this.dataset.uitest = %s }`, quote(mark)))
	inner.scope = fmt.Sprintf("document.querySelector('[data-uitest=%s]')", mark)
	return &inner
}

// isSelector tells a CSS selector from a name: names do not begin like that.
func isSelector(s string) bool {
	return strings.HasPrefix(s, "#") || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "[")
}

// find waits for exactly one thing with a role and a name, or a selector, and returns it.
func (tab *Tab) find(name string, roles []string) (found cdp.BackendNodeID) {
	tab.t.Helper()
	tab.eventually(fmt.Sprintf("find %q", name), func(ctx context.Context) (bool, string) {
		nodes, err := tab.query(ctx, name, roles)
		switch {
		case err != nil:
			return false, err.Error()
		case len(nodes) == 0:
			return false, "there is none on the page"
		case len(nodes) > 1:
			return false, fmt.Sprintf("there are %d on the page: look Within one part of it", len(nodes))
		}
		found = nodes[0]
		return true, ""
	})
	return found
}

// query is what is there now.
func (tab *Tab) query(ctx context.Context, name string, roles []string) ([]cdp.BackendNodeID, error) {
	root, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: tab.rootFor(name)})
	if err != nil {
		return nil, err
	}
	if root.Result == nil || root.Result.ObjectID == "" {
		return nil, nil
	}
	tree, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root.Result.ObjectID})
	if err != nil {
		return nil, err
	}
	var nodes []cdp.BackendNodeID
	for _, n := range tree.Nodes {
		if isSelector(name) {
			return []cdp.BackendNodeID{n.BackendDOMNodeID}, nil // the root itself comes first
		}
		if !n.Ignored && slices.Contains(roles, text(n.Role)) && oneSpaced(text(n.Name)) == name {
			nodes = append(nodes, n.BackendDOMNodeID)
		}
	}
	return nodes, nil
}

// rootFor is the expression whose accessibility tree is asked for.
func (tab *Tab) rootFor(name string) string {
	if isSelector(name) {
		return fmt.Sprintf("%s?.querySelector(%s)", tab.scope, quote(name))
	}
	return tab.scope
}

// oneSpaced has one space where there were many: styles put further ones around what is read out and not shown.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(v.Value, &s)
	return s
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
