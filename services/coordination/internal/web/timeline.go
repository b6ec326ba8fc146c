package web

import (
	"maps"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// telling makes the title and, where there is more to say, a sentence of one line of the timeline.
type telling func(e app.Entry, names app.Names) (title, more string)

func plain(title string) telling {
	return func(app.Entry, app.Names) (string, string) { return title, "" }
}

// tellings has a line for everything that can stand on a timeline; a test holds it complete.
var tellings = map[string]telling{
	"case_opened": plain("Case opened"),
	"case_closed": func(e app.Entry, _ app.Names) (string, string) {
		return "Case closed", sentence(terms.CaseOutcome(e.Detail["outcome"]).Label())
	},
	"case_reopened": plain("Case opened again"),
	"seen_in_emergency": func(e app.Entry, names app.Names) (string, string) {
		return "Seen in an emergency by " + names.Of(e.Person, "somebody") + ", " + names.Of(e.Organisation, "an organisation"), sentence(domain.GlassReason(e.Detail["reason"]).Label())
	},
	"case_requested": func(e app.Entry, _ app.Names) (string, string) {
		return "Asked to be discussed", sentence(terms.MDTReason(e.Detail["reason"]).Label())
	},
	"overlap_found": func(e app.Entry, _ app.Names) (string, string) {
		return "Somebody who helps already may do this too", sentence(terms.SendReason(e.Detail["why"]).Label())
	},
	string(domain.KindOverlapJoined): func(e app.Entry, names app.Names) (string, string) {
		who := names.Of(e.Detail["who"], "")
		if who != "" {
			who += " works with the person already."
		}
		return "Whoever helps already is asked to do this too; nothing new is sent", who
	},
	string(domain.KindWorkerLeft): plain("Who was to do this too works with the person no more, so it is asked for anew"),
	"signed_for_trainee": func(e app.Entry, names app.Names) (string, string) {
		return "Signed by " + names.Of(e.Person, "a supervisor") + " for a colleague in training", ""
	},
	"consent_expired":      plain("The day until which they agreed is over: what was shared because of it ended"),
	"household_agreed":     plain("They agree that whoever helps the people they live with is told that help is there"),
	"household_refused":    plain("They do not agree that the people they live with are told anything"),
	"overlap_gone":         plain("Whoever was to do this too no longer helps, so it was sent"),
	"patient_merged":       plain("Two records were found to be the same person"),
	"patient_merge_undone": plain("Two records that were thought one person's are two people's again"),
	"requested":            plain("Referral sent"),
	"match_unsure":         plain("Held: the area's office must say who this is"),
	"match_late":           plain("Held: it came to light a moment later that the area's office must say who this is"),
	"referral_held":        plain("Held: somebody asks for the same already"),
	"referral_joined":      plain("Joined to the referral that was there already"),
	"referral_confirmed": func(e app.Entry, _ app.Names) (string, string) {
		return "Sent on as a second referral", sentence(terms.SendReason(e.Detail["why"]).Label())
	},
	"referral_offered": func(e app.Entry, names app.Names) (string, string) { return "Offered to " + receiverOf(e, names), "" },
	"offer_withdrawn": func(e app.Entry, names app.Names) (string, string) {
		return "Offer taken back from " + receiverOf(e, names), sentence(terms.OfferWithdrawalReason(e.Detail["why"]).Label())
	},
	"offer_expired": func(e app.Entry, names app.Names) (string, string) {
		return receiverOf(e, names) + " did not answer in time", ""
	},
	"offer_answer_refused": func(e app.Entry, names app.Names) (string, string) {
		return "An answer of " + names.Of(e.Organisation, "a receiver") + " came too late", sentence(terms.AnswerRefusal(e.Detail["why"]).Label())
	},
	"referral_escalated": func(e app.Entry, _ app.Names) (string, string) {
		return "Given to a named person to find a way", sentence(terms.EscalationReason(e.Detail["why"]).Label())
	},
	"referral_closed": func(e app.Entry, _ app.Names) (string, string) {
		return "Referral closed", sentence(terms.Outcome(e.Detail["why"]).Label())
	},
	"provider_phoned": func(e app.Entry, names app.Names) (string, string) {
		return "Phoned " + receiverOf(e, names), sentence(terms.ContactResult(e.Detail["why"]).Label())
	},
	string(domain.KindWithdraw): func(e app.Entry, _ app.Names) (string, string) {
		return "Referral withdrawn", sentence(withdrawalWords(e.Detail["reason"]))
	},
	string(domain.KindParentEnded): plain("Withdrawn, because the referral it came from has ended"),
	string(domain.KindAccepted): func(e app.Entry, _ app.Names) (string, string) {
		return "Accepted", onDay("First contact by", e.Detail["first_contact_by"])
	},
	string(domain.KindWaitlisted): func(e app.Entry, _ app.Names) (string, string) {
		return "Put on the waiting list", onDay("Expected by", e.Detail["expected_by"])
	},
	string(domain.KindBounced): func(e app.Entry, _ app.Names) (string, string) {
		more := terms.BounceReason(e.Detail["reason"]).Told()
		if until := onDay("There may be room from", e.Detail["until"]); until != "" {
			more += " " + until
		}
		if whose := terms.Role(e.Detail["whose_role"]); whose.Known() {
			more += " Whose role it is: " + whose.Label() + "."
		}
		return "Bounced", more + triedMore(e)
	},
	string(domain.KindInformationAsked): plain("More information asked for"),
	string(domain.KindInformationGiven): plain("More information given"),
	string(domain.KindSupportEnded): func(e app.Entry, _ app.Names) (string, string) {
		return "Support ended", sentence(terms.Outcome(e.Detail["outcome"]).Label()) + triedMore(e)
	},
	string(domain.KindReceiverClosed):   plain("The service takes nobody any more"),
	string(domain.KindCoordinatorWaits): plain("Given more time"),
	string(domain.KindReassigned): func(e app.Entry, names app.Names) (string, string) {
		more := ""
		if was := names[e.Detail["was"]]; was != "" {
			more = "It was with " + was + "."
		}
		return "The next step was given to " + names.Of(e.Detail["who"], "a person"), more
	},
	string(domain.KindPatientDied):      plain("The person has died"),
	string(domain.KindPatientMovedAway): plain("The person has moved away"),
	string(domain.KindConsentWithdrawn): plain("The person no longer agrees to sharing"),
	string(domain.KindPatientErased):    plain("The person's record was erased"),
	"contact_recorded": func(e app.Entry, _ app.Names) (string, string) {
		return "Contact: " + lower(terms.ContactHow(e.Detail["how"]).Label()), sentence(terms.ContactResult(e.Detail["result"]).Label())
	},
	"plan_agreed": plain("Plan agreed"),
	"outcome_recorded": func(e app.Entry, _ app.Names) (string, string) {
		more := terms.OutcomeStage(e.Detail["stage"]).Label()
		if result := e.Detail["result"]; result != "" {
			more += ": " + lower(terms.OutcomeResult(result).Label())
		}
		return "Wellbeing measured", sentence(more)
	},
	"attendance_recorded": func(e app.Entry, _ app.Names) (string, string) {
		return terms.AttendanceResult(e.Detail["result"]).Label(), onDay("On", e.Detail["on"])
	},
	"crisis_reported": func(e app.Entry, _ app.Names) (string, string) {
		return "A crisis was reported", "Rung: " + lower(sentence(terms.CrisisRung(e.Detail["whom_rung"]).Label()))
	},
	"red_flag_raised": plain("A red flag was raised"),
	"red_flag_acknowledged": func(e app.Entry, _ app.Names) (string, string) {
		return "A red flag was acknowledged", sentence(terms.RedFlagAction(e.Detail["action"]).Label())
	},
	"patient_signposted": func(e app.Entry, names app.Names) (string, string) {
		return "Signposted to " + receiverOf(e, names), ""
	},
	"signpost_followed_up": func(e app.Entry, _ app.Names) (string, string) {
		return "A signpost was followed up", sentence(terms.SignpostResult(e.Detail["result"]).Label())
	},
	"case_discussed": func(e app.Entry, names app.Names) (string, string) {
		return "Discussed at " + names.Of(e.Detail["meeting"], "a meeting"), sentence(terms.MDTDecision(e.Detail["decision"]).Label())
	},
	"case_holder_offered":  personal("was asked to hold the case"),
	"case_holder_accepted": personal("holds the case"),
	"case_holder_released": personal("no longer holds the case"),
	"case_holder_refused":  personal("was asked to hold the case and will not"),
	"key_worker_assigned":  personal("is the key worker"),
	"key_worker_released":  personal("is no longer the key worker"),
	"action_agreed": func(e app.Entry, names app.Names) (string, string) {
		return "Action agreed for " + names.Of(e.Detail["who"], "somebody"), onDay("Due", e.Detail["due_on"])
	},
	"action_reassigned": func(e app.Entry, names app.Names) (string, string) {
		return "Action given to " + names.Of(e.Detail["who"], "somebody"), "It was " + names.Of(e.Detail["was"], "somebody else") + "'s. " + onDay("Due", e.Detail["due_on"])
	},
	"action_done": func(e app.Entry, _ app.Names) (string, string) {
		return "Action: " + lower(terms.ActionResult(e.Detail["result"]).Label()), ""
	},
}

func personal(does string) telling {
	return func(e app.Entry, names app.Names) (string, string) {
		return names.Of(e.Detail["who"], "Somebody") + " " + does, ""
	}
}

func receiverOf(e app.Entry, names app.Names) string {
	return receiverName(domain.Receiver{Kind: terms.ReceiverKind(e.Detail["kind"]), ID: e.Detail["receiver"]}, names)
}

func onDay(words, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return words + " " + ui.Date(t) + "."
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// timelineOf lays out what happened.
func timelineOf(v app.CaseView) ui.Timeline {
	var out ui.Timeline
	needs := map[string]string{}
	for _, r := range v.Referrals {
		needs[r.ID] = r.Need.Label()
	}
	for _, e := range v.Timeline {
		title, more := e.What, ""
		if tell, ok := tellings[e.What]; ok {
			title, more = tell(e, v.Names)
		}
		if need := needs[e.ReferralID]; need != "" {
			title += ": " + lower(need)
		}
		line := ui.TimelineEntry{ID: "e-" + e.ID, Title: title, At: e.At, When: ui.Moment(e.At, v.Now), Author: authorOf(e, v.Names)}
		body := ui.Group{}
		if more != "" {
			body = append(body, ui.Paragraph(more))
		}
		if e.Text != "" {
			body = append(body, ui.Prose(e.Text))
		}
		if len(body) > 0 {
			line.Body = body
		}
		out.Entries = append(out.Entries, line)
	}
	return out
}

// byItself are the lines of what coordination did of its own accord: the organisation they name is the one it was done to.
var byItself = map[string]bool{"referral_offered": true, "offer_withdrawn": true, "offer_expired": true, "referral_escalated": true}

func authorOf(e app.Entry, names app.Names) string {
	if byItself[e.What] {
		return ""
	}
	person, organisation := names[e.Person], names[e.Organisation]
	switch {
	case person != "" && organisation != "":
		return person + ", " + organisation
	case person != "":
		return person
	}
	return organisation
}

// toldOf is every kind of line, in one order.
func toldOf() []string { return slices.Sorted(maps.Keys(tellings)) }

// triedMore names the days on which the receiver tried to reach the person.
func triedMore(e app.Entry) string {
	tried := strings.Fields(e.Detail["tried"])
	if len(tried) == 0 {
		return ""
	}
	return " They tried on " + app.TriedWords(tried) + "."
}
