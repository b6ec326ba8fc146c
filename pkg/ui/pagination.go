package ui

// Pagination leads to the pages before and after in a list paged by cursor, where no page has a number.
type Pagination struct {
	Previous, Next string // addresses; empty where there is none
	Showing        string // such as "Showing 20 of 134 referrals"
	Label          string // "Pages" when not given; needed when a page has two lists
}

// Template names html/pagination.html.
func (Pagination) Template() string { return "pagination" }
