// Package api is how a program sees the practice's desk: JSON over the same app as the pages.
package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/primarycare/internal/app"
)

// Who may use the operations.
var (
	desk       = []string{"receptionist", "gp", "practice_manager", "care_coordinator", "health_coach", "service_lead"}
	senders    = []string{"receptionist", "gp", "practice_manager", "care_coordinator", "health_coach"}
	clinicians = []string{"gp", "practice_manager"}
)

// API are the operations over one desk.
type API struct{ app *app.App }

// Register adds every operation.
func Register(h huma.API, a *app.App) {
	api := &API{a}
	op := func(id, method, path, summary string, meta map[string]any) huma.Operation {
		o := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Metadata: meta}
		if method == http.MethodPost && meta[httpx.MetaReads] == nil && !strings.Contains(path, "{") { // it makes something
			o.DefaultStatus = http.StatusCreated
		}
		return o
	}
	huma.Register(h, op("add-patient", "POST", "/patients", "Add a patient; one whose NHS number is known here already is found instead", httpx.Only(senders...)), api.addPatient)
	huma.Register(h, op("get-patient", "GET", "/patients/{ref}", "Read a patient", httpx.Only(desk...)), api.getPatient)
	huma.Register(h, op("change-patient", "PUT", "/patients/{ref}", "Change a patient's details or status", httpx.Only(senders...)), api.changePatient)
	huma.Register(h, op("search-patients", "POST", "/patients/search", "Find patients by name, NHS number, referral reference or date of birth", httpx.Reads(desk...)), api.searchPatients)

	huma.Register(h, op("raise-red-flag", "POST", "/red-flags", "Tell the duty clinician that somebody may be in danger", httpx.Only(desk...)), api.raiseFlag)
	huma.Register(h, op("list-red-flags", "GET", "/red-flags", "List red flags, the newest first", httpx.Only(desk...)), api.listFlags)
	huma.Register(h, op("get-red-flag", "GET", "/red-flags/{id}", "Read a red flag", httpx.Only(desk...)), api.getFlag)
	acknowledge := op("acknowledge-red-flag", "POST", "/red-flags/{id}/acknowledge", "Say what was done about a red flag", httpx.Only(clinicians...))
	acknowledge.Description = "Takes no If-Match: an acknowledgement must never fail over a version."
	huma.Register(h, acknowledge, api.acknowledgeFlag)

	huma.Register(h, op("get-duty", "GET", "/duty", "Read who answers red flags today", httpx.Only(desk...)), api.getDuty)
	huma.Register(h, op("set-duty", "PUT", "/duty", "Say who answers red flags today", httpx.Only(clinicians...)), api.setDuty)

	huma.Register(h, op("record-consent", "POST", "/consents", "Record what a patient said about sharing", httpx.Only(senders...)), api.recordConsent)
	huma.Register(h, op("find-services", "GET", "/services", "Find services by codes and the first half of a postcode", httpx.Only(desk...)), api.findServices)
	huma.Register(h, op("search-services", "POST", "/services/search", "Find services by words", httpx.Reads(desk...)), api.searchServices)

	huma.Register(h, op("add-signpost", "POST", "/signposts", "Record that information was given", httpx.Only(senders...)), api.addSignpost)
	huma.Register(h, op("get-signpost", "GET", "/signposts/{id}", "Read a signpost", httpx.Only(desk...)), api.getSignpost)
	huma.Register(h, op("list-signposts", "GET", "/signposts", "List signposts, the newest first", httpx.Only(desk...)), api.listSignposts)
	huma.Register(h, op("follow-up-signpost", "POST", "/signposts/{id}/follow-up", "Say how a signpost went", httpx.Only(senders...)), api.followUp)

	huma.Register(h, op("send-referral", "POST", "/referrals", "Send a referral", httpx.Only(senders...)), api.sendReferral)
	huma.Register(h, op("get-referral", "GET", "/referrals/{id}", "Read a referral and what can be done with it", httpx.Only(desk...)), api.getReferral)
	huma.Register(h, op("list-referrals", "GET", "/referrals", "List referrals", httpx.Only(desk...)), api.listReferrals)
	huma.Register(h, op("withdraw-referral", "POST", "/referrals/{id}/withdraw", "Take a referral back", httpx.Only(senders...)), api.withdraw)
	huma.Register(h, op("give-information", "POST", "/referrals/{id}/information", "Answer what a receiver asked", httpx.Only(senders...)), api.inform)
}

// by is who asks; the guard has let nobody else through.
func by(ctx context.Context) actor.Actor {
	a, _ := actor.From(ctx)
	return a
}

// date reads a calendar date; the schema has checked its form.
func date(path, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fault.Invalid(path, "Send a date, such as 1984-03-27")
	}
	return t, nil
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// moment is a time for JSON, absent when there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Identified names one thing by its id.
type Identified struct {
	ID string `path:"id" format:"uuid"`
}
