package web

import (
	"net/url"
	"slices"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// storiesOfOverlaps are the states of the counts.
func storiesOfOverlaps(add adder) {
	v := app.OverlapsView{
		Days: usualDays, Exact: true,
		HeldByNeed:        []domain.Count{{Need: terms.NeedLoneliness, N: 41}, {Need: terms.NeedDebtAndMoney, N: 12}, {Need: terms.NeedHousing, N: 3}},
		HeldByChoice:      []domain.Count{{Choice: domain.ChoseJoin, N: 30}, {Choice: domain.ChoseSend, Reason: string(terms.SendDifferentHelp), N: 14}, {Choice: domain.ChoseWithdraw, Reason: string(terms.WithdrawalNoLongerNeeded), N: 6}, {Choice: domain.ChoseNothing, N: 4}, {Choice: domain.WentOn, N: 2}},
		OverlappingByNeed: []domain.Count{{Need: terms.NeedFood, N: 22}},
		OverlappingByWhat: []domain.Count{{Choice: domain.ChoseJoin, N: 15}, {Choice: domain.ChoseSend, Reason: string(terms.SendPatientAsked), N: 5}, {Choice: domain.ChoseSendMute, N: 2}},
	}
	panel := app.Panel{PatientRef: storyRef, CaseID: storyCaseID, Need: terms.NeedFood, Now: storyNow, Working: []app.Working{{Name: "Sam Okoro", At: "North Link Workers", Role: terms.RoleLinkWorker, Stays: true, Helps: true}}, Household: []string{"Family hub"}, Failed: []app.Failed{{Name: "Corner food bank", On: storyNow.Add(-11 * 24 * time.Hour)}}, Helping: []app.Helping{
		{ReferralID: storyRef, Need: terms.NeedLoneliness, State: domain.UnderWay, With: "Friday cafe", Since: storyNow.Add(-500 * time.Hour), Covers: true, Joinable: true, Also: []app.AlsoAsked{{Need: terms.NeedTransport, By: "Hill Surgery", Since: storyNow.Add(-50 * time.Hour)}}},
		{ReferralID: storyCaseID, Need: terms.NeedDebtAndMoney, State: domain.Accepted, With: "Money help", Since: storyNow.Add(-30 * time.Hour), Covers: true, Joinable: true},
	}}
	asked := ui.Group{ui.Form{Action: "#", Fields: []ui.Component{panelOf(panel), overlapFields(panel, url.Values{})}, Buttons: []ui.Component{ui.Button{Text: "Send referral"}}}}
	add(pagePanel, "overlap", panelPage{storyPage("Who already helps", storyReceptionist), asked, nil})
	wrong := ui.Group{ui.Form{Action: "#", Fields: []ui.Component{overlapFields(panel, url.Values{"overlap": {"send"}, "missing": {"send_reason"}})}, Buttons: []ui.Component{ui.Button{Text: "Send referral"}}}}
	add(pagePanel, "no-reason", panelPage{storyPage("Who already helps", storyReceptionist), wrong, nil})
	home := app.HouseholdView{ConsentView: app.ConsentView{Case: storyCaseView().Case, Patient: storyCaseView().Patient, Sees: storyCaseView().Sees, Names: storyNames, Now: storyNow}}
	add(pageHousehold, "empty", householdPageOf(storyPage(householdTitle, storyReceptionist), home, nil))
	agreed := home
	agreed.Standing = append(slices.Clone(home.Standing), app.Consent{Purpose: string(terms.ConsentHousehold), Given: true, AskedBy: storyRef, AskedAt: storyNow.Add(-40 * time.Hour)})
	add(pageHousehold, "untold", householdPageOf(storyPage(householdTitle, storyReceptionist), agreed, nil))
	agreed.Helps = []string{"Family hub", "Friday cafe"}
	add(pageHousehold, "full", householdPageOf(storyPage(householdTitle, storyReceptionist), agreed, nil))
	missing := storyPage(householdTitle, storyReceptionist)
	missing.Problems = ui.Problems{{Field: "given", Message: "Select whether they agree"}}
	add(pageHousehold, "error", householdPageOf(missing, home, nil))
	add(pageOverlaps, "full", overlapsPageOf(storyPage(overlapsTitle, storyCoordinator), v))
	lead := v
	lead.Exact, lead.HeldByNeed, lead.HeldByChoice = false, domain.Beyond(v.HeldByNeed), domain.Beyond(v.HeldByChoice)
	lead.OverlappingByNeed, lead.OverlappingByWhat = domain.Beyond(v.OverlappingByNeed), domain.Beyond(v.OverlappingByWhat)
	add(pageOverlaps, "suppressed", overlapsPageOf(storyPage(overlapsTitle, storyCoordinator), lead))
	add(pageOverlaps, "empty", overlapsPageOf(storyPage(overlapsTitle, storyCoordinator), app.OverlapsView{Days: 30, Exact: true}))
	add(pageOverlaps, "error", ui.Shutter{Page: storyPage(overlapsTitle, storyCoordinator), Heading: "There is a problem", Body: ui.Paragraph("Choose 30, 90 or 365 days")})
	back := app.ReturnsView{
		Days: usualDays, Exact: true,
		ByWay:   []domain.Count{{Choice: string(terms.ReturnAskAgain), N: 31}, {Choice: string(terms.ReturnNoHelp), N: 9}, {Choice: string(terms.ReturnCrisis), N: 2}},
		ByNeed:  []domain.Count{{Need: terms.NeedLoneliness, N: 28}, {Need: terms.NeedHousing, N: 14}},
		ByMonth: []domain.Count{{Choice: "2026-09", N: 19}, {Choice: "2026-10", N: 12}, {Choice: "2026-11", N: 11}},
	}
	add(pageReturns, "full", returnsPageOf(storyPage(returnsTitle, storyCoordinator), back))
	beyond := app.ReturnsView{Days: usualDays, ByWay: domain.Beyond(back.ByWay), ByNeed: domain.Beyond(back.ByNeed), ByMonth: domain.Beyond(back.ByMonth)}
	add(pageReturns, "suppressed", returnsPageOf(storyPage(returnsTitle, storyCoordinator), beyond))
	add(pageReturns, "empty", returnsPageOf(storyPage(returnsTitle, storyCoordinator), app.ReturnsView{Days: 30, Exact: true}))
	add(pageReturns, "error", ui.Shutter{Page: storyPage(returnsTitle, storyCoordinator), Heading: "There is a problem", Body: ui.Paragraph("Choose 30, 90 or 365 days")})
}
