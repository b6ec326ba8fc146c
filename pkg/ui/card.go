package ui

// Card is a box with a heading; with Href the whole of it is one link.
type Card struct {
	Heading, Href string
	Body          Component
}

// Template names html/card.html.
func (Card) Template() string { return "card" }
