package web

import (
	"net/http"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func draftStories(add adds, shut func(page, state string, data ui.Shutter)) {
	add("drafts", "empty", storyNia, func(p ui.Page) sheet { return drawDrafts(p, nil, storyNow) })
	add("drafts", "full", storyNia, func(p ui.Page) sheet {
		return drawDrafts(p, []app.DraftView{storyDraft(domain.DraftReferral, true), storyDraft(domain.DraftAgenda, false)}, storyNow)
	})
	add("draft", "empty", storyNia, func(p ui.Page) sheet { return drawDraft(p, storyDraft(domain.DraftReferral, false), storyNow) })
	add("draft", "full", storyMaya, func(p ui.Page) sheet { return drawDraft(p, storyDraft(domain.DraftAgenda, true), storyNow) })
	add("red flags", "empty", storyNia, func(p ui.Page) sheet { return drawFlags(p, Root+"/referrals/new", 0, typed{}) })
	asked := []string{string(terms.RedFlagQuestions[0].Code), "no", string(terms.RedFlagQuestions[1].Code), "no"}
	add("red flags", "full", storyNia, func(p ui.Page) sheet { return drawFlags(p, Root+"/referrals/new", 0, entered(asked...)) })
	add("red flags", "error", storyNia, func(p ui.Page) sheet {
		return drawFlags(p, Root+"/referrals/new", 0, wrong(string(terms.RedFlagQuestions[0].Code), "Select yes or no: chest pain or trouble breathing"))
	})
	add("red flags again", "empty", storyNia, func(p ui.Page) sheet { return drawFlags(p, draftPath(idThing)+"/red-flags", 2, typed{}) })
	add("red flags again", "full", storyNia, func(p ui.Page) sheet {
		return drawFlags(p, draftPath(idThing)+"/red-flags", 2, entered(asked...))
	})
	add("red flags again", "error", storyNia, func(p ui.Page) sheet {
		return drawFlags(p, draftPath(idThing)+"/red-flags", 2, wrong(string(terms.RedFlagQuestions[0].Code), "Select yes or no: chest pain or trouble breathing"))
	})
	shut("red flags", "stop", drawStop(frame("Story", "", storyNia), terms.RedFlagQuestions[3:5]))
	add("consent", "empty", storyNia, func(p ui.Page) sheet { return drawConsent(p, storyDraft(domain.DraftReferral, false), typed{}) })
	add("consent", "full", storyNia, func(p ui.Page) sheet {
		return drawConsent(p, storyDraft(domain.DraftReferral, false), entered("purpose", string(terms.ConsentShareSensitive), "given", "yes", "how", "phone"))
	})
	add("consent", "error", storyNia, func(p ui.Page) sheet {
		return drawConsent(p, storyDraft(domain.DraftAgenda, false), wrong("given", "Select yes if the person agrees"))
	})
	shut("consent", "no", drawNoConsent(frame("Story", "", storyNia), Root))
	add("draft patient", "empty", storyNia, func(p ui.Page) sheet {
		return drawAskPatient(p, storyDraft(domain.DraftReferral, false), nil, "", typed{}, storyNow)
	})
	add("draft patient", "full", storyNia, func(p ui.Page) sheet {
		return drawAskPatient(p, storyDraft(domain.DraftReferral, false), &app.Found{Patients: []domain.Patient{storyPatient()}}, "Hart", typed{}, storyNow)
	})
	add("draft patient", "error", storyNia, func(p ui.Page) sheet {
		return drawAskPatient(p, storyDraft(domain.DraftReferral, false), &app.Found{Number: "9990000026"}, "999 000 0026", wrong("family_name", "Enter their family name"), storyNow)
	})
	add("details", "empty", storyNia, func(p ui.Page) sheet {
		return drawDetails(p, storyDraft(domain.DraftReferral, false), nil, nil, typed{}, storyNow)
	})
	add("details", "full", storyNia, func(p ui.Page) sheet {
		return drawDetails(p, storyDraft(domain.DraftReferral, true), nil, nil, typed{}, storyNow)
	})
	add("details", "error", storyMaya, func(p ui.Page) sheet {
		return drawDetails(p, storyDraft(domain.DraftAgenda, true), nil, nil, wrong("reason", "Select why the meeting should talk about them"), storyNow)
	})
	add("details", "not here", storyNia, func(p ui.Page) sheet {
		team := app.Team{ID: idThing, Name: "Ardwick Link Workers", AcceptsReferrals: true, NotHere: []app.TeamRefusal{{Need: terms.NeedLoneliness, Why: "The village hall does."}}}
		return drawDetails(p, storyDraft(domain.DraftReferral, true), nil, []app.Team{team}, wrong("receiver", "Ardwick Link Workers does not take this need. Choose another. The village hall does"), storyNow)
	})
	add("check", "hindered", storyNia, func(p ui.Page) sheet {
		v := storyDraft(domain.DraftReferral, true)
		v.NotHere = fault.Invalid("receiver", "Ardwick Link Workers does not take this need. Choose another. The village hall does")
		v.MayNot = fault.Forbidden("Your role, Care professional, does not do this for loneliness. Nobody at your organisation may just now. The village hall takes these from anybody")
		return drawCheck(p, v, typed{}, storyNow)
	})
	add("check", "full", storyNia, func(p ui.Page) sheet { return drawCheck(p, storyDraft(domain.DraftReferral, true), typed{}, storyNow) })
}

func referralStories(add adds, denied denies) {
	add("referrals", "empty", storyNia, func(p ui.Page) sheet { return drawReferrals(p, nil, referralList{Show: "held"}, "", storyNow) })
	add("referrals", "full", storyNia, func(p ui.Page) sheet {
		return drawReferrals(p, []app.ReferralView{storyReferral(terms.ReferralOffered), storyReferral(terms.ReferralHeld)}, referralList{Need: string(terms.NeedLoneliness)}, "?cursor=x", storyNow)
	})
	add("referral", "empty", storyNia, func(p ui.Page) sheet {
		bare := storyReferral(terms.ReferralRequested)
		bare.Progress, bare.Steps, bare.Receivers = domain.Progress{State: terms.ReferralRequested}, nil, nil
		return drawReferral(p, bare, typed{}, storyNow)
	})
	add("referral", "full", storyNia, func(p ui.Page) sheet { return drawReferral(p, storyReferral(terms.ReferralOffered), typed{}, storyNow) })
	for _, state := range []terms.ReferralState{terms.ReferralHeld, terms.ReferralInformationAsked, terms.ReferralClosed} {
		add("referral", string(state), storyNia, func(p ui.Page) sheet { return drawReferral(p, storyReferral(state), typed{}, storyNow) })
	}
	add("referral", "no email", storyNia, func(p ui.Page) sheet {
		v := storyReferral(terms.ReferralOffered)
		v.Notice, v.Phone = terms.NoticeNoAddress, "0161 496 0101"
		return drawReferral(p, v, typed{}, storyNow)
	})
	add("referral", "error", storyNia, func(p ui.Page) sheet {
		return drawReferral(p, storyReferral(terms.ReferralInformationAsked), wrong("answer", "Enter your answer"), storyNow)
	})
	denied("referral", http.StatusNotFound, domain.ErrNoReferral)
	add("sent", "full", storyNia, func(p ui.Page) sheet {
		return drawSent(p, storyReferral(terms.ReferralRequested), storyNow.AddDate(0, 0, 3))
	})
	add("withdraw", "empty", storyNia, func(p ui.Page) sheet { return drawWithdraw(p, storyReferral(terms.ReferralOffered), typed{}, storyNow) })
	add("withdraw", "full", storyNia, func(p ui.Page) sheet {
		return drawWithdraw(p, storyReferral(terms.ReferralOffered), entered("reason", "other", "note", "She moved to her daughter"), storyNow)
	})
	add("withdraw", "error", storyNia, func(p ui.Page) sheet {
		return drawWithdraw(p, storyReferral(terms.ReferralOffered), wrong("reason", "Select why you withdraw it"), storyNow)
	})
}

func storyGuests() app.Guests {
	return app.Guests{
		Organisations: []app.Organisation{{ID: idHospital, Name: "Wythenshawe Discharge Team", Kind: terms.KindOtherCare}},
		People:        map[string][]app.Role{idHospital: {{PersonID: idNia, PersonName: "Nia Nurse", OrganisationID: idHospital, Role: terms.RoleCareProfessional}}},
	}
}
