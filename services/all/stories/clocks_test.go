package stories

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// hurried is a scene on a platform of its own, whose clock the story moves on.
func hurried(t *testing.T, with ...func(*stage.Options)) (s *scene, later func(d time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	o := stage.Options{Fast: true, Now: now}
	for _, w := range with {
		w(&o)
	}
	own, err := stage.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Close()) })
	s = &scene{t: t, n: scenes.Add(1), stage: own}
	name := func(what string) string { return fmt.Sprintf("%s %d (simulated)", what, s.n) }
	s.practice = stage.Organise(terms.KindPractice, name("Mill Lane Surgery"), "U98765", terms.RoleReceptionist, terms.RoleGP, terms.RolePracticeManager)
	s.first = stage.Organise(terms.KindProvider, name("Good Company"), "", terms.RoleProviderWorker, terms.RoleServiceLead)
	s.second = stage.Organise(terms.KindProvider, name("Open Door"), "", terms.RoleProviderWorker)
	s.office = stage.Organise(terms.KindOtherCare, name("Area office"), "", terms.RoleCoordinator, terms.RolePrivacyOfficer)
	s.hospital = stage.Organise(terms.KindOtherCare, name("Second office"), "", terms.RoleCoordinator)
	require.NoError(t, own.Introduce(t.Context(), s.practice, s.first, s.second, s.office, s.hospital))
	return s, func(d time.Duration) { ahead.Add(int64(d)) }
}

type late struct {
	Items []struct {
		Kind      string    `json:"kind"`
		ID        string    `json:"id"`
		Reference string    `json:"reference"`
		DueAt     time.Time `json:"due_at"`
	} `json:"items"`
}

// A provider goes silent over the time that an urgent offer has. It goes to the next service by itself; then the silent one says yes after
// all, before anybody else did. The yes is honoured, and the other is told that the offer was taken back.
func TestAProviderThatWasSilentAcceptsAfterItsOfferWentElsewhere(t *testing.T) {
	t.Parallel()
	s, later := hurried(t)
	lunch, tea := s.service(s.first, "Lunch club", terms.NeedLoneliness), s.service(s.second, "Tea and talk", terms.NeedLoneliness)
	p := s.patient("Quiet")
	var sent struct {
		ID string `json:"id"`
	}
	require.NoError(t, s.reception().Make(t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": p.Ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": "urgent", "receivers": []receiver{toService(lunch), toService(tea)},
		"narrative": "Has not left the house since June.", "consent": map[string]any{"given": true, "how": "in_person"},
	}, &sent))
	silent := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent.ID)
	later(7 * 24 * time.Hour) // 36 hours of work, whatever day of the week and holiday it is
	next := s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent.ID)
	s.comesTo(s.reception(), sent.ID, terms.ReferralOffered)

	s.does(s.look(silent), "accept", map[string]any{})
	r := s.comesTo(s.reception(), sent.ID, terms.ReferralAccepted)
	require.Equal(t, "receiver", r.Owes.Party)
	require.Eventually(t, func() bool { return s.look(silent).Receipt == "confirmed" && s.look(next).State == "withdrawn" }, patience, tick)
	o := s.look(next)
	require.Equal(t, http.StatusConflict, refused(t, o.as.Change(t.Context(), o.path+"/accept", o.etag, map[string]any{}, nil)).Status)
}

// A provider goes silent, its offer goes to the next service, and that says yes. Then the silent one says yes too. It is too late: the page
// tells it to stand down, and by when, nobody is helped by two, and once it has confirmed that it does nothing it owes nothing more.
func TestAProviderThatSaysYesAfterAnotherDidIsToldToStandDown(t *testing.T) {
	t.Parallel()
	s, later := hurried(t)
	lunch, tea := s.service(s.first, "Lunch club", terms.NeedLoneliness), s.service(s.second, "Tea and talk", terms.NeedLoneliness)
	p := s.patient("Tarry")
	sent, err := s.asks(s.reception(), p.Ref, terms.NeedLoneliness, map[string]any{"urgency": "urgent", "receivers": []receiver{toService(lunch), toService(tea)}})
	require.NoError(t, err)
	silent := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	later(7 * 24 * time.Hour)
	next := s.tray(s.as(s.second, terms.RoleProviderWorker), "vcse", sent)
	s.does(next, "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
	require.Eventually(t, func() bool { return s.look(next).Receipt == "confirmed" }, patience, tick)

	s.does(s.look(silent), "accept", map[string]any{})
	require.Eventually(t, func() bool { return s.look(silent).Receipt == "refused" }, patience, tick)
	late := s.look(silent)
	require.Equal(t, string(terms.OfferWithdrawn), late.State)
	require.Equal(t, string(terms.RefusalAcceptedElsewhere), late.Reason)
	page := s.visitor(s.first, terms.RoleProviderWorker)
	require.Contains(t, s.reads(page, "/provider"), "offer to stand down from")
	told := s.reads(page, "/provider/offers/"+silent.ID)
	require.Contains(t, told, "Do not make contact, or stop if you have begun")
	require.Contains(t, told, "Confirm by")

	s.does(late, "stand-down", nil)
	require.NotContains(t, s.reads(page, "/provider"), "offer to stand down from")
	require.Equal(t, string(terms.OfferAccepted), s.look(next).State, "the one who helps goes on")
	require.Equal(t, string(terms.ReferralAccepted), s.referral(s.reception(), sent).State)
	require.Len(t, s.whoHelps(s.reception(), p.Ref, "").Helping, 1)
}

// Nobody at all can help two people, and the office lets it lie. Its page of what is overdue shows both, the one that waits longer first; two
// coordinators give the first to somebody at once, and only one name stands on it.
func TestTheOfficeSeesWhatIsOverdueAndGivesItToSomebody(t *testing.T) {
	t.Parallel()
	s, later := hurried(t)
	old, young := s.patient("Waits"), s.patient("Comes")
	first := s.refers(s.practice, old.Ref, terms.NeedLoneliness)
	s.comesTo(s.reception(), first, terms.ReferralEscalated)
	later(3 * time.Hour * 24)
	second := s.refers(s.practice, young.Ref, terms.NeedLoneliness)
	s.comesTo(s.reception(), second, terms.ReferralEscalated)
	later(14 * 24 * time.Hour)

	office := s.as(s.office, terms.RoleCoordinator)
	var list late
	_, err := office.Get(t.Context(), "/api/coordination/v1/overdue", &list)
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	require.Equal(t, []string{first, second}, []string{list.Items[0].ID, list.Items[1].ID}, "the longest waiting first")
	_, err = s.reception().Get(t.Context(), "/api/coordination/v1/overdue", nil)
	notAllowed(t, err)
	list = late{}
	_, err = s.as(s.practice, terms.RolePracticeManager).Get(t.Context(), "/api/coordination/v1/overdue", &list)
	require.NoError(t, err)
	require.Empty(t, list.Items, "the practice owes nothing")

	var seen struct {
		Overdue bool `json:"overdue"`
		Owes    struct {
			PersonID       string `json:"person_id"`
			OrganisationID string `json:"organisation_id"`
		} `json:"owes"`
	}
	_, err = office.Get(t.Context(), "/api/coordination/v1/referrals/"+first, &seen)
	holder, other := s.office, s.hospital
	if err != nil || seen.Owes.OrganisationID == s.hospital.OrganisationID {
		holder, other = s.hospital, s.office
	}
	as := s.as(holder, terms.RoleCoordinator)
	var etag string
	require.Eventually(t, func() bool { // it is late by what the page counts, before the clock has written it down
		etag, err = as.Get(t.Context(), "/api/coordination/v1/referrals/"+first, &seen)
		return err == nil && seen.Overdue
	}, patience, tick)
	to := other.Staff[terms.RoleCoordinator].Person.ID
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		both.Go(func() {
			errs[i] = as.Change(t.Context(), "/api/coordination/v1/referrals/"+first+"/reassign", etag, map[string]any{"person_id": to}, nil)
		})
	}
	both.Wait()
	if errs[0] != nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	require.NoError(t, errs[0])
	require.Equal(t, http.StatusPreconditionFailed, refused(t, errs[1]).Status, "the second is told who was first")
	require.Eventually(t, func() bool {
		_, err := s.as(other, terms.RoleCoordinator).Get(t.Context(), "/api/coordination/v1/referrals/"+first, &seen)
		return err == nil && seen.Owes.PersonID == to
	}, patience, tick)
	r := s.referral(s.reception(), first)
	require.Equal(t, "escalated", r.State, "and it is due when it was")
}
