package api

import (
	"time"

	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// owesView is who owes the next step.
type owesView struct {
	Party          string `json:"party" enum:"sender,receiver,coordinator,nobody"`
	OrganisationID string `json:"organisation_id,omitempty" format:"uuid"`
	Organisation   string `json:"organisation,omitempty"`
	PersonID       string `json:"person_id,omitempty" format:"uuid"`
	Person         string `json:"person,omitempty"`
}

type offerView struct {
	ID             string     `json:"id" format:"uuid"`
	Attempt        int        `json:"attempt"`
	ReceiverKind   string     `json:"receiver_kind" enum:"service,team"`
	ReceiverID     string     `json:"receiver_id" format:"uuid"`
	Receiver       string     `json:"receiver,omitempty"`
	OrganisationID string     `json:"organisation_id" format:"uuid"`
	State          string     `json:"state"`
	Reason         string     `json:"reason,omitempty"`
	OfferedAt      time.Time  `json:"offered_at"`
	AnswerDueAt    time.Time  `json:"answer_due_at"`
	AnsweredAt     *time.Time `json:"answered_at,omitempty"`
	Notice         string     `json:"notice,omitempty" doc:"How far the e-mail to the receiver got: waiting, sent, failed, no_address, phoned or settled; failed and no_address mean that somebody has to phone"`
	NoticeAt       *time.Time `json:"notice_at,omitempty" doc:"Since when that is so; of phoned, when the call was"`
}

// referralView is a referral as programs see it.
type referralView struct {
	ID                   string      `json:"id" format:"uuid"`
	CaseID               string      `json:"case_id" format:"uuid"`
	PatientRef           string      `json:"patient_ref" format:"uuid"`
	Reference            string      `json:"reference"`
	State                string      `json:"state"`
	Reason               string      `json:"reason,omitempty"`
	Outcome              string      `json:"outcome,omitempty"`
	SenderOrganisationID string      `json:"sender_organisation_id" format:"uuid"`
	Sender               string      `json:"sender,omitempty"`
	RequestedAt          time.Time   `json:"requested_at"`
	Need                 string      `json:"need"`
	Urgency              string      `json:"urgency"`
	Sensitive            bool        `json:"sensitive"`
	ParentReferralID     string      `json:"parent_referral_id,omitempty" format:"uuid"`
	DuplicateOf          string      `json:"duplicate_of,omitempty" format:"uuid" doc:"What it may double, while it is held, or what it was joined to"`
	HeldWhy              string      `json:"held_why,omitempty"`
	Bounces              int         `json:"bounces"`
	Owes                 owesView    `json:"owes"`
	DueAt                *time.Time  `json:"due_at,omitempty"`
	Overdue              bool        `json:"overdue"`
	Offers               []offerView `json:"offers"`
	AvailableActions     []string    `json:"available_actions" doc:"What you may do now"`
	MayBe                []matchView `json:"may_be,omitempty" doc:"For the area's office: who this may be, the likeliest first"`
	Version              int         `json:"version"`
}

func viewReferral(r domain.Referral, can []domain.Action, names app.Names) referralView {
	v := referralView{
		ID: r.ID, CaseID: r.CaseID, PatientRef: r.PatientRef, Reference: r.Reference, State: string(r.State), Reason: r.Reason, Outcome: r.Outcome,
		SenderOrganisationID: r.SenderOrganisation, Sender: names[r.SenderOrganisation], RequestedAt: r.RequestedAt, Need: string(r.Need),
		Urgency: string(r.Urgency), Sensitive: r.Sensitive, ParentReferralID: r.ParentID, DuplicateOf: r.DuplicateOf, HeldWhy: r.HeldWhy, Bounces: r.Bounces,
		Owes:  owesView{string(r.Owes.Party), r.Owes.Organisation, names[r.Owes.Organisation], r.Owes.Person, names[r.Owes.Person]},
		DueAt: orNil(r.DueAt), Overdue: r.Overdue, Offers: []offerView{}, AvailableActions: []string{}, Version: r.Version,
	}
	for _, a := range can {
		v.AvailableActions = append(v.AvailableActions, string(a))
	}
	for _, o := range r.Offers {
		v.Offers = append(v.Offers, offerView{
			o.ID, o.Attempt, string(o.Receiver.Kind), o.Receiver.ID, names[o.Receiver.ID], o.Receiver.Organisation,
			string(o.State), o.Reason, o.OfferedAt, o.AnswerDueAt, orNil(o.AnsweredAt), string(o.Notice), orNil(o.NoticeAt),
		})
	}
	return v
}

type patientView struct {
	Ref           string   `json:"ref" format:"uuid"`
	GivenName     string   `json:"given_name,omitempty"`
	FamilyName    string   `json:"family_name,omitempty"`
	DateOfBirth   string   `json:"date_of_birth,omitempty" format:"date"`
	Phone         string   `json:"phone,omitempty"`
	SafeWays      []string `json:"safe_ways,omitempty" doc:"How the person may be contacted; absent means not at all"`
	SafeNote      string   `json:"safe_note,omitempty"`
	Accessibility []string `json:"accessibility,omitempty"`
	NextOfKin     string   `json:"next_of_kin,omitempty" doc:"Only for roles that see who else is named"`
}

type personView struct {
	PersonID       string `json:"person_id" format:"uuid"`
	Name           string `json:"name,omitempty"`
	OrganisationID string `json:"organisation_id" format:"uuid"`
	Organisation   string `json:"organisation,omitempty"`
	Part           string `json:"part" enum:"case_holder,key_worker"`
	State          string `json:"state"`
}

type actionView struct {
	ID     string `json:"id" format:"uuid"`
	Owner  string `json:"owner,omitempty"`
	DueOn  string `json:"due_on" format:"date"`
	What   string `json:"what,omitempty"`
	Person string `json:"owner_person_id" format:"uuid"`
}

type entryView struct {
	At             time.Time         `json:"at"`
	What           string            `json:"what"`
	ReferralID     string            `json:"referral_id,omitempty" format:"uuid"`
	OrganisationID string            `json:"organisation_id,omitempty" format:"uuid"`
	Organisation   string            `json:"organisation,omitempty"`
	Person         string            `json:"person,omitempty"`
	Detail         map[string]string `json:"detail,omitempty"`
	Text           string            `json:"text,omitempty"`
}

// caseView is the shared case as programs see it.
type caseView struct {
	ID        string         `json:"id" format:"uuid"`
	Reference string         `json:"reference"`
	Open      bool           `json:"open"`
	OpenedAt  time.Time      `json:"opened_at"`
	ClosedAt  *time.Time     `json:"closed_at,omitempty"`
	Outcome   string         `json:"outcome,omitempty"`
	Patient   patientView    `json:"patient"`
	People    []personView   `json:"people"`
	Referrals []referralView `json:"referrals"`
	Actions   []actionView   `json:"actions"`
	Timeline  []entryView    `json:"timeline"`
	Version   int            `json:"version"`
}

func viewCase(v app.CaseView) caseView {
	out := caseView{
		ID: v.Case.ID, Reference: v.Case.Reference, Open: v.Case.Open, OpenedAt: v.Case.OpenedAt, ClosedAt: orNil(v.Case.ClosedAt),
		Outcome: string(v.Case.Outcome), Patient: viewPatient(v.Patient), People: []personView{}, Referrals: []referralView{}, Actions: []actionView{},
		Timeline: []entryView{}, Version: v.Case.Version,
	}
	for _, p := range v.People {
		out.People = append(out.People, personView{p.Person, v.Names[p.Person], p.Organisation, v.Names[p.Organisation], p.Part, p.State})
	}
	for _, r := range v.Referrals {
		out.Referrals = append(out.Referrals, viewReferral(r, v.Can[r.ID], v.Names))
	}
	for _, x := range v.Actions {
		out.Actions = append(out.Actions, actionView{ID: x.ID, Owner: v.Names[x.OwnerPerson], DueOn: x.DueOn, What: x.What, Person: x.OwnerPerson})
	}
	for _, e := range v.Timeline {
		out.Timeline = append(out.Timeline, entryView{e.At, e.What, e.ReferralID, e.Organisation, v.Names[e.Organisation], v.Names[e.Person], e.Detail, e.Text})
	}
	return out
}

func viewPatient(p domain.Patient) patientView {
	v := patientView{Ref: p.Ref, GivenName: p.GivenName, FamilyName: p.FamilyName, DateOfBirth: p.DateOfBirth, SafeNote: p.SafeNote, NextOfKin: p.NextOfKin}
	if p.SafePhone {
		v.Phone = p.Phone
	}
	for _, way := range []struct {
		ok   bool
		name string
	}{{p.SafePhone, "phone"}, {p.SafeText, "text"}, {p.SafeEmail, "email"}, {p.SafeLetter, "letter"}} {
		if way.ok {
			v.SafeWays = append(v.SafeWays, way.name)
		}
	}
	for _, a := range p.Accessibility {
		v.Accessibility = append(v.Accessibility, string(a))
	}
	return v
}

type helpingView struct {
	ReferralID string     `json:"referral_id" format:"uuid"`
	Need       string     `json:"need,omitempty" doc:"Left out where it came under another record of the person, of which you are not to know more than that help is there"`
	State      string     `json:"state"`
	With       string     `json:"with,omitempty" doc:"Who helps, or was asked to"`
	Since      time.Time  `json:"since"`
	Same       bool       `json:"same" doc:"It is the need that was asked about"`
	Covers     bool       `json:"covers" doc:"Whoever helps says that they help with the need that was asked about too"`
	Joinable   bool       `json:"joinable" doc:"They can be asked to: send overlap join with this referral"`
	Also       []alsoView `json:"also" doc:"What they were asked to help with too"`
}

type panelView struct {
	CaseID    string        `json:"case_id,omitempty" format:"uuid" doc:"Only when your organisation has a part in the case"`
	Helping   []helpingView `json:"helping"`
	Holder    string        `json:"case_holder,omitempty"`
	KeyWorker string        `json:"key_worker,omitempty"`
	Working   []workingView `json:"working" doc:"Who holds the case, and who stays in touch"`
	Household []string      `json:"household" doc:"Who helps somebody that lives with them, where both agreed that it may be told"`
	Failed    []failedView  `json:"failed" doc:"Who was asked for the need that was asked about within 30 days and did not help, the latest first: they are passed over"`
	Overlaps  int           `json:"overlaps" doc:"How many of them may help with the need that was asked about too: send it as seen_overlaps, and when it is not 0 what was chosen"`
}

type failedView struct {
	Name string    `json:"name"`
	On   time.Time `json:"on" doc:"When they were asked"`
}

type workingView struct {
	Name     string     `json:"name,omitempty" doc:"Left out for the same reason as a need"`
	At       string     `json:"at" doc:"The organisation"`
	Role     string     `json:"role,omitempty"`
	Stays    bool       `json:"key_worker"`
	Helps    bool       `json:"helps" doc:"Works with the person whatever the need"`
	PersonID string     `json:"person_id" format:"uuid"`
	Joinable bool       `json:"joinable" doc:"Can be asked to do this too, as join_worker_id of a referral"`
	Also     []alsoView `json:"also" doc:"What they were asked to help with too"`
}

type alsoView struct {
	Need  string    `json:"need"`
	By    string    `json:"by"`
	Since time.Time `json:"since"`
}

func viewPanel(p app.Panel) panelView {
	v := panelView{CaseID: p.CaseID, Helping: []helpingView{}, Working: []workingView{}, Failed: []failedView{}, Overlaps: p.Overlaps(), Household: append([]string{}, p.Household...)}
	for _, h := range p.Helping {
		also := []alsoView{}
		for _, x := range h.Also {
			also = append(also, alsoView{string(x.Need), x.By, x.Since})
		}
		v.Helping = append(v.Helping, helpingView{h.ReferralID, string(h.Need), string(h.State), h.With, h.Since, h.Same, h.Covers, h.Joinable, also})
	}
	for _, x := range p.Failed {
		v.Failed = append(v.Failed, failedView(x))
	}
	for _, x := range p.Working {
		v.Working = append(v.Working, viewWorking(x))
		if x.Stays {
			v.KeyWorker = x.Name
		} else {
			v.Holder = x.Name
		}
	}
	return v
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func viewWorking(x app.Working) workingView {
	v := workingView{Name: x.Name, At: x.At, Role: string(x.Role), Stays: x.Stays, Helps: x.Helps, PersonID: x.PersonID, Joinable: x.Joinable, Also: []alsoView{}}
	for _, also := range x.Also {
		v.Also = append(v.Also, alsoView{string(also.Need), also.By, also.Since})
	}
	return v
}
