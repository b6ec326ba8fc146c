package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

func storiesOfRemovals(add adder) {
	officer := storyCoordinator
	officer.Role = string(terms.RolePrivacyOfficer)
	said := func(missing bool) (by []app.RemovalBy) {
		for _, service := range []string{"linkworker", "mdt", "primarycare", "vcse"} {
			by = append(by, app.RemovalBy{Service: service, Removed: 2, At: storyNow})
		}
		if missing {
			by[3] = app.RemovalBy{Service: "vcse"}
		}
		return by
	}
	v := app.RemovalsView{Now: storyNow, Removals: []app.Removal{
		{BecauseEvent: storyRef, PatientRef: storyRef, Because: terms.RemovalPatientErased, ToldAt: storyNow.Add(-time.Hour), DueAt: storyNow.Add(20 * time.Hour), By: said(true)},
		{BecauseEvent: storyCaseID, PatientRef: storyCaseID, Because: terms.RemovalConsentWithdrawn, ToldAt: storyNow.Add(-48 * time.Hour), DueAt: storyNow.Add(-24 * time.Hour), By: said(false)},
	}}
	add(pageRemovals, "full", removalsPageOf(storyPage(removalsTitle, officer), v, nil))
	storiesOfErasing(add, officer, v)
	add(pageRemovals, "empty", removalsPageOf(storyPage(removalsTitle, officer), app.RemovalsView{Now: storyNow}, nil))
	unsure := storyPage(removalsTitle, officer)
	unsure.Problems = ui.Problems{{Field: "sure", Message: "Confirm that you know this can not be undone"}}
	late := v
	late.Now = storyNow.Add(72 * time.Hour)
	add(pageRemovals, "error", removalsPageOf(unsure, late, url.Values{"reference": {"C7K4 9MXC"}, "why": {"patient_asked"}}))
}
