package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type findServicesInput struct {
	httpx.ListInput
	Needs         []terms.Need          `query:"need" maxItems:"10"`
	District      string                `query:"district" maxLength:"4" pattern:"^[A-Za-z0-9]*$" doc:"The first half of a postcode; never the whole"`
	WithinKm      float64               `query:"within_km" minimum:"0" maximum:"500"`
	Age           int                   `query:"age" minimum:"-1" maximum:"130" default:"-1"`
	Weekday       int                   `query:"weekday" minimum:"0" maximum:"7" doc:"1 is Monday"`
	Accessibility []terms.Accessibility `query:"accessibility" maxItems:"30"`
	Language      string                `query:"language" maxLength:"35"`
	Referable     bool                  `query:"referable" doc:"Only those that can be sent a referral"`
	Sensitive     bool                  `query:"sensitive" doc:"Those too whose name alone tells something"`
}

type capacity struct {
	Status     terms.CapacityStatus `json:"status,omitempty"`
	Freshness  terms.Freshness      `json:"freshness"`
	PlacesFree *int                 `json:"places_free,omitempty"`
	Waiting    *int                 `json:"waiting,omitempty"`
	ReportedAt *time.Time           `json:"reported_at,omitempty"`
	UntilOn    string               `json:"until_on,omitempty" format:"date" doc:"With no room: the day from which there may be some"`
	Simulated  bool                 `json:"simulated,omitempty"`
}

func viewCapacity(c app.Capacity) capacity {
	return capacity{c.Status, c.Freshness, c.PlacesFree, c.Waiting, moment(c.ReportedAt), c.UntilOn, c.Simulated}
}

// warningView is which reason recurs on the way from this practice to a service or team.
type warningView struct {
	Reason   terms.BounceReason `json:"reason"`
	Same     int                `json:"same" doc:"How many came back for this reason"`
	CameBack int                `json:"came_back" doc:"How many came back for whatever reason"`
	People   int                `json:"people" doc:"Of how many people the last referrals were counted"`
	Everyone bool               `json:"everyone" doc:"Counted of all senders of the area, not of this practice alone"`
	Words    string             `json:"words"`
}

func viewWarning(all app.Warnings, q app.ServiceQuery, id, name string) *warningView {
	w, ok := all[id]
	if !ok {
		return nil
	}
	return &warningView{w.Reason, w.Same, w.CameBack, w.People, w.Everyone, w.Words(q.Needs[0], name)}
}

type serviceView struct {
	ID          string                `json:"id" format:"uuid"`
	Name        string                `json:"name"`
	Provider    string                `json:"provider_name"`
	Needs       []terms.Need          `json:"needs"`
	Km          *float64              `json:"km,omitempty" doc:"From the middle of the district to the nearest place"`
	NextFrom    *time.Time            `json:"next_session_from,omitempty"`
	Capacity    capacity              `json:"capacity"`
	Referable   bool                  `json:"referable"`
	Missing     []terms.Accessibility `json:"missing_accessibility"`
	MinimumAge  *int                  `json:"minimum_age,omitempty"`
	MaximumAge  *int                  `json:"maximum_age,omitempty"`
	Phone       string                `json:"phone,omitempty"`
	URL         string                `json:"url,omitempty"`
	Simulated   bool                  `json:"simulated"`
	Source      string                `json:"source"`
	Licence     string                `json:"source_licence"`
	Description string                `json:"description"`
	Warning     *warningView          `json:"warning,omitempty" doc:"Where one need is asked for: what came back from there again and again"`
}

type teamView struct {
	ID       string       `json:"id" format:"uuid"`
	Name     string       `json:"name"`
	WhatWeDo string       `json:"what_we_do"`
	Needs    []terms.Need `json:"needs" doc:"Empty: any that it does not refuse"`
	Accepts  bool         `json:"accepts_referrals"`
	Capacity capacity     `json:"capacity"`
	NotHere  []notHere    `json:"not_here,omitempty" doc:"What the team does not do in this practice's neighbourhood, and whose it is"`
	Warning  *warningView `json:"warning,omitempty"`
}

type notHere struct {
	Need terms.Need `json:"need"`
	Why  string     `json:"why,omitempty"`
}

func notHeres(t app.Team) (out []notHere) {
	for _, n := range t.NotHere {
		out = append(out, notHere{n.Need, n.Why})
	}
	return out
}

type servicesBody struct {
	httpx.List[serviceView]
	Total int        `json:"total"`
	Teams []teamView `json:"teams" doc:"Link worker teams that serve this practice"`
}

func (api *API) findServices(ctx context.Context, in *findServicesInput) (*struct{ Body servicesBody }, error) {
	q := app.ServiceQuery{
		Needs: in.Needs, District: in.District, WithinKm: in.WithinKm, Weekday: terms.Weekday(in.Weekday), Accessibility: in.Accessibility,
		Language: in.Language, OnlyReferable: in.Referable, Sensitive: in.Sensitive, Limit: in.Limit,
	}
	if in.Age >= 0 {
		q.Age = &in.Age
	}
	var after app.ServicePlace
	if ok, err := in.After(ctx, &after); err != nil {
		return nil, err
	} else if ok {
		q.After = &after
	}
	return api.services(ctx, q)
}

type searchServicesInput struct {
	Body struct {
		Words     string       `json:"words" minLength:"1" maxLength:"200" doc:"As in a search engine: words, \"a phrase\", -not"`
		Needs     []terms.Need `json:"need,omitempty" maxItems:"10" doc:"What fits them comes first; the others are found too"`
		District  string       `json:"district,omitempty" maxLength:"4" pattern:"^[A-Za-z0-9]*$" doc:"The first half of a postcode; never the whole"`
		WithinKm  float64      `json:"within_km,omitempty" minimum:"0" maximum:"500"`
		Referable bool         `json:"referable,omitempty" doc:"Only those that can be sent a referral"`
		Sensitive bool         `json:"sensitive,omitempty" doc:"Those too whose name alone tells something"`
		Cursor    string       `json:"cursor,omitempty" maxLength:"600" doc:"next_cursor of the page before; absent for the first"`
		Limit     int          `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
	}
}

// searchServices finds by words what no source told a need of. Words are typed by a person and stand in no address.
func (api *API) searchServices(ctx context.Context, in *searchServicesInput) (*struct{ Body servicesBody }, error) {
	b := in.Body
	q := app.ServiceQuery{
		Text: b.Words, Needs: b.Needs, District: b.District, WithinKm: b.WithinKm, OnlyReferable: b.Referable, Sensitive: b.Sensitive, Limit: b.Limit,
	}
	var after app.ServicePlace
	if ok, err := (httpx.ListInput{Cursor: b.Cursor}).After(ctx, &after); err != nil {
		return nil, err
	} else if ok {
		q.After = &after
	}
	return api.services(ctx, q)
}

func (api *API) services(ctx context.Context, q app.ServiceQuery) (*struct{ Body servicesBody }, error) {
	found, err := api.app.FindServices(ctx, by(ctx), q)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body servicesBody }{servicesBody{Total: found.Total, Teams: []teamView{}, List: httpx.List[serviceView]{Items: []serviceView{}}}}
	for _, s := range found.Services {
		v := viewService(s)
		v.Warning = viewWarning(found.Warnings, q, s.ID, s.Name)
		out.Body.Items = append(out.Body.Items, v)
	}
	for _, t := range found.Teams {
		out.Body.Teams = append(out.Body.Teams, teamView{t.ID, t.Name, t.WhatWeDo, t.Needs, t.AcceptsReferrals, viewCapacity(t.Capacity), notHeres(t), viewWarning(found.Warnings, q, t.ID, t.Name)})
	}
	if found.Next != nil {
		out.Body.Next = httpx.Cursor(ctx, found.Next)
	}
	return out, nil
}

func viewService(s app.FoundService) serviceView {
	v := serviceView{
		ID: s.ID, Name: s.Name, Provider: s.ProviderName, Needs: s.Needs, Km: s.Km, Capacity: viewCapacity(s.Capacity), Referable: s.TakesReferrals(),
		Missing: s.Missing, MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge, Phone: s.Phone, URL: s.URL, Simulated: s.Simulated,
		Source: s.Source, Licence: s.SourceLicence, Description: s.Description,
	}
	if v.Missing == nil {
		v.Missing = []terms.Accessibility{}
	}
	if s.Next != nil {
		v.NextFrom = &s.Next.From
	}
	return v
}

type signpostInput struct {
	httpx.WriteInput
	Body struct {
		PatientRef string     `json:"patient_ref" format:"uuid"`
		Need       terms.Need `json:"need,omitempty" maxLength:"60"`
		ServiceID  string     `json:"service_id,omitempty" format:"uuid"`
		FollowUpOn string     `json:"follow_up_on,omitempty" format:"date" doc:"Absent: nobody asks how it went"`
	}
}

type signpostView struct {
	ID         string               `json:"id" format:"uuid"`
	PatientRef string               `json:"patient_ref" format:"uuid"`
	Need       terms.Need           `json:"need,omitempty"`
	ServiceID  string               `json:"service_id,omitempty"`
	At         time.Time            `json:"at"`
	FollowUpOn string               `json:"follow_up_on,omitempty"`
	Result     terms.SignpostResult `json:"result,omitempty"`
	Version    int64                `json:"version"`
}

func viewSignpost(s domain.Signpost) signpostView {
	return signpostView{s.ID, s.Ref, s.Need, s.ServiceID, s.At, day(s.FollowUpOn), s.Result, s.Version}
}

func (api *API) addSignpost(ctx context.Context, in *signpostInput) (*httpx.Made[referralSent], error) {
	on, err := date("follow_up_on", in.Body.FollowUpOn)
	if err != nil {
		return nil, err
	}
	b := in.Body
	out, err := api.app.Signpost(ctx, by(ctx), httpx.Command(ctx, "add signpost"), app.Signpost{Ref: b.PatientRef, Need: b.Need, ServiceID: b.ServiceID, FollowUpOn: on})
	if err != nil {
		return nil, err
	}
	return &httpx.Made[referralSent]{Location: "/api/primarycare/v1/signposts/" + out.ID, ETag: httpx.ETag(out.Version), Body: referralSent(out)}, nil
}

func (api *API) getSignpost(ctx context.Context, in *Identified) (*httpx.One[signpostView], error) {
	s, err := api.app.SignpostPage(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[signpostView]{ETag: httpx.ETag(s.Version), Body: viewSignpost(s.Signpost)}, nil
}

type listSignpostsInput struct {
	httpx.ListInput
	Due bool `query:"due" doc:"Only those to be followed up today or before"`
}

func (api *API) listSignposts(ctx context.Context, in *listSignpostsInput) (*struct{ Body httpx.List[signpostView] }, error) {
	var after app.FlagPlace
	if _, err := in.After(ctx, &after); err != nil {
		return nil, err
	}
	l, err := api.app.Signposts(ctx, by(ctx), in.Due, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make([]signpostView, len(l.Signposts))
	for i, s := range l.Signposts {
		views[i] = viewSignpost(s)
	}
	return &struct{ Body httpx.List[signpostView] }{httpx.ListBody(ctx, in.ListInput, views, func(s signpostView) any { return app.FlagPlace{At: s.At, ID: s.ID} })}, nil
}

type followUpInput struct {
	httpx.ChangeInput
	Identified
	Body struct {
		Result terms.SignpostResult `json:"result" maxLength:"60"`
	}
}

func (api *API) followUp(ctx context.Context, in *followUpInput) (*httpx.One[referralSent], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return one(api.app.FollowUp(ctx, by(ctx), httpx.Command(ctx, "follow up signpost"), in.ID, version, in.Body.Result))
}
