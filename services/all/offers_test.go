package all_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/linkworker"
	"example.org/waypost/services/vcse"
)

// pair is one step in one state of an offer, as coordination's table names both; state "" is any.
type pair struct {
	receiver string
	state    terms.OfferState
	step     string
}

// Where a receiver's table and coordination's differ and are meant to, each with its reason. Nothing else may differ.
var meantToDiffer = map[pair]string{
	{"vcse", "", "assign"}:           "who of its own people looks after it stays with the receiver",
	{"linkworker", "", "assign"}:     "who of its own people looks after it stays with the receiver",
	{"linkworker", "", "assess"}:     "the assessment stays with the team",
	{"linkworker", "", "agree_plan"}: "the plan is told, and changes nothing of the offer",
	{"linkworker", "", "refer_on"}:   "is a referral of its own",

	{"linkworker", terms.OfferOffered, "record_contact"}:          "an attempt to reach somebody before taking them on: kept for the timeline, and changes nothing",
	{"linkworker", terms.OfferInformationAsked, "record_contact"}: "an attempt to reach somebody before taking them on: kept for the timeline, and changes nothing",

	{"linkworker", terms.OfferOffered, "waitlist"}:               "a team has no waiting list",
	{"linkworker", terms.OfferInformationAsked, "waitlist"}:      "a team has no waiting list",
	{"linkworker", terms.OfferWaitlisted, "waitlist"}:            "a team has no waiting list",
	{"linkworker", terms.OfferWaitlisted, "accept"}:              "a team has no waiting list",
	{"linkworker", terms.OfferWaitlisted, "bounce"}:              "a team has no waiting list",
	{"linkworker", terms.OfferWaitlisted, "ask_for_information"}: "a team has no waiting list",

	{"vcse", terms.OfferInformationAsked, "ask_for_information"}:       "one question at a time; coordination keeps the newer of two that crossed",
	{"linkworker", terms.OfferInformationAsked, "ask_for_information"}: "one question at a time; coordination keeps the newer of two that crossed",
	{"vcse", terms.OfferWaitlisted, "ask_for_information"}:             "a question that crossed the waiting list is honoured; whoever is on it is the provider's to ask",

	{"vcse", terms.OfferWithdrawn, "accept"}:       "an acceptance that crossed the withdrawal is honoured while nobody else has accepted; whoever knows of it does not begin",
	{"linkworker", terms.OfferWithdrawn, "accept"}: "an acceptance that crossed the withdrawal is honoured while nobody else has accepted; whoever knows of it does not begin",
}

// A receiver's own word for a step that coordination names otherwise.
var sameStep = map[string]string{"ask": "ask_for_information", "attend": "record_contact", "end": "end_support"}

// An offer is told twice: in coordination's table and in the receiver's own small one. What a receiver's page offers, coordination must be
// ready to honour, or somebody presses a button and is refused; what coordination would honour, the page must offer, or somebody is not
// let do what they may.
func TestBothTablesOfAnOfferAgree(t *testing.T) {
	t.Parallel()
	unused := map[pair]bool{}
	for p := range meantToDiffer {
		unused[p] = true
	}
	meant := func(receiver string, state terms.OfferState, step string) bool {
		for _, p := range []pair{{receiver, state, step}, {receiver, "", step}} {
			if meantToDiffer[p] != "" {
				delete(unused, p)
				return true
			}
		}
		return false
	}
	for receiver, may := range map[string]func(terms.OfferState) []string{"vcse": vcse.OfferActions, "linkworker": linkworker.OfferActions} {
		agreed := 0
		for _, state := range terms.OfferStates {
			honoured := coordination.ReceiverMay(state.Code)
			offered := []string{}
			for _, step := range may(state.Code) {
				if word, ok := sameStep[step]; ok {
					step = word
				}
				offered = append(offered, step)
				if slices.Contains(honoured, step) {
					agreed++
				} else if !meant(receiver, state.Code, step) {
					t.Errorf("%s offers %q in state %q, and coordination would refuse it", receiver, step, state.Code)
				}
			}
			for _, step := range honoured {
				if !slices.Contains(offered, step) && !meant(receiver, state.Code, step) {
					t.Errorf("coordination would honour %q in state %q, and %s does not offer it", step, state.Code, receiver)
				}
			}
		}
		require.Positive(t, agreed, receiver)
	}
	require.Empty(t, unused, "these agree: take them off the list")
}
