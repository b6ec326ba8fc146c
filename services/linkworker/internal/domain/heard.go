package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Progressed is what coordination said of a referral that was offered to us.
type Progressed struct {
	Version    int
	OfferID    string
	State      terms.ReferralState
	Owes       terms.Party
	DueAt      time.Time
	QuestionID string
	Text       string
	At         time.Time
}

// Confirm takes coordination's word: it confirms our answer, or brings the reply to our question. changed is false when it is
// older than what we know or says nothing to us.
func (o *Offer) Confirm(p Progressed) (changed bool) {
	if p.Version <= o.Progress {
		return false
	}
	o.Progress = p.Version
	if p.OfferID != o.ID {
		// The referral has gone on to somebody else: our refusal was heard.
		if o.State == terms.OfferBounced && o.ConfirmedAt.IsZero() && p.At.After(o.AnsweredAt) {
			o.ConfirmedAt = p.At
			return true
		}
		return false
	}
	switch p.State {
	case terms.ReferralAccepted, terms.ReferralUnderWay:
		if o.State != terms.OfferAccepted || !o.ConfirmedAt.IsZero() {
			return false
		}
	case terms.ReferralInformationAsked:
		if o.State != terms.OfferInformationAsked && o.State != terms.OfferBounced || !o.ConfirmedAt.IsZero() {
			return false
		}
	case terms.ReferralOffered:
		return o.replied(p)
	default:
		if o.State != terms.OfferBounced || !o.ConfirmedAt.IsZero() {
			return false
		}
	}
	o.ConfirmedAt = p.At
	o.Version++
	return true
}

func (o *Offer) replied(p Progressed) bool {
	if o.State != terms.OfferInformationAsked || p.QuestionID != o.QuestionID || p.QuestionID == "" {
		return false
	}
	o.State, o.Answer, o.ConfirmedAt = terms.OfferOffered, "", time.Time{}
	o.Reply, o.RepliedAt = p.Text, p.At
	if !p.DueAt.IsZero() {
		o.AnswerDueAt = p.DueAt
	}
	o.Version++
	return true
}

// TakeBack ends the offer because coordination says so. When we had said yes, somebody must stand down.
func (o *Offer) TakeBack(why terms.OfferWithdrawalReason, standDownDue, at time.Time) (changed bool) {
	switch o.State {
	case terms.OfferWithdrawn, terms.OfferEnded, terms.OfferBounced:
		return false
	}
	if o.State == terms.OfferAccepted {
		o.StandDownDueAt = standDownDue
	}
	o.State, o.TakenBackWhy, o.TakenBackAt = terms.OfferWithdrawn, why, at
	o.Version++
	return true
}

// Expire ends an offer that nobody answered in time. An answer of ours that crosses it stays "sent" until coordination decides.
func (o *Offer) Expire() (changed bool) {
	if o.State != terms.OfferOffered && o.State != terms.OfferInformationAsked {
		return false
	}
	o.State = terms.OfferExpired
	o.Version++
	return true
}

// AnswerRefused takes coordination's no to our answer. Only a yes leaves something to stop. A no to an earlier answer, such as a question that came
// too late, is overtaken by what we said since: coordination decides of that by itself, and may honour it.
func (o *Offer) AnswerRefused(answer terms.Answer, why terms.AnswerRefusal, due, at time.Time) (changed bool) {
	if o.RefusedWhy != "" || o.State == terms.OfferEnded || answer != o.Answer || !o.ConfirmedAt.IsZero() {
		return false
	}
	o.RefusedWhy, o.TakenBackAt = why, at
	if answer == terms.AnswerAccepted && o.State != terms.OfferWithdrawn {
		o.StandDownDueAt = due
	}
	o.State = terms.OfferWithdrawn
	o.Version++
	return true
}
