package web

import (
	"strings"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// colours of states. The words say the same; colour alone never does.
var colours = map[domain.State]ui.Colour{
	domain.Requested: ui.Blue, domain.Checked: ui.Blue, domain.Held: ui.Purple, domain.Offered: ui.Yellow, domain.InformationAsked: ui.Orange,
	domain.Waitlisted: ui.Yellow, domain.Accepted: ui.Green, domain.UnderWay: ui.Green, domain.Escalated: ui.Red,
	domain.Joined: ui.Grey, domain.Withdrawn: ui.Grey, domain.Closed: ui.Grey,
}

// stateTag is the state with the reason in a line beneath.
func stateTag(r domain.Referral) ui.Status {
	return ui.Status{Tag: ui.Tag{Text: r.State.Label(), Colour: colours[r.State]}, Reason: reasonWords(r)}
}

// reasonWords is why a referral stands where it stands, as a sentence.
func reasonWords(r domain.Referral) string {
	switch {
	case r.State == domain.Held && r.HeldWhy == domain.HeldSamePerson:
		return "The area's office must say who this is."
	case r.State == domain.Held:
		return "Somebody asks for the same already."
	case r.State == domain.Escalated:
		return sentence(r.Escalation.Label())
	case r.State == domain.Closed:
		return sentence(terms.Outcome(r.Outcome).Label())
	case r.State == domain.Joined && terms.ReferralState(r.Reason).Known():
		return "The help that is there: " + terms.ReferralState(r.Reason).Label() + "."
	case r.Reason == domain.ReasonSilent:
		return "The last service did not answer in time."
	case r.Reason == domain.ReasonNoConsent:
		return "The person has not agreed to sharing."
	case r.Reason == domain.ReasonParentEnded:
		return "The referral it came from has ended."
	case r.Reason == "":
		return ""
	case r.State == domain.Withdrawn && terms.WithdrawalReason(r.Reason).Known(): // some codes are on both lists
		return sentence(terms.WithdrawalReason(r.Reason).Label())
	case terms.BounceReason(r.Reason).Known():
		return terms.BounceReason(r.Reason).Told()
	case terms.OfferWithdrawalReason(r.Reason).Known():
		return sentence(terms.OfferWithdrawalReason(r.Reason).Label())
	}
	return sentence(withdrawalWords(r.Reason))
}

func withdrawalWords(reason string) string {
	if terms.WithdrawalReason(reason).Known() {
		return terms.WithdrawalReason(reason).Label()
	}
	return terms.Outcome(reason).Label()
}

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// owesWords is who owes the next step, by name where there is one.
func owesWords(r domain.Referral, names app.Names) string {
	switch r.Owes.Party {
	case domain.Sender:
		return names.Of(r.Owes.Organisation, "The sender")
	case domain.ReceiverSide:
		return names.Of(r.Owes.Organisation, "The receiver")
	case domain.Coordinator:
		if name := names[r.Owes.Person]; name != "" {
			return name + ", " + names.Of(r.Owes.Organisation, "the area's office")
		}
		return "The area's office"
	}
	return "Nobody"
}

// stepWords is what is owed.
func stepWords(r domain.Referral) string {
	switch r.State {
	case domain.Held:
		if r.HeldWhy == domain.HeldSamePerson {
			return "say who this is"
		}
		return "say whether it is a duplicate"
	case domain.Offered:
		return "answer the offer"
	case domain.InformationAsked:
		return "answer the question"
	case domain.Waitlisted:
		return "say how the waiting list moves"
	case domain.Accepted:
		return "make first contact"
	case domain.UnderWay:
		if r.EndedWith != "" {
			return "see the onward referrals through"
		}
		return "say how it is going"
	case domain.Escalated:
		return "find a way"
	case domain.Requested, domain.Checked:
		return "check it"
	}
	return ""
}

// receiverName is what a receiver is called.
func receiverName(to domain.Receiver, names app.Names) string {
	if name := names[to.ID]; name != "" {
		return name
	}
	if to.Kind == terms.ReceiverTeam {
		return "A link worker team"
	}
	return "A service"
}
