package canary

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/nhsnumber"
)

// The search finds what is planted in each form, wherever it stands in a line.
func TestWhatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{word("given"), strings.ToUpper(word("given")), number, nhsnumber.Format(number), bornOn, phone, postcode} {
		for _, before := range []string{"", "x", "xy", "xyz"} {
			plain := before + secret + " and more"
			for _, form := range []string{
				plain, strings.ToLower(plain), hex.EncodeToString([]byte(plain)), url.QueryEscape(plain), wide(plain),
				base64.StdEncoding.EncodeToString([]byte(plain)), base64.RawURLEncoding.EncodeToString([]byte(plain)),
			} {
				require.NotEmpty(t, find([]byte("before "+form+" after")), "%q", form)
			}
		}
	}
	require.Empty(t, find([]byte("Nothing of anybody stands here: 9990000018, 1951-03-27, M1 1AF")))
}
