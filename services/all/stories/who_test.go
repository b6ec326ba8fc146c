package stories

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// The area has many offices in these stories, and a referral that waits for one of them is one's.
var coordinators struct {
	sync.Mutex
	all []*demo.Client
}

// comes is somebody who comes to a desk, most without their NHS number; differs is how this desk wrote them down. Their family name stands in
// no other story: who comes to two neighbouring scenes under one name is alike, and the office is asked.
func (s *scene) comes(desk *demo.Client, family string, differs map[string]any) (ref string) {
	s.t.Helper()
	body := map[string]any{
		"given_name": "Margaret", "family_name": family, "date_of_birth": fmt.Sprintf("%d-08-12", 1930+s.n%60), "no_number_reason": "not_known",
		"phone": fmt.Sprintf("07700 90%04d", s.n), "postcode": fmt.Sprintf("M%d %dAB", 1+s.n/10%40, s.n%10),
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}
	maps.Copy(body, differs)
	if body["nhs_number"] != nil {
		delete(body, "no_number_reason")
	}
	var added patient
	require.NoError(s.t, desk.Make(s.t.Context(), "/api/primarycare/v1/patients", id.New(), body, &added))
	return added.Ref
}

// unrecognised is a referral whose patient the area's office must recognise.
type unrecognised struct {
	office *demo.Client
	path   string
	etag   string
	MayBe  []struct {
		Ref        string            `json:"ref"`
		FamilyName string            `json:"family_name"`
		GivenName  string            `json:"given_name"`
		Agreement  map[string]string `json:"agreement"`
	} `json:"may_be"`
}

// toRecognise finds the office that a referral waits for.
func (s *scene) toRecognise(referral string) unrecognised {
	s.t.Helper()
	coordinators.Lock()
	all := slices.Clone(coordinators.all)
	coordinators.Unlock()
	for end := time.Now().Add(patience); ; s.breathe() {
		for _, office := range all {
			u := unrecognised{office: office, path: "/api/coordination/v1/referrals/" + referral}
			var err error
			if u.etag, err = office.Get(s.t.Context(), u.path, &u); err == nil && len(u.MayBe) > 0 {
				return u
			}
		}
		require.True(s.t, time.Now().Before(end), "no office was asked who this is")
	}
}

func (s *scene) is(u unrecognised, answer map[string]any) {
	s.t.Helper()
	require.NoError(s.t, u.office.Change(s.t.Context(), u.path+"/settle", u.etag, answer, nil))
}

// The hospital's discharge team and the practice write one woman down differently, without a number. The area's office recognises her,
// the second request joins the first, and nobody helps her twice.
func TestOnePersonWrittenDownTwiceIsHelpedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	here := s.comes(s.reception(), "Quillfeather", nil)
	there := s.comes(s.as(s.other, terms.RoleReceptionist), "Quilfeather", map[string]any{"given_name": "Maggie", "phone": "0161 496 0778"})
	first := s.refers(s.practice, here, terms.NeedLoneliness, toService(service))
	s.comesTo(s.reception(), first, terms.ReferralOffered)
	other := s.as(s.other, terms.RoleReceptionist)
	second := s.refers(s.other, there, terms.NeedLoneliness, toService(service))
	held := s.comesTo(other, second, terms.ReferralHeld)
	require.Equal(t, "coordinator", held.Owes.Party)

	u := s.toRecognise(second)
	require.Equal(t, "Quillfeather", u.MayBe[0].FamilyName)
	require.Equal(t, map[string]string{"name": "close", "date_of_birth": "same", "sex": "not_known", "nhs_number": "not_known", "postcode": "same", "phone": "different"}, u.MayBe[0].Agreement)
	s.is(u, map[string]any{"same": u.MayBe[0].Ref})
	require.Equal(t, http.StatusConflict, refused(t, u.office.Change(t.Context(), u.path+"/settle", u.etag, map[string]any{"same": u.MayBe[0].Ref}, nil)).Status, "once")
	require.NoError(t, s.stage.Settle(t.Context()))
	mine := s.referral(other, second)
	require.Equal(t, "sender", mine.Owes.Party, "now its sender chooses")
	require.Contains(t, mine.AvailableActions, "join")
}

// cousins are two women whose records the area's office has made one: a provider has accepted the first's referral, and the second's waits for its desk.
type cousins struct {
	*scene
	desk          *demo.Client // at the second's practice
	office        *demo.Client
	here, there   string // their refs
	sent, doubled string // their referrals
}

func madeOne(t *testing.T, family, almost string) cousins {
	t.Helper()
	c := cousins{scene: newScene(t)}
	service := c.service(c.first, "Walking group", terms.NeedLoneliness)
	c.desk = c.as(c.other, terms.RoleReceptionist)
	c.here = c.comes(c.reception(), family, nil)
	c.there = c.comes(c.desk, almost, map[string]any{"given_name": "Margret"})
	c.sent = c.refers(c.practice, c.here, terms.NeedLoneliness, toService(service))
	c.does(c.tray(c.provider(), "vcse", c.sent), "accept", map[string]any{})
	c.comesTo(c.reception(), c.sent, terms.ReferralAccepted)
	c.doubled = c.refers(c.other, c.there, terms.NeedLoneliness, toService(service))
	u := c.toRecognise(c.doubled)
	c.is(u, map[string]any{"same": u.MayBe[0].Ref})
	require.NoError(t, c.stage.Settle(t.Context()))
	c.office = u.office
	return c
}

func (c cousins) provider() *demo.Client { return c.as(c.first, terms.RoleProviderWorker) }

// areTwo is the office's word that they are two people after all.
func (c cousins) areTwo() {
	c.t.Helper()
	var made struct {
		Items []struct {
			ID      string `json:"id"`
			FromRef string `json:"from_ref"`
		} `json:"items"`
	}
	_, err := c.office.Get(c.t.Context(), "/api/coordination/v1/merges", &made)
	require.NoError(c.t, err)
	merge := ""
	for _, m := range made.Items {
		if m.FromRef == c.there {
			merge = m.ID
		}
	}
	require.NotEmpty(c.t, merge)
	notAllowed(c.t, c.reception().Make(c.t.Context(), "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "They are cousins"}, nil))
	require.NoError(c.t, c.office.Make(c.t.Context(), "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "They are cousins"}, nil))
}

// Two practices' records were made one, the second referral was joined, and then somebody rings: they are cousins. It is undone, the
// second woman's referral is offered after all, and each practice sees its own patient only.
func TestAMergeUndoneGivesBothTheirHelp(t *testing.T) {
	t.Parallel()
	c := madeOne(t, "Brackenbury", "Brackenberry")
	at := "/api/coordination/v1/referrals/" + c.doubled
	etag, err := c.desk.Get(t.Context(), at, nil)
	require.NoError(t, err)
	require.NoError(t, c.desk.Change(t.Context(), at+"/join", etag, nil, nil))
	joined := c.comesTo(c.desk, c.doubled, terms.ReferralJoined)
	require.Equal(t, http.StatusOK, c.sees(c.desk, "/api/coordination/v1/cases/"+joined.CaseID))
	c.areTwo()

	back := c.comesTo(c.desk, c.doubled, terms.ReferralOffered)
	require.NotEqual(t, joined.CaseID, back.CaseID, "she has a case of her own")
	require.NotEqual(t, http.StatusOK, c.sees(c.desk, "/api/coordination/v1/cases/"+joined.CaseID))
	require.NotEqual(t, http.StatusOK, c.sees(c.reception(), "/api/coordination/v1/cases/"+back.CaseID))
	c.does(c.tray(c.provider(), "vcse", c.doubled), "accept", map[string]any{})
	c.comesTo(c.desk, c.doubled, terms.ReferralAccepted)
	require.Equal(t, string(terms.ReferralAccepted), c.referral(c.reception(), c.sent).State)
}

// The second woman tells her practice that she no longer agrees to sharing, and the help of the first ends: the two are one on the record. Once the
// office has put that right the first is offered help again, by who gave it, and what the second woman ended stays ended.
func TestANoThatWasTheOthersEndsNobodysHelp(t *testing.T) {
	t.Parallel()
	c := madeOne(t, "Throckmorton", "Throckmorten")
	had := c.tray(c.provider(), "vcse", c.sent)
	require.NoError(t, c.desk.Make(t.Context(), "/api/coordination/v1/patients/"+c.there+"/consent/withdraw", id.New(),
		map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentByPhone}, nil))
	c.comesTo(c.reception(), c.sent, terms.ReferralWithdrawn)
	c.comesTo(c.desk, c.doubled, terms.ReferralWithdrawn)
	require.NoError(t, c.stage.Settle(t.Context()))
	c.areTwo()

	c.comesTo(c.reception(), c.sent, terms.ReferralOffered)
	again := c.shown(c.provider(), "vcse", "waiting", c.sent)
	require.NotEqual(t, had.path, again.path, "what they knew of her is gone")
	require.NotNil(t, again.Contact, "and is told again")
	c.does(again, "accept", map[string]any{})
	c.comesTo(c.reception(), c.sent, terms.ReferralAccepted)
	require.Equal(t, string(terms.ReferralWithdrawn), c.referral(c.desk, c.doubled).State)
}

// Twins are never made one by a machine; the office says that they are relatives, and is not asked again.
func TestTwinsAreTwoPeople(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Choir", terms.NeedLoneliness)
	anna := s.comes(s.reception(), "Osgathorpe", map[string]any{"given_name": "Anna"})
	hanna := s.comes(s.reception(), "Osgathorpe", map[string]any{"given_name": "Hanna"})
	s.comesTo(s.reception(), s.refers(s.practice, anna, terms.NeedLoneliness, toService(service)), terms.ReferralOffered)
	second := s.refers(s.practice, hanna, terms.NeedLoneliness, toService(service))
	u := s.toRecognise(second)
	require.Equal(t, http.StatusUnprocessableEntity, refused(t, u.office.Change(t.Context(), u.path+"/settle", u.etag, map[string]any{"different": []string{u.MayBe[0].Ref}}, nil)).Status, "with a reason only")
	s.is(u, map[string]any{"different": []string{u.MayBe[0].Ref}, "reason": "relatives"})
	s.comesTo(s.reception(), second, terms.ReferralOffered)
	pantry := s.service(s.first, "Pantry", terms.NeedFood)
	s.comesTo(s.reception(), s.refers(s.practice, hanna, terms.NeedFood, toService(pantry)), terms.ReferralOffered)
}

// A desk types the NHS number of another person, who is helped already: neither becomes the other. The office is asked, and tells them apart; the
// provider still reads who it helps, and both have help of their own.
func TestANumberTypedForAnotherMakesNobodyOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Gardening club", terms.NeedLoneliness)
	ada := s.patient("Wetherspoke")
	sent := s.refers(s.practice, ada.Ref, terms.NeedLoneliness, toService(service))
	provider := s.as(s.first, terms.RoleProviderWorker)
	s.does(s.tray(provider, "vcse", sent), "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)

	desk := s.as(s.other, terms.RoleReceptionist)
	joan := s.comes(desk, "Tattersgill", map[string]any{"given_name": "Joan", "nhs_number": ada.number})
	require.NotEqual(t, ada.Ref, joan)
	second := s.refers(s.other, joan, terms.NeedLoneliness, toService(service))
	u := s.toRecognise(second)
	require.Equal(t, "Wetherspoke", u.MayBe[0].FamilyName)
	require.Equal(t, "same", u.MayBe[0].Agreement["nhs_number"])
	require.Equal(t, "different", u.MayBe[0].Agreement["name"])
	s.is(u, map[string]any{"different": []string{u.MayBe[0].Ref}, "reason": "sender_says"})
	s.comesTo(desk, second, terms.ReferralOffered)
	require.Equal(t, "Wetherspoke", s.tray(provider, "vcse", sent).Contact.FamilyName)
	require.Equal(t, string(terms.ReferralAccepted), s.referral(s.reception(), sent).State)
	again := refused(t, desk.Make(t.Context(), "/api/primarycare/v1/patients", id.New(), map[string]any{
		"given_name": "Ada", "family_name": "Wetherspoke", "date_of_birth": "1951-03-27", "nhs_number": ada.number,
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": false},
	}, nil))
	require.Equal(t, http.StatusConflict, again.Status, "at the desk that has it on another record, somebody looks first")
}

// sees is the status that a page of data answers somebody with.
func (s *scene) sees(as *demo.Client, path string) int {
	s.t.Helper()
	var out struct{}
	_, err := as.Get(s.t.Context(), path, &out)
	if err == nil {
		return http.StatusOK
	}
	return refused(s.t, err).Status
}
