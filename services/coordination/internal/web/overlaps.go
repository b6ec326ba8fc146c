package web

import (
	"net/http"
	"slices"
	"strconv"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// countsPage counts what happened over a period, with each count drawn.
type countsPage struct {
	ui.Page
	Periods ui.Component
	Said    ui.Component
	Charts  []ui.Component
}

const (
	overlapsPath  = Root + "/overlaps"
	overlapsTitle = "Help that was there already"
	usualDays     = 90
)

func (web *Web) overlaps(w http.ResponseWriter, r *http.Request) error {
	days, err := daysAsked(r)
	if err != nil {
		return err
	}
	v, err := web.App.SeeOverlaps(r.Context(), who(r), days)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageOverlaps, overlapsPageOf(web.page(r, overlapsTitle), v))
}

// daysAsked is over how many days somebody wants to see counts.
func daysAsked(r *http.Request) (int, error) {
	q := r.URL.Query().Get("days")
	if q == "" {
		return usualDays, nil
	}
	n, err := strconv.Atoi(q)
	if err != nil || !slices.Contains(app.CountDays, n) {
		return 0, fault.Invalid("days", "Choose 30, 90 or 365 days")
	}
	return n, nil
}

func periods(path string, now int) ui.SubNav {
	nav := ui.SubNav{Label: "Period"}
	for _, days := range app.CountDays {
		nav.Items = append(nav.Items, ui.MenuItem{Text: "Last " + strconv.Itoa(days) + " days", Href: path + "?days=" + strconv.Itoa(days), Current: days == now})
	}
	return nav
}

// rounded says why the numbers are not exact, where they are not.
func rounded(exact bool) ui.Component {
	if exact {
		return ui.Group{}
	}
	return ui.InsetText{Body: ui.Text("Numbers under 8 are not shown, and the others are rounded to the nearest 5, so that nobody can be recognised.")}
}

func overlapsPageOf(p ui.Page, v app.OverlapsView) countsPage {
	page := countsPage{Page: p, Periods: periods(overlapsPath, v.Days), Said: ui.Group{
		ui.Paragraph("A second referral for the same need is held until its sender says what to do. One for another need is not held: its sender is shown before sending who helps already and may do that too."),
		ui.Paragraph("Who stopped then sent nothing. That is counted, and about whom it was is not kept."),
		rounded(v.Exact),
	}}
	if len(v.HeldByNeed)+len(v.OverlappingByNeed) == 0 {
		page.Charts = []ui.Component{ui.EmptyState{Heading: "Nothing was held and nothing overlapped", Body: ui.Paragraph("Not in the last " + strconv.Itoa(v.Days) + " days.")}}
		return page
	}
	byNeed := func(c domain.Count) string { return c.Need.Label() }
	page.Charts = []ui.Component{
		ui.Heading{Text: "The same need: held"},
		countChart("held-needs", "Held as a possible duplicate, by need", "Need", v.HeldByNeed, byNeed),
		countChart("held-choices", "What came of those that were held", "What happened", v.HeldByChoice, choiceWords),
		ui.Heading{Text: "Another need: shown before sending"},
		countChart("overlap-needs", "Somebody who helped already might do this too, by need", "Need", v.OverlappingByNeed, byNeed),
		countChart("overlap-choices", "What their senders chose", "What happened", v.OverlappingByWhat, choiceWords),
	}
	return page
}

func countChart(id, caption, what string, counts []domain.Count, label func(domain.Count) string) ui.Component {
	if len(counts) == 0 {
		return ui.Paragraph(caption + ": none.")
	}
	c := ui.Chart{ID: id, Caption: caption, What: what, Unit: "Referrals"}
	for _, n := range counts {
		bar := ui.Bar{Label: label(n), Value: n.N}
		if n.Few {
			bar.Text = "fewer than 8"
		}
		c.Bars = append(c.Bars, bar)
	}
	return c
}

// choices are what can come of a referral that was held or overlapped, in words.
var choices = map[string]string{
	domain.ChoseStop: "Stopped: nothing was sent",
	domain.ChoseJoin: "Joined to the help that was there", domain.ChoseSend: "Sent all the same", domain.ChoseSendMute: "Sent without a word: the overlap was not shown to the sender, or came up later",
	domain.ChoseWithdraw: "Withdrawn", domain.ChoseNothing: "Still waiting for the sender", domain.WentOn: "Went on, because the other ended first",
}

func choiceWords(c domain.Count) string {
	words := choices[c.Choice]
	switch {
	case c.Reason == "":
	case c.Choice == domain.ChoseSend:
		words += ": " + lower(terms.SendReason(c.Reason).Label())
	case c.Choice == domain.ChoseWithdraw:
		words += ": " + lower(withdrawalWords(c.Reason))
	}
	return words
}
