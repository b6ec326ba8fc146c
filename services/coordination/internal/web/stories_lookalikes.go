package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

func storiesOfLookalikes(add adder) {
	twin := storyPatient
	twin.Ref, twin.GivenName, twin.Phone, twin.NHSNumber = storyOther, "Ida", "", ""
	l := app.Lookalike{ID: storyCaseID, One: storyRef, Other: storyOther, AskedAt: storyNow.Add(-26 * time.Hour), DueAt: storyNow.Add(-time.Hour)}
	again := l
	again.Why, again.AskedBy, again.DueAt = "sender_says", storyCora, storyNow.Add(20*time.Hour)
	list := app.LookalikesView{Now: storyNow, Rows: []app.LookalikeListed{{Lookalike: l, Initials: [2]string{"AH", "IH"}}, {Lookalike: again, Initials: [2]string{"BO", "BO"}}}}
	add(pageLookalikes, "full", lookalikesPageOf(storyPage(lookalikesTitle, storyCoordinator), list))
	add(pageLookalikes, "empty", lookalikesPageOf(storyPage(lookalikesTitle, storyCoordinator), app.LookalikesView{Now: storyNow}))

	v := app.PairView{Lookalike: l, One: storyPatient, Other: twin, Cases: []string{storyCase.Reference, "KM24PR7X"}, Names: storyNames, Now: storyNow}
	add(pageLookalike, "full", lookalikePageOf(storyPage(lookalikeTitle, storyCoordinator), v, nil))
	unsure := storyPage(lookalikeTitle, storyCoordinator)
	unsure.Problems = ui.Problems{{Field: "reason", Message: "Select how you know that they are different people"}}
	add(pageLookalike, "error", lookalikePageOf(unsure, v, url.Values{"same": {none}}))
	v.Apart = app.Apart{One: storyRef, Other: storyOther, By: storyCora, Why: domain.ApartRelatives, At: storyNow.Add(-90 * time.Hour)}
	v.Lookalike = again
	add(pageLookalike, "again", lookalikePageOf(storyPage(lookalikeTitle, storyCoordinator), v, nil))
	v.Lookalike.SettledAt, v.Lookalike.SettledBy = storyNow.Add(-time.Hour), storyCora
	add(pageLookalike, "settled", lookalikePageOf(storyPage(lookalikeTitle, storyCoordinator), v, nil))
	v.Lookalike.Same = true
	add(pageLookalike, "one person", lookalikePageOf(storyPage(lookalikeTitle, storyCoordinator), v, nil))

	add(pageApart, "full", apartPageOf(storyPage(apartTitle, storyCoordinator), v, nil))
	why := storyPage(apartTitle, storyCoordinator)
	why.Problems = ui.Problems{{Field: "reason", Message: domain.ErrNoAgain.Fields[0].Message}}
	add(pageApart, "error", apartPageOf(why, v, nil))
	v.Apart.Asked = storyCaseID
	add(pageApart, "asked", apartPageOf(storyPage(apartTitle, storyCoordinator), v, nil))

	c := storyCaseView()
	c.Coordinates, c.Apart = true, []app.Apart{v.Apart}
	add(pageCase, "kept apart", casePageOf(storyPage("Case C7K4 9MXC", storyCoordinator), c))
}
