package stories

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

const mdtAPI = "/api/mdt/v1"

// meets is the hospital's coordinator, whose weekly meeting these stories are about.
type meets struct {
	*scene
	coordinator *demo.Client
	name        string
}

func (s *scene) meets() *meets {
	return &meets{scene: s, coordinator: s.as(s.hospital, terms.RoleMDTCoordinator), name: "Weekly MDT"}
}

func (m *meets) make(path string, in map[string]any) string {
	m.t.Helper()
	var out struct {
		ID string `json:"id"`
	}
	require.NoError(m.t, m.coordinator.Make(m.t.Context(), mdtAPI+path, id.New(), in, &out))
	return out.ID
}

func (m *meets) change(path, what string, in map[string]any) {
	m.t.Helper()
	require.NoError(m.t, m.coordinator.Change(m.t.Context(), mdtAPI+path+what, m.tag(m.coordinator, mdtAPI+path), in, nil))
}

// schedules plans a meeting for later today; the next of the same name goes on with what it leaves open.
func (m *meets) schedules() string {
	m.t.Helper()
	at := m.stage.Now().Add(time.Minute).UTC()
	return m.make("/meetings", map[string]any{"name": m.name, "starts_at": at, "ends_at": at.Add(time.Hour)})
}

// takes puts somebody whom the practice knows on the agenda, with what they need.
func (m *meets) takes(meeting string, p patient, family, need string) (item string) {
	m.t.Helper()
	m.make("/patients", map[string]any{
		"given_name": "Ada", "family_name": family, "date_of_birth": "1951-03-27", "nhs_number": p.number,
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": true},
	})
	item = m.make("/meetings/"+meeting+"/items", map[string]any{
		"patient_ref": p.Ref, "consent": map[string]any{"given": true, "how": "phone"}, "reason": "often_seen", "need": need, "narrative": "Eats little.",
	})
	require.NoError(m.t, m.stage.Settle(m.t.Context()))
	return item
}

// decides records what the meeting decided, and that it took place.
func (m *meets) decides(meeting, item string, d terms.MDTDecision) {
	m.t.Helper()
	m.change("/items/"+item, "/decision", map[string]any{"decision": d})
	m.change("/meetings/"+meeting, "/held", nil)
	require.NoError(m.t, m.stage.Settle(m.t.Context()))
}

type onAgenda struct {
	ID     string `json:"id"`
	CaseID string `json:"case_id"`
	Why    string `json:"why"`
	Holder string `json:"case_holder_id"`
	Left   bool   `json:"case_holder_left"`
	Still  int    `json:"discussed_without_change"`
}

type meetingSeen struct {
	Items []onAgenda `json:"items"`
	Seats []struct {
		PersonID       string   `json:"person_id"`
		OrganisationID string   `json:"organisation_id"`
		Role           string   `json:"role"`
		Why            []string `json:"why"`
		State          string   `json:"state"`
	} `json:"must_be_there"`
}

func (m *meets) sees(meeting string) (v meetingSeen) {
	m.t.Helper()
	_, err := m.coordinator.Get(m.t.Context(), mdtAPI+"/meetings/"+meeting, &v)
	require.NoError(m.t, err)
	return v
}

// only is the one case on an agenda.
func (m *meets) only(meeting string) onAgenda {
	m.t.Helper()
	v := m.sees(meeting)
	require.Len(m.t, v.Items, 1)
	return v.Items[0]
}

// asks puts a case to somebody; they find it by the holding's id.
func (m *meets) asks(item string, o stage.Organisation, r terms.Role) (holding string) {
	m.t.Helper()
	return m.make("/items/"+item+"/case-holder", map[string]any{"person_id": o.Staff[r].Person.ID, "organisation_id": o.OrganisationID})
}

func (m *meets) accepts(holding string, o stage.Organisation, r terms.Role) error {
	as := m.as(o, r)
	etag, err := as.Get(m.t.Context(), mdtAPI+"/holdings/"+holding, nil)
	if err != nil {
		return err
	}
	return as.Change(m.t.Context(), mdtAPI+"/holdings/"+holding+"/accept", etag, nil, nil)
}

// holds makes somebody the case-holder, and waits until everybody has heard it.
func (m *meets) holds(item string, o stage.Organisation, r terms.Role) {
	m.t.Helper()
	require.NoError(m.t, m.accepts(m.asks(item, o, r), o, r))
	require.NoError(m.t, m.stage.Settle(m.t.Context()))
}

// page is what the hospital's coordinator sees.
func (m *meets) page(path string) string {
	m.t.Helper()
	status, page := m.visitor(m.hospital, terms.RoleMDTCoordinator).asks(m.t, http.MethodGet, path, "", "")
	require.Equal(m.t, http.StatusOK, status, page)
	return page
}

// A nurse who holds a case leaves the hospital. Nobody is in the chair but on paper, and it is never empty: the case is on the next
// agenda by itself, both pages say that she has left, and a GP takes it over.
func TestACaseHolderLeavesTheirOrganisation(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m, nurse := s.meets(), s.hospital.Staff[terms.RoleCareProfessional].Person.ID
	first := m.schedules()
	item := m.takes(first, s.patient("Leftbehind"), "Leftbehind", "loneliness")
	m.holds(item, s.hospital, terms.RoleCareProfessional)
	m.decides(first, item, terms.MDTNoFurtherDiscussion)
	next := m.schedules()
	require.Empty(t, m.sees(next).Items, "nothing was left open")

	require.NoError(t, s.stage.Leave(t.Context(), s.hospital, terms.RoleCareProfessional))
	back := m.only(next)
	require.Equal(t, "holder_left", back.Why)
	require.Equal(t, nurse, back.Holder, "the case is not without")
	require.True(t, back.Left)
	require.Contains(t, m.page("/mdt/unheld"), "Its case-holder has left")
	require.Contains(t, m.page("/mdt/items/"+back.ID), "They have left")

	m.holds(back.ID, s.practice, terms.RoleGP)
	after := m.only(next)
	require.Equal(t, s.practice.Staff[terms.RoleGP].Person.ID, after.Holder)
	require.False(t, after.Left)
	require.Contains(t, m.page("/case/"+after.CaseID), "Case-holder")
	require.NotContains(t, m.page("/mdt/unheld"), "/mdt/items/"+back.ID)
}

// Both the person who was asked and a colleague who was not press yes at once, and so does the same person's second window: one answer
// counts, and there is one case-holder.
func TestTwoSayYesToTheSameCaseAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m := s.meets()
	meeting := m.schedules()
	item := m.takes(meeting, s.patient("Wanted"), "Wanted", "loneliness")
	m.holds(item, s.practice, terms.RoleGP)
	holding := m.asks(item, s.hospital, terms.RoleCareProfessional)
	nurse := s.as(s.hospital, terms.RoleCareProfessional)
	etag := s.tag(nurse, mdtAPI+"/holdings/"+holding)
	answers := make(chan error, 3)
	for _, as := range []*demo.Client{nurse, nurse, s.as(s.practice, terms.RoleGP)} {
		go func() { answers <- as.Change(t.Context(), mdtAPI+"/holdings/"+holding+"/accept", etag, nil, nil) }()
	}
	yes := 0
	for range 3 {
		if err := <-answers; err == nil {
			yes++
		}
	}
	require.Equal(t, 1, yes)
	require.NoError(t, s.stage.Settle(t.Context()))
	x := m.only(meeting)
	require.Equal(t, s.hospital.Staff[terms.RoleCareProfessional].Person.ID, x.Holder)
	require.Equal(t, 1, strings.Count(m.page("/case/"+x.CaseID), ">Case-holder<"), "one on the shared case too")
}

// What was agreed and is not done comes back to every next meeting, until it is done.
func TestActionsThatAreNotDoneComeBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m := s.meets()
	meeting := m.schedules()
	item := m.takes(meeting, s.patient("Promised"), "Promised", "loneliness")
	m.holds(item, s.practice, terms.RoleGP)
	nurse := s.hospital.Staff[terms.RoleCareProfessional].Person.ID
	action := m.make("/items/"+item+"/actions", map[string]any{
		"owner_person_id": nurse, "owner_organisation_id": s.hospital.OrganisationID, "due_on": s.stage.Now().Add(48 * time.Hour).Format(time.DateOnly), "what": "Visit at home",
	})
	m.decides(meeting, item, terms.MDTNoFurtherDiscussion)
	for range 2 {
		meeting = m.schedules()
		back := m.only(meeting)
		require.Equal(t, "action", back.Why)
		require.Contains(t, m.page("/mdt/items/"+back.ID), "Visit at home")
		m.decides(meeting, back.ID, terms.MDTNoFurtherDiscussion)
	}
	owner, leader := s.as(s.hospital, terms.RoleCareProfessional), s.as(s.practice, terms.RoleGP)
	require.NoError(t, owner.Change(t.Context(), mdtAPI+"/actions/"+action+"/give", s.tag(owner, mdtAPI+"/actions/"+action), map[string]any{
		"person_id": s.practice.Staff[terms.RoleGP].Person.ID, "organisation_id": s.practice.OrganisationID,
	}, nil))
	require.NoError(t, leader.Change(t.Context(), mdtAPI+"/actions/"+action+"/give", s.tag(leader, mdtAPI+"/actions/"+action), map[string]any{
		"person_id": nurse, "organisation_id": s.hospital.OrganisationID,
	}, nil), "given back by the practice's GP, whose it was then")
	require.NoError(t, owner.Change(t.Context(), mdtAPI+"/actions/"+action+"/end", s.tag(owner, mdtAPI+"/actions/"+action), map[string]any{"result": "done"}, nil))
	require.Empty(t, m.sees(m.schedules()).Items)
}

// A case is talked about three times, the same is decided each time, and nothing happens between: it is marked for all to see.
func TestACaseDiscussedThriceIsMarked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m := s.meets()
	meeting := m.schedules()
	item := m.takes(meeting, s.patient("Standing"), "Standing", "loneliness")
	for range 3 {
		require.Zero(t, m.only(meeting).Still)
		m.decides(meeting, item, terms.MDTKeepUnderReview)
		meeting = m.schedules()
		item = m.only(meeting).ID
	}
	require.Equal(t, 3, m.only(meeting).Still)
	require.Contains(t, m.page("/mdt/meetings/"+meeting), "Discussed 3 times without a change")
	require.Contains(t, m.page("/mdt/items/"+item), "Discussed 3 times without a change")
	m.holds(item, s.practice, terms.RoleGP)
	require.Zero(t, m.only(meeting).Still, "somebody took it")
}

// A case is closed with an outcome once nobody owes anything: until then the refusal names who does. It is opened again with a note, and
// is on the next agenda with the case-holder it had.
func TestACaseIsClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m, ctx := s.meets(), t.Context()
	meeting := m.schedules()
	item := m.takes(meeting, s.patient("Comesback"), "Comesback", "loneliness")
	m.holds(item, s.practice, terms.RoleGP)
	nurse := s.hospital.Staff[terms.RoleCareProfessional].Person
	action := m.make("/items/"+item+"/actions", map[string]any{
		"owner_person_id": nurse.ID, "owner_organisation_id": s.hospital.OrganisationID, "due_on": s.stage.Now().Add(48 * time.Hour).Format(time.DateOnly), "what": "Visit at home",
	})
	m.decides(meeting, item, terms.MDTNoFurtherDiscussion)
	shared := "/api/coordination/v1/cases/" + m.caseOf(item)
	gp := s.as(s.practice, terms.RoleGP)
	closes := func() error {
		return gp.Change(ctx, shared+"/close", s.tag(gp, shared), map[string]any{"outcome": "work_done"}, nil)
	}
	r := refused(t, closes())
	require.Equal(t, http.StatusConflict, r.Status)
	require.Contains(t, r.Error(), "owes an action")
	require.Contains(t, m.page("/case/end/"+m.caseOf(item)), nurse.Name+", "+s.hospital.Name+" owes an action")

	owner := s.as(s.hospital, terms.RoleCareProfessional)
	require.NoError(t, owner.Change(ctx, mdtAPI+"/actions/"+action+"/end", s.tag(owner, mdtAPI+"/actions/"+action), map[string]any{"result": "done"}, nil))
	require.NoError(t, s.stage.Settle(ctx))
	require.NoError(t, closes())
	require.NoError(t, s.stage.Settle(ctx))
	require.Equal(t, http.StatusConflict, refused(t, closes()).Status, "closed is closed")
	next := m.schedules()
	require.Empty(t, m.sees(next).Items)

	reopen := func(note string) error {
		return gp.Change(ctx, shared+"/reopen", s.tag(gp, shared), map[string]any{"note": note}, nil)
	}
	require.Equal(t, http.StatusUnprocessableEntity, refused(t, reopen("")).Status, "with a note")
	require.NoError(t, reopen("Rang the practice again on Sunday"))
	require.NoError(t, s.stage.Settle(ctx))
	back := m.only(next)
	require.Equal(t, "reopened", back.Why)
	require.Equal(t, s.practice.Staff[terms.RoleGP].Person.ID, back.Holder)
	require.Contains(t, m.page("/case/"+back.CaseID), "Rang the practice again on Sunday")
}

func (m *meets) caseOf(item string) string {
	m.t.Helper()
	var x onAgenda
	_, err := m.coordinator.Get(m.t.Context(), mdtAPI+"/items/"+item, &x)
	require.NoError(m.t, err)
	return x.CaseID
}

// A charity helps somebody who is on the agenda, and a GP holds the case: both must be in the room. One is asked as a guest; the page
// says who is still missing, and the guest's page does not say who helps whom.
func TestWhoMustBeInTheRoomIsKnown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m := s.meets()
	service, p := s.service(s.first, "Tea and talk", terms.NeedLoneliness), s.patient("Several")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	s.does(s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent), "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
	meeting := m.schedules()
	item := m.takes(meeting, p, "Several", "loneliness")
	m.holds(item, s.practice, terms.RoleGP)

	gp := s.practice.Staff[terms.RoleGP].Person.ID
	state := func(person, organisation string) (state string) {
		for _, x := range m.sees(meeting).Seats {
			if x.PersonID == person && x.OrganisationID == organisation {
				state = x.State
			}
		}
		return state
	}
	require.Equal(t, "not_asked", state(gp, s.practice.OrganisationID))
	require.Equal(t, "not_asked", state("", s.first.OrganisationID))
	m.make("/meetings/"+meeting+"/invitations", map[string]any{"organisation_id": s.first.OrganisationID, "must": true})
	require.Equal(t, "unanswered", state("", s.first.OrganisationID))
	page := m.page("/mdt/meetings/" + meeting)
	require.Contains(t, page, "Somebody from "+s.first.Name+" (asked, not answered)")
	require.Contains(t, page, "(not asked)")
	status, page := s.visitor(s.first, terms.RoleProviderWorker).asks(t, http.MethodGet, "/mdt/meetings/"+meeting, "", "")
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, page, "Who must be in the room")
	require.NotContains(t, page, "Several")

	status, file := s.visitor(s.first, terms.RoleProviderWorker).asks(t, http.MethodGet, "/mdt/meetings/"+meeting+"/calendar", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, file, "BEGIN:VEVENT")
	require.NotContains(t, file, "Several")
	status, letter := s.visitor(s.first, terms.RoleProviderWorker).asks(t, http.MethodGet, "/mdt/meetings/"+meeting+"/letter", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, letter, s.hospital.Name)
	require.NotContains(t, letter, "Several")
	require.Contains(t, m.page("/mdt/meetings/"+meeting+"/letter"), "Several")
}
