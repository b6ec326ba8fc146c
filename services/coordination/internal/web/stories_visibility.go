package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

func storyGrant(n int) domain.Grant {
	at := storyNow.Add(-time.Duration(n) * 26 * time.Hour)
	return domain.Grant{
		ID: "0c9d2c7e-0000-4000-8000-00000000030" + string(rune('0'+n)), PatientRef: storyRef, CaseID: storyCaseID, Person: storyGwen, Organisation: storyPractice,
		Role: terms.RoleGP, Reason: domain.GlassLifeAtRisk, Words: "She was brought in and could not speak.", Sensitive: true, At: at, Until: at.Add(domain.GlassStands),
		ReviewDueAt: at.Add(72 * time.Hour),
	}
}

func storiesOfVisibility(add adder) {
	officer := storyCoordinator
	officer.Role = string(terms.RolePrivacyOfficer)
	lead := storyCoordinator
	lead.Role = string(terms.RoleServiceLead)
	// The page is the rule as it is: it is never empty, and nothing can be sent to it.
	for _, state := range []string{"full", "empty", "error"} {
		add(pageWhoSees, state, whoSeesPageOf(storyPage(whoSeesTitle, lead)))
	}

	add(pageEmergency, "full", emergencyPageOf(storyPage(emergencyTitle, storyCoordinator), storyRef, nil))
	add(pageEmergency, "empty", emergencyPageOf(storyPage(emergencyTitle, storyCoordinator), "", nil))
	wrong := storyPage(emergencyTitle, storyCoordinator)
	wrong.Problems = ui.Problems{{Field: "reason", Message: "Select why you must look now"}, {Field: "words", Message: "Enter what has happened, so that it can be reviewed"}}
	add(pageEmergency, "error", emergencyPageOf(wrong, "", url.Values{"reference": {"C7K4 9MXC"}}))

	reviewed := storyGrant(3)
	reviewed.Outcome, reviewed.ReviewedBy, reviewed.ReviewedAt, reviewed.Note = domain.GlassRight, storyCora, storyNow, "The hospital confirmed it by phone."
	all := app.GlassesView{Grants: []domain.Grant{storyGrant(1), storyGrant(4), reviewed}, References: map[string]string{storyCaseID: storyCase.Reference}, Names: storyNames, Now: storyNow}
	add(pageEmergencies, "full", emergenciesPageOf(storyPage(emergenciesTitle, officer), all, nil))
	add(pageEmergencies, "empty", emergenciesPageOf(storyPage(emergenciesTitle, officer), app.GlassesView{Now: storyNow}, nil))
	unknown := storyPage(emergenciesTitle, officer)
	unknown.Problems = ui.Problems{{Field: "reference", Message: "No case or referral has this reference. Check it, or ask who read it out"}}
	add(pageEmergencies, "error", emergenciesPageOf(unknown, all, url.Values{"reference": {"C7K4 9MX2"}}))

	looks := []app.Look{
		{ID: storyRef, At: storyNow.Add(-time.Hour), Person: storyGwen, Organisation: storyPractice, Role: string(terms.RoleGP), Verb: "read", Object: "case", Emergency: true},
		{ID: storyCaseID, At: storyNow.Add(-2 * time.Hour), Person: storyRita, Organisation: storyOther, Role: string(terms.RoleReceptionist), Verb: "ask who helps", Object: "patient"},
		{ID: storyTeam, At: storyNow.Add(-3 * time.Hour), Verb: "change", Object: "record"},
	}
	one := app.GlassView{Grant: storyGrant(1), Reference: storyCase.Reference, Looks: looks[:1], Names: storyNames, Now: storyNow}
	add(pageReview, "full", reviewPageOf(storyPage(reviewTitle, officer), one, nil))
	not := storyPage(reviewTitle, officer)
	not.Problems = ui.Problems{{Field: "outcome", Message: "Select what you found"}}
	add(pageReview, "error", reviewPageOf(not, one, nil))
	one.Grant, one.Looks = reviewed, nil
	add(pageReview, "empty", reviewPageOf(storyPage(reviewTitle, officer), one, nil))

	add(pageLooked, "full", lookedPageOf(storyPage(lookedTitle, officer), app.LooksView{PatientRef: storyRef, Looks: looks, Names: storyNames, Now: storyNow}))
	add(pageLooked, "empty", lookedPageOf(storyPage(lookedTitle, officer), app.LooksView{PatientRef: storyRef, Now: storyNow}))
	add(pageLooked, "error", lookedPageOf(storyPage(lookedTitle, officer), app.LooksView{PatientRef: storyRef, Looks: looks, Unread: []string{"linkworker", "vcse"}, Names: storyNames, Now: storyNow}))

	seen := storyFullCase()
	grant := storyGrant(0)
	seen.Emergency = &grant
	add(pageCase, "emergency", casePageOf(storyPage("Case C7K4 9MXC", storyReceptionist), seen))
}
