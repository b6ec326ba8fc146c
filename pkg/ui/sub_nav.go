package ui

// SubNav is the parts of one thing or the lists of one tray, each with its own address, so that a pasted link shows a
// colleague the same.
type SubNav struct {
	Label string // what they are parts of, read out: "Referrals"
	Items []MenuItem
}

// Template names html/sub_nav.html.
func (SubNav) Template() string { return "sub_nav" }
