// Package api is how a program sees the meetings and another care organisation's referrals: JSON over the same app as the pages.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

// API are the operations over one app.
type API struct{ app *app.App }

// senders are who refers for another care organisation.
var senders = []string{string(terms.RoleCareProfessional), string(terms.RoleMDTCoordinator)}

// Register adds every operation.
func Register(h huma.API, a *app.App) {
	api, m := &API{a}, httpx.Only(app.Meets...)
	op := func(id, method, path, summary string, meta map[string]any) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Metadata: meta}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	huma.Register(h, made(op("schedule-meeting", "POST", "/meetings", "Schedule a meeting", m)), api.scheduleMeeting)
	huma.Register(h, op("list-meetings", "GET", "/meetings", "List meetings to come, or those that are over", nil), api.listMeetings)
	huma.Register(h, op("get-meeting", "GET", "/meetings/{id}", "Read a meeting with its agenda", nil), api.getMeeting)
	huma.Register(h, op("change-meeting", "PUT", "/meetings/{id}", "Change a planned meeting", m), api.changeMeeting)
	huma.Register(h, op("hold-meeting", "POST", "/meetings/{id}/held", "Record that a meeting took place", m), api.holdMeeting)
	huma.Register(h, op("cancel-meeting", "POST", "/meetings/{id}/cancel", "Cancel a meeting", m), api.cancelMeeting)
	huma.Register(h, made(op("schedule-next-meeting", "POST", "/meetings/{id}/next", "Schedule the same meeting a week later", m)), api.nextMeeting)
	huma.Register(h, made(op("invite", "POST", "/meetings/{id}/invitations", "Ask a person or an organisation to a meeting", m)), api.invite)

	huma.Register(h, made(op("put-on-agenda", "POST", "/meetings/{id}/items", "Put a patient on an agenda; one who is on it already is found instead", m)), api.putOnAgenda)
	huma.Register(h, op("get-item", "GET", "/items/{id}", "Read a case on an agenda", nil), api.getItem)
	huma.Register(h, op("remove-item", "POST", "/items/{id}/remove", "Take a case off an agenda", m), api.removeItem)
	huma.Register(h, op("discuss", "POST", "/items/{id}/decision", "Record what the meeting decided", m), api.discuss)
	huma.Register(h, made(op("ask-to-hold", "POST", "/items/{id}/case-holder", "Ask somebody to hold the case", m)), api.askToHold)
	huma.Register(h, op("get-key-worker", "GET", "/items/{id}/key-worker", "Read who stays in touch", nil), api.keyWorker)
	huma.Register(h, op("assign-key-worker", "POST", "/items/{id}/key-worker", "Make somebody the key worker", m), api.assignKeyWorker)
	huma.Register(h, op("release-key-worker", "POST", "/items/{id}/key-worker/release", "End who is key worker", m), api.releaseKeyWorker)
	huma.Register(h, made(op("agree-action", "POST", "/items/{id}/actions", "Agree that somebody does something", m)), api.agreeAction)

	huma.Register(h, op("get-holding", "GET", "/holdings/{id}", "Read a request to hold a case", nil), api.getHolding)
	huma.Register(h, op("accept-case", "POST", "/holdings/{id}/accept", "Accept to hold a case; whoever held it is released in the same step", nil), api.acceptCase)
	huma.Register(h, op("refuse-case", "POST", "/holdings/{id}/refuse", "Refuse to hold a case", nil), api.refuseCase)
	huma.Register(h, op("take-back-asking", "POST", "/holdings/{id}/take-back", "Take the question back", m), api.takeBack)
	huma.Register(h, op("list-actions", "GET", "/actions", "List actions, by the day they are due", nil), api.listActions)
	huma.Register(h, op("get-action", "GET", "/actions/{id}", "Read an action", nil), api.getAction)
	huma.Register(h, op("give-action", "POST", "/actions/{id}/give", "Give an action to somebody else; its day stays", nil), api.giveAction)
	huma.Register(h, op("end-action", "POST", "/actions/{id}/end", "Say that an action is done or no longer needed", nil), api.endAction)

	huma.Register(h, made(op("add-patient", "POST", "/patients", "Add a patient; one whose NHS number is known is found instead", m)), api.addPatient)
	huma.Register(h, op("get-patient", "GET", "/patients/{ref}", "Read a patient as your organisation knows them", m), api.getPatient)
	huma.Register(h, op("change-patient", "PUT", "/patients/{ref}", "Change a patient's details", m), api.changePatient)
	s := httpx.Only(senders...)
	huma.Register(h, made(op("send-referral", "POST", "/referrals", "Send a referral", s)), api.sendReferral)
	huma.Register(h, op("list-referrals", "GET", "/referrals", "List referrals, what changed last first", s), api.listReferrals)
	huma.Register(h, op("get-referral", "GET", "/referrals/{id}", "Read a referral and what can be done with it", s), api.getReferral)
	huma.Register(h, op("give-information", "POST", "/referrals/{id}/information", "Answer what was asked", s), api.giveInformation)
	huma.Register(h, op("withdraw-referral", "POST", "/referrals/{id}/withdraw", "Take a referral back", s), api.withdraw)
}

// by is who asks; the guard has let nobody else through.
func by(ctx context.Context) actor.Actor {
	a, _ := actor.From(ctx)
	return a
}

// done is the answer to a change.
type done struct {
	ID      string `json:"id" format:"uuid"`
	Version int64  `json:"version"`
	Made    bool   `json:"made" doc:"False when it was there already, and nothing was changed"`
}

func changed(d app.Done, err error) (*httpx.One[done], error) {
	if err != nil {
		return nil, err
	}
	return &httpx.One[done]{ETag: httpx.ETag(d.Version), Body: done{d.ID, d.Version, d.Made}}, nil
}

func created(path string, d app.Done, err error) (*httpx.Made[done], error) {
	if err != nil {
		return nil, err
	}
	return &httpx.Made[done]{Location: "/api/mdt/v1" + path + "/" + d.ID, ETag: httpx.ETag(d.Version), Body: done{d.ID, d.Version, d.Made}}, nil
}

// Identified names a thing in the path.
type Identified struct {
	ID string `path:"id" format:"uuid"`
}

// MakeIn is a command on a thing in the path.
type MakeIn struct {
	httpx.WriteInput
	Identified
}

// ChangeIn is MakeIn with the version that is changed.
type ChangeIn struct {
	httpx.ChangeInput
	Identified
}

// utc is a time for programs; nil when there is none.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
