package app

import (
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// told are the events that get a line of their own on the timeline; the others show by what follows from them.
var told = map[domain.Kind]bool{
	domain.KindWithdraw: true, domain.KindAccepted: true, domain.KindWaitlisted: true, domain.KindBounced: true,
	domain.KindInformationAsked: true, domain.KindInformationGiven: true, domain.KindSupportEnded: true, domain.KindReceiverClosed: true,
	domain.KindCoordinatorWaits: true, domain.KindPatientDied: true, domain.KindPatientMovedAway: true, domain.KindConsentWithdrawn: true,
	domain.KindPatientErased: true, domain.KindParentEnded: true, domain.KindMatchUnsure: true, domain.KindMatchLate: true,
	domain.KindOverlapJoined: true, domain.KindWorkerLeft: true, domain.KindReassigned: true,
}

// entries are the lines a decision adds to the timeline: what happened, and what coordination said because of it.
func (w *work) entries(was domain.Referral, e domain.Event, d domain.Decision, h happened) []store.Entry {
	var out []store.Entry
	add := func(x store.Entry) {
		x.ReferralID, x.FirstRef = was.ID, was.FirstRef
		out = append(out, w.entry(x))
	}
	if told[e.Kind] && d.Changed {
		add(store.Entry{
			What: string(e.Kind), OfferID: e.OfferID, Organisation: e.Organisation, Person: h.person, At: h.at,
			Detail: details(e, h), Class: classOf(h.words), Text: h.words,
		})
	}
	for _, f := range d.Say {
		if f.Name == domain.SayProgressed {
			continue
		}
		x := store.Entry{What: string(f.Name), OfferID: f.OfferID, Detail: map[string]string{}}
		if f.Why != "" {
			x.Detail["why"] = f.Why
		}
		if f.Name == domain.SayAnswerRefused {
			x.Organisation, x.Person, x.Detail["answer"] = e.Organisation, h.person, string(answerOf[e.Kind])
		}
		if o := d.Next.Offer(f.OfferID); o != nil {
			x.Organisation = o.Receiver.Organisation
			x.Detail["receiver"], x.Detail["kind"] = o.Receiver.ID, string(o.Receiver.Kind)
		}
		if f.Name == domain.SayJoined || f.Name == domain.SayConfirmed || f.Name == domain.SayPhoned {
			x.Person, x.Organisation = h.person, e.Organisation
		}
		if f.Name == domain.SayPhoned {
			x.At = e.CallAt
		}
		add(x)
	}
	return out
}

func details(e domain.Event, h happened) map[string]string {
	out := map[string]string{}
	for k, v := range h.detail {
		if v != "" {
			out[k] = v
		}
	}
	if e.Reason != "" {
		out["reason"] = e.Reason
	}
	if e.Outcome != "" && e.Kind == domain.KindSupportEnded {
		out["outcome"] = e.Outcome
	}
	return out
}

func classOf(words string) string {
	if words == "" {
		return ""
	}
	return vault.Message
}

// Told is every line that a decision can add to a timeline.
func Told() []string {
	var out []string
	for kind := range told {
		out = append(out, string(kind))
	}
	for _, name := range []domain.Name{
		domain.SayHeld, domain.SayJoined, domain.SayConfirmed, domain.SayOffered, domain.SayOfferTaken, domain.SayOfferExpired,
		domain.SayAnswerRefused, domain.SayEscalated, domain.SayClosed, domain.SayPhoned,
	} {
		out = append(out, string(name))
	}
	return out
}
