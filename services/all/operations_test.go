package all_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// someoneWho is a browser in which the first person on the page of people with this role has signed in.
func someoneWho(t *testing.T, address string, role terms.Role) *http.Client {
	t.Helper()
	label := strings.ToLower(role.Label())
	for _, one := range persona.FindAllStringSubmatch(fetch(t, http.DefaultClient, address+"/sign-in"), -1) {
		if !strings.HasSuffix(strings.ToLower(one[2]), ", "+label) {
			continue
		}
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		client := &http.Client{Jar: jar}
		res, err := client.PostForm(address+"/sign-in", url.Values{"persona": {one[1]}, "return_to": {""}})
		require.NoError(t, err)
		read(t, res)
		return client
	}
	t.Fatalf("nobody is %s", label)
	return nil
}

// An operator begins on the page of the whole flow, sees it come to rest, and that the ledgers agree.
func TestAnOperatorSeesTheWholeFlow(t *testing.T) {
	t.Parallel()
	address := whole(t)
	operator := someoneWho(t, address, terms.RolePlatformOperator)
	shows := func(words string) (page string) {
		t.Helper()
		require.Eventually(t, func() bool {
			page = fetch(t, operator, address+"/operations")
			return strings.Contains(page, words)
		}, time.Minute, 100*time.Millisecond, "%s", words)
		return page
	}
	page := shows("Everything said has been heard.")
	require.Equal(t, 22, strings.Count(page, "waypost-flow__line "), "an arrow for everybody who hears somebody")
	for _, path := range []string{"/practice/parked", "/link-worker/parked", "/provider/parked", "/mdt/parked", "/case/parked"} {
		require.Contains(t, page, `href="`+path+`"`)
		parked := fetch(t, operator, address+path)
		require.Contains(t, parked, "Nothing is parked", path)
		require.Contains(t, parked, `href="/operations"`, "and the way back")
	}
	res, err := operator.PostForm(address+"/operations/compare", url.Values{"idempotency_key": {"once"}})
	require.NoError(t, err)
	read(t, res)
	require.Contains(t, shows("They agree"), "nothing is missing and nothing is doubled")

	for _, path := range []string{"/case", "/practice", "/provider", "/mdt", "/link-worker"} {
		res, err := operator.Get(address + path)
		require.NoError(t, err)
		read(t, res)
		require.Equal(t, http.StatusForbidden, res.StatusCode, "an operator sees no case and no patient: %s", path)
	}
	res, err = someoneWho(t, address, terms.RoleReceptionist).Get(address + "/operations")
	require.NoError(t, err)
	require.NotContains(t, read(t, res), "Who hears whom")
	require.Equal(t, http.StatusForbidden, res.StatusCode)
	res, err = http.Get(address + "/operations")
	require.NoError(t, err)
	require.Contains(t, res.Request.URL.Path, "/sign-in")
	read(t, res)
}
