package primarycare_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

func TestAReferralGoesOutAndComesBackAsFeedback(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)

	var said primarycare.ReferralRequestedV1
	w.Last(ref, &said)
	require.Equal(t, referral, said.ReferralID)
	require.Equal(t, terms.NeedLoneliness, said.Need)
	require.Equal(t, []schemas.Receiver{{Kind: terms.ReceiverService, ID: w.service}}, said.Receivers)
	require.True(t, said.Consent.Given)
	require.Equal(t, w.receptionist.Person.ID, said.Consent.AskedBy)
	require.Nil(t, said.SeenHelping, "the panel was not seen, so nothing is claimed")
	var contact schemas.Contact
	ok, err := said.Contact.Into(&contact)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "Jean Holt", contact.Name())
	require.Equal(t, number(1), contact.NHSNumber)
	require.Equal(t, schemas.SafeWays{Phone: true, Letter: true}, contact.SafeWays)

	sent := w.page(t, w.receptionist, "/practice/referrals/"+referral+"/sent")
	require.Contains(t, sent.text(), "Referral sent")
	require.Contains(t, sent.text(), said.Reference[:4]+" "+said.Reference[4:])

	w.progress(t, ref, referral, 1, terms.ReferralAccepted, nil)
	page := w.page(t, w.receptionist, "/practice/referrals/"+referral)
	require.Equal(t, http.StatusOK, page.Status)
	require.Contains(t, page.text(), "Accepted, first contact to come")
	require.Contains(t, page.text(), "Friendly Mornings accepted")
}

// progress tells what coordination says of a referral.
func (w *house) progress(t *testing.T, ref, referral string, version int, state terms.ReferralState, change func(*coordination.ReferralProgressedV1)) {
	t.Helper()
	due := w.Now.Now().Add(72 * 3600 * 1e9)
	p := &coordination.ReferralProgressedV1{
		PatientRef: ref, ReferralID: referral, CaseID: ref, SenderOrganisationID: w.practice, State: state, Owes: schemas.Owes{Party: terms.PartyReceiver},
		DueAt: &due, Receiver: &schemas.Reached{Kind: terms.ReceiverService, ServiceID: w.service}, AvailableActions: []string{"withdraw"}, At: w.Now.Now(), Version: version,
	}
	if change != nil {
		change(p)
	}
	w.Tell(ref, p)
}

func TestAServicesPageLeadsBackToTheChoiceAndToItsNotes(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	path := w.readyDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	list := w.page(t, w.receptionist, path+"/services")
	_, draft, _ := strings.Cut(path, "/practice/tasks/")
	page := "/practice/services/" + w.unclaimed + "?for=" + draft
	require.Contains(t, list.Body, `href="`+page+`"`)
	shown := w.page(t, w.receptionist, page)
	require.Contains(t, shown.Body, `href="`+path+`/services"`, "no dead end")
	require.Contains(t, shown.Body, `href="/provider/services/`+w.unclaimed+`"`, "what the desk knows of it can be written down")
	require.NotContains(t, w.page(t, w.receptionist, "/practice/services/"+w.unclaimed+"?for=x").Body, "Choose who to ask")
}
