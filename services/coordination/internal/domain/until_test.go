package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/coordination/internal/domain"
)

func TestWhenConsentEndsAndByWhenToAskAgain(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, london)
		require.NoError(t, err)
		return x.UTC()
	}
	require.True(t, domain.Ends("", london).IsZero())
	require.True(t, domain.Ends("2026-02-30", london).IsZero())
	require.Equal(t, at("2026-12-05 00:00"), domain.Ends("2026-12-04", london), "through Friday")
	require.Equal(t, at("2027-06-26 00:00"), domain.Ends("2027-06-25", london), "in summer too")

	twoDays := func(from time.Time) time.Time { return from.Add(48 * time.Hour) }
	ends := domain.Ends("2026-12-04", london)
	require.Equal(t, at("2026-12-02 09:00"), domain.AskBy(at("2026-11-20 10:00"), ends, london, twoDays))
	require.Equal(t, at("2026-12-04 12:00"), domain.AskBy(at("2026-12-03 10:00"), ends, london, twoDays), "asked too late for that")
	require.Equal(t, at("2026-12-04 12:00"), domain.AskBy(at("2026-12-04 18:00"), ends, london, twoDays))
	never := func(from time.Time) time.Time { return from.AddDate(10, 0, 0) }
	require.Equal(t, at("2026-12-04 12:00"), domain.AskBy(at("2026-11-20 10:00"), ends, london, never))
}
