package domain

import "example.org/waypost/schemas/terms"

// returned tells by which way a step brings a referral back to the practice that sent it, "" when it does not. Nothing sends it there by
// default; a question that the practice alone can answer, a crisis, and giving up do.
func returned(was, is Referral, e Event) terms.ReturnWay {
	if is.SenderKind != terms.KindPractice {
		return ""
	}
	gone := e.Reason == string(terms.WithdrawalPatientDied) || e.Reason == string(terms.WithdrawalPatientMovedAway)
	failed := is.Bounces+is.Silences > 0 && !gone
	switch {
	case e.Kind == KindBounced && is.State == InformationAsked:
		return terms.ReturnAskAgain
	case e.Kind == KindBounced && is.Escalation == terms.EscalationCrisis:
		return terms.ReturnCrisis
	case e.Kind == KindWithdraw && e.By == Sender && failed && was.Taken() == nil && is.State == Withdrawn:
		return terms.ReturnTakenBack
	case e.Kind == KindSupportEnded && is.State == Closed && was.Taken() != nil && was.Taken().StartedAt.IsZero() && !finds(terms.Outcome(is.Outcome)):
		return terms.ReturnNoHelp // somebody had said yes, and nobody met the person
	case e.Kind == KindCoordinatorCloses && is.State == Closed && !helpedAtAll(is) && !finds(terms.Outcome(is.Outcome)):
		return terms.ReturnNoHelp
	}
	return ""
}

// helpedAtAll tells whether somebody met the person under this referral.
func helpedAtAll(r Referral) bool {
	for _, o := range r.Offers {
		if !o.StartedAt.IsZero() || o.State == terms.OfferEnded {
			return true
		}
	}
	return false
}

// finds tells whether an outcome leaves the practice nothing to do: it was help, or nothing is wanted or possible any more.
func finds(o terms.Outcome) bool {
	switch o {
	case terms.OutcomeNoSuitableHelp, terms.OutcomeCouldNotContact, terms.OutcomeNotHelped, terms.OutcomeDidNotStart:
		return false
	}
	return true
}
