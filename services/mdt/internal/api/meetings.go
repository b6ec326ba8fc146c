package api

import (
	"context"
	"slices"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

type meetingBody struct {
	Name     string    `json:"name" maxLength:"100"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	Place    string    `json:"place,omitempty" maxLength:"500"`
	Weekly   bool      `json:"weekly,omitempty"`
}

func (b meetingBody) input() app.MeetingInput {
	return app.MeetingInput{Name: b.Name, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Place: b.Place, Weekly: b.Weekly}
}

type invitationView struct {
	ID             string `json:"id"`
	OrganisationID string `json:"organisation_id"`
	PersonID       string `json:"person_id,omitempty"`
	Role           string `json:"role,omitempty"`
	Must           bool   `json:"must"`
	Attendance     string `json:"attendance,omitempty"`
}

type itemView struct {
	ID         string     `json:"id"`
	MeetingID  string     `json:"meeting_id"`
	CaseID     string     `json:"case_id,omitempty"`
	Reference  string     `json:"case_reference,omitempty"`
	PatientRef string     `json:"patient_ref,omitempty" doc:"Absent for organisations that may not know who it is"`
	Reason     string     `json:"reason"`
	Why        string     `json:"why" doc:"person, action, decision, waiting, merged, holder_left, unanswered or reopened: who or what put it there"`
	State      string     `json:"state"`
	Decision   string     `json:"decision,omitempty"`
	Note       string     `json:"note,omitempty"`
	Discussed  *time.Time `json:"discussed_at,omitempty"`
	Holder     string     `json:"case_holder_id,omitempty"`
	HolderLeft bool       `json:"case_holder_left,omitempty" doc:"They no longer work there: somebody else must hold the case"`
	Asked      string     `json:"asked_to_hold_id,omitempty"`
	Still      int        `json:"discussed_without_change,omitempty" doc:"How often in a row, from three on"`
	Version    int64      `json:"version"`
}

func viewItem(l app.Line) itemView {
	v := itemView{ID: l.ID, MeetingID: l.MeetingID, CaseID: l.Case.ID, Reference: l.Case.Reference, Reason: string(l.Reason), Why: string(l.Why), State: string(l.State), Decision: string(l.Item.Decision), Note: l.Note, Discussed: utc(l.DiscussedAt), Version: l.Version}
	v.Still = l.Still.Times
	if l.MayKnow {
		v.PatientRef = l.PatientRef
	}
	if l.Holder != nil {
		v.Holder, v.HolderLeft = l.Holder.PersonID, l.Holder.Left()
	}
	if l.Asked != nil {
		v.Asked = l.Asked.PersonID
	}
	return v
}

type seatView struct {
	PersonID       string   `json:"person_id,omitempty" doc:"Absent for whoever an organisation sends, or anybody in a role"`
	OrganisationID string   `json:"organisation_id,omitempty"`
	Role           string   `json:"role,omitempty"`
	Why            []string `json:"why"`
	State          string   `json:"state" enum:"taken,unanswered,apologies,absent,not_asked"`
}

func viewSeat(s domain.Seat) seatView {
	v := seatView{PersonID: s.PersonID, OrganisationID: s.OrganisationID, Role: string(s.Role), State: string(s.State)}
	for _, c := range s.Causes {
		if !slices.Contains(v.Why, string(c.Why)) {
			v.Why = append(v.Why, string(c.Why))
		}
	}
	return v
}

type meetingView struct {
	ID             string           `json:"id"`
	OrganisationID string           `json:"organisation_id"`
	Name           string           `json:"name"`
	StartsAt       time.Time        `json:"starts_at"`
	EndsAt         time.Time        `json:"ends_at"`
	Place          string           `json:"place,omitempty"`
	Status         string           `json:"status"`
	Weekly         bool             `json:"weekly"`
	NextID         string           `json:"next_id,omitempty"`
	Invitations    []invitationView `json:"invitations,omitempty"`
	Seats          []seatView       `json:"must_be_there,omitempty" doc:"Who must be in the room, for the meeting's own organisation"`
	Items          []itemView       `json:"items,omitempty"`
	Version        int64            `json:"version"`
}

func viewMeeting(m domain.Meeting) meetingView {
	return meetingView{ID: m.ID, OrganisationID: m.OrganisationID, Name: m.Name, StartsAt: m.StartsAt.UTC(), EndsAt: m.EndsAt.UTC(), Place: m.Place, Status: string(m.Status), Weekly: m.Weekly, NextID: m.NextID, Version: m.Version}
}

func (api *API) scheduleMeeting(ctx context.Context, in *struct {
	httpx.WriteInput
	Body meetingBody
},
) (*httpx.Made[done], error) {
	d, err := api.app.Schedule(ctx, by(ctx), httpx.Command(ctx, "schedule meeting"), in.Body.input())
	return created("/meetings", d, err)
}

func (api *API) listMeetings(ctx context.Context, in *struct {
	httpx.ListInput
	Over bool `query:"over" doc:"Those that are over, latest first"`
},
) (*struct{ Body httpx.List[meetingView] }, error) {
	q := app.MeetingQuery{Over: in.Over, Limit: in.Limit + 1}
	var at app.MeetingPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		q.After = &at
	}
	all, _, err := api.app.Meetings(ctx, by(ctx), q)
	if err != nil {
		return nil, err
	}
	views := make([]meetingView, 0, len(all))
	for _, m := range all {
		views = append(views, viewMeeting(m))
	}
	return &struct{ Body httpx.List[meetingView] }{httpx.ListBody(ctx, in.ListInput, views, func(v meetingView) any { return app.MeetingPlace{At: v.StartsAt, ID: v.ID} })}, nil
}

func (api *API) getMeeting(ctx context.Context, in *Identified) (*httpx.One[meetingView], error) {
	m, err := api.app.MeetingByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	v := viewMeeting(m.Meeting)
	for _, i := range m.Invitations {
		v.Invitations = append(v.Invitations, invitationView{i.ID, i.GuestID, i.PersonID, string(i.Role), i.Must, string(i.Attendance)})
	}
	for _, s := range m.Seats {
		v.Seats = append(v.Seats, viewSeat(s))
	}
	for _, l := range m.Lines {
		v.Items = append(v.Items, viewItem(l))
	}
	return &httpx.One[meetingView]{ETag: httpx.ETag(v.Version), Body: v}, nil
}

func (api *API) changeMeeting(ctx context.Context, in *struct {
	ChangeIn
	Body meetingBody
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	x := in.Body.input()
	x.ID, x.Version = in.ID, version
	return changed(api.app.Schedule(ctx, by(ctx), httpx.Command(ctx, "change meeting"), x))
}

func (api *API) holdMeeting(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.Hold(ctx, by(ctx), httpx.Command(ctx, "hold meeting"), app.MeetingChange{ID: in.ID, Version: version}))
}

func (api *API) cancelMeeting(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.Cancel(ctx, by(ctx), httpx.Command(ctx, "cancel meeting"), app.MeetingChange{ID: in.ID, Version: version}))
}

func (api *API) nextMeeting(ctx context.Context, in *MakeIn) (*httpx.Made[done], error) {
	d, err := api.app.ScheduleNext(ctx, by(ctx), httpx.Command(ctx, "schedule next"), in.ID)
	return created("/meetings", d, err)
}

type somebody struct {
	PersonID       string `json:"person_id" format:"uuid"`
	OrganisationID string `json:"organisation_id" format:"uuid"`
}

func (api *API) invite(ctx context.Context, in *struct {
	MakeIn
	Body struct {
		OrganisationID string `json:"organisation_id" format:"uuid"`
		PersonID       string `json:"person_id,omitempty" format:"uuid" doc:"Absent: whoever the organisation sends"`
		Must           bool   `json:"must,omitempty"`
	}
},
) (*httpx.Made[done], error) {
	d, err := api.app.Invite(ctx, by(ctx), httpx.Command(ctx, "invite"), app.InviteInput{MeetingID: in.ID, PersonID: in.Body.PersonID, Organisation: in.Body.OrganisationID, Must: in.Body.Must})
	return created("/meetings", d, err)
}

type consentBody struct {
	Given   bool   `json:"given"`
	How     string `json:"how" maxLength:"40"`
	Purpose string `json:"purpose,omitempty" maxLength:"40"`
	UntilOn string `json:"until_on,omitempty" format:"date" doc:"The last day on which it holds, at most two years ahead; absent is until they say otherwise. Not for what is sensitive"`
}

func (c consentBody) consent(otherwise terms.ConsentPurpose) domain.Consent {
	purpose := terms.ConsentPurpose(c.Purpose)
	if !purpose.Known() {
		purpose = otherwise
	}
	return domain.Consent{Purpose: purpose, Given: c.Given, How: terms.ConsentHow(c.How), UntilOn: c.UntilOn}
}

func (api *API) putOnAgenda(ctx context.Context, in *struct {
	MakeIn
	Body struct {
		PatientRef string      `json:"patient_ref" format:"uuid"`
		Consent    consentBody `json:"consent"`
		Reason     string      `json:"reason" maxLength:"60"`
		Need       string      `json:"need,omitempty" maxLength:"60"`
		Narrative  string      `json:"narrative" maxLength:"2000"`
	}
},
) (*httpx.Made[done], error) {
	c := in.Body.Consent.consent(terms.ConsentDiscussAtMDT)
	d, err := api.app.PutOnAgenda(ctx, by(ctx), httpx.Command(ctx, "put on agenda"), app.PutInput{MeetingID: in.ID, PatientRef: in.Body.PatientRef, Consent: c, Reason: terms.MDTReason(in.Body.Reason), Need: terms.Need(in.Body.Need), Narrative: in.Body.Narrative})
	return created("/items", d, err)
}

func (api *API) getItem(ctx context.Context, in *Identified) (*httpx.One[itemView], error) {
	v, err := api.app.ItemByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[itemView]{ETag: httpx.ETag(v.Version), Body: viewItem(v.Line)}, nil
}

func (api *API) removeItem(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.RemoveFromAgenda(ctx, by(ctx), httpx.Command(ctx, "remove from agenda"), in.ID, version))
}

func (api *API) discuss(ctx context.Context, in *struct {
	ChangeIn
	Body struct {
		Decision string `json:"decision" maxLength:"40"`
		Note     string `json:"note,omitempty" maxLength:"2000"`
	}
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.Discuss(ctx, by(ctx), httpx.Command(ctx, "discuss"), app.DiscussInput{ItemID: in.ID, Version: version, Decision: terms.MDTDecision(in.Body.Decision), Note: in.Body.Note}))
}

func (b somebody) of(item string) app.SomebodyInput {
	return app.SomebodyInput{ItemID: item, PersonID: b.PersonID, Organisation: b.OrganisationID}
}

func (api *API) askToHold(ctx context.Context, in *struct {
	MakeIn
	Body somebody
},
) (*httpx.Made[done], error) {
	d, err := api.app.AskToHold(ctx, by(ctx), httpx.Command(ctx, "ask to hold"), in.Body.of(in.ID))
	return created("/holdings", d, err)
}

type keyWorkerView struct {
	PersonID       string     `json:"person_id,omitempty" doc:"Absent when nobody is the key worker"`
	OrganisationID string     `json:"organisation_id,omitempty"`
	Role           string     `json:"role,omitempty"`
	AssignedAt     *time.Time `json:"assigned_at,omitempty"`
	Version        int64      `json:"version" doc:"For If-Match of the next change; 0 before the first"`
}

func (api *API) keyWorker(ctx context.Context, in *Identified) (*httpx.One[keyWorkerView], error) {
	i, err := api.app.ItemByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	v := keyWorkerView{Version: i.KeyVersion}
	if k := i.KeyWorker; k != nil {
		v.PersonID, v.OrganisationID, v.Role, v.AssignedAt = k.PersonID, k.OrganisationID, string(k.Role), utc(k.AssignedAt)
	}
	return &httpx.One[keyWorkerView]{ETag: httpx.ETag(v.Version), Body: v}, nil
}

func (api *API) assignKeyWorker(ctx context.Context, in *struct {
	ChangeIn
	Body somebody
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.AssignKeyWorker(ctx, by(ctx), httpx.Command(ctx, "assign key worker"), in.Body.of(in.ID), version))
}

func (api *API) releaseKeyWorker(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.ReleaseKeyWorker(ctx, by(ctx), httpx.Command(ctx, "release key worker"), in.ID, version))
}

func (api *API) agreeAction(ctx context.Context, in *struct {
	MakeIn
	Body struct {
		OwnerID  string `json:"owner_person_id" format:"uuid"`
		OwnerOrg string `json:"owner_organisation_id" format:"uuid"`
		DueOn    string `json:"due_on" format:"date"`
		What     string `json:"what" maxLength:"500"`
	}
},
) (*httpx.Made[done], error) {
	d, err := api.app.AgreeAction(ctx, by(ctx), httpx.Command(ctx, "agree action"), app.AgreeInput{SomebodyInput: somebody{in.Body.OwnerID, in.Body.OwnerOrg}.of(in.ID), DueOn: in.Body.DueOn, What: in.Body.What})
	return created("/actions", d, err)
}
