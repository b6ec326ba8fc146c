package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (t teller) flagPage(rung domain.Rung) app.FlagPage {
	return app.FlagPage{Patient: t.patient(), Names: t.names(), Duty: domain.Duty{ClinicianID: storyPatel, ClinicianPhone: "extension 12", DeputyID: storyHale, DeputyPhone: "extension 14"}, Flag: domain.Flag{
		ID: storyID, Ref: storyRef, Source: terms.RedFlagFromReception, Questions: []terms.RedFlagQuestion{terms.RedFlagSuicideSelfHarm}, Note: "She says she can not go on.",
		RaisedBy: storySam, RaisedAt: t.now.Add(-4 * time.Minute), DutyID: storyPatel, DeputyID: storyHale, Rung: rung, DueAt: t.now.Add(11 * time.Minute), Version: 1,
		Steps: []domain.FlagStep{{At: t.now.Add(-4 * time.Minute), By: storySam, What: "raised"}},
	}}
}

func (t teller) dangers() []ui.Story {
	duty := app.DutyPage{Duty: domain.Duty{ClinicianID: storyPatel, ClinicianPhone: "extension 12", DeputyID: storyHale, SetBy: storySam, SetAt: t.now, Version: 1}, Names: t.names()}
	gp, sam := actor.Actor{Role: "gp"}, actor.Actor{Role: "receptionist"}
	draw := func(x app.FlagPage, who actor.Actor) plainPage {
		return t.web.drawFlag(t.page("Red flags", "Red flag for JH"), fresh(nil), x, who)
	}
	done := t.flagPage(domain.RungDuty)
	done.ActedBy, done.ActedAt, done.EndedAt, done.Action = storyPatel, t.now, t.now, terms.RedFlagSeenNow
	bare := t.flagPage(domain.RungNobody)
	bare.Duty, bare.Note, bare.Steps = domain.Duty{}, "", nil
	c, cf := t.wrong(t.page("Crisis", "Somebody is in danger"), url.Values{}, fields("who", "Enter their name and how to reach them", "note", "Say what is wrong"))
	d, df := t.wrong(t.page("", "On duty today"), url.Values{}, fields("clinician", "Select the duty clinician"))
	a, af := t.wrong(t.page("Red flags", "Red flag for JH"), url.Values{}, fields("action", "Select what you are doing about it"))
	list := app.FlagList{Flags: []domain.Flag{t.flagPage(domain.RungNobody).Flag, t.flagPage(domain.RungDeputy).Flag, done.Flag}, Patients: t.known(), Names: t.names()}
	return []ui.Story{
		plainStory("crisis", "empty", t.web.drawCrisis(t.page("Crisis", "Somebody is in danger"), fresh(url.Values{}), duty, domain.Patient{})),
		plainStory("crisis", "full", t.web.drawCrisis(t.page("Crisis", "Somebody is in danger"), fresh(url.Values{}), app.DutyPage{}, t.patient())),
		plainStory("crisis", "error", t.web.drawCrisis(c, cf, duty, domain.Patient{})),
		plainStory("red flag", "empty", draw(bare, sam)),
		plainStory("red flag", "full", draw(t.flagPage(domain.RungDuty), sam)),
		plainStory("red flag", "for the clinician", draw(t.flagPage(domain.RungDuty), gp)),
		plainStory("red flag", "nobody answered", draw(t.flagPage(domain.RungNobody), sam)),
		plainStory("red flag", "dealt with", draw(done, sam)),
		plainStory("red flag", "error", t.web.drawFlag(a, af, t.flagPage(domain.RungDeputy), gp)),
		{Page: "red flags", State: "empty", Template: "listing", Data: t.web.drawFlags(t.page("Red flags", "Red flags"), app.FlagList{}, true, "", "/practice/red-flags")},
		{Page: "red flags", State: "full", Template: "listing", Data: t.web.drawFlags(t.page("Red flags", "Red flags"), list, false, "", "/practice/red-flags")},
		plainStory("duty", "empty", t.web.drawDuty(t.page("", "On duty today"), fresh(url.Values{}), app.DutyPage{}, true)),
		plainStory("duty", "full", t.web.drawDuty(t.page("", "On duty today"), fresh(url.Values{}), duty, false)),
		plainStory("duty", "error", t.web.drawDuty(d, df, duty, true)),
	}
}
