package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// ServiceBody is a service as its provider describes it.
type ServiceBody struct {
	Name             string                `json:"name" minLength:"1" maxLength:"300"`
	Description      string                `json:"description,omitempty" maxLength:"20000"`
	Needs            []terms.Need          `json:"needs,omitempty" maxItems:"40" doc:"Codes of the list of needs"`
	Status           terms.ServiceStatus   `json:"status,omitempty" enum:"active,inactive,temporarily_closed" default:"active"`
	MinimumAge       *int                  `json:"minimum_age,omitempty" minimum:"0" maximum:"130"`
	MaximumAge       *int                  `json:"maximum_age,omitempty" minimum:"0" maximum:"130"`
	Eligibility      string                `json:"eligibility,omitempty" maxLength:"2000"`
	Fees             string                `json:"fees,omitempty" maxLength:"2000"`
	URL              string                `json:"url,omitempty" maxLength:"2000" pattern:"^(https?://.*)?$"`
	Phone            string                `json:"phone,omitempty" maxLength:"254"`
	Email            string                `json:"email,omitempty" maxLength:"254"`
	Opening          string                `json:"opening,omitempty" maxLength:"2000" doc:"Opening times in words, where weekly sessions can not say them"`
	Languages        []string              `json:"languages,omitempty" maxItems:"100"`
	Accessibility    []terms.Accessibility `json:"accessibility,omitempty" maxItems:"40"`
	Delivery         []terms.Delivery      `json:"delivery,omitempty" maxItems:"4"`
	Places           []placeBody           `json:"places,omitempty" maxItems:"50"`
	Sessions         []sessionBody         `json:"sessions,omitempty" maxItems:"200"`
	AcceptsReferrals bool                  `json:"accepts_referrals,omitempty"`
	Simulated        bool                  `json:"simulated,omitempty" doc:"Invented for a demonstration"`
}

type placeBody struct {
	Name      string   `json:"name,omitempty" maxLength:"2000"`
	Address   string   `json:"address,omitempty" maxLength:"2000"`
	Postcode  string   `json:"postcode,omitempty" maxLength:"10"`
	Latitude  *float64 `json:"latitude,omitempty" minimum:"-90" maximum:"90"`
	Longitude *float64 `json:"longitude,omitempty" minimum:"-180" maximum:"180"`
}

type sessionBody struct {
	Weekday terms.Weekday `json:"weekday" minimum:"1" maximum:"7" doc:"1 is Monday"`
	From    string        `json:"from,omitempty" maxLength:"5"`
	To      string        `json:"to,omitempty" maxLength:"5"`
	Place   *int          `json:"place,omitempty" doc:"Index into places"`
}

func (b ServiceBody) service() domain.Service {
	s := domain.Service{
		Name: b.Name, Description: b.Description, Needs: b.Needs, Status: b.Status, MinimumAge: b.MinimumAge,
		MaximumAge: b.MaximumAge, Eligibility: b.Eligibility, Fees: b.Fees, URL: b.URL, Phone: b.Phone, Email: b.Email, Opening: b.Opening,
		Languages: b.Languages, Accessibility: b.Accessibility, Delivery: b.Delivery, AcceptsReferrals: b.AcceptsReferrals, Simulated: b.Simulated,
	}
	for _, p := range b.Places {
		s.Places = append(s.Places, domain.Place(p))
	}
	for _, x := range b.Sessions {
		s.Sessions = append(s.Sessions, domain.Session(x))
	}
	return s
}

type capacityView struct {
	Status       terms.CapacityStatus `json:"status"`
	PlacesFree   *int                 `json:"places_free,omitempty" doc:"Absent when the service does not count places"`
	Reserved     int                  `json:"reserved" doc:"Of the free places, how many are kept for open offers"`
	Waiting      *int                 `json:"waiting,omitempty"`
	NextReviewOn string               `json:"next_review_on,omitempty"`
	ReportedAt   time.Time            `json:"reported_at"`
	Freshness    terms.Freshness      `json:"freshness"`
	Version      int64                `json:"version" doc:"For If-Match of the next report; 0 before the first"`
}

type serviceView struct {
	ServiceBody
	ID           string        `json:"id" format:"uuid"`
	Provider     string        `json:"provider_id,omitempty"`
	ProviderName string        `json:"provider_name"`
	Claimed      bool          `json:"claimed"`
	Source       string        `json:"source"`
	Licence      string        `json:"source_licence"`
	Sensitive    bool          `json:"sensitive"`
	NeedsMapped  bool          `json:"needs_mapped"`
	Categories   []string      `json:"categories,omitempty"`
	Capacity     *capacityView `json:"capacity,omitempty"`
	Version      int           `json:"version"`
}

func (x API) serviceView(s app.OwnService) serviceView {
	v := serviceView{
		ID: s.ID, Provider: s.ProviderID, ProviderName: s.ProviderName, Claimed: s.Claimed, Source: s.Source, Licence: s.SourceLicence,
		Sensitive: s.Sensitive, NeedsMapped: s.NeedsMapped, Categories: s.Categories, Version: s.Version,
	}
	v.ServiceBody = ServiceBody{
		Name: s.Name, Description: s.Description, Needs: s.Needs, Status: s.Status, MinimumAge: s.MinimumAge,
		MaximumAge: s.MaximumAge, Eligibility: s.Eligibility, Fees: s.Fees, URL: s.URL, Phone: s.Phone, Email: s.Email, Opening: s.Opening,
		Languages: s.Languages, Accessibility: s.Accessibility, Delivery: s.Delivery, AcceptsReferrals: s.AcceptsReferrals, Simulated: s.Simulated,
	}
	for _, p := range s.Places {
		v.Places = append(v.Places, placeBody(p))
	}
	for _, t := range s.Sessions {
		v.Sessions = append(v.Sessions, sessionBody(t))
	}
	if c := s.Capacity; c != nil {
		v.Capacity = &capacityView{c.Status, c.PlacesFree, c.Reserved, c.Waiting, c.NextReviewOn, c.ReportedAt, c.Freshness(x.App.Now()), c.Version}
	}
	return v
}

type namePlace struct {
	ID   string `json:"i"`
	Name string `json:"n"`
}

func (x API) services(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "list-services", Method: http.MethodGet, Path: "/services", Summary: "List services by name"}, x.listServices)
	huma.Register(api, huma.Operation{OperationID: "get-service", Method: http.MethodGet, Path: "/services/{id}", Summary: "Read a service"}, x.getService)
	huma.Register(api, huma.Operation{
		OperationID: "add-service", Method: http.MethodPost, Path: "/services", Summary: "Add a service of your provider",
		Metadata: httpx.Only(provider...), DefaultStatus: http.StatusCreated,
	}, x.addService)
	huma.Register(api, huma.Operation{
		OperationID: "change-service", Method: http.MethodPut, Path: "/services/{id}", Summary: "Change a service of your provider",
		Metadata: httpx.Only(provider...),
	}, x.changeService)
	huma.Register(api, huma.Operation{
		OperationID: "withdraw-service", Method: http.MethodPost, Path: "/services/{id}/withdraw", Summary: "Take a service out of the directory",
		Metadata: httpx.Only(provider...),
	}, x.withdrawService)
	huma.Register(api, huma.Operation{
		OperationID: "report-capacity", Method: http.MethodPut, Path: "/services/{id}/capacity", Summary: "Say how much room a service has",
		Metadata: httpx.Only(provider...),
	}, x.reportCapacity)
	huma.Register(api, huma.Operation{
		OperationID: "add-note", Method: http.MethodPost, Path: "/services/{id}/notes", Summary: "Say something of a service, or of a note about it",
		DefaultStatus: http.StatusCreated,
	}, x.addNote)
	huma.Register(api, huma.Operation{OperationID: "list-notes", Method: http.MethodGet, Path: "/services/{id}/notes", Summary: "Read what people say of a service, newest first"}, x.listNotes)
}

type listServicesInput struct {
	httpx.ListInput
	Text      string     `query:"q" maxLength:"200"`
	Need      terms.Need `query:"need" maxLength:"60"`
	District  string     `query:"district" maxLength:"10" doc:"The first half of a postcode"`
	Weekday   int        `query:"weekday" minimum:"0" maximum:"7" doc:"1 is Monday; 0 any"`
	Unclaimed bool       `query:"unclaimed" doc:"Only listings that no provider has claimed"`
}

func (x API) listServices(ctx context.Context, in *listServicesInput) (*struct{ Body httpx.List[serviceView] }, error) {
	var at namePlace
	ok, err := in.After(ctx, &at)
	if err != nil {
		return nil, err
	}
	q := app.Search{Text: in.Text, Need: in.Need, District: in.District, Weekday: terms.Weekday(in.Weekday), Unclaimed: in.Unclaimed, Limit: in.Limit + 1}
	if ok {
		q.After = &app.NamePlace{Name: at.Name, ID: at.ID}
	}
	all, err := x.App.Services(ctx, who(ctx), q)
	if err != nil {
		return nil, err
	}
	rows := make([]serviceView, len(all))
	for i, s := range all {
		rows[i] = x.serviceView(app.OwnService{Service: s})
	}
	body := httpx.ListBody(ctx, in.ListInput, rows, func(v serviceView) any { return namePlace{v.ID, v.Name} })
	return &struct{ Body httpx.List[serviceView] }{body}, nil
}

func (x API) getService(ctx context.Context, in *IDInput) (*httpx.One[serviceView], error) {
	s, err := x.App.Service(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[serviceView]{ETag: tag(int64(s.Version)), Body: x.serviceView(s.OwnService)}, nil
}

type addServiceInput struct {
	httpx.WriteInput
	Body ServiceBody
}

func (x API) addService(ctx context.Context, in *addServiceInput) (*httpx.Made[doneView], error) {
	d, err := x.App.PublishService(ctx, who(ctx), httpx.Command(ctx, "publish service"), app.ServiceInput{Service: in.Body.service()})
	return made("/services/", d, err)
}

type changeServiceInput struct {
	httpx.ChangeInput
	IDInput
	Body ServiceBody
}

func (x API) changeService(ctx context.Context, in *changeServiceInput) (*httpx.One[doneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return done(x.App.PublishService(ctx, who(ctx), httpx.Command(ctx, "publish service"), app.ServiceInput{ID: in.ID, Version: version, Service: in.Body.service()}))
}

type changeInput struct {
	httpx.ChangeInput
	IDInput
}

func (x API) withdrawService(ctx context.Context, in *changeInput) (*httpx.One[doneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return done(x.App.WithdrawService(ctx, who(ctx), httpx.Command(ctx, "withdraw service"), in.ID, version))
}

type capacityInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Status       terms.CapacityStatus `json:"status" enum:"capacity,waitlist,no_capacity,additional_assessment_required"`
		PlacesFree   *int                 `json:"places_free,omitempty" minimum:"0" maximum:"10000" doc:"Leave out when the service does not count places"`
		Waiting      *int                 `json:"waiting,omitempty" minimum:"0" maximum:"10000"`
		NextReviewOn string               `json:"next_review_on,omitempty" format:"date"`
		Simulated    bool                 `json:"simulated,omitempty"`
	}
}

func (x API) reportCapacity(ctx context.Context, in *capacityInput) (*httpx.One[doneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	return done(x.App.ReportCapacity(ctx, who(ctx), httpx.Command(ctx, "report capacity"), app.CapacityInput{
		ServiceID: in.ID, Version: version,
		Status: b.Status, PlacesFree: b.PlacesFree, Waiting: b.Waiting, NextReviewOn: b.NextReviewOn, Simulated: b.Simulated,
	}))
}

type noteInput struct {
	httpx.WriteInput
	IDInput
	Body struct {
		Kind  terms.NoteKind `json:"kind" enum:"note,confirm,dispute,correct"`
		About string         `json:"about_note_id,omitempty" format:"uuid" doc:"The note that is confirmed, disputed or corrected"`
		Text  string         `json:"text,omitempty" maxLength:"1000"`
	}
}

func (x API) addNote(ctx context.Context, in *noteInput) (*httpx.Made[doneView], error) {
	d, err := x.App.AddNote(ctx, who(ctx), httpx.Command(ctx, "add note"), app.NoteInput{ServiceID: in.ID, Kind: in.Body.Kind, About: in.Body.About, Text: in.Body.Text})
	return made("/services/"+in.ID+"/notes#", d, err)
}

type noteView struct {
	ID           string         `json:"id"`
	Kind         terms.NoteKind `json:"kind"`
	About        string         `json:"about_note_id,omitempty"`
	Text         string         `json:"text,omitempty"`
	By           string         `json:"by"`
	Organisation string         `json:"organisation_id"`
	At           time.Time      `json:"at"`
}

type listNotesInput struct {
	IDInput
	httpx.ListInput
}

func (x API) listNotes(ctx context.Context, in *listNotesInput) (*struct{ Body httpx.List[noteView] }, error) {
	var after *app.TimePlace
	var at app.TimePlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		after = &at
	}
	all, err := x.App.Notes(ctx, who(ctx), in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	list := httpx.ListBody(ctx, in.ListInput, all, func(n domain.Note) any { return app.TimePlace{At: n.At, ID: n.ID} })
	out := httpx.List[noteView]{Items: []noteView{}, Next: list.Next}
	for _, n := range list.Items {
		out.Items = append(out.Items, noteView{n.ID, n.Kind, n.About, n.Text, n.By, n.Organisation, n.At})
	}
	return &struct{ Body httpx.List[noteView] }{out}, nil
}
