package ui_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ui"
)

// likeness is one of our components and the fixture of nhsuk-frontend that it is like.
type likeness struct {
	component, fixture string
	options            string // a part of the fixture's options, where a name is used many times
	ours               ui.Component
	differ             []string // theirs, ours, theirs, ours …
}

// Our components against nhsuk-frontend's own fixtures, so that a new version of it that changes markup is seen.
func TestComponentsHaveTheMarkupOfNhsukFrontend(t *testing.T) {
	t.Parallel()
	for _, c := range append(formLikenesses(), contentLikenesses()...) {
		t.Run(c.component+"/"+c.fixture, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			require.NoError(t, newPages(t).Fragment(&b, c.ours))
			theirs := strings.NewReplacer(c.differ...).Replace(fixture(t, c.component, c.fixture, c.options))
			require.Equal(t, tokens(t, theirs), tokens(t, b.String()))
		})
	}
}

func formLikenesses() []likeness {
	const hint = "This is a 10 digit number"
	contact := []ui.Option{{Value: "email", Text: "Email"}, {Value: "phone", Text: "Phone"}, {Value: "text", Text: "Text message"}}
	return []likeness{
		{component: "button", fixture: "with double click prevented", ours: ui.Button{Text: "Save and continue"}},
		{component: "button", fixture: "secondary as a link, small", ours: ui.LinkButton{Text: "Find my location", Href: "#", Variant: ui.Secondary, Small: true}},
		{component: "input", fixture: "with error message, without heading", ours: ui.Input{Name: "example", ID: "with-error-message", Label: "What is your NHS number?", Error: "Enter NHS number", Width: 10, Numeric: true, Code: true}},
		{
			component: "input", fixture: "with prefix and suffix", ours: ui.Input{Name: "example", ID: "with-prefix-suffix", Label: "Cost per item, in pounds", Prefix: "£", Suffix: "per item", Width: 5},
			differ: []string{`<h1 class="nhsuk-label-wrapper">`, "", "</h1>", ""},
		}, // a heading without a size is no use to us
		{component: "textarea", fixture: "with error message and hint", ours: ui.Textarea{
			Name: "example", ID: "with-hint-error", Label: "Can you provide more detail?", Heading: true,
			Hint: "Do not include personal information like your name, date of birth or NHS number", Error: "You must provide an explanation",
		}},
		{component: "character-count", fixture: "default", ours: ui.Textarea{
			Name: "example", Label: "Can you provide more detail?", Heading: true, MaxLength: 200,
			Hint: "Do not include personal information like your name, date of birth or NHS number",
		}},
		{component: "select", fixture: "with selected value", ours: ui.Select{
			Name: "example", ID: "with-value", Label: "Sort by", Heading: true, Value: "updated",
			Options: []ui.SelectOption{{Value: "published", Text: "Recently published"}, {Value: "updated", Text: "Recently updated"}, {Value: "views", Text: "Most views"}, {Value: "comments", Text: "Most comments"}},
		}},
		{component: "radios", fixture: "inline", ours: ui.Radios{Name: "example", ID: "inline", Label: "Are you 18 or over?", Heading: true, Size: "l", Inline: true, Options: ui.YesNo()}},
		{component: "radios", fixture: "with hints on items", ours: ui.Radios{Name: "example", ID: "with-hint-item", Label: "Do you have a mobile phone with signal?", Heading: true, Options: []ui.Option{
			{Value: "mobile", Text: "Yes, I have a mobile phone with signal", Hint: "We will text you a 6 digit security code"}, {Value: "landline", Text: "No, I want to use my landline", Hint: "We will call you to give you a 6 digit security code"},
		}}},
		{
			component: "radios", fixture: "with divider", ours: ui.Radios{Name: "example", ID: "with-divider", Label: "Do you know your NHS number?", Heading: true, Hint: hint, Options: []ui.Option{
				{Value: "yes", Text: "Yes, I know my NHS number"}, {Value: "no", Text: "No, I do not know my NHS number"}, {Value: "not sure", Text: "I'm not sure", Divider: "or"},
			}},
			differ: []string{"with-divider-4", "with-divider-3", // they count the divider
				` (like <span class="nhsuk-u-nowrap">999 123 4567</span>) that you can find on an NHS letter, prescription or in the NHS App`, ""},
		},
		{
			component: "checkboxes", fixture: `with "none" option`, ours: ui.Checkboxes{
				Name: "example", ID: "none", Label: "How do you want to be contacted about this?", Heading: true,
				Options: append(slices.Clone(contact), ui.Option{Value: "none", Text: "I do not want to be contacted", Divider: "or", Exclusive: true}),
			},
			differ: []string{"none-5", "none-4"},
		},
		{
			component: "date-input", fixture: "with custom name prefix", ours: ui.DateInput{Name: "example", Label: "What is your date of birth?", Heading: true, Hint: "For example, 31 3 1980"},
			// The question's id is on its first input, for the error summary.
			differ: []string{` id="example"`, "", "example-day", "example", "example[day]", "example-day", "example[month]", "example-month", "example[year]", "example-year"},
		},
		{
			component: "error-summary", fixture: "with multiple errors", ours: ui.Problems{{Field: "example-first-name", Message: "Enter your first name"}, {Field: "example-last-name", Message: "Enter your last name"}},
			differ: []string{`data-module="nhsuk-error-summary"`, `data-module="nhsuk-error-summary" tabindex="-1" autofocus`},
		}, // it takes the focus without scripts too
	}
}

func contentLikenesses() []likeness {
	return []likeness{
		{component: "inset-text", fixture: "default", ours: ui.InsetText{Body: ui.Paragraph("You can report any suspected side effect using the Yellow Card safety scheme")}},
		{
			component: "warning-callout", fixture: "default", ours: ui.WarningCallout{Body: ui.Paragraph("For safety, tell your doctor or pharmacist if you're taking any other medicines, including herbal medicines, vitamins or supplements.")},
			differ: []string{"h3", "h2", ` class="nhsuk-card__description"`, ""},
		},
		{
			component: "card", fixture: "clickable", ours: ui.Card{Heading: "Introduction to care and support", Href: "#", Body: ui.Paragraph("A quick guide for people who have care and support needs and their carers")},
			differ: []string{` class="nhsuk-card__description"`, ""},
		},
		{component: "details", fixture: "default", ours: ui.Details{Summary: "How to find your NHS number", Body: ui.Text("You can find your NHS number by logging in to the NHS App or on any document the NHS has sent you.")}},
		{component: "tag", fixture: "default", ours: ui.Tag{Text: "Active"}},
		{component: "panel", fixture: "default", ours: ui.Panel{Heading: "Booking complete", Body: ui.Text("We have sent you a confirmation email")}},
		{
			component: "notification-banner", fixture: "with success variant", ours: ui.Banner{Kind: ui.Success, Heading: "Email sent to example@email.com"},
			differ: []string{"nhsuk-notification-banner-title", "banner-title", "<p class", "<h3 class", "</p>", "</h3>"},
		}, // a paragraph that looks like a heading is one
		{
			component: "tables", fixture: "default", options: `"responsive":true`, ours: ui.Table{Caption: "Impetigo can look similar to other skin conditions", Columns: []ui.Column{{Text: "Skin symptoms"}, {Text: "Possible cause"}}, Rows: []ui.Row{
				{Cells: []ui.Component{ui.Text("Blisters on lips or around the mouth"), ui.Text("Cold sores")}}, {Cells: []ui.Component{ui.Text("Itchy, dry, cracked, sore"), ui.Text("Eczema")}}, {Cells: []ui.Component{ui.Text("Itchy blisters"), ui.Text("Shingles, chickenpox")}},
			}},
			// Any component may be a cell, so each is in a box of its own, as theirs with HTML are.
			differ: []string{
				"Blisters on lips or around the mouth", "<div>Blisters on lips or around the mouth</div>", "Cold sores", "<div>Cold sores</div>", "Itchy, dry, cracked, sore", "<div>Itchy, dry, cracked, sore</div>",
				"Eczema", "<div>Eczema</div>", "Itchy blisters", "<div>Itchy blisters</div>", "Shingles, chickenpox", "<div>Shingles, chickenpox</div>",
			},
		},
		{component: "task-list", fixture: "default", ours: ui.TaskList{ID: "your-health", Tasks: []ui.Task{
			{Text: "Exercise", Href: "#/task/exercise", Status: ui.Tag{Text: "Completed"}},
			{Text: "Personal health", Href: "#/task/personal-health", Status: ui.Tag{Text: "Completed"}},
			{Text: "Family health history", Href: "#/task/family-health-history", Hint: "Details of your parents, brothers and sisters", Status: ui.Tag{Text: "Incomplete", Colour: ui.Blue}},
			{Text: "Smoking history", Href: "#/task/smoking-history", Status: ui.Tag{Text: "Incomplete", Colour: ui.Blue}},
			{Text: "Blood test", Status: ui.Tag{Text: "Cannot start yet"}},
		}}},
	}
}

// fixture is the HTML that nhsuk-frontend makes of the options called name.
func fixture(t *testing.T, component, name, options string) string {
	t.Helper()
	file := filepath.Join("node_modules", "nhsuk-frontend", "dist", "nhsuk", "components", component, "fixtures.json")
	text, err := os.ReadFile(file)
	require.NoError(t, err, "nhsuk-frontend is missing: run make assets")
	var all struct {
		Fixtures []struct {
			Name, HTML       string
			Context, Options json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(text, &all))
	for _, f := range all.Fixtures {
		given := strings.ReplaceAll(string(f.Context)+string(f.Options), " ", "")
		if f.Name == name && strings.Contains(given, options) {
			return f.HTML
		}
	}
	t.Fatalf("nhsuk-frontend has no fixture %q of %s any more", name, component)
	return ""
}

// tokens is HTML as a list of tags, with their attributes in order, and words.
func tokens(t *testing.T, html string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var all []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			var attributes []string
			for _, a := range x.Attr {
				value := strings.Fields(a.Value)
				if a.Name.Local == "class" {
					slices.Sort(value)
				}
				attributes = append(attributes, a.Name.Local+"="+strings.Join(value, " "))
			}
			slices.Sort(attributes)
			all = append(all, "<"+x.Name.Local+" "+strings.Join(attributes, " ")+">")
		case xml.EndElement:
			all = append(all, "</"+x.Name.Local+">")
		case xml.CharData:
			if words := strings.Fields(string(x)); len(words) > 0 {
				all = append(all, strings.Join(words, " "))
			}
		}
	}
}
