package web

import (
	"net/http"
	"strconv"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

const (
	returnsPath  = Root + "/returns"
	returnsTitle = "Referrals that came back to the practice"
)

func (web *Web) returns(w http.ResponseWriter, r *http.Request) error {
	days, err := daysAsked(r)
	if err != nil {
		return err
	}
	v, err := web.App.SeeReturns(r.Context(), who(r), days)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageReturns, returnsPageOf(web.page(r, returnsTitle), v))
}

func returnsPageOf(p ui.Page, v app.ReturnsView) countsPage {
	page := countsPage{Page: p, Periods: periods(returnsPath, v.Days), Said: ui.Group{
		ui.Paragraph("Nothing is sent back to a practice by itself. These came back all the same, each counted once, by the way it came back first."), rounded(v.Exact),
	}}
	if len(v.ByWay) == 0 {
		page.Charts = []ui.Component{ui.EmptyState{Heading: "Nothing came back", Body: ui.Paragraph("Not in the last " + strconv.Itoa(v.Days) + " days.")}}
		return page
	}
	page.Charts = []ui.Component{
		countChart("back-ways", "How they came back", "What happened", v.ByWay, func(c domain.Count) string { return terms.ReturnWay(c.Choice).Label() }),
		countChart("back-needs", "By need", "Need", v.ByNeed, func(c domain.Count) string { return c.Need.Label() }),
		countChart("back-months", "By month", "Month", v.ByMonth, monthWords),
	}
	return page
}

func monthWords(c domain.Count) string {
	month, err := time.Parse("2006-01", c.Choice)
	if err != nil {
		return c.Choice
	}
	return month.Format("January 2006")
}
