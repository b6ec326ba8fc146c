package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/mail"
	"example.org/waypost/pkg/mail/mailbox"
)

func open(t *testing.T) (*mailbox.Box, *mail.Sender) {
	t.Helper()
	box, err := mailbox.Listen()
	require.NoError(t, err)
	t.Cleanup(box.Down)
	s, err := mail.New(box.URL(), "", "Waypost <waypost@example.org>")
	require.NoError(t, err)
	return box, s
}

func TestAnEmailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	box, s := open(t)
	text := "To Good Company\n\n.A line that begins with a dot, ein Café, and " + strings.Repeat("long ", 40) + "\n"
	require.NoError(t, s.Send(t.Context(), "hello@good.example.org", "Waypost: a new offer", text, "0193a2c0-1"))
	all := box.All()
	require.Len(t, all, 1)
	m := all[0]
	require.Equal(t, "hello@good.example.org", m.To)
	require.Equal(t, "Waypost: a new offer", m.Subject)
	require.Equal(t, "<0193a2c0-1@example.org>", m.ID)
	require.Equal(t, text, m.Text)
	require.Equal(t, `"Waypost" <waypost@example.org>`, m.Header.Get("From"))
	require.Equal(t, "auto-generated", m.Header.Get("Auto-Submitted"))
}

// Whatever is typed, no header comes of it and no second recipient: what could be one is not sent at all.
func TestNoHeaderCanBeSmuggledIn(t *testing.T) {
	t.Parallel()
	box, s := open(t)
	for _, hostile := range []string{
		"a\r\nBcc: thief@example.net", "a\nBcc: thief@example.net", "a\rBcc: thief@example.net", "a\x00b", "a\u2028Bcc: x@example.net", "a\u0085Bcc: x@example.net",
	} {
		require.ErrorIs(t, s.Send(t.Context(), "hello@good.example.org", hostile, "x", "1"), mail.ErrMessage, "%q as the subject", hostile)
		require.ErrorIs(t, s.Send(t.Context(), "hello@good.example.org", "x", "x", hostile), mail.ErrMessage, "%q as the id", hostile)
		require.ErrorIs(t, s.Send(t.Context(), hostile, "x", "x", "1"), mail.ErrMessage, "%q as the address", hostile)
		require.ErrorIs(t, s.Send(t.Context(), "hello@good.example.org"+hostile, "x", "x", "1"), mail.ErrMessage)
	}
	for _, to := range []string{"", "hello", "a@b", "a@example.org,b@example.org", "a@example.org b@example.org", "<a@example.org>", "A <a@example.org>", "a@example.org> NOTIFY=NEVER"} {
		require.ErrorIs(t, s.Send(t.Context(), to, "x", "x", "1"), mail.ErrMessage, "%q", to)
	}
	require.Empty(t, box.All())
}

func TestNoTextBecomesAHeader(t *testing.T) {
	t.Parallel()
	box, s := open(t)
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(\r\n|\n|\r|\.|Bcc: a@example\.net|[a-z])*`)).Draw(r, "text")
		if err := s.Send(t.Context(), "hello@good.example.org", "x", text, "1"); err != nil {
			r.Fatalf("send: %v", err)
		}
		all := box.All()
		m := all[len(all)-1]
		if len(m.Header["Bcc"]) > 0 || len(m.Header["Message-Id"]) != 1 || m.To != "hello@good.example.org" {
			r.Fatalf("headers %v", m.Header)
		}
	})
}

func TestARefusalAndAServerThatIsAwayAreNotTheSame(t *testing.T) {
	t.Parallel()
	box, s := open(t)
	send := func() error { return s.Send(t.Context(), "hello@good.example.org", "x", "x", "1") }
	for code, forGood := range map[int]bool{550: true, 451: false} {
		box.Refuse("hello@good.example.org", code)
		err := send()
		var no *mail.Refused
		require.ErrorAs(t, err, &no)
		require.Equal(t, mail.Refused{Code: code, Good: forGood}, *no)
		require.NotContains(t, err.Error(), "@", "no address in what may be logged")
	}
	box.Refuse("hello@good.example.org", 0)
	box.Down()
	err := send()
	require.ErrorIs(t, err, mail.ErrAway)
	require.NotErrorAs(t, err, new(interface{ Refused() (int, bool) }))
	require.NoError(t, box.Up())
	require.NoError(t, send())
	require.Len(t, box.All(), 1)
}

func TestWrongSettingsDoNotStart(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"", "mail.example.org", "http://mail.example.org", "smtp://user:secret@mail.example.org", "smtp://mail.example.org?tls=off", "smtp://mail.example.org:many", "smtp://"} {
		_, err := mail.New(server, "", "waypost@example.org")
		require.ErrorIs(t, err, mail.ErrSetting, "%q", server)
		require.NotContains(t, err.Error(), "secret")
	}
	for _, from := range []string{"", "nobody", "a@b", "W\r\nBcc: x <a@example.org>"} {
		_, err := mail.New("smtp://mail.example.org", "", from)
		require.ErrorIs(t, err, mail.ErrSetting, "%q", from)
	}
	for _, server := range []string{"smtp://mail.example.org", "smtps://user@mail.example.org", "smtp://[::1]:25?tls=off"} {
		_, err := mail.New(server, "secret", "Waypost <waypost@example.org>")
		require.NoError(t, err, server)
	}
}
