package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

func (web *Web) askFlags(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, drawFlags(web.page(r, "Red-flag questions", sectionReferrals), Root+"/referrals/new"+query("patient", patientAsked(r)), 0, typed{}))
}

// patientAsked is whom the referral is to be about, when it was begun from a patient's page.
func patientAsked(r *http.Request) string {
	if ref := r.URL.Query().Get("patient"); id.Valid(ref) {
		return ref
	}
	return ""
}

// drawFlags asks before anything is written down. Each question has its own answer, so that none is passed over.
func drawFlags(p ui.Page, action string, version int64, t typed) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: "Referrals", Href: Root + "/referrals"}
	form := ui.Form{Action: action, IdempotencyKey: newKey(), Version: version, Buttons: []ui.Component{ui.Button{Text: "Continue"}}}
	for _, q := range terms.RedFlagQuestions {
		form.Fields = append(form.Fields, ui.Radios{Name: string(q.Code), Label: q.AskAbout, Hint: q.Listen, Value: t.or(string(q.Code), ""), Error: t.wrong(string(q.Code)), Options: ui.YesNo(), Inline: true})
	}
	return sheet{Page: p, Heading: "Red-flag questions", Parts: []ui.Component{ui.Paragraph("Ask these first, today. If any answer is yes, the person needs help now and a referral comes too late."), form}}
}

// readFlags tells which questions were answered with yes.
func readFlags(f *httpx.Form) (yes []terms.RedFlagQuestionInfo) {
	for _, q := range terms.RedFlagQuestions {
		if f.YesNo(string(q.Code), "Select yes or no: "+q.Label) {
			yes = append(yes, q)
		}
	}
	return yes
}

// drawStop says whom to ring. No practice stands behind this door, so the person who asked has to act.
func drawStop(p ui.Page, yes []terms.RedFlagQuestionInfo) ui.Shutter {
	body := ui.Group{}
	urgent := false
	for _, q := range yes {
		body = append(body, ui.WarningCallout{Heading: q.Label, Body: ui.Paragraph(q.Do), Urgent: q.Ring999})
		urgent = urgent || q.Ring999
	}
	var ring ui.List
	for _, x := range terms.CrisisRungs {
		switch {
		case x.Code == terms.RungNobodyYet:
		case x.Phone != "":
			ring = append(ring, ui.Link{Text: x.Label + ": " + x.When, Href: "tel:" + x.Phone})
		default:
			ring = append(ring, ui.Text(x.Label+": "+x.When))
		}
	}
	body = append(body, ui.Heading{Text: "Whom to ring"}, ring, ui.Paragraph("Nothing was sent or kept. When the person is safe, start the referral again and ask the questions once more."), ui.Link{Text: "Go to your home page", Href: Root})
	heading := "Stop: get help for this person now"
	if urgent {
		heading = "Stop: ring 999 now"
	}
	p.Title = heading
	return ui.Shutter{Page: p, Heading: heading, Body: body}
}

func (web *Web) answerFlags(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	patient := patientAsked(r)
	yes := readFlags(f)
	if err := f.Err(); err != nil && len(yes) == 0 {
		return web.show(w, httpx.Status(err), drawFlags(web.page(r, "Red-flag questions", sectionReferrals), Root+"/referrals/new"+query("patient", patient), 0, typed{f, ui.ProblemsOf(err)}))
	}
	if len(yes) > 0 {
		return web.pages.Render(w, http.StatusOK, ui.ShutterPage, drawStop(web.page(r, "Stop", sectionReferrals), yes))
	}
	done, err := web.app.StartReferral(r.Context(), who(r.Context()), httpx.Command(r.Context(), "start referral"), patient)
	if err != nil {
		return err
	}
	return to(w, r, draftPath(done.ID), "")
}

func (web *Web) askFlagsAgain(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	return web.show(w, http.StatusOK, drawFlags(web.page(r, "Red-flag questions", sectionReferrals), draftPath(v.ID)+"/red-flags", v.Version, typed{}))
}

func (web *Web) answerFlagsAgain(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		if yes := readFlags(f); len(yes) > 0 {
			return "answered", web.pages.Render(w, http.StatusOK, ui.ShutterPage, drawStop(web.page(r, "Stop", sectionReferrals), yes))
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.app.AskFlagsAgain(r.Context(), who(r.Context()), httpx.Command(r.Context(), "ask red flags"), v.ID, version)
		return "", err
	}, func(status int, v app.DraftView, t typed) error {
		return web.show(w, status, drawFlags(web.page(r, "Red-flag questions", sectionReferrals), draftPath(v.ID)+"/red-flags", v.Version, t))
	})
}
