package domain

import (
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// maxReceivers is how many services or teams a sender may name in order of preference.
const maxReceivers = 5

// MaxSendNote is how many characters a sender may add to why they send although somebody helps.
const MaxSendNote = 500

// Checked puts a request into the form in which it is kept and sent.
func (q Request) Checked() (Request, error) {
	var f fault.Fields
	if !q.Need.Known() {
		f.Add("need", "Select what they need help with")
	}
	if q.Urgency == "" {
		q.Urgency = terms.UrgencyRoutine
	}
	if !q.Urgency.Known() {
		f.Add("urgency", "Select how soon help is needed")
	}
	if len(q.Receivers) > maxReceivers {
		f.Add("receivers", "Choose 5 services or fewer")
	}
	seen := map[Receiver]bool{}
	q.Receivers = slices.DeleteFunc(slices.Clone(q.Receivers), func(r Receiver) bool {
		if !r.Kind.Known() {
			f.Add("receivers", "Choose a service or a team")
		}
		twice := seen[r]
		seen[r] = true
		return twice
	})
	q.checkTexts(&f)
	if slices.ContainsFunc(q.Codes, func(c terms.SafeguardingCode) bool { return !c.Known() }) {
		f.Add("safeguarding_codes", "Select from the answers on the page")
	}
	if slices.ContainsFunc(q.Accessibility, func(a terms.Accessibility) bool { return !a.Known() }) {
		f.Add("accessibility", "Select from the answers on the page")
	}
	q.checkOverlap(&f)
	return q, f.Err()
}

// checkOverlap wants to know what is to be done about whoever was shown to help already and may do this too.
func (q *Request) checkOverlap(f *fault.Fields) {
	q.Overlap.Note = strings.TrimSpace(q.Overlap.Note)
	switch q.Overlap.Missing() {
	case "overlap":
		f.Add("overlap", "Select what to do about who helps already")
	case "send_reason":
		f.Add("send_reason", "Select why it is sent although somebody helps already")
	}
	for name, n := range map[string]*int{"seen_helping": q.Overlap.Helping, "seen_overlaps": q.Overlap.Shown} {
		if n != nil && (*n < 0 || *n > 1000) {
			f.Add(name, "Enter a whole number from 0 to 1000")
		}
	}
	if utf8.RuneCountInString(q.Overlap.Note) > MaxSendNote {
		f.Add("send_note", "Shorten this to 500 characters or fewer")
	}
}

func (q *Request) checkTexts(f *fault.Fields) {
	q.Narrative, q.Safeguarding = strings.TrimSpace(q.Narrative), strings.TrimSpace(q.Safeguarding)
	if utf8.RuneCountInString(q.Narrative) > MaxNarrative {
		f.Add("narrative", "Shorten this to 2000 characters or fewer")
	}
	if utf8.RuneCountInString(q.Safeguarding) > MaxNarrative {
		f.Add("safeguarding", "Shorten this to 2000 characters or fewer")
	}
	if len(q.Codes) > 0 && q.Safeguarding == "" {
		f.Add("safeguarding", "Say what keeps the person and the worker safe")
	}
}
