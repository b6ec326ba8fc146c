package web

import (
	"slices"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

func sortNewest(entries []ui.TimelineEntry) {
	slices.SortStableFunc(entries, func(a, b ui.TimelineEntry) int { return b.At.Compare(a.At) })
}

func referralNeed(r domain.Referral) string {
	switch {
	case r.Need == "":
		return "Removed"
	case r.Sensitive:
		return "Sensitive need"
	}
	return r.Need.Label()
}

// withWhom is who has it in hand.
func withWhom(r domain.Referral, name string) string {
	switch {
	case name != "" && r.Sensitive:
		return "A sensitive service"
	case name != "":
		return name
	}
	return "Nobody yet"
}

// referralTag is the sender's word for where a referral stands.
func referralTag(r domain.Referral) ui.Tag {
	if !r.WithdrawnAt.IsZero() {
		return ui.Tag{Text: "Withdrawn", Colour: ui.Grey}
	}
	if r.State == terms.ReferralInformationAsked && !r.AnsweredAt.IsZero() {
		return ui.Tag{Text: "Your answer is on its way", Colour: ui.Yellow}
	}
	info, _ := terms.ReferralStateByCode(r.State)
	tag := ui.Tag{Text: info.Sender, Colour: ui.Yellow}
	if r.State == terms.ReferralRequested {
		tag.Text = "Sent – Waypost is checking"
	}
	switch r.State {
	case terms.ReferralHeld:
		tag.Colour = ui.Purple
	case terms.ReferralInformationAsked:
		tag.Colour = ui.Blue
		if r.QuestionID == "" {
			tag.Text = "It came back: you decide"
		}
	case terms.ReferralAccepted, terms.ReferralUnderWay:
		tag.Colour = ui.Green
	case terms.ReferralEscalated:
		tag.Colour = ui.Orange
	case terms.ReferralJoined, terms.ReferralWithdrawn, terms.ReferralClosed:
		tag.Colour = ui.Grey
	}
	return tag
}

// owesWords say whose turn it is and by when.
func owesWords(r domain.Referral, name func(string) string, now timeT) string {
	if !r.Open() {
		if r.Outcome != "" {
			return r.Outcome.Label()
		}
		return ""
	}
	if r.Notice.Phone() {
		return r.Notice.Label()
	}
	var words string
	switch r.Owes {
	case terms.PartySender:
		words = "Your turn"
	case terms.PartyReceiver:
		words = "Their turn"
	case terms.PartyCoordinator:
		words = "The area's office has it"
		if r.EscalatedTo != "" {
			words = name(r.EscalatedTo) + " at the area's office has it"
		}
	default:
		return ""
	}
	if !r.DueAt.IsZero() {
		words += ", due " + ui.Near(r.DueAt, now)
	}
	return words
}

// reasonWords are the sender's words for why it stands where it stands: a bounce, a withdrawal, an escalation, an outcome.
func reasonWords(reason string) string {
	switch {
	case reason == "":
		return ""
	case terms.ReferralState(reason).Known(): // of one that was joined: where the one stands that carries it
		return "The help that is there: " + terms.ReferralState(reason).Label()
	case terms.BounceReason(reason).Known():
		return terms.BounceReason(reason).Told()
	case terms.EscalationReason(reason).Known():
		return terms.EscalationReason(reason).Label()
	case terms.WithdrawalReason(reason).Known():
		return terms.WithdrawalReason(reason).Label()
	case terms.Outcome(reason).Known():
		return terms.Outcome(reason).Label()
	case terms.SendReason(reason).Known():
		return terms.SendReason(reason).Label()
	}
	return reason
}
