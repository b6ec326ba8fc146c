package primarycare_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

var jean = map[string]any{
	"given_name": "Jean", "family_name": "Holt", "date_of_birth": "1954-03-27", "nhs_number": number(1), "phone": "0161 496 0000",
	"postcode": "M14 5TQ", "safe_ways": map[string]any{"phone": true, "text": false, "email": false, "letter": false},
}

func with(m map[string]any, pairs ...any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

func TestAProgramAddsChangesAndFindsAPatient(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	res := w.call(t, w.receptionist, http.MethodPost, "/patients", jean)
	require.Equal(t, http.StatusCreated, res.Status, res.Body)
	var added struct {
		Ref      string
		Existing bool
	}
	res.into(&added)
	require.False(t, added.Existing)
	w.call(t, w.receptionist, http.MethodPost, "/patients", with(jean, "given_name", "Jeannie")).into(&added)
	require.True(t, added.Existing, "the same number is the same patient")
	for _, other := range []map[string]any{with(jean, "given_name", "Someone"), with(jean, "date_of_birth", "1984-03-27")} {
		res := w.call(t, w.receptionist, http.MethodPost, "/patients", other)
		require.Equal(t, http.StatusConflict, res.Status, "the number of one is not taken for another: %s", res.Body)
		require.Contains(t, res.Body, "nhs_number_taken")
		require.NotContains(t, res.Body, "Holt")
	}

	path := "/patients/" + added.Ref
	res = w.call(t, w.receptionist, http.MethodGet, path, nil)
	require.Equal(t, `"1"`, res.ETag)
	require.Contains(t, res.Body, `"given_name":"Jean"`)
	change := with(jean, "phone", "0161 496 0001", "status", "moved_away")
	require.Equal(t, http.StatusPreconditionRequired, w.call(t, w.receptionist, http.MethodPut, path, change).Status)
	require.Equal(t, http.StatusPreconditionFailed, w.call(t, w.receptionist, http.MethodPut, path, change, "If-Match", `"7"`).Status)
	require.Equal(t, http.StatusOK, w.call(t, w.receptionist, http.MethodPut, path, change, "If-Match", `"1"`).Status)
	var said primarycare.PatientDetailsChangedV1
	w.Last(added.Ref, &said)
	require.Equal(t, terms.PatientMovedAway, said.Status)

	for _, q := range []map[string]any{{"text": "holt"}, {"text": number(1)}, {"date_of_birth": "1954-03-27"}} {
		require.Contains(t, w.call(t, w.receptionist, http.MethodPost, "/patients/search", q).Body, added.Ref)
	}
	require.NotContains(t, w.call(t, w.stranger, http.MethodPost, "/patients/search", map[string]any{"text": "holt"}).Body, added.Ref)
	for _, bad := range []map[string]any{with(jean, "nhs_number", "4444444444"), with(jean, "nhs_number", "123"), with(jean, "date_of_birth", "2954-03-27"), with(jean, "sex", "x"), with(jean, "extra", 1)} {
		res := w.call(t, w.receptionist, http.MethodPost, "/patients", bad)
		require.Equal(t, http.StatusUnprocessableEntity, res.Status, res.Body)
		require.NotContains(t, res.Body, "4444444444")
	}
}

func TestAProgramSendsAReferralOnce(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	body := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": "loneliness", "receivers": []map[string]any{{"kind": "team", "id": w.team}}, "consent": map[string]any{"given": true, "how": "phone"}}
	key := id.New()
	res := w.call(t, w.receptionist, http.MethodPost, "/referrals", body, "Idempotency-Key", key)
	require.Equal(t, http.StatusCreated, res.Status, res.Body)
	require.Equal(t, res.Body, w.call(t, w.receptionist, http.MethodPost, "/referrals", body, "Idempotency-Key", key).Body, "the same answer")
	require.Equal(t, http.StatusUnprocessableEntity, w.call(t, w.receptionist, http.MethodPost, "/referrals", with(body, "need", "food"), "Idempotency-Key", key).Status)
	var sent struct{ ID, Reference string }
	res.into(&sent)
	require.Len(t, sent.Reference, terms.ReferenceLength)

	refusals := map[string]struct {
		body   map[string]any
		status int
		words  string
	}{
		"flags not asked": {with(body, "red_flags_clear", false), 422, "red_flags_clear"},
		"no consent":      {with(body, "consent", map[string]any{"given": false, "how": "phone"}), 409, "consent"},
		"unknown need":    {with(body, "need", "world_peace"), 422, `"path":"need"`},
		"unknown team":    {with(body, "receivers", []map[string]any{{"kind": "team", "id": id.New()}}), 422, "receivers.0"},
		"not here":        {with(body, "need", "alcohol_and_drugs"), 422, `"path":"receivers.0","message":"North Link Workers does not take this need`},
		"unknown patient": {with(body, "patient_ref", id.New()), 404, "patient"},
	}
	for name, c := range refusals {
		res := w.call(t, w.receptionist, http.MethodPost, "/referrals", c.body)
		require.Equal(t, c.status, res.Status, "%s: %s", name, res.Body)
		require.Contains(t, res.Body, c.words, name)
	}
	require.Equal(t, http.StatusForbidden, w.call(t, w.newbie, http.MethodPost, "/referrals", body).Status)

	path := "/referrals/" + sent.ID
	res = w.call(t, w.gp, http.MethodGet, path, nil)
	require.Contains(t, res.Body, `"available_actions":["withdraw"]`)
	question := id.New()
	w.progress(t, ref, sent.ID, 2, terms.ReferralInformationAsked, func(p *coordination.ReferralProgressedV1) {
		p.Owes.Party, p.QuestionID, p.OfferID, p.AvailableActions = terms.PartySender, question, id.New(), []string{"give_information", "withdraw"}
	})
	require.Equal(t, http.StatusPreconditionFailed, w.call(t, w.gp, http.MethodPost, path+"/information", map[string]any{"question_id": question, "answer": "Yes"}, "If-Match", res.ETag).Status)
	res = w.call(t, w.gp, http.MethodGet, path, nil)
	require.Contains(t, res.Body, `"available_actions":["give_information","withdraw"]`)
	res = w.call(t, w.gp, http.MethodPost, path+"/information", map[string]any{"question_id": question, "answer": "Yes"}, "If-Match", res.ETag)
	require.Equal(t, http.StatusOK, res.Status, res.Body)
	require.Equal(t, http.StatusConflict, w.call(t, w.gp, http.MethodPost, path+"/information", map[string]any{"question_id": question, "answer": "Yes"}, "If-Match", res.ETag).Status)
	require.Equal(t, http.StatusOK, w.call(t, w.gp, http.MethodPost, path+"/withdraw", map[string]any{"reason": "made_in_error"}, "If-Match", res.ETag).Status)
}

func TestListsArePagedByCursor(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	for range 5 {
		w.call(t, w.receptionist, http.MethodPost, "/referrals", map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": "food", "consent": map[string]any{"given": true, "how": "phone"}})
	}
	for _, sort := range []string{"changed", "sent", "due"} {
		seen, next := map[string]bool{}, ""
		for range 3 {
			var page struct {
				Items []struct{ ID string }
				Next  string `json:"next_cursor"`
			}
			w.call(t, w.receptionist, http.MethodGet, "/referrals?limit=2&sort="+sort+"&cursor="+next, nil).into(&page)
			for _, x := range page.Items {
				require.False(t, seen[x.ID], "twice")
				seen[x.ID] = true
			}
			next = page.Next
		}
		require.Len(t, seen, 5, sort)
		require.Empty(t, next)
	}
	var page struct{ Items []struct{ ID string } }
	w.call(t, w.stranger, http.MethodGet, "/referrals", nil).into(&page)
	require.Empty(t, page.Items)
}

func TestServicesAreFoundByCodesAndDistrict(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	res := w.call(t, w.receptionist, http.MethodGet, "/services?need=loneliness&district=M14&age=72", nil)
	require.Equal(t, http.StatusOK, res.Status, res.Body)
	var found struct {
		Items []struct {
			ID        string
			Referable bool
			Km        *float64
		}
		Teams []struct{ ID string }
	}
	res.into(&found)
	require.Len(t, found.Items, 2)
	require.Equal(t, w.service, found.Items[0].ID, "the one that takes referrals and has room comes first")
	require.NotNil(t, found.Items[0].Km)
	require.Equal(t, w.team, found.Teams[0].ID)
	require.Equal(t, http.StatusUnprocessableEntity, w.call(t, w.receptionist, http.MethodGet, "/services?district=M14%205TQ", nil).Status, "never a whole postcode")
}

// What no table mapped to a need is still found by its words, which never stand in an address.
func TestServicesAreFoundByWords(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	unmapped := id.New()
	w.Tell(unmapped, &vcse.ServicePublishedV1{
		ServiceID: unmapped, ProviderName: "Shed 17", Name: "Shed 17", Description: "Woodturning and a kettle.", Needs: []terms.Need{},
		Source: "test", SourceID: unmapped, SourceLicence: "none", Status: terms.ServiceActive, Version: 1,
	})
	var found struct{ Items []struct{ ID string } }
	w.call(t, w.receptionist, http.MethodPost, "/services/search", map[string]any{"words": "woodturning", "need": []string{"loneliness"}}).into(&found)
	require.Equal(t, unmapped, found.Items[0].ID)
	require.Len(t, found.Items, 1)
	another := id.New()
	w.Tell(another, &vcse.ServicePublishedV1{
		ServiceID: another, ProviderName: "Shed 18", Name: "Shed 18", Description: "Woodturning too.", Needs: []terms.Need{},
		Source: "test", SourceID: another, SourceLicence: "none", Status: terms.ServiceActive, Version: 1,
	})
	var page struct {
		Items []struct{ ID string }
		Next  string `json:"next_cursor"`
	}
	w.call(t, w.receptionist, http.MethodPost, "/services/search", map[string]any{"words": "woodturning", "limit": 1}).into(&page)
	first, cursor := page.Items[0].ID, page.Next
	w.call(t, w.receptionist, http.MethodPost, "/services/search", map[string]any{"words": "woodturning", "limit": 1, "cursor": cursor}).into(&page)
	require.ElementsMatch(t, []string{unmapped, another}, []string{first, page.Items[0].ID})
	require.Equal(t, http.StatusUnprocessableEntity, w.call(t, w.receptionist, http.MethodPost, "/services/search", map[string]any{"words": strings.Repeat("x", 201)}).Status)

	path := w.startDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 1))
	w.submit(t, w.receptionist, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	w.submit(t, w.receptionist, path+"/need", "/need", url.Values{"need": {"loneliness"}})
	require.NotContains(t, w.page(t, w.receptionist, path+"/services").text(), "Shed 17")
	res := w.submit(t, w.receptionist, path+"/services", "/services/find", url.Values{"words": {"woodturning"}})
	require.Equal(t, http.StatusOK, res.Status, res.text())
	require.Contains(t, res.text(), "Shed 17")
	require.Contains(t, res.Body, `value="woodturning"`)
	require.Contains(t, w.submit(t, w.receptionist, path+"/services", "/services/find", url.Values{"words": {"zither"}}).text(), "No service in the directory has these words")
}

func TestEveryTableHasForcedRowSecurityAndTheDocumentIsThere(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	var open []string
	require.NoError(t, w.Admin.QueryRow(t.Context(), `select coalesce(array_agg(relname::text), '{}') from pg_class where relnamespace = 'primarycare'::regnamespace and relkind = 'r'
		and not (relrowsecurity and relforcerowsecurity) and relname not like 'migration%'`).Scan(&open))
	require.Empty(t, open)
	res := w.call(t, w.gp, http.MethodGet, "/openapi.json", nil)
	require.Contains(t, res.Body, `"/referrals/{id}/withdraw"`)
	require.True(t, strings.HasPrefix(res.Body, "{"))
}
