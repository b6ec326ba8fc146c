package door_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/mail"
)

// Without a server there is no mail, and that is no fault; with one half of the settings nothing starts.
func TestMailSettingsAreAllOrNone(t *testing.T) {
	t.Parallel()
	m, err := door.OpenMail("", "", "", "")
	require.NoError(t, err)
	require.Nil(t, m.Sender)
	m, err = door.OpenMail("smtp://mail.example.org", "", "waypost@example.org", "https://waypost.example.org/")
	require.NoError(t, err)
	require.Equal(t, "https://waypost.example.org", m.Public)
	for _, public := range []string{"", "waypost.example.org", "javascript:alert(1)", "https://waypost.example.org?x=1"} {
		_, err = door.OpenMail("smtp://mail.example.org", "", "waypost@example.org", public)
		require.ErrorIs(t, err, mail.ErrSetting, public)
	}
	_, err = door.OpenMail("smtp://mail.example.org", "", "", "https://waypost.example.org")
	require.ErrorIs(t, err, mail.ErrSetting)
}
