package ui

// Filter narrows a list by its address alone (GET), and says with what it is narrowed, each as a chip that can be taken
// off. Never for a person's name or number: search for people posts.
type Filter struct {
	Heading string // "Filter this list" when not given
	Action  string
	Fields  []Component
	Values  []Value // what else the address must keep, such as the order
	Chips   []Link  // Href is the list without it
	Clear   string  // the list without any
	Open    bool
}

// Template names html/filter.html.
func (Filter) Template() string { return "filter" }
