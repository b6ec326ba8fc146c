package vcse_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

// TestUX18_RemovedDetailsAreOnNoPage walks every page, list, search and API answer after consent was withdrawn.
func TestUX18_RemovedDetailsAreOnNoPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	o.must(h.jo, "ask", map[string]any{"question": "Does Alma like tea?"})
	why := h.Tell(o.PatientRef, &coordination.ConsentWithdrawnV1{
		PatientRef: o.PatientRef, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp,
		How: terms.ConsentByPhone, By: h.reception.Person.ID, At: h.Now.Now(),
	})
	var p said.RemovalAcknowledgedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, why, p.BecauseEvent)
	require.Equal(t, 2, p.Removed, "the offer's details and the question")

	bodies := map[string]string{}
	for _, path := range []string{"/provider", "/provider/offers?show=all", "/provider/offers?show=asked", "/provider/offers/" + o.OfferID, "/provider/offers/" + o.OfferID + "/answered", "/api/vcse/v1/offers", "/api/vcse/v1/offers/" + o.OfferID} {
		bodies[path] = h.get(h.jo, path).Body
	}
	for _, typed := range []string{"Quist", "9990000018", o.Reference} {
		bodies["find "+typed] = h.post(h.jo, "/provider/find", form("", "find", typed)).Body
	}
	for where, body := range bodies {
		for _, word := range []string{"Alma", "0161 496", "999 000 0018", "neighbour", "1956"} {
			require.NotContains(t, body, word, where)
		}
	}
	require.Contains(t, bodies["/provider/offers/"+o.OfferID], "no longer agrees to sharing", "the page says why")
	var left int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select (select count(*) from offer where contact is not null or safeguarding is not null) + (select count(*) from message where body is not null)`).Scan(&left))
	require.Zero(t, left)
}

func TestErasureAndMergeReachEveryRow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	into, err := h.Vault("coordination").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(into, &coordination.PatientMergedV1{PatientRef: into, FromRef: o.PatientRef, IntoRef: into, Why: terms.MergeSameNumber, At: h.Now.Now()})
	require.Contains(t, h.get(h.jo, "/provider/offers/"+o.OfferID).Body, "/case/panel/"+into, "the shared case knows the person by the new ref")

	// What is said of the new ref reaches what came under the old one.
	h.Tell(into, &coordination.ContactPreferencesChangedV1{PatientRef: into, Contact: schemas.Seal(schemas.Contact{
		GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26",
		Phone: "0161 496 0099", SafeWays: schemas.SafeWays{Text: true},
	}), At: h.Now.Now()})
	b, _ := o.read()
	require.Equal(t, "0161 496 0099", b.Contact.Phone)
	h.Tell(into, &coordination.PatientErasedV1{PatientRef: into, Why: terms.ErasurePatientAsked, At: h.Now.Now()})
	b, _ = o.read()
	require.Nil(t, b.Contact)
	var p said.RemovalAcknowledgedV1
	h.Last(into, &p)
	require.Equal(t, terms.RemovalPatientErased, p.Because)
	require.Equal(t, 1, p.Removed)

	undone, err := h.Vault("coordination").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(undone, &coordination.PatientMergedV1{PatientRef: undone, FromRef: into, IntoRef: undone, Why: terms.MergeSameNumber, At: h.Now.Now()})
	h.Tell(undone, &coordination.PatientMergeUndoneV1{PatientRef: undone, FromRef: into, IntoRef: undone, By: h.coordinator.Person.ID, At: h.Now.Now()})
	var aliases int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from alias`).Scan(&aliases))
	require.Equal(t, 1, aliases)
}

// An offer that came while two were one person's is answered as the other's once they are two again, and erased with them.
func TestAnOfferGoesWithWhomAMergeUndoneGivesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	alone, err := h.Vault("coordination").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(o.PatientRef, &coordination.PatientMergedV1{PatientRef: o.PatientRef, FromRef: alone, IntoRef: o.PatientRef, Why: terms.MergeSamePerson, At: h.Now.Now()})
	for _, ref := range []string{alone, o.PatientRef} {
		h.Tell(ref, &coordination.PatientMergeUndoneV1{PatientRef: ref, FromRef: alone, IntoRef: o.PatientRef, By: h.coordinator.Person.ID, At: h.Now.Now()})
	}
	kase := id.New()
	h.Tell(alone, &coordination.ReferralProgressedV1{
		PatientRef: alone, ReferralID: o.ReferralID, CaseID: kase, SenderOrganisationID: o.SenderOrganisationID, State: terms.ReferralOffered,
		Owes: schemas.Owes{Party: terms.PartyReceiver, OrganisationID: h.mind}, OfferID: o.OfferID, Version: 2, At: h.Now.Now(),
	})
	b, _ := o.read()
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	require.NotContains(t, page.Body, o.CaseID, "that is the other's")
	done := h.post(h.jo, "/provider/offers/"+o.OfferID+"/accept", form(strconv.FormatInt(b.Version, 10)))
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Contains(t, h.get(h.jo, "/provider/offers/"+o.OfferID).Body, "/case/"+kase)
	var accepted said.OfferAcceptedV1
	h.Last(alone, &accepted)
	require.Equal(t, alone, accepted.PatientRef)
	h.Tell(alone, &coordination.PatientErasedV1{PatientRef: alone, Why: terms.ErasurePatientAsked, At: h.Now.Now()})
	b, _ = o.read()
	require.Nil(t, b.Contact)
}

func TestConsentForOneOrganisationLeavesTheOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	h.Tell(o.PatientRef, &coordination.ConsentWithdrawnV1{
		PatientRef: o.PatientRef, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp,
		OrganisationIDs: []string{h.rival}, How: terms.ConsentByPhone, By: h.reception.Person.ID, At: h.Now.Now(),
	})
	b, _ := o.read()
	require.NotNil(t, b.Contact)
	var p said.RemovalAcknowledgedV1
	h.Last(o.PatientRef, &p)
	require.Zero(t, p.Removed, "it is acknowledged all the same")
}

// TestUX19_EveryViewIsWrittenDown: page, list, search and API leave a row with who looked at whom; no name in titles.
func TestUX19_EveryViewIsWrittenDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	views := func() (n int) {
		require.NoError(t, h.Admin.QueryRow(context.Background(), `select count(*) from audit where verb = 'read' and patient_ref = $1 and person_id = $2`, o.PatientRef, h.jo.Person.ID).Scan(&n))
		return n
	}
	before := views()
	for _, look := range []func() answer{
		func() answer { return h.get(h.jo, "/provider") },
		func() answer { return h.get(h.jo, "/provider/offers?show=waiting") },
		func() answer { return h.get(h.jo, "/provider/offers/"+o.OfferID) },
		func() answer { return h.get(h.jo, "/api/vcse/v1/offers/"+o.OfferID) },
		func() answer { return h.post(h.jo, "/provider/find", form("", "find", "quist")) },
	} {
		a := look()
		require.Equal(t, http.StatusOK, a.Status)
		require.Equal(t, before+1, views())
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.NotRegexp(t, `<title>[^<]*(Alma|Quist)`, a.Body)
		before = views()
	}
}

func TestThePlacesAreNeverKeptTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 2)
	var all []told
	for range 4 {
		all = append(all, h.offer(service))
	}
	kept := 0
	for _, o := range all {
		if b, _ := o.read(); b.Kept != nil {
			kept++
		}
	}
	require.Equal(t, 2, kept)
	require.Equal(t, []string{"service_published", "capacity_reported", "place_reserved", "place_reserved"}, h.saidTypes(service))

	// The database holds it, whatever the program believes.
	_, err := h.Admin.Exec(t.Context(), `insert into reservation (id, service_id, organisation_id, offer_id, made_at, until) values ($1, $2, $3, $4, now(), now())`, id.New(), service, h.mind, id.New())
	require.ErrorContains(t, err, "no_more_reservations_than_places")
	a := h.send(h.jo, "PUT", "/services/"+service+"/capacity", `"1"`, id.New(), map[string]any{"status": "no_capacity", "places_free": 1})
	require.Equal(t, http.StatusUnprocessableEntity, a.Status, "places that are kept can not be counted away")
	require.Contains(t, a.Body, "2 places are kept for open offers")

	// A bounce gives the place back, an acceptance uses it, a withdrawal gives it back.
	all[0].must(h.jo, "bounce", map[string]any{"reason": "wrong_area"})
	all[1].must(h.jo, "accept", nil)
	require.Equal(t, 1, h.free(service))
	all[2].must(h.jo, "accept", nil)
	require.Equal(t, 0, h.free(service), "an offer for which no place was kept takes the free one")
	all[3].must(h.jo, "accept", nil)
	require.Equal(t, 0, h.free(service), "more people than places are the provider's own choice")
}

// Where no places are counted nobody waits for what another does with the service's row.
func TestAYesToAServiceThatCountsNoPlacesWaitsForNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	a := h.send(h.jo, "PUT", "/services/"+service+"/capacity", `"0"`, id.New(), map[string]any{"status": "capacity"})
	require.Less(t, a.Status, 300, a.Body)
	o := h.offer(service)
	tx, err := h.Admin.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `select from capacity where service_id = $1 for update`, service)
	require.NoError(t, err)
	o.must(h.jo, "accept", nil)
	require.NoError(t, tx.Rollback(t.Context()))
}

func TestAKeptPlaceGoesBackWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 1)
	o := h.offer(service)
	n, err := h.door.ExpireReservations(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	h.Now.Add(14 * 24 * time.Hour)
	n, err = h.door.ExpireReservations(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	var p said.PlaceReleasedV1
	h.Last(service, &p)
	require.Equal(t, terms.PlaceExpired, p.Reason)
	require.Equal(t, o.OfferID, p.OfferID)
	b, _ := o.read()
	require.Nil(t, b.Kept)
	require.Equal(t, terms.OfferOffered, b.State, "the offer itself waits for coordination's clock")
}
