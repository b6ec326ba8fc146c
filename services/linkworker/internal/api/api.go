// Package api is how a program sees the service: JSON at /api/linkworker/v1.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

// Version is of the API as its document states it.
const Version = "1.0.0"

type face struct{ app *app.App }

var staff = []string{string(terms.RoleLinkWorker), string(terms.RoleCareCoordinator), string(terms.RoleHealthCoach), string(terms.RoleServiceLead)}

// Register adds every operation.
func Register(api huma.API, a *app.App) {
	x := face{a}
	add(api, "get-team", http.MethodGet, "/team", "Read what your team says it does, and its room", x.team)
	add(api, "publish-team", http.MethodPut, "/team", "Say anew what your team does; its service lead may", x.publishTeam)
	add(api, "get-capacity", http.MethodGet, "/team/capacity", "Read how much room your team said it has", x.capacity)
	add(api, "report-capacity", http.MethodPut, "/team/capacity", "Say how much room your team has", x.reportCapacity)
	add(api, "list-offers", http.MethodGet, "/offers", "List your team's offers and the people it supports", x.offers)
	add(api, "get-offer", http.MethodGet, "/offers/{id}", "Read an offer, with what can be done with it now", x.offer)
	add(api, "accept-offer", http.MethodPost, "/offers/{id}/accept", "Accept an offer", x.accept)
	add(api, "ask-about-offer", http.MethodPost, "/offers/{id}/ask", "Ask the sender something before answering", x.ask)
	add(api, "bounce-offer", http.MethodPost, "/offers/{id}/bounce", "Refuse an offer with a coded reason", x.bounce)
	add(api, "report-crisis", http.MethodPost, "/offers/{id}/crisis", "Record a crisis and whom you rang; the practice gets a red flag", x.crisis)
	add(api, "stand-down", http.MethodPost, "/offers/{id}/stand-down", "Say that your team stopped what it began", x.standDown)
	add(api, "assign-offer", http.MethodPost, "/offers/{id}/assign", "Give somebody you support to a colleague", x.assign)
	add(api, "record-contact", http.MethodPost, "/offers/{id}/contacts", "Record a contact or an attempt", x.contact)
	add(api, "record-assessment", http.MethodPost, "/offers/{id}/assessments", "Record an assessment, with ONS4 answers", x.assess)
	add(api, "agree-plan", http.MethodPost, "/offers/{id}/plans", "Agree a plan; the one before stays in the record", x.plan)
	add(api, "refer-on", http.MethodPost, "/offers/{id}/referrals", "Refer somebody you support on, with their consent", x.refer)
	add(api, "end-support", http.MethodPost, "/offers/{id}/end", "End support, when no onward referral is open", x.end)
	add(api, "list-referrals", http.MethodGet, "/referrals", "List what your team sent on", x.referrals)
	add(api, "get-referral", http.MethodGet, "/referrals/{id}", "Read a referral your team sent on", x.referral)
	add(api, "give-information", http.MethodPost, "/referrals/{id}/information", "Answer the receiver's question", x.inform)
	add(api, "withdraw-referral", http.MethodPost, "/referrals/{id}/withdraw", "Take a referral back", x.withdraw)
}

// add registers one operation for the staff of link worker teams.
func add[I, O any](api huma.API, id, method, path, summary string, do func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Metadata: httpx.Only(staff...)},
		func(ctx context.Context, in *I) (*O, error) {
			if who(ctx).OrganisationKind != string(terms.KindLinkWorkerTeam) {
				return nil, fault.Forbidden("This is for link worker teams, and you act for another kind of organisation")
			}
			return do(ctx, in)
		})
}

func who(ctx context.Context) actor.Actor { a, _ := actor.From(ctx); return a }

// OfferInput names one offer; ReferralInput one referral. They are exported because huma passes over what is not.
type OfferInput struct {
	ID string `path:"id" format:"uuid"`
}

// doneView is what a change answers: the thing it made or changed.
type doneView struct {
	ID string `json:"id" format:"uuid"`
}

// changed answers with what was done; the new ETag is on the thing itself.
func changed(d app.Done, err error) (*struct{ Body doneView }, error) {
	if err != nil {
		return nil, err
	}
	return &struct{ Body doneView }{doneView(d)}, nil
}

// made answers with where the new thing is.
func made(path string, d app.Done, err error) (*struct {
	Location string `header:"Location"`
	Body     doneView
}, error,
) {
	if err != nil {
		return nil, err
	}
	return &struct {
		Location string `header:"Location"`
		Body     doneView
	}{"/api/linkworker/v1" + path, doneView(d)}, nil
}

// moment is absent for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
