package hsds

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// whatJSON names the field and the reason of what json refused, without its content.
func whatJSON(err error, text []byte) (field, reason string) {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return "", "the row is not a JSON object"
	case errors.As(err, &wrongType):
		return wrongType.Field, "it is " + article(wrongType.Value) + ", not " + article(kinds[wrongType.Type.Kind().String()])
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")):
		return "", "the row is a JSON array: give one service a line"
	default:
		return "", "the row is not JSON"
	}
}

// kinds are the JSON words for Go's kinds.
var kinds = map[string]string{
	"string": "string", "int": "number", "float64": "number", "slice": "array", "struct": "object", "bool": "bool",
}

func article(jsonKind string) string {
	if kind, _, _ := strings.Cut(jsonKind, " "); kind != "" { // "number 1.5" repeats the content
		jsonKind = kind
	}
	switch jsonKind {
	case "":
		return "something else"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	default:
		return "a " + jsonKind
	}
}
