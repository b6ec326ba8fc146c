package web

import (
	"net/http"
	"slices"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

// Routes is every page of the workspace. Whoever has signed in may see what they are invited to or owe; row conditions say what
// that is. Recording is for the roles that meet, referring for other care organisations.
func (web *Web) Routes() []httpx.Route {
	return slices.Concat(web.meetingRoutes(), web.patientRoutes(), []httpx.Route{
		{Method: http.MethodGet, Pattern: eventsPath, Name: "live", Face: httpx.FaceLive, Handler: web.events},
		{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "assets", Face: httpx.FaceAsset, Public: true, Handler: ui.ServeAsset},
	})
}

// meetingRoutes is what is met about: meetings, their agendas, who holds a case, and the actions agreed.
func (web *Web) meetingRoutes() []httpx.Route {
	m := app.Meets
	return []httpx.Route{
		get("", "home", web.home),
		get("/meetings", "meetings", web.meetings),
		get("/meetings/new", "new meeting", web.newMeeting, m...), post("/meetings", "schedule", web.schedule, m...),
		get("/meetings/{id}", "meeting", web.meeting),
		get("/meetings/{id}/change", "change meeting", web.changeMeeting, m...), post("/meetings/{id}", "reschedule", web.reschedule, m...),
		get("/meetings/{id}/cancel", "cancel meeting", web.askCancel, m...), post("/meetings/{id}/cancel", "cancel", web.cancel, m...),
		post("/meetings/{id}/held", "hold", web.held, m...),
		post("/meetings/{id}/next", "schedule next", web.next, m...),
		get("/meetings/{id}/invite", "invite", web.guests, m...), post("/meetings/{id}/invite", "ask to the meeting", web.invite, m...),
		post("/meetings/{id}/uninvite", "uninvite", web.uninvite, m...),
		get("/meetings/{id}/room", "room", web.room), post("/meetings/{id}/room", "record attendance", web.attend),
		get("/meetings/{id}/minutes", "minutes", web.minutes, m...), get("/meetings/{id}/letter", "letter", web.letter),
		get("/meetings/{id}/add", "add to agenda", web.add, m...), post("/meetings/{id}/add", "start agenda", web.startAgenda, m...),

		get("/items/{id}", "item", web.item),
		post("/items/{id}/decision", "discuss", web.discuss, m...),
		post("/items/{id}/holder", "ask to hold", web.askToHold, m...),
		post("/items/{id}/key-worker", "assign key worker", web.assignKeyWorker, m...),
		post("/items/{id}/key-worker/release", "release key worker", web.releaseKeyWorker, m...),
		post("/items/{id}/actions", "agree action", web.agreeAction, m...),
		get("/items/{id}/remove", "remove from agenda", web.askRemove, m...), post("/items/{id}/remove", "remove", web.remove, m...),

		get("/cases", "cases", web.cases),
		get("/unheld", "unheld", web.unheld, m...),
		get("/holding/{id}", "holding", web.holding),
		post("/holding/{id}/accept", "accept case", web.acceptCase), post("/holding/{id}/refuse", "refuse case", web.refuseCase),
		post("/holding/{id}/take-back", "take back", web.takeBack, m...),
		get("/actions", "actions", web.actions),
		get("/actions/{id}", "action", web.action), post("/actions/{id}", "end action", web.endAction),
		post("/actions/{id}/give", "give action", web.giveAction),
	}
}

// patientRoutes is what leads to a meeting: the patients, the referrals, and the drafts of both.
func (web *Web) patientRoutes() []httpx.Route {
	m := app.Meets
	senders := []string{string(terms.RoleCareProfessional), string(terms.RoleMDTCoordinator)}
	return []httpx.Route{
		get("/patients", "patients", web.patients, m...), reads("/patients/find", "find", web.find, m...),
		get("/patients/{ref}", "patient", web.patient, m...),
		get("/patients/{ref}/agenda", "put on agenda", web.putOnAgenda, m...), post("/patients/{ref}/agenda", "start agenda of patient", web.startAgendaOf, m...),
		get("/patients/{ref}/change", "change patient", web.changePatient, m...), post("/patients/{ref}", "save patient", web.savePatient, m...),

		get("/referrals", "referrals", web.referrals, senders...),
		get("/referrals/new", "red flags", web.askFlags, senders...), post("/referrals/new", "answer red flags", web.answerFlags, senders...),
		get("/referrals/{id}", "referral", web.referral, senders...), get("/referrals/{id}/sent", "sent", web.sent, senders...),
		post("/referrals/{id}/answer", "inform", web.answer, senders...),
		get("/referrals/{id}/withdraw", "withdraw", web.askWithdraw, senders...), post("/referrals/{id}/withdraw", "withdraw referral", web.withdraw, senders...),

		get("/drafts", "drafts", web.drafts, m...),
		get("/drafts/{id}", "draft", web.draft, m...),
		get("/drafts/{id}/red-flags", "red flags again", web.askFlagsAgain, m...), post("/drafts/{id}/red-flags", "answer red flags again", web.answerFlagsAgain, m...),
		get("/drafts/{id}/consent", "consent", web.askConsent, m...), post("/drafts/{id}/consent", "record consent", web.recordConsent, m...),
		get("/drafts/{id}/patient", "draft patient", web.askPatient, m...), reads("/drafts/{id}/patient/find", "find patient of draft", web.findPatient, m...),
		post("/drafts/{id}/patient/choose", "choose patient", web.choosePatient, m...), post("/drafts/{id}/patient", "add patient", web.addPatient, m...),
		get("/drafts/{id}/details", "details", web.askDetails, m...), post("/drafts/{id}/details", "describe", web.describe, m...),
		get("/drafts/{id}/check", "check", web.check, m...), post("/drafts/{id}/check", "send", web.send, m...),
		post("/drafts/{id}/delete", "delete draft", web.deleteDraft, m...),
	}
}

func get(path, name string, h httpx.Handler, roles ...string) httpx.Route {
	return httpx.Route{Method: http.MethodGet, Pattern: Root + path, Name: name, Handler: h, Roles: roles}
}

func post(path, name string, h httpx.Handler, roles ...string) httpx.Route {
	return httpx.Route{Method: http.MethodPost, Pattern: Root + path, Name: name, Handler: h, Roles: roles, Write: true}
}

// reads posts what must not stand in an address.
func reads(path, name string, h httpx.Handler, roles ...string) httpx.Route {
	return httpx.Route{Method: http.MethodPost, Pattern: Root + path, Name: name, Handler: h, Roles: roles}
}

// banners say what was done, and what the others were told of it.
var banners = map[string]ui.Banner{
	"scheduled":     {Kind: ui.Success, Heading: "Meeting scheduled", Body: ui.Paragraph("Whoever you ask to it sees it in Waypost at once. Nobody was emailed.")},
	"changed":       {Kind: ui.Success, Heading: "Saved", Body: ui.Paragraph("Everybody who was asked to the meeting sees the change in Waypost. Nobody was emailed.")},
	"cancelled":     {Kind: ui.Success, Heading: "Meeting cancelled", Body: ui.Paragraph("Everybody who was asked sees that in Waypost. Nobody was emailed: ring who might be on the way. What was on the agenda goes to the next meeting.")},
	"held":          {Kind: ui.Success, Heading: "Meeting closed", Body: ui.Paragraph("What is not done goes to the next meeting's agenda by itself.")},
	"invited":       {Kind: ui.Success, Heading: "Asked to the meeting", Body: ui.Paragraph("They see the meeting in Waypost. They do not see who is on the agenda, only the case references. Nobody was emailed.")},
	"uninvited":     {Kind: ui.Success, Heading: "Taken off the list", Body: ui.Paragraph("They no longer see the meeting in Waypost. Nobody was emailed.")},
	"room":          {Kind: ui.Success, Heading: "Saved", Body: ui.Paragraph("The meeting's organisation sees it in Waypost.")},
	"on-agenda":     {Kind: ui.Success, Heading: "On the agenda", Body: ui.Paragraph("The meeting's organisation sees the case at once. Waypost opens the shared case, or finds the one that is there.")},
	"there-already": {Kind: ui.Information, Heading: "They are on this agenda already", Body: ui.Paragraph("Nothing was changed. This is what stands there.")},
	"removed":       {Kind: ui.Success, Heading: "Taken off the agenda", Body: ui.Paragraph("The case itself goes on.")},
	"decided":       {Kind: ui.Success, Heading: "Decision recorded", Body: ui.Paragraph("Everybody who helps this person and may see the shared case sees the decision there.")},
	"asked":         {Kind: ui.Success, Heading: "Asked to hold the case", Body: ui.Paragraph("They see it on their Waypost home page and can say yes or no. Until they say yes, nothing changes. Nobody was emailed.")},
	"taken-back":    {Kind: ui.Success, Heading: "No longer asked", Body: ui.Paragraph("They can not accept any more, and no longer see the case.")},
	"key-worker":    {Kind: ui.Success, Heading: "Key worker changed", Body: ui.Paragraph("It shows on the shared case. The key worker sees it in Waypost. Nobody was emailed.")},
	"agreed":        {Kind: ui.Success, Heading: "Action agreed", Body: ui.Paragraph("The owner sees it on their Waypost home page. It comes back to the next agenda until it is done.")},
	"given":         {Kind: ui.Success, Heading: "The action has another name on it", Body: ui.Paragraph("It is to be done by the same day. They see it on their Waypost home page, and the shared case shows it. Nobody was emailed.")},
	"ended":         {Kind: ui.Success, Heading: "Saved", Body: ui.Paragraph("The meeting and the shared case show it.")},
	"accepted":      {Kind: ui.Success, Heading: "You hold this case", Body: ui.Paragraph("The meeting and everybody on the shared case see that. Whoever held it before was released in the same moment.")},
	"refused":       {Kind: ui.Success, Heading: "You said no", Body: ui.Paragraph("The meeting sees your reason, and asks somebody else.")},
	"patient":       {Kind: ui.Success, Heading: "Saved", Body: ui.Paragraph("Only your organisation sees this change. A referral or agenda item that you send from now on carries it.")},
	"answered":      {Kind: ui.Success, Heading: "Answer sent", Body: ui.Paragraph("Whoever asked sees it on their page.")},
	"withdrawn":     {Kind: ui.Success, Heading: "Referral withdrawn", Body: ui.Paragraph("Whoever had it sees that it was taken back.")},
	"stopped":       {Kind: ui.Success, Heading: "Nothing was sent", Body: ui.Paragraph("Nobody was told. What you wrote is kept here for 7 days.")},
	"deleted":       {Kind: ui.Success, Heading: "Deleted", Body: ui.Paragraph("Nobody else had seen it.")},
}

// to leads on after something was done.
func to(w http.ResponseWriter, r *http.Request, path, done string) error {
	if done != "" {
		path += "?done=" + done
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
