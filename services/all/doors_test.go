package all_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/all"
)

// whole is Waypost with all its services and the sample, as make run starts it.
func whole(t *testing.T) (address string) {
	t.Helper()
	return wholeIn(t, dataFolder(t))
}

func wholeIn(t *testing.T, dir string) (address string) {
	t.Helper()
	out, in := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := all.Config{Dir: dir, Address: "127.0.0.1:0", Area: "test", Out: in}
	go func() {
		err := all.Main(ctx, c, true, false)
		in.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "answers at "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return after
		}
	}
	require.NoError(t, <-ended)
	t.Fatal("it ended before it said where it answers")
	return ""
}

var persona = regexp.MustCompile(`name="persona" value="([^"]+)">([^<]+)<`)

// Everybody on the page of people can sign in, and begins on a page that is there.
func TestEverybodyHasAPlaceToBegin(t *testing.T) {
	t.Parallel()
	address := whole(t)
	found := persona.FindAllStringSubmatch(fetch(t, http.DefaultClient, address+"/sign-in"), -1)
	require.Greater(t, len(found), 10)
	bell := 0
	for _, one := range found {
		client := stranger(t)
		res, body := signIn(t, client, address, one[1])
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s begins at %s: %d %s", one[2], res.Request.URL.Path, res.StatusCode, headline.FindString(body))
		}
		if strings.Contains(one[2], "Ngozi Bell") { // privacy officer at the area's office, who alone has what is behind it
			require.Contains(t, body, `href="/case/removals"`)
			require.Contains(t, fetch(t, client, address+"/case/removals"), `href="/register"`)
			bell++
		}
	}
	require.Equal(t, 1, bell)
}

// stranger is a browser in which nobody has signed in.
func stranger(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

var (
	headline = regexp.MustCompile(`(?s)<h1.*</h1>`)
	aRole    = regexp.MustCompile(`value="([^"]+@[^"]+)"`)
)

// signIn chooses a person, and their first role when they have several, and returns the page they land on.
func signIn(t *testing.T, client *http.Client, address, id string) (*http.Response, string) {
	t.Helper()
	res, err := client.PostForm(address+"/sign-in", url.Values{"persona": {id}, "return_to": {""}})
	require.NoError(t, err)
	body := read(t, res)
	if role := aRole.FindStringSubmatch(body); role != nil && res.Request.URL.Path == "/choose-role" {
		res, err = client.PostForm(address+"/choose-role", url.Values{"role": {role[1]}, "return_to": {""}})
		require.NoError(t, err)
		body = read(t, res)
	}
	return res, body
}

func fetch(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	res, err := client.Get(url)
	require.NoError(t, err)
	body := read(t, res)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s\n%s", url, body)
	return body
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}
