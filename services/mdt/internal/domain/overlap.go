package domain

import (
	"strings"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
)

// MaxSendNote is how many characters a sender may add to why they send although somebody helps.
const MaxSendNote = 500

// CheckOverlap wants to know what is to be done about whoever was shown to help already and may do this too.
func (d *Draft) CheckOverlap() error {
	var f fault.Fields
	d.Overlap.Note = strings.TrimSpace(d.Overlap.Note)
	switch d.Overlap.Missing() {
	case "overlap":
		f.Add("overlap", "Select what to do about who helps already")
	case "send_reason":
		f.Add("send_reason", "Select why it is sent although somebody helps already")
	}
	for name, n := range map[string]*int{"seen_helping": d.Overlap.Helping, "seen_overlaps": d.Overlap.Shown} {
		if n != nil && (*n < 0 || *n > 1000) {
			f.Add(name, "Enter a whole number from 0 to 1000")
		}
	}
	if utf8.RuneCountInString(d.Overlap.Note) > MaxSendNote {
		f.Add("send_note", "Shorten this to 500 characters or fewer")
	}
	return f.Err()
}
