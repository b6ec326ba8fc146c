package web

import (
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// now is a Sunday morning in the stories.
var now = time.Date(2026, time.November, 22, 10, 42, 0, 0, time.UTC)

const (
	someService = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a01"
	someOffer   = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a02"
	somePerson  = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a03"
	someSender  = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a04"
	someNote    = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a05"
	someOther   = "6f0a7c1e-0c53-4a52-9b5e-0e6b8f1f7a06"
)

// Stories are every page in every state.
func Stories() []ui.Story {
	var all []ui.Story
	for _, of := range [][]ui.Story{homeStories(), offerStories(), answeredStories(), serviceStories(), claimStories(), directoryStories()} {
		all = append(all, of...)
	}
	all = append(all, parked.Stories(Root, base, func(p ui.Page, status int, f *fault.Error) ui.Shutter {
		p.Title = headings[status]
		return refusalPage(p, f)
	})...)
	return append(all, refusalStories()...)
}

var jo = actor.Actor{
	Person: actor.Person{ID: somePerson, Name: "Jo Byrne"}, Role: string(terms.RoleProviderWorker), Organisation: "o",
	OrganisationKind: string(terms.KindProvider), OrganisationName: "Bolton Mind",
}

var cora = actor.Actor{
	Person: actor.Person{ID: someOther, Name: "Cora Lane"}, Role: string(terms.RoleCoordinator), Organisation: "p",
	OrganisationKind: string(terms.KindOtherCare), OrganisationName: "Area Office",
}

func signedPage(title string, a actor.Actor) ui.Page {
	p := base(title)
	signedIn(&p, a, "")
	p.Simulated = "Everything on this page is made up."
	return p
}

func someOfferOf(change ...func(o *domain.Offer)) domain.Offer {
	o := domain.Offer{
		ID: someOffer, ServiceID: someService, ReferralID: "r", CaseID: "c", PatientRef: "p", Reference: "WB4J7KQ9", Attempt: 1,
		SenderOrganisation: someSender, Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, OfferedAt: now.AddDate(0, 0, -2),
		AnswerDueAt: now.AddDate(0, 0, 2), State: terms.OfferOffered, Version: 1, Last: domain.Act{At: now},
		Contact: domain.Contact{
			GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26", NHSNumber: "9990000018", Phone: "0161 496 0000",
			Postcode: "M1 1AE", SafeWays: domain.SafeWays{Phone: true, Letter: true}, SafeNote: "Not after five",
			Accessibility: []terms.Accessibility{terms.AccessStepFree},
		},
		Safeguarding: domain.Safeguarding{Text: "A neighbour shouts at her.", Codes: []terms.SafeguardingCode{terms.SafeguardingAdult}},
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func rowOf(o domain.Offer) app.OfferRow {
	r := app.OfferRow{Service: "Tea and talk", Sender: "Elm Street Surgery", Assigned: "Jo Byrne"}
	r.Offer, r.New = o, o.State == terms.OfferOffered && o.AnswerDueAt.After(now)
	return r
}

func someRows() []app.OfferRow {
	return []app.OfferRow{
		rowOf(someOfferOf(func(o *domain.Offer) { o.AnswerDueAt = now.Add(-26 * time.Hour) })),
		rowOf(someOfferOf(func(o *domain.Offer) { o.ID = someOther; o.Contact.GivenName = "Bertram-Featherstonehaugh" })),
		rowOf(someOfferOf(func(o *domain.Offer) {
			o.ID = someNote
			o.State, o.Answer, o.Receipt, o.AnsweredAt = terms.OfferWaitlisted, terms.AnswerWaitlisted, domain.ReceiptConfirmed, now
		})),
	}
}

func homeStories() []ui.Story {
	counts := map[app.Show]int{app.ShowWaiting: 4, app.ShowOverdue: 1, app.ShowStandDown: 1, app.ShowRecord: 2}
	home := func(h app.Home, rows []app.OfferRow, address string) homePage {
		p := homePage{Page: signedPage("Home", jo), Waiting: waiting(h, offerTable("Offers", rows, listOf{show: app.ShowWaiting}, now))}
		p.Wide, p.Told = true, ui.Group{toldBy(app.Told{On: len(rows) > 0, Address: address}), soon}
		return p
	}
	office := homePage{Page: signedPage("Home", cora), Waiting: waiting(app.Home{Claims: 2}, nil)}
	list := func(rows []app.OfferRow, show app.Show) offersPage {
		q := listQuery{show: show, sort: app.SortDue, service: someService, title: "Offers to answer"}
		p := offersPage{Page: signedPage("Offers to answer", jo), Nav: listNav(q), Filter: listFilter(q, []app.OwnService{{Service: someServiceOf()}}), Find: findForm("", "")}
		p.Wide = true
		p.List = offerTable("Offers", rows, listOf{show: show, sort: app.SortDue, href: func(s app.Sort) string { return q.href("sort", string(s)) }}, now)
		if len(rows) > 0 {
			p.More = ui.Pagination{Next: "#", Previous: "#", Showing: "Showing 3 offers"}
		}
		return p
	}
	found := foundPage{Page: signedPage("Find a person", jo), Find: findForm("quist", ""), List: offerTable("1 found", someRows()[:1], listOf{show: app.ShowAll}, now)}
	nobody := foundPage{Page: signedPage("Find a person", jo), Find: findForm("nobody", ""), List: ui.EmptyState{Heading: "Nobody was found", Body: ui.Paragraph("Try the family name alone.")}}
	nothing := foundPage{Page: signedPage("Find a person", jo), Find: findForm("", "Enter a name, an NHS number or a reference")}
	nothing.Problems = ui.Problems{{Field: "find", Message: "Enter a name, an NHS number or a reference"}}
	return []ui.Story{
		{Page: pageHome, State: "full", Data: home(app.Home{Counts: counts, Confirm: []app.OwnService{{Service: someServiceOf()}}}, someRows(), "hello@example.org")},
		{Page: pageHome, State: "no email address", Data: home(app.Home{Counts: counts}, someRows(), "")},
		{Page: pageHome, State: "empty", Data: home(app.Home{}, nil, "")},
		{Page: pageHome, State: "office", Data: office},
		{Page: pageOffers, State: "full", Data: list(someRows(), app.ShowWaiting)},
		{Page: pageOffers, State: "empty", Data: list(nil, app.ShowBounced)},
		{Page: pageFound, State: "full", Data: found},
		{Page: pageFound, State: "empty", Data: nobody},
		{Page: pageFound, State: "error", Data: nothing},
	}
}

func someView(change ...func(o *domain.Offer)) app.OfferView {
	return app.OfferView{
		Offer: someOfferOf(change...), Service: someServiceOf(), CurrentRef: "p", KeptUntil: now.AddDate(0, 0, 1),
		Names:      map[string]string{someSender: "Elm Street Surgery", somePerson: "Jo Byrne"},
		Colleagues: []app.Colleague{{ID: somePerson, Name: "Jo Byrne", Load: 3}, {ID: someOther, Name: "Sam Okafor", Load: 0}},
	}
}

func answeredAs(state terms.OfferState, a terms.Answer, r domain.Receipt) func(o *domain.Offer) {
	return func(o *domain.Offer) {
		o.State, o.Answer, o.Receipt, o.AnsweredAt, o.AnsweredBy = state, a, r, now.Add(-time.Hour), somePerson
		o.FirstContactByOn, o.OwedBy, o.WaitingSince = "2026-11-27", now.AddDate(0, 0, 5), now.Add(-time.Hour)
	}
}

func offerStories() []ui.Story {
	sent := func(v app.OfferView, t *tried) offerPage {
		p := newOfferPage(signedPage(title(v.Offer), jo), v, t, now)
		p.Others = nil // another service's page, which a story has not
		return p
	}
	page := func(v app.OfferView) offerPage { return sent(v, nil) }
	accepted := someView(answeredAs(terms.OfferAccepted, terms.AnswerAccepted, domain.ReceiptConfirmed))
	accepted.KeptUntil = time.Time{}
	accepted.Sessions = []app.Session{{ID: "s", On: "2026-11-19", Result: terms.AttendanceAttended, By: somePerson, At: now}}
	asked := someView(answeredAs(terms.OfferInformationAsked, terms.AnswerAsked, domain.ReceiptSent))
	asked.Messages = []app.Message{{ID: "m1", Kind: "question", Text: "Can she climb stairs?", By: somePerson, At: now.Add(-2 * time.Hour)}, {ID: "m2", Kind: "answer", Text: "Only with help.", At: now}}
	listed := someView(answeredAs(terms.OfferWaitlisted, terms.AnswerWaitlisted, domain.ReceiptConfirmed))
	listed.Position = 2
	bounced := someView(answeredAs(terms.OfferBounced, terms.AnswerBounced, domain.ReceiptConfirmed), func(o *domain.Offer) { o.Reason, o.UntilOn = string(terms.BounceNoCapacity), "2027-01-04" })
	down := someView(answeredAs(terms.OfferWithdrawn, terms.AnswerAccepted, domain.ReceiptRefused), func(o *domain.Offer) {
		o.Reason, o.StandDownDueAt = string(terms.RefusalAcceptedElsewhere), now.AddDate(0, 0, 1)
	})
	removed := someView(func(o *domain.Offer) {
		o.State, o.Reason = terms.OfferWithdrawn, string(terms.OfferWithdrawalConsentWithdrawn)
		o.Remove(now, terms.RemovalConsentWithdrawn)
	})
	expired := someView(func(o *domain.Offer) { o.State, o.AnswerDueAt = terms.OfferExpired, now.Add(-time.Hour) })
	missing := asFault(fault.Invalid("reason", "Select why you can not take this"))
	wrong := sent(someView(), &tried{verb: domain.ActionBounce, fault: missing, problems: ui.ProblemsOf(missing)})
	taken := page(accepted)
	taken.Banner = &ui.Banner{Kind: ui.Attention, Heading: "Sam Okafor accepted this at 10:42. Nothing was changed by you.", Body: ui.Paragraph("Look at it as it stands now. What you typed is kept.")}
	taken.Kept = ui.Details{Summary: "What you had typed", Open: true, Body: ui.Prose("We have no room before spring.")}
	return []ui.Story{
		{Page: pageOffer, State: "full", Data: page(someView())},
		{Page: pageOffer, State: "empty", Data: page(removed)},
		{Page: pageOffer, State: "error", Data: wrong},
		{Page: pageOffer, State: "somebody was first", Data: taken},
		{Page: pageOffer, State: "asked", Data: page(asked)},
		{Page: pageOffer, State: "waiting list", Data: page(listed)},
		{Page: pageOffer, State: "accepted", Data: page(accepted)},
		{Page: pageOffer, State: "bounced", Data: page(bounced)},
		{Page: pageOffer, State: "stand down", Data: page(down)},
		{Page: pageOffer, State: "expired", Data: page(expired)},
	}
}

func answeredStories() []ui.Story {
	page := func(v app.OfferView) answeredPage { return newAnsweredPage(signedPage("Your answer", jo), v, now) }
	return []ui.Story{
		{Page: pageAnswered, State: "full", Data: page(someView(answeredAs(terms.OfferAccepted, terms.AnswerAccepted, domain.ReceiptSent)))},
		{Page: pageAnswered, State: "bounced", Data: page(someView(answeredAs(terms.OfferBounced, terms.AnswerBounced, domain.ReceiptConfirmed), func(o *domain.Offer) { o.Reason = string(terms.BounceOther) }))},
		{Page: pageAnswered, State: "waiting list", Data: page(someView(answeredAs(terms.OfferWaitlisted, terms.AnswerWaitlisted, domain.ReceiptConfirmed)))},
		{Page: pageAnswered, State: "empty", Data: page(someView(answeredAs(terms.OfferWithdrawn, terms.AnswerAccepted, domain.ReceiptRefused)))},
	}
}

func someServiceOf() domain.Service {
	eighteen, place := 18, 0
	return domain.Service{
		ID: someService, ProviderID: "o", ProviderName: "Bolton Mind", Name: "Tea and talk", Description: "We meet, drink tea and talk.\n\nAnybody may come.",
		Needs: []terms.Need{terms.NeedLoneliness, terms.NeedMentalWellbeing}, Source: "Waypost", SourceLicence: "OGL-UK-3.0", Claimed: true, Simulated: true, Status: terms.ServiceActive, MinimumAge: &eighteen,
		Fees: "Free", URL: "https://example.org/tea", Phone: "0161 496 0001", Delivery: []terms.Delivery{terms.DeliveryInPerson}, AcceptsReferrals: true,
		Places:   []domain.Place{{Name: "Hall", Address: "1 High Street", Postcode: "M1 1AE"}},
		Sessions: []domain.Session{{Weekday: terms.Thursday, From: "10:00", To: "12:00", Place: &place}}, Version: 3,
	}
}

func someServiceView(days int) app.ServiceView {
	three, five := 3, 5
	return app.ServiceView{
		OwnService: app.OwnService{Service: someServiceOf(), Capacity: &domain.Capacity{
			ServiceID: someService, Status: terms.CapacityHas, PlacesFree: &three, Reserved: 1,
			Waiting: &five, ReportedAt: now.AddDate(0, 0, -days), Version: 2,
		}},
		Names: map[string]string{somePerson: "Jo Byrne", someSender: "Elm Street Surgery"},
		Notes: domain.Stand([]domain.Note{
			{ID: someNote, ServiceID: someService, Kind: terms.NoteNew, Text: "Ask for Pat. Ring on Monday mornings.", By: somePerson, Role: terms.RoleLinkWorker, Organisation: someSender, At: now.AddDate(-1, 0, 0)},
			{ID: someOther, ServiceID: someService, Kind: terms.NoteCorrect, About: someNote, Text: "Pat has left, ask for Kim.", By: somePerson, Role: terms.RoleReceptionist, Organisation: someSender, At: now.AddDate(0, -8, 0)},
		}),
	}
}

func serviceStories() []ui.Story {
	page := func(v app.ServiceView, owner bool) servicePage {
		return newServicePage(signedPage(v.Name, jo), v, owner, true, nil, nil, now)
	}
	listing := someServiceView(1)
	listing.Claimed, listing.ProviderID, listing.AcceptsReferrals, listing.Capacity, listing.Notes = false, "", false, nil, nil
	listing.Source = "Street Support Manchester"
	refusedRoom := newServicePage(signedPage("Tea and talk", jo), someServiceView(1), true, true, nil, asFault(fault.Invalid("places_free", "Enter a number of places from 0 to 10,000")), now)
	none := someServiceView(9)
	none.Capacity = nil
	own := []app.OwnService{someServiceView(9).OwnService, none.OwnService}
	entered := someServiceOf()
	entered.ID = ""
	bare := domain.Service{ID: someService, ProviderID: "o", Name: "Tea and talk", Claimed: true, Status: terms.ServiceActive}
	full := newServiceForm(signedPage("Change Tea and talk", jo), someServiceOf(), nil, nil)
	empty := newServiceForm(signedPage("Add a service", jo), domain.Service{Status: terms.ServiceActive}, nil, nil)
	wrong := newServiceForm(signedPage("Add a service", jo), domain.Service{}, nil, asFault(fault.Invalid("name", "Enter the name of the service")))
	return []ui.Story{
		{Page: pageServices, State: "full", Data: newServicesPage(signedPage("Your services", jo), own, now)},
		{Page: pageServices, State: "empty", Data: newServicesPage(signedPage("Your services", jo), nil, now)},
		{Page: pageService, State: "full", Data: page(someServiceView(9), true)},
		{Page: pageService, State: "another's", Data: page(someServiceView(30), false)},
		{Page: pageService, State: "empty", Data: page(listing, false)},
		{Page: pageService, State: "error", Data: refusedRoom},
		{Page: pageServiceForm, State: "empty", Data: empty},
		{Page: pageServiceForm, State: "error", Data: wrong},
		{Page: pageServiceForm, State: "full", Data: newServiceForm(signedPage("Add a service", jo), entered, nil, nil)},
		{Page: pageServiceEdit, State: "empty", Template: pageServiceForm, Data: newServiceForm(signedPage("Change Tea and talk", jo), bare, nil, nil)},
		{Page: pageServiceEdit, State: "full", Template: pageServiceForm, Data: full},
	}
}

func asFault(err error) *fault.Error { f, _ := fault.Of(err); return f }

func claimStories() []ui.Story {
	listing := someServiceOf()
	listing.Claimed, listing.ProviderID = false, ""
	asked := app.ClaimView{
		Claim:   domain.Claim{ID: someNote, ServiceID: someService, Organisation: "o", Why: "Ring Pat on 0161 496 0002.", AskedAt: now.AddDate(0, 0, -1), State: domain.ClaimAsked, Version: 1},
		Service: listing, Provider: "Bolton Mind", Asker: "Jo Byrne",
	}
	decided := asked
	decided.ID, decided.State, decided.DecidedAt, decided.Decider, decided.DecisionNote = someOther, domain.ClaimRefused, now, "Cora Lane", "Nobody answers at this number."
	view := app.ServiceView{OwnService: app.OwnService{Service: listing}}
	wrong := asFault(fault.Invalid("note", "Say why, so that the provider knows what is missing"))
	return []ui.Story{
		{Page: pageClaimSearch, State: "full", Data: newClaimSearch(signedPage("Claim your listing", jo), "tea", []domain.Service{listing}, []app.ClaimView{asked, decided}, now)},
		{Page: pageClaimSearch, State: "empty", Data: newClaimSearch(signedPage("Claim your listing", jo), "nothing", nil, nil, now)},
		{Page: pageClaim, State: "empty", Data: newClaimPage(signedPage("Claim Tea and talk", jo), view, "", nil)},
		{Page: pageClaim, State: "full", Data: newClaimPage(signedPage("Claim Tea and talk", jo), view, asked.Why, nil)},
		{Page: pageClaim, State: "error", Data: newClaimPage(signedPage("Claim Tea and talk", jo), view, "", asFault(fault.Invalid("why", "Say how the area's office can tell that this is your service")))},
		{Page: pageClaims, State: "full", Data: newClaimsPage(signedPage("Claims", cora), []app.ClaimView{asked, decided}, "", "", nil, nil, now)},
		{Page: pageClaims, State: "empty", Data: newClaimsPage(signedPage("Claims", cora), nil, "", "", nil, nil, now)},
		{Page: pageClaims, State: "error", Data: newClaimsPage(signedPage("Claims", cora), []app.ClaimView{asked}, "", someNote, nil, wrong, now)},
	}
}

func directoryStories() []ui.Story {
	q := wanted{text: "tea", need: "loneliness", district: "M1", day: "4"}
	wrong := newDirectoryPage(base("Services near you"), wanted{district: "MARS"}, nil, 0, "", "")
	wrong.Problems = ui.ProblemsOf(app.ErrNoDistrict)
	wrong.Search = directorySearch(wanted{district: "MARS"}, wrong.Problems)
	hidden := someServiceOf()
	hidden.Sensitive, hidden.Places = true, nil
	bare := domain.Service{ID: someService, Name: "Tea and talk", Source: "Street Support Manchester", Status: terms.ServiceActive}
	return []ui.Story{
		{Page: pageListed, State: "empty", Data: newListedPage(base("Tea and talk"), bare)},
		{Page: pageDirectory, State: "full", Data: newDirectoryPage(base("Services near you"), q, []domain.Service{someServiceOf()}, 21, "", "#")},
		{Page: pageDirectory, State: "empty", Data: newDirectoryPage(base("Services near you"), wanted{}, nil, 0, "", "")},
		{Page: pageDirectory, State: "error", Data: wrong},
		{Page: pageListed, State: "full", Data: newListedPage(base("Tea and talk"), someServiceOf())},
		{Page: pageListed, State: "sensitive", Data: newListedPage(base("Tea and talk"), hidden)},
	}
}

// refusalStories are the pages that say why one can not go on: for each page, somebody who may not see it, and an error.
func refusalStories() []ui.Story {
	var all []ui.Story
	for _, page := range []string{pageHome, pageOffers, pageFound, pageOffer, pageAnswered, pageServices, pageService, pageServiceForm, pageServiceEdit, pageClaimSearch, pageClaim, pageClaims, pageDirectory, pageListed} {
		denied := refusalPage(signedPage(headings[403], jo), fault.Forbidden("Your role does not include this. If it should, ask the service lead of your organisation to give you a role that does"))
		all = append(all, ui.Story{Page: page, State: "denied", Template: ui.ShutterPage, Data: denied})
	}
	for _, page := range []string{pageHome, pageOffers, pageAnswered, pageServices, pageServiceEdit, pageClaimSearch, pageListed} {
		all = append(all, ui.Story{Page: page, State: "error", Template: ui.ShutterPage, Data: refusalPage(signedPage(headings[503], jo), fault.Unavailable("Waypost can not answer just now. Try again in a few seconds"))})
	}
	return all
}
