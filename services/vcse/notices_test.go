package vcse_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

const theirs = "hello@mind.example.org"

// emailed is a house with a mail server, in which one provider has an address.
func emailed(t *testing.T) (*house, *mailbox.Box) {
	t.Helper()
	box, err := mailbox.Listen()
	require.NoError(t, err)
	t.Cleanup(box.Down)
	m, err := door.OpenMail(box.URL(), "", "Waypost <waypost@example.org>", "https://waypost.example.org")
	require.NoError(t, err)
	h := newHouse(t, func(h *house) { h.Config.Mail = m })
	h.reachedAt(theirs, 2)
	return h, box
}

func (h *house) reachedAt(address string, version int) {
	h.Tell(h.mind, &register.OrganisationRegisteredV1{OrganisationID: h.mind, Kind: terms.KindProvider, Name: h.mindName, Status: terms.OrganisationActive, Email: address, Version: version})
}

// notices is what the database has, as kind and state, in the order in which it was written.
func (h *house) notices(offer string) (all []string) {
	h.T.Helper()
	rows, err := h.Admin.Query(h.T.Context(), `select kind || ' ' || state from notice where offer_id = $1 order by made_at, id`, offer)
	require.NoError(h.T, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		require.NoError(h.T, rows.Scan(&s))
		all = append(all, s)
	}
	require.NoError(h.T, rows.Err())
	return all
}

func (h *house) comesTo(offer string, want ...string) {
	h.T.Helper()
	require.Eventually(h.T, func() bool { return equal(h.notices(offer), want) }, 20*time.Second, 20*time.Millisecond, "notices %v", want)
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (h *house) lastNotice(ref string) vcse.NoticeRecordedV1 {
	h.T.Helper()
	var p vcse.NoticeRecordedV1
	h.Last(ref, &p)
	return p
}

// Many at once send what waits: each e-mail goes out once. When one dies after the server had it and before that was written down, it goes
// out again under the same id, once its lease is over and not before.
func TestAnEmailGoesOutOnceWithinAClaim(t *testing.T) {
	t.Parallel()
	h, box := emailed(t)
	service := h.service("Befriending")
	for range 3 {
		h.offer(service)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := h.door.SendNotices(t.Context())
			require.NoError(t, err)
		})
	}
	all.Wait()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	sent, err := box.Wait(ctx, theirs, 3)
	require.NoError(t, err)
	require.Len(t, sent, 3)

	// One that died: claimed, and never recorded.
	_, err = h.Admin.Exec(t.Context(), `update notice set state = 'waiting', leased_until = $1`, h.Now.Now().Add(time.Minute))
	require.NoError(t, err)
	n, err := h.door.SendNotices(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "somebody may be sending them")
	h.Now.Add(2 * time.Minute)
	_, err = h.door.SendNotices(t.Context())
	require.NoError(t, err)
	sent, err = box.Wait(ctx, theirs, 6)
	require.NoError(t, err)
	ids := map[string]int{}
	for _, m := range sent {
		ids[m.ID]++
	}
	require.Len(t, ids, 3, "a second copy can be told by its id")
}

// What the address of an organisation is, is somebody else's word. What can be no address is refused here, and nobody else is written to.
func TestAnAddressThatIsNoneIsPhoned(t *testing.T) {
	t.Parallel()
	h, box := emailed(t)
	service := h.service("Befriending")
	for i, bad := range []string{"a@example.org\r\nBcc: thief@example.net", "a@example.org, thief@example.net", "nobody"} {
		h.reachedAt(bad, 3+i)
		o := h.offer(service)
		h.comesTo(o.OfferID, "new failed")
		require.Equal(t, terms.NoticeFailed, h.lastNotice(o.PatientRef).State, bad)
	}
	h.reachedAt("", 9)
	o := h.offer(service)
	h.comesTo(o.OfferID, "new no_address")
	require.Equal(t, terms.NoticeNoAddress, h.lastNotice(o.PatientRef).State)
	require.Empty(t, box.All())
	require.Contains(t, h.get(h.jo, "/provider").Body, "no email address here")

	// They look at their tray after all: nobody has to phone.
	require.Equal(t, http.StatusOK, h.get(h.jo, "/provider/offers/"+o.OfferID).Status)
	require.Equal(t, terms.NoticeSettled, h.lastNotice(o.PatientRef).State)
	require.Equal(t, []string{"new seen"}, h.notices(o.OfferID))
	said := len(h.Said(o.PatientRef))
	require.Equal(t, http.StatusOK, h.get(h.jo, "/provider/offers/"+o.OfferID).Status)
	require.Len(t, h.Said(o.PatientRef), said, "and that is said once")
}

// Somebody phones a provider that no e-mail reaches. It is phoned about the offer, so nobody phones about that again, however often it is heard;
// without an answer they still do. The reminder that fails afterwards is owed a call of its own, and so is the end of an offer that they know of.
func TestWhoWasPhonedIsToldWhatComesNext(t *testing.T) {
	t.Parallel()
	h, box := emailed(t)
	h.reachedAt("", 3)
	o := h.offer(h.service("Befriending"))
	h.comesTo(o.OfferID, "new no_address")
	phoned := func(version int, result terms.ContactResult) *coordination.ProviderPhonedV1 {
		return &coordination.ProviderPhonedV1{
			PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Result: result, NoticeVersion: version,
			PhonedAt: h.Now.Now().Add(-time.Minute), OrganisationID: o.SenderOrganisationID, By: o.RequestedBy, At: h.Now.Now(),
		}
	}
	said := len(h.Said(o.PatientRef))
	h.Tell(o.PatientRef, phoned(1, terms.ContactNotReached))
	require.Equal(t, []string{"new no_address"}, h.notices(o.OfferID))
	require.Len(t, h.Said(o.PatientRef), said)

	call := phoned(1, terms.ContactMessageLeft)
	h.Tell(o.PatientRef, call)
	require.Equal(t, []string{"new phoned"}, h.notices(o.OfferID))
	last := h.lastNotice(o.PatientRef)
	require.Equal(t, terms.NoticePhoned, last.State)
	require.Equal(t, 2, last.Version)
	require.WithinDuration(t, call.PhonedAt, last.At, time.Millisecond, "the day of the call")
	said = len(h.Said(o.PatientRef))
	h.Tell(o.PatientRef, call)
	require.Len(t, h.Said(o.PatientRef), said, "heard twice")

	h.Now.Add(o.AnswerDueAt.Sub(h.Now.Now()) - time.Hour)
	_, err := h.door.SendNotices(t.Context())
	require.NoError(t, err)
	h.comesTo(o.OfferID, "new phoned", "due no_address")
	require.Equal(t, terms.NoticeNoAddress, h.lastNotice(o.PatientRef).State)
	h.Tell(o.PatientRef, phoned(1, terms.ContactReached))
	require.Equal(t, []string{"new phoned", "due no_address"}, h.notices(o.OfferID), "that call was about what came before")
	h.Tell(o.PatientRef, &coordination.OfferWithdrawnV1{PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Reason: terms.OfferWithdrawalReferralClosed, At: h.Now.Now()})
	_, err = h.door.SendNotices(t.Context())
	require.NoError(t, err)
	h.comesTo(o.OfferID, "new phoned", "due overtaken", "withdrawn no_address")
	require.Empty(t, box.All())
}

// The mail server refuses for now, again and again: then somebody has to phone. An offer that is taken back before anybody there had heard of it
// brings no e-mail at all.
func TestWhatIsRefusedForNowIsTriedAgainAndThenPhoned(t *testing.T) {
	t.Parallel()
	h, box := emailed(t)
	box.Refuse(theirs, 451)
	o := h.offer(h.service("Befriending"), func(p *coordination.ReferralOfferedV1) { p.AnswerDueAt = p.At.AddDate(0, 1, 0) })
	for range 12 { // an hour each; the service's own loop may take some of them
		_, err := h.door.SendNotices(t.Context())
		require.NoError(t, err, "a refusal of one is no fault of the server")
		h.Now.Add(time.Hour)
	}
	h.comesTo(o.OfferID, "new failed")
	var refusals, code int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select refusals, code from notice where offer_id = $1`, o.OfferID).Scan(&refusals, &code))
	require.Equal(t, 8, refusals)
	require.Equal(t, 451, code)
	require.Equal(t, terms.NoticeFailed, h.lastNotice(o.PatientRef).State)

	h.Tell(o.PatientRef, &coordination.OfferWithdrawnV1{PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Reason: terms.OfferWithdrawalReferralClosed, At: h.Now.Now()})
	require.Equal(t, []string{"new overtaken"}, h.notices(o.OfferID))
	require.Equal(t, terms.NoticeSettled, h.lastNotice(o.PatientRef).State)
	require.Empty(t, box.All())
}

// Without a mail server nothing is written and nothing is said, and the page says that nobody is told.
func TestWithoutAMailServerNothingIsPretended(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Befriending"))
	n, err := h.door.SendNotices(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Empty(t, h.notices(o.OfferID))
	require.Contains(t, h.get(h.jo, "/provider").Body, "Nobody is told of new offers by email here")
	require.Contains(t, h.get(h.jo, "/readyz").Body, "no server is named")
}
