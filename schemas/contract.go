package schemas

import "embed"

// FS holds every JSON Schema, under the paths that their $id ends with, and the AsyncAPI document.
//
//go:embed *.json */*.json
var FS embed.FS

// Fact is one event as the contract has it.
type Fact struct {
	Type    string // waypost.<speaker>.<fact>.v<n>, the CloudEvents type
	Speaker string
	Name    string // offer_accepted
	Version int
	Schema  string // its file in FS
	About   string // the property that is the CloudEvents subject
	Patient bool   // whether that is a patient ref
	Sealed  []SealedField
}

// SealedField is a place in an event where a Sealed stands.
type SealedField struct {
	Path  string // JSON pointer
	Class string
}

// ByType finds a fact by its CloudEvents type.
func ByType(eventType string) (Fact, bool) {
	for _, f := range All {
		if f.Type == eventType {
			return f, true
		}
	}
	return Fact{}, false
}
