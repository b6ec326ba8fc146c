package stories

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// onDuty says which GP answers red flags at the practice today.
func (s *scene) onDuty() *demo.Client {
	s.t.Helper()
	gp := s.as(s.practice, terms.RoleGP)
	etag, err := gp.Get(s.t.Context(), "/api/primarycare/v1/duty", nil)
	require.NoError(s.t, err)
	require.NoError(s.t, gp.Put(s.t.Context(), "/api/primarycare/v1/duty", etag, map[string]any{"clinician_id": gp.Who().Person.ID, "clinician_phone": "extension 12"}))
	return gp
}

type redFlag struct {
	Rung           string `json:"rung"`
	Source         string `json:"source"`
	Patient        string `json:"patient_ref"`
	Action         string `json:"action"`
	AcknowledgedBy string `json:"acknowledged_by"`
	Open           bool   `json:"open"`
}

// A man at the desk tried to end his life yesterday. Nothing is sent to a link worker: the duty clinician is told, and until she has
// answered nobody at the desk can send him anywhere. Only a clinician can say what was done.
func TestTheManWhoTriedToEndHisLifeYesterdayIsNotQueued(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedLoneliness)
	gp, desk := s.onDuty(), s.reception()
	p := s.patient("Yesterday")
	var flag struct {
		ID string `json:"id"`
	}
	require.NoError(t, desk.Make(t.Context(), "/api/primarycare/v1/red-flags", id.New(), map[string]any{
		"patient_ref": p.Ref, "question_codes": []terms.RedFlagQuestion{terms.RedFlagSuicideSelfHarm}, "note": "He says he took tablets last night.",
	}, &flag))
	err := desk.Make(t.Context(), "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": p.Ref, "red_flags_clear": false, "need": terms.NeedLoneliness, "receivers": []receiver{toTeam(s.team)},
		"consent": map[string]any{"given": true, "how": "in_person"},
	}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, refused(t, err).Status, "a referral is not the way")

	path := "/api/primarycare/v1/red-flags/" + flag.ID
	var seen redFlag
	etag, err := gp.Get(t.Context(), path, &seen)
	require.NoError(t, err)
	require.Equal(t, redFlag{Rung: "duty", Source: "reception", Patient: p.Ref, Open: true}, seen)
	notAllowed(t, desk.Change(t.Context(), path+"/acknowledge", etag, map[string]any{"action": terms.RedFlagNoActionNow}, nil))
	require.NoError(t, gp.Change(t.Context(), path+"/acknowledge", etag, map[string]any{"action": terms.RedFlagCrisisTeam}, nil))
	_, err = desk.Get(t.Context(), path, &seen)
	require.NoError(t, err)
	require.Equal(t, string(terms.RedFlagCrisisTeam), seen.Action)
	require.Equal(t, gp.Who().Person.ID, seen.AcknowledgedBy)

	var list struct {
		Items []any `json:"items"`
	}
	_, err = s.as(s.team, terms.RoleLinkWorker).Get(t.Context(), "/api/linkworker/v1/offers?show=waiting", &list)
	require.NoError(t, err)
	require.Empty(t, list.Items, "nobody put him into the link workers' queue")
}

// A link worker finds somebody in crisis behind an ordinary referral: the practice's duty clinician gets a red flag, and the offer is not left lying.
func TestALinkWorkerFindsACrisisAndThePracticeIsTold(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedMentalWellbeing)
	gp := s.onDuty()
	p := s.patient("Bridge")
	sent := s.refers(s.practice, p.Ref, terms.NeedMentalWellbeing, toTeam(s.team))
	o := s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", sent)
	s.does(o, "crisis", map[string]any{"whom_rung": terms.RungNobodyYet, "note": "He rang us from a bridge.", "bounce": true})
	for end := s.stage.Now().Add(patience); ; s.breathe() {
		var list struct {
			Items []redFlag `json:"items"`
		}
		_, err := gp.Get(t.Context(), "/api/primarycare/v1/red-flags?open=true", &list)
		require.NoError(t, err)
		if len(list.Items) == 1 {
			require.Equal(t, p.Ref, list.Items[0].Patient)
			require.Equal(t, string(terms.RedFlagFromLinkWorker), list.Items[0].Source)
			break
		}
		require.True(t, s.stage.Now().Before(end), "the practice was not told")
	}
	require.Equal(t, 1, s.waits(sent, func(r referral) bool { return r.Bounces > 0 }).Bounces)
}

// waits until the practice's desk shows the referral as it is to be.
func (s *scene) waits(id string, is func(referral) bool) referral {
	s.t.Helper()
	for end := s.stage.Now().Add(patience); ; s.breathe() {
		if r := s.referral(s.reception(), id); is(r) {
			return r
		}
		require.True(s.t, s.stage.Now().Before(end), "the referral is not as it should be: %+v", s.referral(s.reception(), id))
	}
}

// A service says how full it is, and the desk sees that before it sends; one that never said is not taken for free.
func TestTheDeskSeesHowMuchRoomThereIs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	told := s.service(s.first, "Garden group", terms.NeedNatureOutdoors)
	silent := s.service(s.second, "Allotment", terms.NeedNatureOutdoors)
	s.hasRoom(told, 2)
	require.Equal(t, room{"capacity", "fresh", 2}, s.roomOf(told))
	require.Equal(t, room{"", "unknown", 0}, s.roomOf(silent))
}

type room struct {
	status, freshness string
	free              int
}

// hasRoom is the provider saying how many places are free.
func (s *scene) hasRoom(service string, places int) {
	s.t.Helper()
	as := s.as(s.first, terms.RoleProviderWorker)
	require.NoError(s.t, as.Put(s.t.Context(), "/api/vcse/v1/services/"+service+"/capacity", `"0"`, map[string]any{"status": terms.CapacityHas, "places_free": places}))
	require.NoError(s.t, s.stage.Settle(s.t.Context()))
}

// roomOf is what the practice's desk is shown when it looks for a service near its patients.
func (s *scene) roomOf(service string) room {
	s.t.Helper()
	for cursor := ""; ; {
		var list struct {
			Items []struct {
				ID       string `json:"id"`
				Capacity struct {
					Status    string `json:"status"`
					Freshness string `json:"freshness"`
					Free      int    `json:"places_free"`
				} `json:"capacity"`
			} `json:"items"`
			Next string `json:"next_cursor"`
		}
		_, err := s.reception().Get(s.t.Context(), "/api/primarycare/v1/services?limit=200&need="+string(terms.NeedNatureOutdoors)+"&cursor="+cursor, &list)
		require.NoError(s.t, err)
		for _, x := range list.Items {
			if x.ID == service {
				return room{x.Capacity.Status, x.Capacity.Freshness, x.Capacity.Free}
			}
		}
		cursor = list.Next
		require.NotEmpty(s.t, cursor, "the desk does not find the service")
	}
}

// While the provider decides, the one free place is kept; when the practice takes the referral back, it is free again and there is nothing
// left to accept.
func TestAPlaceIsKeptAndGivenBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Pottery", terms.NeedArtsCulture)
	s.hasRoom(service, 1)
	p := s.patient("Clay")
	sent := s.refers(s.practice, p.Ref, terms.NeedArtsCulture, toService(service))
	provider := s.as(s.first, terms.RoleProviderWorker)
	o := s.tray(provider, "vcse", sent)
	kept := func() int {
		var now struct {
			Capacity struct {
				Reserved int `json:"reserved"`
			} `json:"capacity"`
		}
		_, err := provider.Get(t.Context(), "/api/vcse/v1/services/"+service, &now)
		require.NoError(t, err)
		return now.Capacity.Reserved
	}
	require.Equal(t, 1, kept())
	r := s.comesTo(s.reception(), sent, terms.ReferralOffered)
	require.NoError(t, s.reception().Change(t.Context(), "/api/primarycare/v1/referrals/"+sent+"/withdraw", r.etag, map[string]any{"reason": terms.WithdrawalNoLongerNeeded}, nil))
	s.comesTo(s.reception(), sent, terms.ReferralWithdrawn)
	require.Eventually(t, func() bool { return kept() == 0 }, patience, tick)
	require.Error(t, provider.Change(t.Context(), o.path+"/accept", s.look(o).etag, map[string]any{}, nil), "there is nothing to accept any more")
}

// A provider is full and keeps a list: the practice sees that its patient waits, and until when; later there is room.
func TestSomebodyOnAWaitingListIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Counselling", terms.NeedBereavement)
	p := s.patient("Waits")
	sent := s.refers(s.practice, p.Ref, terms.NeedBereavement, toService(service))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent)
	s.does(o, "waitlist", map[string]any{"expected_by_on": s.stage.Now().AddDate(0, 1, 0).Format("2006-01-02")})
	r := s.comesTo(s.reception(), sent, terms.ReferralWaitlisted)
	require.Equal(t, "receiver", r.Owes.Party)
	require.NotNil(t, r.DueAt, "somebody owes the next step by then")
	require.NoError(t, s.stage.Settle(t.Context())) // the provider has heard by when
	s.does(s.look(o), "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
}

// Information is given, and two weeks later somebody asks how it went: they were turned away, which is written down.
func TestASignpostIsFollowedUp(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Food pantry", terms.NeedFood)
	p := s.patient("Pantry")
	desk := s.reception()
	var made struct {
		ID string `json:"id"`
	}
	require.NoError(t, desk.Make(t.Context(), "/api/primarycare/v1/signposts", id.New(), map[string]any{
		"patient_ref": p.Ref, "need": terms.NeedFood, "service_id": service, "follow_up_on": s.stage.Now().AddDate(0, 0, 14).Format("2006-01-02"),
	}, &made))
	var post struct {
		Result     string `json:"result"`
		FollowUpOn string `json:"follow_up_on"`
	}
	path := "/api/primarycare/v1/signposts/" + made.ID
	etag, err := desk.Get(t.Context(), path, &post)
	require.NoError(t, err)
	require.Empty(t, post.Result)
	require.NotEmpty(t, post.FollowUpOn)
	require.NoError(t, desk.Change(t.Context(), path+"/follow-up", etag, map[string]any{"result": terms.SignpostTurnedAway}, nil))
	_, err = desk.Get(t.Context(), path, &post)
	require.NoError(t, err)
	require.Equal(t, string(terms.SignpostTurnedAway), post.Result)
	notAllowed(t, func() error { _, err := s.as(s.other, terms.RoleReceptionist).Get(t.Context(), path, nil); return err }())
}

// Somebody dies while help is being arranged: everything ends, and nobody owes anybody a step any more.
func TestADeathStopsEverything(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedDebtAndMoney)
	service := s.service(s.first, "Visiting", terms.NeedLoneliness)
	p := s.patient("Died")
	lonely := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	debts := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toTeam(s.team))
	atProvider := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", lonely)
	s.does(atProvider, "accept", map[string]any{})
	s.comesTo(s.reception(), lonely, terms.ReferralAccepted)
	s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", debts)
	s.becomes(p, "died")
	for _, r := range []string{lonely, debts} {
		s.waits(r, func(r referral) bool { return !r.Open && r.Owes.Party == "nobody" })
	}
	require.NotContains(t, s.look(atProvider).State, "accepted")
}

// becomes changes what the practice says of the patient's status.
func (s *scene) becomes(p patient, status string) {
	s.t.Helper()
	path := "/api/primarycare/v1/patients/" + p.Ref
	var now map[string]any
	etag, err := s.reception().Get(s.t.Context(), path, &now)
	require.NoError(s.t, err)
	now["status"] = status
	for _, own := range []string{"$schema", "ref", "version", "changed_at", "nhs_number"} {
		delete(now, own)
	}
	now["nhs_number"] = p.number
	require.NoError(s.t, s.reception().Put(s.t.Context(), path, etag, now))
}

// A patient moves to the practice down the road. It finds them by their number, and sees who helps already before it would send anybody.
func TestAPatientWhoMovesPracticeIsNotHelpedTwice(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Mover")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	s.does(s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent), "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)

	there := s.knownAt(s.other, "Mover", p.number)
	require.Equal(t, p.Ref, there)
	require.NoError(t, s.stage.Settle(t.Context()))
	desk := s.as(s.other, terms.RoleReceptionist)
	second := s.refers(s.other, there, terms.NeedLoneliness, toService(service))
	s.comesTo(desk, second, terms.ReferralHeld)
	etag, err := desk.Get(t.Context(), "/api/coordination/v1/referrals/"+second, nil)
	require.NoError(t, err)
	require.NoError(t, desk.Change(t.Context(), "/api/coordination/v1/referrals/"+second+"/join", etag, nil, nil))
	joined := s.comesTo(desk, second, terms.ReferralJoined)
	_, err = desk.Get(t.Context(), "/api/coordination/v1/cases/"+joined.CaseID, nil)
	require.NoError(t, err, "the new practice sees the one case")
}

// What a link worker knows of a group is written down for others, and somebody else says that it is still so. The group's people can say otherwise.
func TestWhatOneWorkerKnowsOthersCanRead(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Craft table", terms.NeedArtsCulture)
	lw, gp := s.as(s.team, terms.RoleLinkWorker), s.reception()
	path := "/api/vcse/v1/services/" + service + "/notes"
	var note struct {
		ID string `json:"id"`
	}
	require.NoError(t, lw.Make(t.Context(), path, id.New(), map[string]any{"kind": terms.NoteNew, "text": "Ring Jo first; the back door has no step."}, &note))
	require.NoError(t, gp.Make(t.Context(), path, id.New(), map[string]any{"kind": terms.NoteConfirm, "about_note_id": note.ID}, nil))
	require.NoError(t, s.as(s.first, terms.RoleProviderWorker).Make(t.Context(), path, id.New(),
		map[string]any{"kind": terms.NoteDispute, "about_note_id": note.ID, "text": "The door is closed since May."}, nil))
	var all struct {
		Items []struct {
			Kind string `json:"kind"`
			Text string `json:"text"`
		} `json:"items"`
	}
	_, err := s.as(s.other, terms.RoleReceptionist).Get(t.Context(), path, &all)
	require.NoError(t, err)
	var kinds []string
	for _, n := range all.Items {
		kinds = append(kinds, n.Kind)
	}
	require.Equal(t, "dispute confirm note", strings.Join(kinds, " "), "newest first")
}

// A link worker agrees a plan and passes one goal on. The first referral can not end before the second has; the practice hears of its end once all of it is done.
func TestAnOnwardReferralEndsBeforeTheFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedLoneliness)
	service := s.service(s.first, "Benefits check", terms.NeedBenefits)
	p := s.patient("Onward")
	lw := s.as(s.team, terms.RoleLinkWorker)
	root := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toTeam(s.team))
	o := s.tray(lw, "linkworker", root)
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), root, terms.ReferralAccepted)
	require.Eventually(t, func() bool { return s.look(o).Confirmed }, patience, tick)
	o = s.look(o)
	s.does(o, "contacts", map[string]any{"how": terms.ContactPhone, "result": terms.ContactReached})
	s.comesTo(s.reception(), root, terms.ReferralUnderWay)

	var sent struct {
		ID string `json:"id"`
	}
	require.NoError(t, lw.Change(t.Context(), o.path+"/referrals", s.look(o).etag, map[string]any{
		"need": terms.NeedBenefits, "urgency": terms.UrgencyRoutine, "receivers": []receiver{toService(service)}, "consent": map[string]any{"given": true, "how": "phone"},
	}, &sent))
	atProvider := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", sent.ID)
	err := lw.Change(t.Context(), o.path+"/end", s.look(o).etag, map[string]any{"outcome": terms.OutcomeHelped}, nil)
	require.Equal(t, http.StatusConflict, refused(t, err).Status, "a part of it is still under way")

	s.does(atProvider, "accept", map[string]any{})
	require.Eventually(t, func() bool { return s.look(atProvider).Receipt == "confirmed" }, patience, tick)
	s.does(s.look(atProvider), "attendance", map[string]any{"session_on": s.stage.Now().Format("2006-01-02"), "result": "attended"})
	s.does(s.look(atProvider), "end", map[string]any{"outcome": terms.OutcomeHelped})
	require.NoError(t, s.stage.Settle(t.Context()))
	s.does(s.look(o), "end", map[string]any{"outcome": terms.OutcomeHelped})
	s.comesTo(s.reception(), root, terms.ReferralClosed)
}
