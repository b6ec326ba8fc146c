package canary

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

const (
	primarycareAPI = "/api/primarycare/v1"
	linkworkerAPI  = "/api/linkworker/v1"
	mdtAPI         = "/api/mdt/v1"
)

// person is everything a form asks about somebody, each field with a word of its own.
func person(extra object) object {
	o := object{
		"given_name": word("given"), "family_name": word("family"), "date_of_birth": bornOn, "nhs_number": number, "sex": "female", "phone": phone,
		"email": word("mail") + "@example.org", "address_lines": []string{"1 " + word("street"), word("town")}, "postcode": postcode, "language": "pl",
		"interpreter_needed": true, "accessibility": []string{"step_free"}, "safe_ways": object{"phone": true, "text": true, "email": true, "letter": true},
		"safe_note": "Ask for " + word("safe"), "next_of_kin": word("kin") + ", her niece",
	}
	for name, value := range extra {
		if value == nil {
			delete(o, name)
			continue
		}
		o[name] = value
	}
	return o
}

func agreed(extra object) object {
	extra["consent"] = object{"given": true, "how": "in_person"}
	return extra
}

// service is something a provider offers for a need.
func (s *scene) service(as *demo.Client, name string, need terms.Need) object {
	s.t.Helper()
	made := s.makes(as, "/api/vcse/v1/services", object{
		"name": name, "needs": []terms.Need{need}, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
		"places": []object{{"name": "Hall", "postcode": "BL9 0EJ"}},
	})
	return object{"kind": "service", "id": made}
}

// refers sends a referral from the practice's desk, with what was said and what is to be watched.
func (s *scene) refers(ref string, need terms.Need, to ...object) string {
	s.t.Helper()
	return s.makes(s.desk(), primarycareAPI+"/referrals", agreed(object{
		"patient_ref": ref, "red_flags_clear": true, "need": need, "receivers": to, "narrative": word("story") + " has not gone out since June.",
		"safeguarding": "A dog, says " + word("risk"), "safeguarding_codes": []string{"self_harm"}, "accessibility": []string{"step_free"},
	}))
}

// play lets people do everything that asks for personal data, or for words about somebody.
func (s *scene) play() {
	ref := s.desks()
	s.providers(ref)
	supported := s.linkWorkers(ref)
	s.meetings(ref)
	s.emergency(ref)
	s.steps(s.linker(), supported, "end", object{"outcome": "helped", "note": word("lwended")})
	s.flags(ref)
	s.drafts(ref)
	s.parks(ref)
	s.looks(ref)
	s.settles()
}

// desks has somebody added at two practices, found by what was typed, and changed.
func (s *scene) desks() (ref string) {
	ref = s.makes(s.desk(), primarycareAPI+"/patients", person(object{"next_of_kin": nil}))
	there := s.makes(s.as(s.other, terms.RoleReceptionist), primarycareAPI+"/patients", person(nil))
	require.Equal(s.t, ref, there)
	s.refs = append(s.refs, ref)
	etag, err := s.desk().Get(s.ctx, primarycareAPI+"/patients/"+ref, nil)
	require.NoError(s.t, err)
	require.NoError(s.t, s.desk().Put(s.ctx, primarycareAPI+"/patients/"+ref, etag, person(nil)))
	for _, typed := range []string{number, word("family")} {
		var found object
		require.NoError(s.t, s.desk().Make(s.ctx, primarycareAPI+"/patients/search", "", object{"text": typed}, &found))
		s.ask(s.ctx, s.desk(), http.MethodPost, "/practice/patients/find", url.Values{"who": {typed}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	return ref
}

// providers has one provider ask and bounce, the next see the person and end; another referral is taken back with a note.
func (s *scene) providers(ref string) {
	lunch, talk := s.service(s.provider(), "Lunch club", terms.NeedLoneliness), s.service(s.rival(), "Tea and talk", terms.NeedLoneliness)
	s.settles()
	sent := s.refers(ref, terms.NeedLoneliness, lunch, talk)
	mine := primarycareAPI + "/referrals/" + sent
	o := s.offered(s.provider(), "vcse", sent)
	s.steps(s.provider(), o, "ask", object{"question": "Can " + word("question") + " climb stairs?"})
	question := s.field(s.desk(), mine, "question_id", func(q string) bool { return q != "" })
	s.steps(s.desk(), mine, "information", object{"question_id": question, "answer": "With " + word("answer")})
	s.comesTo(s.desk(), mine, terms.ReferralOffered)
	s.settles()
	s.steps(s.provider(), o, "bounce", object{"reason": "not_eligible", "criterion": word("criterion") + " only", "detail": word("detail") + " is too young"})
	o = s.offered(s.rival(), "vcse", sent)
	s.steps(s.rival(), o, "accept", object{})
	s.comesTo(s.desk(), mine, terms.ReferralAccepted)
	s.settles()
	s.steps(s.rival(), o, "attendance", object{"session_on": s.stage.Now().Format(time.DateOnly), "result": "attended"})
	s.comesTo(s.desk(), mine, terms.ReferralUnderWay)
	s.settles()
	s.steps(s.rival(), o, "end", object{"outcome": "helped", "note": word("ended") + " comes every week"})
	s.comesTo(s.desk(), mine, terms.ReferralClosed)

	walk := s.service(s.provider(), "Walking group", terms.NeedPhysicalActivity)
	s.settles()
	again := s.refers(ref, terms.NeedPhysicalActivity, walk)
	s.offered(s.provider(), "vcse", again)
	s.steps(s.desk(), primarycareAPI+"/referrals/"+again, "withdraw", object{"reason": "patient_changed_mind", "note": word("withdrawn") + " will not"})
	s.makes(s.desk(), primarycareAPI+"/signposts", object{"patient_ref": ref, "need": terms.NeedPhysicalActivity, "service_id": walk["id"]})
	s.settles()
}

// linkWorkers takes one referral through everything they write down, passes part of it on, and bounces another.
func (s *scene) linkWorkers(ref string) (supported string) {
	lead := s.as(s.team, terms.RoleServiceLead)
	etag, err := lead.Get(s.ctx, linkworkerAPI+"/team", nil)
	require.NoError(s.t, err)
	require.NoError(s.t, lead.Put(s.ctx, linkworkerAPI+"/team", etag, object{
		"what_we_do": "We walk with you", "accepts_referrals": true, "needs": []terms.Need{terms.NeedDebtAndMoney, terms.NeedBereavement}, "network_codes": []string{s.team.NetworkCode},
	}))
	housing := s.service(s.provider(), "Housing advice", terms.NeedHousing)
	s.housing = housing["id"].(string)
	s.settles()
	team := object{"kind": "team", "id": s.team.OrganisationID}
	sent := s.refers(ref, terms.NeedDebtAndMoney, team)
	o := s.offered(s.linker(), "linkworker", sent)
	s.steps(s.linker(), o, "ask", object{"question": "Who is " + word("lwquestion") + "?"})
	mine := primarycareAPI + "/referrals/" + sent
	question := s.field(s.desk(), mine, "question_id", func(q string) bool { return q != "" })
	s.steps(s.desk(), mine, "information", object{"question_id": question, "answer": "Her " + word("lwanswer")})
	s.comesTo(s.desk(), mine, terms.ReferralOffered)
	s.settles()
	s.steps(s.linker(), o, "accept", object{})
	s.comesTo(s.desk(), mine, terms.ReferralAccepted)
	s.settles()
	does := func(step string, body object) { s.makes(s.linker(), o+"/"+step, body) }
	does("contacts", object{"how": "phone", "result": "reached", "note": word("contact") + " was at home"})
	does("assessments", object{"stage": "start", "needs": []string{"debt_and_money"}, "matters": word("matters"), "satisfied": 3, "worthwhile": 4, "happy": 2, "anxious": 7})
	s.steps(s.linker(), o, "plans", object{
		"matters": word("plan"), "review_on": s.stage.Now().AddDate(0, 0, 20).Format(time.DateOnly),
		"goals": []object{{"text": word("goal"), "steps": []object{{"text": word("step"), "who": word("stepper")}}}},
	})
	s.steps(s.linker(), o, "crisis", object{"whom_rung": "nobody_yet", "note": word("crisis") + " wants to end it"})
	does("referrals", object{"need": terms.NeedHousing, "urgency": "routine", "receivers": []object{housing}, "narrative": word("onward"), "safeguarding": word("onrisk"), "consent": object{"given": true, "how": "in_person"}})
	s.settles()
	s.onward()
	s.steps(s.linker(), o, "assign", object{"assign_to": lead.Who().Person.ID, "why": "To " + word("colleague")})
	supported = o

	other := s.refers(ref, terms.NeedBereavement, team)
	o = s.offered(s.linker(), "linkworker", other)
	s.steps(s.linker(), o, "bounce", object{"reason": "not_eligible", "criterion": word("lwcriterion"), "detail": word("lwdetail")})
	s.settles()
	at := s.fills(s.linker(), "/link-worker/people/add", "/link-worker/people/add", url.Values{
		"consent": {"yes"}, "consent_how": {"phone"}, "need": {string(terms.NeedTransport)}, "urgency": {"routine"}, "narrative": {word("added")}, "safeguarding": {word("addrisk")},
		"given_name": {word("walkin")}, "family_name": {word("walkedin")}, "born-day": {"3"}, "born-month": {"11"}, "born-year": {"1987"}, "phone": {phone}, "postcode": {postcode}, "safe": {"phone"}, "safe_note": {word("walksafe")},
	})
	s.settles()
	var r object
	_, err = s.linker().Get(s.ctx, linkworkerAPI+"/referrals/"+last(at), &r)
	require.NoError(s.t, err)
	s.refs = append(s.refs, r["patient_ref"].(string))
	return supported
}

// last is the last part of a path.
func last(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// onward has a provider ask about what a link worker sent on; it is answered, and taken back.
func (s *scene) onward() {
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	_, err := s.linker().Get(s.ctx, linkworkerAPI+"/referrals", &list)
	require.NoError(s.t, err)
	require.Len(s.t, list.Items, 1)
	mine := linkworkerAPI + "/referrals/" + list.Items[0].ID
	o := s.offered(s.provider(), "vcse", list.Items[0].ID)
	s.steps(s.provider(), o, "ask", object{"question": "Where is " + word("onquestion") + "?"})
	s.settles()
	s.steps(s.linker(), mine, "information", object{"answer": word("onanswer")})
	s.settles()
	s.steps(s.linker(), mine, "withdraw", object{"reason": "patient_changed_mind", "note": word("onwithdrawn")})
	s.settles()
}

// meetings puts somebody on an agenda, decides, asks two to hold the case, agrees on actions, and refers.
func (s *scene) meetings(ref string) {
	contact := person(object{"sex": nil, "language": nil, "interpreter_needed": nil, "accessibility": nil})
	require.Equal(s.t, ref, s.makes(s.chair(), mdtAPI+"/patients", contact))
	now := s.stage.Now().UTC()
	meeting := s.makes(s.chair(), mdtAPI+"/meetings", object{"name": "Wednesday", "starts_at": now.Add(time.Hour), "ends_at": now.Add(2 * time.Hour), "place": "By video"})
	for _, one := range []*demo.Client{s.gp(), s.linker(), s.as(s.hospital, terms.RoleCareProfessional)} {
		s.makes(s.chair(), mdtAPI+"/meetings/"+meeting+"/invitations", object{"person_id": one.Who().Person.ID, "organisation_id": one.Who().Grants[0].Organisation, "must": true})
	}
	item := s.makes(s.chair(), mdtAPI+"/meetings/"+meeting+"/items", agreed(object{"patient_ref": ref, "reason": "often_seen", "narrative": word("agenda")}))
	s.settles()
	at := mdtAPI + "/items/" + item
	s.field(s.chair(), at, "case_id", func(c string) bool { return c != "" })
	s.steps(s.chair(), at, "decision", object{"decision": "keep_under_review", "note": word("decided")})
	asked := s.makes(s.chair(), at+"/case-holder", object{"person_id": s.gp().Who().Person.ID, "organisation_id": s.practice.OrganisationID})
	s.steps(s.gp(), mdtAPI+"/holdings/"+asked, "refuse", object{"why_not": word("whynot") + " is my aunt"})
	care := s.as(s.hospital, terms.RoleCareProfessional)
	asked = s.makes(s.chair(), at+"/case-holder", object{"person_id": care.Who().Person.ID, "organisation_id": s.hospital.OrganisationID})
	s.steps(care, mdtAPI+"/holdings/"+asked, "accept", nil)
	due := now.AddDate(0, 0, 7).Format(time.DateOnly)
	for _, owner := range []*demo.Client{s.gp(), s.linker()} {
		s.makes(s.chair(), at+"/actions", object{"owner_person_id": owner.Who().Person.ID, "owner_organisation_id": owner.Who().Grants[0].Organisation, "due_on": due, "what": "Ring " + word("action")})
	}
	done := s.makes(s.chair(), at+"/actions", object{"owner_person_id": care.Who().Person.ID, "owner_organisation_id": s.hospital.OrganisationID, "due_on": due, "what": "Visit " + word("visit")})
	s.steps(care, mdtAPI+"/actions/"+done, "end", object{"result": "done", "note": word("visited")})

	help := s.service(s.rival(), "Carers' cafe", terms.NeedCarerSupport)
	s.settles()
	sent := s.makes(s.chair(), mdtAPI+"/referrals", agreed(object{"patient_ref": ref, "red_flags_clear": true, "need": terms.NeedCarerSupport, "receiver_kind": "service", "receiver_id": help["id"], "narrative": word("mdtstory"), "safeguarding": word("mdtrisk")}))
	o := s.offered(s.rival(), "vcse", sent)
	s.steps(s.rival(), o, "ask", object{"question": word("mdtquestion") + "?"})
	s.settles()
	s.steps(s.chair(), mdtAPI+"/referrals/"+sent, "information", object{"answer": word("mdtanswer")})
	s.settles()
	s.steps(s.chair(), mdtAPI+"/referrals/"+sent, "withdraw", object{"reason": "patient_changed_mind", "note": word("mdtwithdrawn")})
	s.settles()
}

// emergency has a GP without a part in the case look at it, and say why; the privacy officer asks.
func (s *scene) emergency(ref string) {
	look := s.makes(s.as(s.other, terms.RoleGP), "/api/coordination/v1/patients/"+ref+"/emergency", object{"reason": "life_at_risk", "words": "Collapsed at " + word("glass")})
	s.makes(s.privacy(), "/api/coordination/v1/emergencies/"+look+"/review", object{"outcome": "right", "note": word("reviewed") + " was there."})
}

// flags raises red flags about somebody known, and about somebody who is no patient.
func (s *scene) flags(ref string) {
	for _, about := range []object{{"patient_ref": ref}, {"who": word("caller") + ", " + phone}} {
		about["question_codes"], about["note"] = []string{string(terms.RedFlagQuestions[0].Code)}, word("flag")
		made := primarycareAPI + "/red-flags/" + s.makes(s.desk(), primarycareAPI+"/red-flags", about)
		var flag struct {
			Ref string `json:"patient_ref"`
		}
		_, err := s.desk().Get(s.ctx, made, &flag)
		require.NoError(s.t, err)
		if flag.Ref != ref {
			s.refs = append(s.refs, flag.Ref)
		}
		require.NoError(s.t, s.gp().Make(s.ctx, made+"/acknowledge", id.New(), object{"action": string(terms.RedFlagActions[0].Code)}, nil))
	}
	s.settles()
}

// drafts begins a referral at the desk and at a meeting, and leaves both unsent.
func (s *scene) drafts(ref string) {
	at := s.fills(s.desk(), "/practice/patients/"+ref, "/practice/patients/"+ref+"/start", url.Values{})
	task := func(name string, fields url.Values) { s.fills(s.desk(), at+"/"+name, at+"/"+name, fields) }
	at, _, _ = strings.Cut(at, "?")
	at = strings.TrimSuffix(at, "/red-flags")
	task("red-flags", noFlags())
	task("consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	task("need", url.Values{"need": {string(terms.NeedHousing)}})
	s.fills(s.desk(), at+"/need", at+"/services", url.Values{"kind": {"service"}, "receiver": {s.housing}, "how": {"refer"}})
	task("details", url.Values{"narrative": {word("draft")}, "urgency": {"routine"}, "risk": {"yes"}, "safeguarding": {word("draftrisk")}, "safeguarding_codes": {"self_harm"}, "accessibility": {"step_free"}})

	at = s.fills(s.chair(), "/mdt/referrals/new", "/mdt/referrals/new", noFlags())
	at, _, _ = strings.Cut(at, "?")
	at = strings.TrimSuffix(at, "/consent")
	s.fills(s.chair(), at+"/consent", at+"/consent", url.Values{"purpose": {"share_to_help"}, "given": {"yes"}, "how": {"phone"}})
	_, shown := s.ask(s.ctx, s.chair(), http.MethodPost, at+"/patient/find", url.Values{"words": {word("family")}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	s.sends(s.chair(), shown, at+"/patient/choose", url.Values{"patient": {ref}})
	s.fills(s.chair(), at+"/details", at+"/details", url.Values{"need": {string(terms.NeedHousing)}, "urgency": {"routine"}, "narrative": {word("mdtdraft")}, "safeguarding": {word("mdtdraftrisk")}, "codes": {"self_harm"}})
}

// parks sends an event that its reader can not keep, because of what is written in it.
func (s *scene) parks(ref string) {
	lifts := s.service(s.provider(), "Lifts", terms.NeedTransport)
	s.settles()
	_, err := s.stage.Admin.Exec(s.ctx, `alter table vcse.offer add constraint poison check (need <> 'transport') not valid`)
	require.NoError(s.t, err)
	s.refers(ref, terms.NeedTransport, lifts)
	s.soon("the offer is parked, and what follows on the case", func() bool { return len(s.parked()) == 2 })
}

// parked are the events that vcse could not apply.
func (s *scene) parked() (ids []string) {
	var list struct {
		Items []struct {
			ID string `json:"event_id"`
		} `json:"items"`
	}
	_, err := s.coordinator().Get(s.ctx, "/api/vcse/v1/parked", &list)
	require.NoError(s.t, err)
	for _, x := range list.Items {
		ids = append(ids, x.ID)
	}
	return ids
}

// looks opens the pages that show the person, to everybody whose they are.
func (s *scene) looks(ref string) {
	for path, as := range map[string]*demo.Client{
		"/practice": s.desk(), "/practice/patients/" + ref: s.desk(), "/practice/patients/" + ref + "/edit": s.desk(), "/practice/referrals": s.desk(), "/practice/red-flags": s.desk(),
		"/practice/tasks": s.desk(), "/practice/signposts": s.desk(), "/practice/actions": s.gp(), "/case/patients/" + ref: s.gp(), "/case": s.gp(), "/case/panel/" + ref: s.desk(),
		"/link-worker": s.linker(), "/link-worker/tray": s.linker(), "/link-worker/people": s.linker(), "/link-worker/people/" + ref: s.linker(), "/link-worker/meetings": s.linker(),
		"/provider": s.provider(), "/provider/offers": s.provider(), "/mdt": s.chair(), "/mdt/patients": s.chair(), "/mdt/patients/" + ref: s.chair(), "/mdt/cases": s.chair(), "/mdt/actions": s.linker(), "/mdt/drafts": s.chair(), "/mdt/referrals": s.chair(),
	} {
		res, page := s.ask(s.ctx, as, http.MethodGet, path, "")
		require.Equal(s.t, http.StatusOK, res.StatusCode, "%s: %.300s", path, page)
	}
}
