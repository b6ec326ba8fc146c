package register_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/register"
)

// A service lead says where their organisation is e-mailed, and everybody hears it; what can be no address is refused and not said.
func TestALeadSaysHowTheirOrganisationIsReached(t *testing.T) {
	t.Parallel()
	k := open(t)
	path := "/organisations/" + k.here + "/reach"
	change := func(version, body string) (int, map[string]any) {
		return k.call(k.lead, http.MethodPost, path, body, map[string]string{"If-Match": `"` + version + `"`})
	}
	status, got := change("1", `{"email":"hello@good.example.org","phone":"0161 496 0101"}`)
	require.Equal(t, http.StatusOK, status, got)
	require.Equal(t, "hello@good.example.org", got["email"])
	var said register.OrganisationRegisteredV1
	k.Last(k.here, &said)
	require.Equal(t, "hello@good.example.org", said.Email)
	require.Equal(t, "0161 496 0101", said.Phone)
	require.Equal(t, 2, said.Version)

	for _, bad := range []string{
		`{"email":"nobody"}`, `{"email":"a@b.example\r\nBcc: thief@example.net"}`, `{"email":"a@b.example,c@d.example"}`, `{"email":"Good <a@b.example>"}`,
		`{"phone":"ring me"}`, `{"phone":"0161\n496"}`, `{"phone":"<script>"}`, `{"email":7}`,
	} {
		status, _ := change("2", bad)
		require.Equal(t, http.StatusUnprocessableEntity, status, bad)
	}
	status, _ = change("1", `{}`)
	require.Equal(t, http.StatusPreconditionFailed, status, "somebody was first")
	status, _ = k.call(k.lead, http.MethodPost, "/organisations/"+k.there+"/reach", `{}`, map[string]string{"If-Match": `"1"`})
	require.Equal(t, http.StatusForbidden, status, "it is not theirs")
	status, _ = k.call(k.receptionist, http.MethodPost, path, `{}`, map[string]string{"If-Match": `"2"`})
	require.Equal(t, http.StatusForbidden, status)
	k.Last(k.here, &said)
	require.Equal(t, 2, said.Version, "and nothing more was said")

	// The same on the page; what was typed stays when it is wrong.
	status, page := k.post(k.lead, "/register"+path, url.Values{"version": {"2"}, "email": {"nobody"}, "phone": {"0161 496 0101"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page, "Enter an email address, such as name@example.org")
	require.Contains(t, page, `value="nobody"`)
	status, _ = k.post(k.lead, "/register"+path, url.Values{"version": {"2"}, "email": {""}, "phone": {"0161 496 0101"}})
	require.Equal(t, http.StatusSeeOther, status)
	var last register.OrganisationRegisteredV1
	k.Last(k.here, &last)
	require.Empty(t, last.Email, "no address any more: they are phoned")
}
