// Package terms is the code lists that every service shares: what a code is, what it is called in plain English, and
// which published code it maps to.
//
// A list may gain codes; a code never changes its meaning and is never removed once released. A reader that meets a code
// it does not know shows it as it stands and goes on. The labels are what people see; events and databases hold codes.
package terms

// Entry is one code with its label, as schemas/terms.json gives it to programs that are not written in Go.
type Entry struct {
	Code  string
	Label string
}

// List is one code list under the name of its Go type.
type List struct {
	Name    string // the Go type: "Need"
	About   string // one sentence
	Entries []Entry
}

// Term is an entry of a list that has nothing but a code and a label.
type Term[T ~string] struct {
	Code  T
	Label string
}

func (t Term[T]) code() T { return t.Code }

func (t Term[T]) label() string { return t.Label }

// term is what every entry of every list can say of itself.
type term[T ~string] interface {
	code() T
	label() string
}

// find looks a code up. The lists are short: a walk beats a map that somebody must keep in step.
func find[T ~string, E term[T]](list []E, code T) (E, bool) {
	for _, e := range list {
		if e.code() == code {
			return e, true
		}
	}
	var none E
	return none, false
}

// labelOf is the label, or the code itself when this copy of the list does not know it.
func labelOf[T ~string, E term[T]](list []E, code T) string {
	if e, ok := find(list, code); ok {
		return e.label()
	}
	return string(code)
}

func entries[T ~string, E term[T]](list []E) []Entry {
	out := make([]Entry, len(list))
	for i, e := range list {
		out[i] = Entry{string(e.code()), e.label()}
	}
	return out
}
