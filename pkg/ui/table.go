package ui

import "slices"

// Table is a list with columns. The first cell of a row is its header. On a phone every row becomes a block of its own,
// with the columns' names beside the values.
type Table struct {
	Caption     string
	CaptionSize string // "s", "m" (when not given), "l"
	HideCaption bool   // read out, not shown: when a heading right above says the same
	Columns     []Column
	Rows        []Row
}

// Column is the head of a column. With SortHref it is a link that sorts the list by it.
type Column struct {
	Text     string
	Numeric  bool
	Hide     bool // the name is read out, not shown
	SortHref string
	Sorted   string // "ascending" or "descending" when the list is sorted by it
}

// Row is one line. New marks what changed since this person last looked.
type Row struct {
	Cells []Component
	New   bool
}

// Template names html/table.html.
func (Table) Template() string { return "table" }

// Column is the i-th column, or nothing when a row has more cells than the table has columns.
func (t Table) Column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}

// Sortable tells whether any column can be sorted by.
func (t Table) Sortable() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.SortHref != "" })
}
