package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// now is a Sunday morning.
var now = time.Date(2026, time.November, 22, 10, 42, 0, 0, time.UTC)

// newEdge is the edge that the pages are behind in every service, with the policies it sets.
func newEdge(routes ...httpx.Route) *httpx.Edge {
	edge := httpx.New(httpx.Config{Service: "ui", Secret: make([]byte, 32)})
	edge.Mount(httpx.Route{Method: "GET", Pattern: ui.AssetsPattern, Name: "asset", Face: httpx.FaceAsset, Handler: ui.ServeAsset})
	for _, r := range routes {
		r.Public = true
		edge.Mount(r)
	}
	return edge
}

// get is a route that answers GET.
func get(pattern string, handler httpx.Handler) httpx.Route {
	return httpx.Route{Method: "GET", Pattern: pattern, Name: pattern, Handler: handler}
}

func newPages(t testing.TB) *ui.Pages {
	t.Helper()
	pages, err := ui.NewPages(files("bare", `{{render .Body}}`), "html/*.html")
	require.NoError(t, err)
	return pages
}

func newStorybook(pages *ui.Pages, stories []ui.Story) http.Handler {
	return newEdge(get("/storybook", ui.Storybook(pages, httpx.Nonce, stories))).Handler()
}

func TestEveryComponentIsAccessible(t *testing.T) {
	t.Parallel()
	all := stories()
	uitest.Stories(t, newStorybook(newPages(t), all), "/storybook", all)
}

func TestTheListOfStoriesIsAccessible(t *testing.T) {
	t.Parallel()
	uitest.Stories(t, newStorybook(newPages(t), stories()), "/storybook", []ui.Story{{}})
}

// base is a page as a service's web room would fill it in.
func base(title string) ui.Page {
	return ui.Page{
		Title: title, Service: ui.Link{Text: "Practice", Href: "/practice"},
		Person: &ui.SignedIn{Name: "Amina Yusuf", Role: "Receptionist", Organisation: "Ancoats Urban Medical Practice", SignOut: "/sign-out"},
		Menu: []ui.MenuItem{
			{Text: "Home", Href: "/practice", Current: true},
			{Text: "Patients", Href: "/practice/patients"},
			{Text: "Referrals", Href: "/practice/referrals", Count: 4},
			{Text: "Feedback", Href: "/practice/feedback", Count: 12},
			{Text: "Red flags", Href: "/practice/red-flags"},
		},
		Simulated: "patients and providers' answers are made up",
		Footer:    []ui.Link{{Text: "Accessibility", Href: "/accessibility"}, {Text: "Help", Href: "/help"}},
	}
}

func page(title string, p func(*ui.Page), body ...ui.Component) ui.Shutter {
	s := ui.Shutter{Page: base(title), Body: ui.Group(body)}
	if p != nil {
		p(&s.Page)
	}
	return s
}

func stories() []ui.Story {
	story := func(name, state string, data ui.Laid) ui.Story {
		return ui.Story{Page: name, State: state, Template: ui.ShutterPage, Data: data}
	}
	return []ui.Story{
		story("home", "full", page("Home", nil, home()...)),
		story("home", "empty", page("Home", nil, ui.ActionRequired{Items: []ui.ActionItem{{Count: 0, Many: "x", Href: "/"}}})),
		story("form", "empty", page("Add a patient", func(p *ui.Page) { p.Back = &ui.Link{Href: "/practice"} }, form(nil))),
		story("form", "error", page("Add a patient", func(p *ui.Page) { p.Problems = mistakes }, form(mistakes))),
		story("tasks", "full", page("Make a referral", nil, tasks()...)),
		story("list", "full", page("Referrals", func(p *ui.Page) { p.Wide = true }, list()...)),
		story("list", "empty", page("Referrals", nil, ui.EmptyState{Heading: "No referrals are waiting", Body: ui.Paragraph("New ones appear here by themselves.")})),
		story("list", "hostile", hostile()),
		story("case", "full", page("Case of J.H.", func(p *ui.Page) {
			p.Trail = []ui.Link{{Text: "Home", Href: "/practice"}, {Text: "Referrals", Href: "/practice/referrals"}}
			p.Header = &ui.PersonHeader{Name: "Jean Holt", Href: "/case/1", Facts: []ui.Fact{
				{Key: "Born", Value: ui.Text(ui.DateOfBirth(time.Date(1951, 3, 4, 0, 0, 0, 0, time.UTC), now))},
				{Key: "NHS number", Value: ui.Text("999 123 4567")},
				{Key: "Phone", Value: ui.Text("0161 496 0000")},
			}, Alerts: []ui.Component{ui.Group{ui.Tag{Text: "Do not leave a voicemail", Colour: ui.Orange}}}}
			p.Banner = &ui.Banner{Kind: ui.Success, Heading: "You accepted this referral", Body: ui.Paragraph("Ancoats Urban Medical Practice will see it in Waypost.")}
		}, caseParts()...)),
		story("case", "restricted", page("Case of J.H.", func(p *ui.Page) {
			p.Header = &ui.PersonHeader{Name: "Jean Holt", Restricted: "Contact details are hidden because this person may be at risk. Ask the practice manager."}
			p.Banner = &ui.Banner{Kind: ui.Attention, Heading: "The email to Bolton Mind failed", Body: ui.Paragraph("Phone them on 01204 496 000.")}
		}, ui.WarningCallout{Heading: "A red flag was raised", Body: ui.Paragraph("Dr Patel has 15 minutes to acknowledge it."), Urgent: true})),
		{Page: "confirmation", State: "full", Template: "bare", Data: page("Referral sent", nil,
			ui.Panel{Heading: "Referral sent", Reference: "WB4J 7KQ2"}, ui.Heading{Text: "What happens next"},
			ui.Paragraph("Bolton Mind has until Thursday 26 November to answer. They will see it in Waypost; they were emailed too."))},
		{Page: "session", State: "warning", Template: ui.ShutterPage, Data: page("Add a patient", func(p *ui.Page) {
			p.Session = &ui.Session{Seconds: 90, Stay: "/stay", Leave: "/sign-in", Person: "p1"}
		})},
		story("chart", "full", page("Why offers came back", nil, ui.Chart{ID: "bounces", Caption: "Bounces by reason, November 2026", What: "Reason", Unit: "Offers", Bars: []ui.Bar{
			{Label: "Outside the area", Value: 41}, {Label: "No room until January", Value: 23}, {Label: "More information needed", Value: 8}, {Label: "Moved away", Text: "fewer than 5"},
		}})),
		story("shutter", "denied", ui.Shutter{Page: ui.Page{Title: "You can not see this case", SignIn: "/sign-in"}, Body: ui.Group{
			ui.Paragraph("Your organisation has no part in this case."), ui.Details{Summary: "Who can change that", Body: ui.Paragraph("The case-holder can add you."), ID: "who"},
		}}),
	}
}

func home() []ui.Component {
	return []ui.Component{
		ui.ActionRequired{Items: []ui.ActionItem{
			{Count: 1, One: "red flag not acknowledged", Many: "red flags not acknowledged", Href: "/practice/red-flags", Urgent: true},
			{Count: 4, One: "referral waiting over 2 days", Many: "referrals waiting over 2 days", Href: "/practice/referrals?waiting=2"},
			{Count: 0, One: "draft", Many: "drafts", Href: "/practice/drafts"},
		}},
		ui.Card{Heading: "Find or add a patient", Href: "/practice/patients", Body: ui.Paragraph("By name or NHS number.")},
		ui.SubNav{Label: "Referrals", Items: []ui.MenuItem{{Text: "Open", Href: "?list=open", Current: true, Count: 14}, {Text: "Waiting for us", Href: "?list=us", Count: 3}, {Text: "Closed", Href: "?list=closed"}}},
		ui.Live{ID: "tray", Label: "Open referrals", Refresh: "?page=home&state=full", Now: now, Body: ui.Group{
			ui.Clock{Since: now.AddDate(0, 0, -3), Due: now.AddDate(0, 0, 4), What: "Bolton Mind's reply", Now: now},
			ui.Paragraph(""),
			ui.Clock{Since: now.AddDate(0, 0, -6), Due: now.AddDate(0, 0, -1), What: "reply", Now: now},
		}},
		ui.LinkButton{Text: "Make a referral", Href: "/practice/new"},
	}
}

var mistakes = ui.Problems{
	{Field: "nhs", Message: "Enter an NHS number that has 10 digits"},
	{Field: "born", Message: "Enter the year of birth"},
	{Field: "contact", Message: "Select how to contact them"},
	{Field: "needs", Message: "Select at least one need"},
	{Field: "why", Message: "Say what would help"},
	{Field: "team", Message: "Select a team"},
	{Message: "Somebody else changed this at 10:41. Nothing was changed by you."},
}

func form(p ui.Problems) ui.Form {
	return ui.Form{
		Action: "/practice/patients", IdempotencyKey: "k1", Version: 3, Values: []ui.Value{{Name: "step", Value: "2"}},
		Fields: []ui.Component{
			ui.Input{Name: "nhs", Label: "NHS number", Hint: "10 digits, such as 999 123 4567", Width: 10, Numeric: true, Code: true, Error: p.For("nhs"), Value: "999 123"},
			ui.Input{Name: "cost", Label: "Fare, in pounds", Prefix: "£", Suffix: "each way", Width: 5},
			ui.DateInput{Name: "born", Label: "Date of birth", Hint: "For example, 31 3 1951", BirthDate: true, Error: p.For("born"), Value: ui.DateParts{Day: "4", Month: "3"}},
			ui.Radios{Name: "contact", Label: "How can they be contacted safely?", Error: p.For("contact"), Options: []ui.Option{
				{Value: "phone", Text: "Phone", Reveal: ui.Input{Name: "phone", Label: "Phone number", Type: "tel", Width: 20}},
				{Value: "letter", Text: "Letter", Hint: "To the address the practice has"},
				{Value: "none", Text: "They come to the desk", Divider: "or"},
			}},
			ui.Radios{Name: "safe", Label: "Is it safe to leave a message?", Options: ui.YesNo(), Inline: true, Value: "no"},
			ui.Checkboxes{Name: "needs", Label: "What do they need help with?", Hint: "Select all that apply", Error: p.For("needs"), Values: []string{"debt"}, Options: []ui.Option{
				{Value: "lonely", Text: "Loneliness", Group: "People"},
				{Value: "debt", Text: "Debt", Hint: "Including rent", Group: "Money", Reveal: ui.Input{Name: "owed", Label: "To whom"}},
				{Value: "unknown", Text: "Not known yet", Divider: "or", Exclusive: true},
			}},
			ui.Textarea{Name: "why", Label: "What would help?", Hint: "In their own words", MaxLength: 500, Error: p.For("why"), Value: "Two lines\nof text"},
			ui.Fieldset{Label: "Address", Fields: []ui.Component{ui.Input{Name: "street", Label: "Street"}, ui.Input{Name: "postcode", Label: "Postcode", Width: 10}}},
			ui.Select{Name: "team", Label: "Team", Error: p.For("team"), Value: "n", Options: []ui.SelectOption{{Text: "Choose a team"}, {Text: "Manchester", Options: []ui.SelectOption{{Value: "n", Text: "North"}, {Value: "s", Text: "South"}}}}},
		},
		Buttons: []ui.Component{ui.Button{Text: "Save and continue"}, ui.Button{Text: "Come back later", Variant: ui.Secondary, Name: "later", Value: "yes"}, ui.Link{Text: "Cancel", Href: "/practice"}},
	}
}

func tasks() []ui.Component {
	return []ui.Component{
		ui.TaskList{Tasks: []ui.Task{
			{Text: "Red-flag questions", Href: "#1", Status: ui.Tag{Text: "Completed"}},
			{Text: "Consent to share", Href: "#2", Status: ui.Tag{Text: "Ask the patient", Colour: ui.Blue}},
			{Text: "Choose a service", Hint: "After consent: without it you can signpost only", Status: ui.Tag{Text: "Cannot start yet"}},
		}},
		ui.SummaryCard{Heading: "Check the answers", Links: []ui.Link{{Text: "Delete draft", Href: "#"}}, Rows: []ui.SummaryRow{
			ui.Change("Need", ui.Text("Loneliness"), "#need"), ui.Change("NHS number", ui.Text("999 123 4567"), "#nhs"),
			{Key: "In their words", Value: ui.Prose("I have not been out\nsince the spring."), Links: []ui.Link{{Text: "Add", Href: "#"}, {Text: "Change", Href: "#"}}},
			{Key: "Sent by", Value: ui.Text("Amina Yusuf")},
		}},
		ui.WarningCallout{Body: ui.Paragraph("They asked not to be phoned before noon.")},
		ui.InsetText{Body: ui.Paragraph("2 organisations already help with housing.")},
		ui.Button{Text: "Withdraw", Variant: ui.Warning},
	}
}

func list() []ui.Component {
	waiting := ui.Status{Tag: ui.Tag{Text: "Reply to the question", Colour: ui.Blue}, Reason: "Bolton Mind asks for a phone number"}
	return []ui.Component{
		ui.Filter{
			Action: "/practice/referrals", Chips: []ui.Link{{Text: "Waiting over 2 days", Href: "?"}, {Text: "Need: debt", Href: "?"}}, Clear: "/practice/referrals", Values: []ui.Value{{Name: "sort", Value: "sent"}},
			Fields: []ui.Component{ui.Select{Name: "need", Label: "Need", Options: []ui.SelectOption{{Text: "Any"}, {Value: "debt", Text: "Debt"}}}},
		},
		ui.Table{
			Caption: "Open referrals", Columns: []ui.Column{{Text: "Reference"}, {Text: "Sent", SortHref: "?sort=sent", Sorted: "descending"}, {Text: "Service"}, {Text: "Status"}, {Text: "Bounces", Numeric: true}, {Text: "Action", Hide: true}},
			Rows: []ui.Row{
				{New: true, Cells: []ui.Component{ui.Link{Text: "WB4J 7KQ2", Href: "#"}, ui.Text("today at 10:12"), ui.Text("Bolton Mind, Tuesday drop-in"), waiting, ui.Text("1"), ui.Link{Text: "Open", Href: "#", Hidden: "WB4J 7KQ2"}}},
				{Cells: []ui.Component{ui.Link{Text: "HC9M 3TXV", Href: "#"}, ui.Text("yesterday at 16:40"), ui.Text("Ancoats Good Neighbours"), ui.Status{Tag: ui.Tag{Text: "Waiting for the provider", Colour: ui.Yellow}}, ui.Text("0"), ui.Link{Text: "Open", Href: "#", Hidden: "HC9M 3TXV"}}},
			},
		},
		ui.Pagination{Previous: "?before=a", Next: "?after=b", Showing: "Showing 20 of 134 referrals"},
	}
}

func caseParts() []ui.Component {
	return []ui.Component{
		ui.SummaryList{Rows: []ui.SummaryRow{{Key: "Case-holder", Value: ui.Text("Dr Patel")}, {Key: "Owed", Value: ui.Clock{Due: now.Add(6 * time.Hour), What: "your answer", Now: now}}}},
		ui.Heading{Text: "Timeline"},
		ui.Timeline{Entries: []ui.TimelineEntry{
			{ID: "e3", Title: "Offer accepted", At: now, When: ui.Moment(now, now), Author: "Sam Reed", Role: "Provider", New: true},
			{ID: "e2", Title: "Note", At: now.AddDate(0, 0, -1), When: ui.Moment(now.AddDate(0, 0, -1), now), Author: "Amina Yusuf", Role: "Practice", Body: ui.Prose("Prefers mornings.\nHas a dog."), Struck: "this was about another patient (Amina Yusuf, today at 10:40)"},
			{ID: "e1", Title: "Referral sent", At: now.AddDate(0, 0, -9), When: ui.Moment(now.AddDate(0, 0, -9), now), Author: "Amina Yusuf", Role: "Practice", Body: ui.List{ui.Text("Loneliness"), ui.Text("Debt")}},
		}},
	}
}

// hostile is a page on which everything that can be long or strange is.
func hostile() ui.Shutter {
	long := strings.Repeat("Llanfairpwllgwyngyll", 15)
	script := `<img src=x onerror="alert(1)"> & "quotes"`
	return page(long, func(p *ui.Page) {
		p.Person = &ui.SignedIn{Name: long, Role: script, Organisation: long, SignOut: "/sign-out"}
		p.Simulated = long
		p.Back = &ui.Link{Text: long, Href: "javascript:alert(1)"}
		p.Problems = ui.Problems{{Field: "a b", Message: long}, {Message: script}}
		p.Banner = &ui.Banner{Heading: long, Body: ui.Prose(long)}
		p.Header = &ui.PersonHeader{Name: long, Facts: []ui.Fact{{Key: "Phone", Value: ui.Text(long)}}, Restricted: long, Alerts: []ui.Component{ui.Text(long)}}
	}, ui.Table{Caption: long, Columns: []ui.Column{{Text: "Reference"}, {Text: "Service"}, {Text: "Status"}, {Text: "Action"}}, Rows: []ui.Row{{Cells: []ui.Component{
		ui.Link{Text: long, Href: "#"}, ui.Text(long), ui.Status{Tag: ui.Tag{Text: script}, Reason: long}, ui.Prose(script), ui.Text("one cell too many"),
	}}}},
		ui.SummaryCard{Heading: long, Rows: []ui.SummaryRow{ui.Change(script, ui.Text(long), "#")}},
		ui.TaskList{Tasks: []ui.Task{{Text: long, Href: "#", Hint: long, Status: ui.Tag{Text: "Start", Colour: ui.Blue}}}},
		ui.Timeline{Entries: []ui.TimelineEntry{{Title: long, At: now, When: "today", Author: long, Role: "GP", Body: ui.Prose(long)}}},
		ui.Filter{Action: "/", Chips: []ui.Link{{Text: long, Href: "?"}}, Clear: "?"},
		ui.SubNav{Label: "Lists", Items: []ui.MenuItem{{Text: long, Href: "?"}}},
		ui.Form{Action: "/", Fields: []ui.Component{
			ui.Input{Name: "a", Label: long, Hint: long, Error: long, Value: long},
			ui.Radios{Name: "r", Label: long, Options: []ui.Option{{Value: "1", Text: long, Hint: long}, {Value: "2", Text: script}}},
			ui.Select{Name: "s", Label: "S", Options: []ui.SelectOption{{Value: "1", Text: long}}},
		}, Buttons: []ui.Component{ui.Button{Text: long}}},
		ui.Panel{Heading: "x", Reference: long}, ui.EmptyState{Heading: long}, ui.InsetText{Body: ui.Paragraph(long)}, ui.WarningCallout{Heading: long},
	)
}
