package hsds

import (
	"slices"
	"strings"

	"example.org/waypost/schemas/terms"
)

// access are the words by which listings say that a place can be reached and used.
var access = []struct {
	words []string
	code  terms.Accessibility
}{
	{words("wheelchair access*"), terms.AccessWheelchair},
	{words("wheelchair friendly"), terms.AccessWheelchair},
	{words("wheelchair user"), terms.AccessWheelchair},
	{words("disabled access"), terms.AccessWheelchair},
	{words("access for disabled"), terms.AccessWheelchair},
	{words("accessible for wheelchairs"), terms.AccessWheelchair},
	{words("step free"), terms.AccessStepFree},
	{words("step-free"), terms.AccessStepFree},
	{words("level access"), terms.AccessStepFree},
	{words("disabled toilet"), terms.AccessAccessibleToilet},
	{words("disabled toilets"), terms.AccessAccessibleToilet},
	{words("accessible toilet"), terms.AccessAccessibleToilet},
	{words("accessible wc"), terms.AccessAccessibleToilet},
	{words("disabled parking"), terms.AccessParking},
	{words("accessible parking"), terms.AccessParking},
	{words("blue badge"), terms.AccessParking},
	{words("hearing loop"), terms.AccessHearingLoop},
	{words("induction loop"), terms.AccessHearingLoop},
	{words("loop system"), terms.AccessHearingLoop},
	{words("sign language"), terms.AccessBSL},
	{words("bsl"), terms.AccessBSL},
	{words("easy read"), terms.AccessEasyRead},
	{words("large print"), terms.AccessLargePrint},
	{words("braille"), terms.AccessBraille},
	{words("assistance dog"), terms.AccessAssistanceDog},
	{words("guide dog"), terms.AccessAssistanceDog},
}

// accessOf finds what a text says of access. "No wheelchair access" says the opposite and finds nothing.
func accessOf(text string) []terms.Accessibility {
	if !mentionsAccess(text) {
		return nil
	}
	var out []terms.Accessibility
	list := words(text)
	for i := range list {
		for _, a := range access {
			if said(a.words, list[i:]) && !denied(list[max(0, i-3):i]) {
				out = append(out, a.code)
			}
		}
	}
	return out
}

// mentionsAccess is a quick look, so that the long texts that say nothing of it are not taken apart.
func mentionsAccess(text string) bool {
	text = strings.ToLower(text)
	for _, w := range []string{"wheelchair", "disabled", "step free", "step-free", "level access", "accessible", "blue badge", "loop", "sign language", "bsl", "easy read", "large print", "braille", " dog"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func denied(before []string) bool {
	return slices.ContainsFunc(before, func(w string) bool {
		return w == "no" || w == "not" || w == "without" || w == "cannot" || strings.HasSuffix(w, "n't")
	})
}

// ways are the words by which a listing says how a service is given.
var ways = []struct {
	words []string
	code  terms.Delivery
}{
	{words("online"), terms.DeliveryOnline},
	{words("virtual"), terms.DeliveryOnline},
	{words("via zoom"), terms.DeliveryOnline},
	{words("on zoom"), terms.DeliveryOnline},
	{words("helpline"), terms.DeliveryPhone},
	{words("telephone support"), terms.DeliveryPhone},
	{words("telephone advice"), terms.DeliveryPhone},
	{words("phone line"), terms.DeliveryPhone},
	{words("home visit*"), terms.DeliveryHomeVisit},
	{words("visiting service"), terms.DeliveryHomeVisit},
	{words("in their own homes"), terms.DeliveryHomeVisit},
}

// deliveryOf finds how a service is given: by its name, and by the beginning of what it says of itself for visits and
// help lines. "Online" in a description mostly means a web page, and counts in a name only.
func deliveryOf(name, description string) []terms.Delivery {
	var out []terms.Delivery
	nameWords, textWords := words(name), words(first(description, 400))
	for _, w := range ways {
		if says(nameWords, w.words) || w.code != terms.DeliveryOnline && says(textWords, w.words) {
			out = append(out, w.code)
		}
	}
	return out
}

func says(text, phrase []string) bool {
	for i := range text {
		if said(phrase, text[i:]) && !denied(text[max(0, i-2):i]) {
			return true
		}
	}
	return false
}
