package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// untaught is what somebody is told whose training has run out.
var untaught = fault.Forbidden("To send a referral for any need you need training in care navigation, tier Essential or higher, and yours ran out on 21 November 2026. " +
	"At your organisation these may: Dr Asha Patel (GP), Dr Tom Hale (GP). Ask a colleague who has it to sign with you, or a GP or the practice manager to send it. Your service lead records trainings in the register")

func (t teller) supervisors() []app.Supervisor {
	return []app.Supervisor{{PersonID: storyPatel, PersonName: "Dr Asha Patel", Role: terms.RoleGP}, {PersonID: storyHale, PersonName: "Dr Tom Hale", Role: terms.RoleGP}}
}

// trainee is a draft that Sam Reed has begun and asked Dr Patel to sign.
func (t teller) trainee(answer domain.SignatureAnswer, change func(*app.DraftPage)) app.DraftPage {
	return t.draft(func(d *app.DraftPage) {
		d.MayNot, d.Supervisors = untaught, t.supervisors()
		d.Signature = domain.Signature{DraftID: d.ID, PracticeID: d.PracticeID, DraftVersion: d.Version, AskedBy: storySam, AskedAt: t.now.Add(-5 * time.Minute), SupervisorID: storyPatel, Answer: answer}
		if answer != "" {
			d.Signature.AnsweredBy, d.Signature.AnsweredAt = storyPatel, t.now.Add(-time.Minute)
		}
		if change != nil {
			change(d)
		}
	})
}

func (t teller) signing() []ui.Story {
	asked := t.trainee("", nil)
	may := func(d *app.DraftPage) { d.MayNot, d.Supervisors = nil, nil }
	list := app.SignatureList{Waiting: []domain.Signature{asked.Signature}, Drafts: map[string]domain.Draft{storyID: asked.Draft}, Patients: t.known(), Names: t.names()}
	check := func(f form, d app.DraftPage) plainPage {
		return t.web.drawCheck(t.onDraft("Check before sending"), f, d)
	}
	p := t.page("To sign", "Sign for a colleague: JH")
	p.Header, p.Back = header(t.patient(), t.now), back("To sign", "/practice/signatures")
	sign := func(d app.DraftPage, me string) plainPage { return t.web.drawSignature(p, fresh(url.Values{}), d, me) }
	e, ef := t.wrong(t.onDraft("Check before sending"), url.Values{}, fields("supervisor", "Select who should sign"))
	a, af := t.wrong(p, url.Values{}, fields("answer", "Select whether you sign this"))
	return []ui.Story{
		plainStory("check", "asked to sign", check(fresh(nil), asked)),
		plainStory("check", "signed", check(fresh(nil), t.trainee(domain.SignatureGiven, nil))),
		plainStory("check", "sent back", check(fresh(nil), t.trainee(domain.SignatureSentBack, nil))),
		plainStory("check", "changed since", check(fresh(nil), t.trainee("", func(d *app.DraftPage) { d.Version++ }))),
		plainStory("check", "nobody can sign", check(fresh(nil), t.trainee("", func(d *app.DraftPage) { d.Supervisors = []app.Supervisor{} }))),
		plainStory("check", "error", t.web.drawCheck(e, ef, t.draft(func(d *app.DraftPage) { d.MayNot, d.Supervisors = untaught, t.supervisors() }))),
		{Page: "signatures", State: "empty", Template: "listing", Data: drawSignatures(t.page("To sign", "To sign"), app.SignatureList{}, storyPatel, t.now)},
		{Page: "signatures", State: "full", Template: "listing", Data: drawSignatures(t.page("To sign", "To sign"), list, storyPatel, t.now)},
		plainStory("signature", "empty", sign(t.draft(nil), storyPatel)),
		plainStory("signature", "full", sign(t.trainee("", may), storyPatel)),
		plainStory("signature", "signed", sign(t.trainee(domain.SignatureGiven, may), storyHale)),
		plainStory("signature", "changed since", sign(t.trainee("", func(d *app.DraftPage) { may(d); d.Version++ }), storyPatel)),
		plainStory("signature", "one’s own", sign(asked, storySam)),
		plainStory("signature", "not trained", sign(asked, storyHale)),
		plainStory("signature", "error", t.web.drawSignature(a, af, t.trainee("", may), storyPatel)),
	}
}
