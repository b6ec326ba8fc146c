package app

import (
	"strings"
	"time"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/vcse"
)

// saidOfBounce puts together what the sender reads of a bounce: what was typed, and the facts its reason asks for. A sender's page
// shows one text, so that none of them has to know which reason brings what.
func saidOfBounce(p *vcse.OfferBouncedV1) (happened, error) {
	h, err := said(p.By, p.At, p.Detail)
	if err != nil {
		return h, err
	}
	var criterion schemas.Message
	if _, err := p.Criterion.Into(&criterion); err != nil {
		return h, err
	}
	typed := h.words
	if criterion.Text != "" {
		h.words = strings.TrimSpace(h.words + "\nNot met: " + criterion.Text)
	}
	h.detail = map[string]string{"until": p.UntilOn, "whose_role": string(p.WhoseRole), "tried": strings.Join(p.TriedOn, " ")}
	text := h.words
	if until := inWords(p.UntilOn); until != "" {
		text += "\nThere may be room from " + until + "."
	}
	if p.WhoseRole != "" {
		text += "\nWhose role it is: " + p.WhoseRole.Label() + "."
	}
	text += triedText(p.TriedOn)
	if text = strings.TrimSpace(text); text != typed {
		h.text = schemas.Seal(schemas.Message{Text: text})
	}
	return h, nil
}

// triedText is a line of the days of the tries, "" when there are none.
func triedText(on []string) string {
	if len(on) == 0 {
		return ""
	}
	return "\nThey tried on " + TriedWords(on) + "."
}

// TriedWords are days in words: "3 March 2027, 4 March 2027 and 9 March 2027".
func TriedWords(on []string) string {
	days := make([]string, 0, len(on))
	for _, day := range on {
		days = append(days, inWords(day))
	}
	if len(days) < 2 {
		return strings.Join(days, "")
	}
	return strings.Join(days[:len(days)-1], ", ") + " and " + days[len(days)-1]
}

// inWords is a day as people write it, or "".
func inWords(on string) string {
	day, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return ""
	}
	return day.Format("2 January 2006")
}
