package event

// The two halves of the header encoding, for the conformance tests.
var (
	PercentEncode = percentEncode
	PercentDecode = percentDecode
)
