package terms

import (
	"encoding/binary"
	"strings"
)

// referenceAlphabet leaves out what is confused when it is read aloud or written down: 0 and O, 1 and I, 5 and S, 8 and B.
const referenceAlphabet = "234679ACDEFGHJKLMNPQRTUVWXYZ"

// ReferenceLength is the number of characters of a reference.
const ReferenceLength = 8

// Reference makes a reference that can be read out, from at least eight random bytes. References are not secret, and the
// database refuses the rare double: make another one then.
func Reference(random []byte) string {
	n := binary.BigEndian.Uint64(random)
	out := make([]byte, ReferenceLength)
	for i := range out {
		out[i] = referenceAlphabet[n%uint64(len(referenceAlphabet))]
		n /= uint64(len(referenceAlphabet))
	}
	return string(out)
}

// ReadReference takes a reference as somebody types it: spaces, dashes and lower case are fine. ok is false when it can not
// be one.
func ReadReference(typed string) (reference string, ok bool) {
	reference = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	if len(reference) != ReferenceLength {
		return "", false
	}
	for _, r := range reference {
		if !strings.ContainsRune(referenceAlphabet, r) {
			return "", false
		}
	}
	return reference, true
}
