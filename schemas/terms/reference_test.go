package terms

import (
	"encoding/binary"
	"strings"
	"testing"
)

func TestReferencesCanBeReadOut(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range uint64(2000) {
		r := Reference(binary.BigEndian.AppendUint64(nil, i*0x9E3779B97F4A7C15))
		if len(r) != ReferenceLength || strings.ContainsAny(r, "0O1I5S8B") || seen[r] {
			t.Fatalf("%d gives %q", i, r)
		}
		seen[r] = true
		typed := strings.ToLower(r[:4]) + " - " + r[4:]
		if back, ok := ReadReference(typed); !ok || back != r {
			t.Fatalf("%q is read as %q, %v", typed, back, ok)
		}
	}
	for _, bad := range []string{"", "ABCD", "ABCDEFG0", "ACDEFGHJK", "ÄCDEFGH"} {
		if _, ok := ReadReference(bad); ok {
			t.Errorf("%q is no reference", bad)
		}
	}
}
