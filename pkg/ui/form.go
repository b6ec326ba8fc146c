package ui

// Form posts what a person filled in. It always carries the key that makes a second submit harmless, and the version of
// what is changed, so that two people's changes do not overwrite each other.
type Form struct {
	Action         string
	IdempotencyKey string
	Version        int64   // of the thing being changed; 0 when something new is made
	Values         []Value // further hidden values
	Fields         []Component
	Buttons        []Component
	ID             string
}

// Template names html/form.html.
func (Form) Template() string { return "form" }

// Hidden is what the form carries unseen.
func (f Form) Hidden() Hidden { return Hidden{f.IdempotencyKey, f.Version, f.Values} }

// Hidden is the unseen part of a form, for a page that lays out the form itself.
type Hidden struct {
	IdempotencyKey string
	Version        int64
	Values         []Value
}

// Value is one hidden value.
type Value struct{ Name, Value string }

// Template names html/hidden.html.
func (Hidden) Template() string { return "hidden" }
