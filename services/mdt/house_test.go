package mdt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// house is the service with a practice that meets, a link worker team, a hospital and a stranger, and everybody's roles.
type house struct {
	*doortest.House
	door *mdt.Door
	run  *doortest.Running
	app  *app.App

	practice, team, hospital, elsewhere       string
	coordinator, gp, linkWorker, nurse, other actor.Actor
	secondGP                                  actor.Actor
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{House: doortest.New(t, mdt.Name, mdt.Migrate, mdt.Listens, schemas.Speakers, schemas.FS), practice: id.New(), team: id.New(), hospital: id.New(), elsewhere: id.New()}
	h.Config.Simulated = "the people on these pages are made up"
	d, err := mdt.Open(t.Context(), h.Config)
	require.NoError(t, err)
	h.door, h.app, h.run = d, d.App, h.Run(d.Frame)
	org := func(id string, kind terms.OrganisationKind, name string) {
		h.Tell(id, &register.OrganisationRegisteredV1{OrganisationID: id, Kind: kind, Name: name, Status: terms.OrganisationActive, MayRefer: true, Simulated: true, Version: 1})
	}
	org(h.practice, terms.KindPractice, "Ardwick Surgery")
	org(h.team, terms.KindLinkWorkerTeam, "Ardwick Link Workers")
	org(h.hospital, terms.KindOtherCare, "Wythenshawe Discharge Team")
	org(h.elsewhere, terms.KindOtherCare, "Bolton Council")
	h.coordinator = h.person("Maya Meeting", terms.RoleMDTCoordinator, h.practice, terms.KindPractice, "Ardwick Surgery")
	h.gp = h.person("Greta Physician", terms.RoleGP, h.practice, terms.KindPractice, "Ardwick Surgery")
	h.secondGP = h.person("Sam Second", terms.RoleGP, h.practice, terms.KindPractice, "Ardwick Surgery")
	h.linkWorker = h.person("Lee Link", terms.RoleLinkWorker, h.team, terms.KindLinkWorkerTeam, "Ardwick Link Workers")
	h.nurse = h.person("Nia Nurse", terms.RoleCareProfessional, h.hospital, terms.KindOtherCare, "Wythenshawe Discharge Team")
	h.other = h.person("Olu Other", terms.RoleCareProfessional, h.elsewhere, terms.KindOtherCare, "Bolton Council")
	return h
}

// person has a role that the register has told of.
func (h *house) person(name string, role terms.Role, org string, kind terms.OrganisationKind, orgName string) actor.Actor {
	a := doortest.Person(name, string(role), org, string(kind), orgName)
	h.Tell(a.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: a.Person.ID, Issuer: a.Person.Issuer, Subject: a.Person.Subject, DisplayName: name,
		OrganisationID: org, Role: role, FromOn: "2020-01-01", At: h.Now.Now(),
	})
	return a
}

func cmd() pg.Command { return pg.Command{Verb: "test", Key: id.New(), BodyHash: []byte("x")} }

// meeting is planned for tomorrow, with the team and the hospital asked.
func (h *house) meeting(name string) string {
	h.T.Helper()
	at := h.Now.Now().Add(24 * time.Hour).Truncate(time.Hour)
	done, err := h.app.Schedule(h.T.Context(), h.coordinator, cmd(), app.MeetingInput{Name: name, StartsAt: at, EndsAt: at.Add(time.Hour), Place: "Room 1", Weekly: true})
	require.NoError(h.T, err)
	for _, a := range []actor.Actor{h.linkWorker, h.nurse} {
		_, err = h.app.Invite(h.T.Context(), h.coordinator, cmd(), app.InviteInput{MeetingID: done.ID, PersonID: a.Person.ID, Organisation: a.Organisation, Must: true})
		require.NoError(h.T, err)
	}
	return done.ID
}

var ada = domain.Contact{GivenName: "Ada", FamilyName: "Hart", DateOfBirth: "1950-03-04", NHSNumber: "9449306621", Phone: "0161 496 0000", Postcode: "M12 4AA", SafeWays: domain.SafeWays{Phone: true}}

func yes() domain.Consent {
	return domain.Consent{Purpose: terms.ConsentDiscussAtMDT, Given: true, How: terms.ConsentInPerson}
}

// patient is known to the actor's organisation.
func (h *house) patient(by actor.Actor, c domain.Contact) string {
	h.T.Helper()
	done, err := h.app.AddPatient(h.T.Context(), by, cmd(), app.AddPatientInput{Contact: c, Another: true})
	require.NoError(h.T, err)
	return done.ID
}

// put puts a patient on the agenda, and coordination opens the case.
func (h *house) put(by actor.Actor, meeting, ref string) (item, caseID string) {
	h.T.Helper()
	done, err := h.app.PutOnAgenda(h.T.Context(), by, cmd(), app.PutInput{MeetingID: meeting, PatientRef: ref, Consent: yes(), Reason: terms.MDTOftenSeen, Need: terms.NeedLoneliness, Narrative: "Comes every week and eats little"})
	require.NoError(h.T, err)
	return done.ID, h.opened(ref)
}

func (h *house) opened(ref string) string {
	h.T.Helper()
	caseID := id.New()
	h.Tell(ref, &coordination.CaseOpenedV1{PatientRef: ref, CaseID: caseID, Reference: "CDEF2346", Because: "case_requested", ByEvent: id.New(), At: h.Now.Now()})
	return caseID
}

// says lists the types of what was said about somebody.
func says(all []event.Event) (types []string) {
	for _, e := range all {
		_, fact, _ := event.SplitType(e.Type)
		types = append(types, fact)
	}
	return types
}

func somebody(item string, a actor.Actor) app.SomebodyInput {
	return app.SomebodyInput{ItemID: item, PersonID: a.Person.ID, Organisation: a.Organisation}
}
