package stories

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// emailed is a scene whose providers have an e-mail address, with the mail server that takes what is sent to them.
func emailed(t *testing.T) (s *scene, box *mailbox.Box, later func(d time.Duration)) {
	t.Helper()
	box, err := mailbox.Listen()
	require.NoError(t, err)
	t.Cleanup(box.Down)
	m, err := door.OpenMail(box.URL(), "", "Waypost <waypost@example.org>", "https://waypost.example.org")
	require.NoError(t, err)
	s, later = hurried(t, func(o *stage.Options) { o.Mail = m })
	s.first.Email, s.first.Phone, s.first.Version = "hello@good.example.org", "0161 496 0101", 2
	s.second.Email, s.second.Version = "desk@open.example.org", 2
	require.NoError(t, s.stage.Introduce(t.Context(), s.first, s.second))
	require.NoError(t, s.stage.Settle(t.Context()))
	return s, box, later
}

func comes(t *testing.T, box *mailbox.Box, to string, n int) []mailbox.Message {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	all, err := box.Wait(ctx, to, n)
	require.NoError(t, err, "%d e-mails came to %s, not %d", len(all), to, n)
	return all
}

// namesNobody looks at everything that was ever sent to anybody.
func namesNobody(t *testing.T, box *mailbox.Box, people ...patient) {
	t.Helper()
	require.NotEmpty(t, box.All())
	for _, m := range box.All() {
		for _, word := range []string{"Ada", "Lonely", "07700", "900123", "house since June", "1951", "M1 1AF", string(terms.NeedLoneliness), terms.NeedLoneliness.Label()} {
			require.NotContains(t, m.Raw, word)
			require.NotContains(t, m.Text, word)
		}
		for _, p := range people {
			require.NotContains(t, m.Raw, p.Ref)
			require.NotContains(t, strings.ReplaceAll(m.Raw, " ", ""), p.number)
		}
	}
}

// told waits until the case shows somebody how far the e-mail about the referral's last offer got.
func (s *scene) told(as *demo.Client, referral string, how terms.NoticeState) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		var seen struct {
			Offers []struct {
				Notice string `json:"notice"`
			} `json:"offers"`
		}
		_, err := as.Get(s.t.Context(), "/api/coordination/v1/referrals/"+referral, &seen)
		return err == nil && len(seen.Offers) > 0 && seen.Offers[len(seen.Offers)-1].Notice == string(how)
	}, patience, tick, "the e-mail is %s", how)
}

// A charity of one does not watch a tray. An e-mail says that an offer waits; the link in it leads to the offer, for who is signed in. When the
// answer is due soon another one comes, and when the practice takes a referral back, the charity hears that too.
func TestACharityOfOneIsToldByEmailAndAnswers(t *testing.T) {
	t.Parallel()
	s, box, later := emailed(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p, q := s.patient("Lonely"), s.patient("Lonely")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	m := comes(t, box, "hello@good.example.org", 1)[0]
	require.Equal(t, "Waypost: a new offer waits for your answer", m.Subject)
	require.Contains(t, m.Text, s.first.Name)
	require.Contains(t, m.Text, "Lunch club")
	require.Contains(t, m.Text, "Answer by: ")
	s.told(s.reception(), sent, terms.NoticeSent)

	_, link, found := strings.Cut(m.Text, "https://waypost.example.org/provider/offers/")
	require.True(t, found)
	offerID, _, _ := strings.Cut(link, "\n")
	require.Regexp(t, `^[0-9a-f-]{36}$`, offerID, "nothing but an id that means nothing")
	worker := s.as(s.first, terms.RoleProviderWorker)
	o := s.look(offer{path: "/api/vcse/v1/offers/" + offerID, as: worker})
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)

	// Another, which is not answered at once, and then taken back.
	second := s.refers(s.practice, q.Ref, terms.NeedLoneliness, toService(lunch))
	comes(t, box, "hello@good.example.org", 2)
	r := s.comesTo(s.reception(), second, terms.ReferralOffered)
	require.NotNil(t, r.DueAt)
	later(r.DueAt.Sub(s.stage.Now()) - time.Hour)
	require.Equal(t, "Waypost: your answer to an offer is due soon", comes(t, box, "hello@good.example.org", 3)[2].Subject)
	r = s.comesTo(s.reception(), second, terms.ReferralOffered)
	require.NoError(t, s.reception().Change(t.Context(), "/api/primarycare/v1/referrals/"+second+"/withdraw", r.etag, map[string]any{"reason": terms.WithdrawalNoLongerNeeded}, nil))
	require.Equal(t, "Waypost: an offer was taken back", comes(t, box, "hello@good.example.org", 4)[3].Subject)
	require.Len(t, box.All(), 4, "nobody else was written to")
	namesNobody(t, box, p, q)
}

// The mail server is down when two offers come. They are in the tray all the same, and the practice sees that the e-mail has not gone out yet.
// When the server is back, each e-mail comes, once.
func TestTheMailServerIsDownAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s, box, later := emailed(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	box.Down()
	p, q := s.patient("Lonely"), s.patient("Lonely")
	one, two := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch)), s.refers(s.practice, q.Ref, terms.NeedLoneliness, toService(lunch))
	s.told(s.reception(), one, terms.NoticeWaiting)
	s.told(s.reception(), two, terms.NoticeWaiting)
	require.Empty(t, box.All())

	require.NoError(t, box.Up())
	later(2 * time.Minute) // until it is tried again
	all := comes(t, box, "hello@good.example.org", 2)
	s.told(s.reception(), one, terms.NoticeSent)
	s.told(s.reception(), two, terms.NoticeSent)
	require.NotEqual(t, all[0].ID, all[1].ID)
	later(2 * time.Minute)
	three := s.refers(s.practice, s.patient("Lonely").Ref, terms.NeedLoneliness, toService(lunch))
	s.told(s.reception(), three, terms.NoticeSent)
	require.Len(t, box.All(), 3, "nothing came twice")
	namesNobody(t, box, p, q)
}

// The address of one charity does not exist any more, another never had one. The desk sees that somebody has to phone them, finds both on one
// list with the number, and it is owed like any other step. Once they have opened the offer, or somebody phoned them, nobody
// has to phone any more.
func TestWhomNoEmailReachesIsPhoned(t *testing.T) {
	t.Parallel()
	s, box, later := emailed(t)
	s.second.Email, s.second.Version = "", 3
	require.NoError(t, s.stage.Introduce(t.Context(), s.second))
	lunch, tea := s.service(s.first, "Lunch club", terms.NeedLoneliness), s.service(s.second, "Tea and talk", terms.NeedLoneliness)
	box.Refuse("hello@good.example.org", 550)
	p, q := s.patient("Lonely"), s.patient("Lonely")
	one, two := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch)), s.refers(s.practice, q.Ref, terms.NeedLoneliness, toService(tea))
	s.told(s.reception(), one, terms.NoticeFailed)
	s.told(s.reception(), two, terms.NoticeNoAddress)
	require.Empty(t, box.All())

	page := s.page("/case?list=phone")
	require.Contains(t, page, "Email failed: phone them")
	require.Contains(t, page, "/case/referrals/"+one)
	require.Contains(t, page, "/case/referrals/"+two)
	require.Contains(t, s.page("/case/referrals/"+one), "0161 496 0101", "whom to phone stands there")
	require.Contains(t, s.page("/case/referrals/"+two), "No email address: phone them")
	require.NoError(t, s.stage.Settle(t.Context()))
	require.Contains(t, s.page("/practice/referrals/"+one), "0161 496 0101", "and where it was sent")
	require.Contains(t, s.page("/practice/referrals"), "No email address: phone them")

	// A provider opens its offer: the warning goes, and the other stays.
	s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", one)
	s.told(s.reception(), one, terms.NoticeSettled)
	page = s.page("/case?list=phone")
	require.NotContains(t, page, "/case/referrals/"+one)
	require.Contains(t, page, "/case/referrals/"+two)
	require.NoError(t, s.stage.Settle(t.Context()))
	require.NotContains(t, s.page("/practice/referrals/"+one), "phone them")

	later(30 * time.Hour)
	manager := s.as(s.practice, terms.RolePracticeManager)
	require.Eventually(t, func() bool {
		var list late
		_, err := manager.Get(t.Context(), "/api/coordination/v1/overdue?list=soon", &list)
		require.NoError(t, err)
		over := late{}
		_, err = manager.Get(t.Context(), "/api/coordination/v1/overdue", &over)
		require.NoError(t, err)
		for _, x := range append(list.Items, over.Items...) {
			if x.Kind == "notice" {
				return true
			}
		}
		return false
	}, patience, tick, "the practice owes a call")
	// The desk phones the other and says so. That is everybody's to see: on the case, where it was sent, and on no list any more.
	var seen struct {
		Offers []struct{ ID string }
	}
	etag, err := s.reception().Get(t.Context(), "/api/coordination/v1/referrals/"+two, &seen)
	require.NoError(t, err)
	require.NoError(t, s.reception().Change(t.Context(), "/api/coordination/v1/referrals/"+two+"/offers/"+seen.Offers[0].ID+"/call", etag, map[string]any{"result": terms.ContactReached}, nil))
	s.told(s.reception(), two, terms.NoticePhoned)
	require.NoError(t, s.stage.Settle(t.Context()))
	colleague := s.visitor(s.practice, terms.RolePracticeManager)
	for _, x := range []struct{ path, gone string }{
		{"/case?list=phone", "/case/referrals/" + two}, {"/case/referrals/" + two, "phone them"}, {"/practice/referrals/" + two, "phone them"}, {"/practice/referrals", "phone them"},
	} {
		status, body := colleague.reads(t, x.path)
		require.Equal(t, http.StatusOK, status, x.path)
		require.NotContains(t, body, x.gone, x.path)
		if x.path == "/case/referrals/"+two {
			require.Contains(t, body, "Phoned on ")
		}
	}
	over := late{}
	_, err = manager.Get(t.Context(), "/api/coordination/v1/overdue", &over)
	require.NoError(t, err)
	for _, x := range over.Items {
		require.NotEqual(t, "notice", x.Kind)
	}
}

// page is a page as the practice's receptionist sees it.
func (s *scene) page(path string) string {
	s.t.Helper()
	status, body := s.visitor(s.practice, terms.RoleReceptionist).reads(s.t, path)
	require.Equal(s.t, http.StatusOK, status, "%s", path)
	return body
}
