package ui

// SummaryCard is facts about one thing, with a heading and what can be done with it.
type SummaryCard struct {
	Heading string
	Links   []Link
	Rows    []SummaryRow
	Body    Component // below the rows
}

// Template names html/summary_card.html.
func (SummaryCard) Template() string { return "summary_card" }

// List is the card's rows.
func (c SummaryCard) List() SummaryList { return SummaryList{c.Rows} }

// InSentence is the heading as hidden words of a link.
func (c SummaryCard) InSentence() string { return "(" + c.Heading + ")" }
