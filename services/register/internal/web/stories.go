package web

import (
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// What the stories are about. All of it is invented.
var (
	storyPractice = domain.Organisation{
		ID: "0b9d2c7e-0000-5000-8000-000000000001", Kind: terms.KindPractice, Name: "Example Road Surgery", ODSCode: "P00001", Status: terms.OrganisationActive,
		MayRefer: true, Network: domain.Network{Code: "U00001", Name: "Example Town PCN"}, Address: "1 Example Road, Exampleton", Postcode: "M1 1AA",
		Phone: "0161 496 0001", ListSize: 8250, Version: 3,
	}
	storyClosed = domain.Organisation{
		ID: "0b9d2c7e-0000-5000-8000-000000000002", Kind: terms.KindPractice, Name: "Old Example Surgery", ODSCode: "P00002",
		Status: terms.OrganisationClosed, ClosedOn: "2023-03-31", Address: "2 Example Road, Exampleton", Postcode: "M1 1AB", Version: 1,
	}
	storyTeam = domain.Organisation{
		ID: "0b9d2c7e-0000-5000-8000-000000000003", Kind: terms.KindLinkWorkerTeam, Name: "Example Town link worker team", Status: terms.OrganisationActive,
		MayRefer: true, Simulated: true, Version: 1,
	}
	storyLead = actor.Actor{
		Person: actor.Person{ID: "0b9d2c7e-0000-5000-8000-000000000010", Name: "Amara Okafor"}, Role: string(terms.RoleServiceLead),
		Organisation: storyPractice.ID, OrganisationName: storyPractice.Name,
	}
	storyCoordinator = actor.Actor{
		Person: actor.Person{ID: "0b9d2c7e-0000-5000-8000-000000000011", Name: "Tom Bright"}, Role: string(terms.RoleCoordinator),
		Organisation: "0b9d2c7e-0000-5000-8000-000000000004", OrganisationName: "Example area office",
	}
	storyRole = domain.Role{
		ID: "0b9d2c7e-0000-5000-8000-000000000020", Identity: domain.Identity{PersonID: "0b9d2c7e-0000-5000-8000-000000000012", Issuer: "waypost", Subject: "j.example@example.net"},
		Name: "Jo Example", OrganisationID: storyPractice.ID, Role: terms.RoleReceptionist, From: "2026-01-05", Version: 1,
	}
	storyEnded = domain.Role{
		ID: "0b9d2c7e-0000-5000-8000-000000000021", Identity: storyRole.Identity, Name: "Jo Example", OrganisationID: storyPractice.ID,
		Role: terms.RolePracticeManager, From: "2025-01-06", Until: "2026-12-31", EndedAt: time.Date(2026, 1, 4, 17, 0, 0, 0, time.UTC), Version: 2,
	}
	storyPerson = app.Colleague{
		Organisation: storyPractice, Identity: storyRole.Identity, Name: "Jo Example", Roles: []domain.Role{storyRole, storyEnded},
		Competencies: []domain.Competency{
			{Competency: terms.CompetencyCareNavigation, Tier: terms.TierEssential, From: "2026-01-05", Until: "2028-01-05"},
			{Competency: terms.CompetencyRedFlags, From: "2024-01-05", Until: "2026-01-05"},
		},
	}
)

const (
	storyToday = "2026-11-22"
	storyKey   = "0b9d2c7e-0000-5000-8000-000000000099"
)

// Stories is every state of every page.
func Stories() []ui.Story {
	lead, coordinator := whoIs(storyLead), whoIs(storyCoordinator)
	found := []domain.Organisation{storyPractice, storyClosed, storyTeam}
	full := organisationsPageOf(seen("Organisations", storyLead), search{words: "example", kind: terms.KindPractice, closed: true}, found)
	full.Pages = ui.Pagination{Previous: Root, Next: Root + "?cursor=x", Showing: "Showing 3 organisations"}
	noStaff := app.Colleague{Organisation: storyPractice, Identity: storyRole.Identity, Name: "Jo Example", Roles: []domain.Role{storyEnded}}
	granted := seen("Jo Example", storyLead)
	granted.Banner = doneBanners["granted"]
	entered := typed{
		"kind": {string(terms.KindProvider)}, "name": {"Example Community Trust"}, "postcode": {"M1 1AA"}, "phone": {"0161 496 0001"},
		"display_name": {"Jo Example"}, "role": {string(terms.RoleReceptionist)}, "issuer": {"waypost"}, "subject": {"j.example@example.net"},
		"competency": {string(terms.CompetencyRedFlags)}, "tier": {string(terms.TierEssential)}, "from_on-day": {"5"}, "from_on-month": {"1"}, "from_on-year": {"2026"},
	}
	return append([]ui.Story{
		{Page: pageOrganisations, State: "full", Data: full},
		{Page: pageOrganisations, State: "empty", Data: organisationsPageOf(seen("Organisations", storyCoordinator), search{words: "nothing"}, nil)},
		{Page: pageOrganisation, State: "full", Data: organisationPageOf(seen(storyPractice.Name, storyLead), storyPractice, lead)},
		{Page: pageOrganisation, State: "closed", Data: organisationPageOf(seen(storyClosed.Name, storyCoordinator), storyClosed, coordinator)},
		{Page: pageOrganisation, State: "empty", Data: organisationPageOf(seen(storyTeam.Name, storyLead), storyTeam, lead)},
		{Page: pageNew, State: "empty", Data: newOrganisationPage(seen("Register an organisation", storyCoordinator), storyKey, nothing)},
		{Page: pageNew, State: "full", Data: newOrganisationPage(seen("Register an organisation", storyCoordinator), storyKey, entered.get)},
		{Page: pageNew, State: "error", Data: newOrganisationPage(refusedPage("Register an organisation", storyCoordinator, domain.Organisation{Status: terms.OrganisationActive}.Check()), storyKey, nothing)},
		{Page: pageReach, State: "full", Data: reachPage(seen(reachTitle, storyLead), storyPractice, storyKey)},
		{Page: pageReach, State: "empty", Data: reachPage(seen(reachTitle, storyLead), storyTeam, storyKey)},
		{Page: pageReach, State: "error", Data: reachPage(refusedPage(reachTitle, storyLead, domain.Organisation{Email: "nobody", Phone: "ring me"}.CheckReach()), storyTeam, storyKey)},
		{Page: pageStaff, State: "full", Data: staffPageOf(seen("Staff", storyLead), storyPractice, []domain.Role{storyRole, storyEnded}, lead, storyToday)},
		{Page: pageStaff, State: "empty", Data: staffPageOf(seen("Staff", storyCoordinator), storyPractice, nil, coordinator, storyToday)},
		{Page: pageColleague, State: "full", Data: colleaguePageOf(granted, storyPerson, lead, storyToday)},
		{Page: pageColleague, State: "empty", Data: colleaguePageOf(seen("Jo Example", storyLead), noStaff, lead, storyToday)},
		{Page: pageGrant, State: "empty", Data: grantPage(seen("Add a person", storyLead), storyPractice, lead, storyKey, typed{})},
		{Page: pageGrant, State: "full", Data: grantPage(seen("Add a person", storyLead), storyPractice, lead, storyKey, entered)},
		{Page: pageGrant, State: "error", Data: grantPage(refusedPage("Add a person", storyLead, domain.Role{From: storyToday, Until: "2026-02-31"}.Check(terms.KindPractice, storyToday)), storyPractice, lead, storyKey,
			typed{"display_name": {"<script>alert(1)</script>"}, "until_on-day": {"31"}})},
		{Page: pageEnd, State: "full", Data: endPage(seen("End access", storyLead), storyPractice, storyRole, storyKey)},
		{Page: pageEnd, State: "error", Data: endPage(refusedPage("End access", storyLead, domain.ErrLastLead), storyPractice, storyRole, storyKey)},
		{Page: pageCompetency, State: "empty", Data: competencyPage(seen("Add a training", storyLead), storyPerson, storyKey, typed{})},
		{Page: pageCompetency, State: "full", Data: competencyPage(seen("Add a training", storyLead), storyPerson, storyKey, entered)},
		{Page: pageCompetency, State: "error", Data: competencyPage(refusedPage("Add a training", storyLead, domain.Competency{}.Check(storyToday)), storyPerson, storyKey, typed{})},
		{Page: pageChoose, State: "full", Template: chooseTemplate, Data: choosePage(base("Choose a role"), storyRoles)},
		{Page: pageChoose, State: "error", Template: chooseTemplate, Data: choosePage(base("Choose a role"), authn.ChooseRole{Session: storyRoles.Session, Error: "Select a role"})},
	}, append(scopeStories(), shut()...)...)
}

var storyRoles = authn.ChooseRole{Session: authn.Session{Identity: authn.Identity{Grants: []authn.Grant{
	{Role: string(terms.RoleServiceLead), Organisation: storyPractice.ID, OrganisationName: storyPractice.Name},
	{Role: string(terms.RoleGP), Organisation: storyPractice.ID, OrganisationName: storyPractice.Name},
}}}}

// shut are the states in which a page can not be shown.
func shut() []ui.Story {
	states := []struct {
		state, heading string
		why            *fault.Error
	}{
		{"denied", headings[403], domain.ErrMayNot},
		{"error", headings[503], fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")},
		{"absent", headings[404], domain.ErrNoOrganisation},
	}
	var stories []ui.Story
	for _, page := range []string{pageOrganisations, pageOrganisation, pageStaff, pageColleague, pageScope} {
		for _, s := range states {
			stories = append(stories, ui.Story{Page: page, State: s.state, Template: ui.ShutterPage, Data: refusalPage(seen(s.heading, storyLead), s.why)})
		}
	}
	for _, page := range []string{pageNew, pageReach, pageGrant, pageEnd, pageCompetency, pageSetScope, pageEndScope} {
		stories = append(stories, ui.Story{Page: page, State: "denied", Template: ui.ShutterPage, Data: refusalPage(seen(headings[403], storyLead), domain.ErrMayNot)})
	}
	return stories
}

// seen is a page as the actor sees it.
func seen(title string, a actor.Actor) ui.Page {
	p := base(title)
	p.Simulated = "All people are invented"
	signedIn(&p, a)
	return p
}

func refusedPage(title string, a actor.Actor, err error) ui.Page {
	p := seen(title, a)
	p.Problems = ui.ProblemsOf(err)
	return p
}

func nothing(string) string { return "" }
