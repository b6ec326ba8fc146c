package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// What ended with the other's word goes on when two are two again, and nothing else does.
func TestWhatEndedWithAnothersWord(t *testing.T) {
	t.Parallel()
	merged := now.Add(-24 * time.Hour)
	ended := func(state State, reason string, change ...func(*Referral)) Referral {
		r := in(state)
		r.Reason, r.Since = reason, now.Add(-time.Hour)
		for _, c := range change {
			c(&r)
		}
		return r
	}
	no := func(p terms.ConsentPurpose, ago time.Duration) Answer { return Answer{Purpose: p, At: now.Add(-ago)} }
	sensitive := func(r *Referral) { r.Sensitive = true }
	helped := []terms.ConsentPurpose{terms.ConsentShareToHelp}
	for why, x := range map[string]struct {
		own  Own
		r    Referral
		goes bool
	}{
		"the other said no":                       {Own{Agrees: helped}, ended(Withdrawn, "consent_withdrawn"), true},
		"it came after the other's no":            {Own{Agrees: helped}, ended(Withdrawn, "no_consent"), true},
		"they said no themselves":                 {Own{Agrees: helped, Answers: []Answer{no(terms.ConsentShareToHelp, time.Hour)}}, ended(Withdrawn, "consent_withdrawn"), false},
		"they had said no before, and yes again":  {Own{Agrees: helped, Answers: []Answer{no(terms.ConsentShareToHelp, 48*time.Hour)}}, ended(Withdrawn, "consent_withdrawn"), true},
		"their own yes is over":                   {Own{}, ended(Withdrawn, "consent_withdrawn"), false},
		"it ended before the merge":               {Own{Agrees: helped}, ended(Withdrawn, "consent_withdrawn", func(r *Referral) { r.Since = now.Add(-30 * time.Hour) }), false},
		"their own no to what is sensitive":       {Own{Agrees: helped, Answers: []Answer{no(terms.ConsentShareSensitive, time.Hour)}}, ended(Withdrawn, "consent_withdrawn", sensitive), false},
		"that is no word on the rest":             {Own{Agrees: helped, Answers: []Answer{no(terms.ConsentShareSensitive, time.Hour)}}, ended(Withdrawn, "consent_withdrawn"), true},
		"a yes to what is sensitive":              {Own{Agrees: []terms.ConsentPurpose{terms.ConsentShareSensitive}}, ended(Withdrawn, "consent_withdrawn", sensitive), true},
		"a yes to a meeting alone":                {Own{Agrees: []terms.ConsentPurpose{terms.ConsentDiscussAtMDT}}, ended(Withdrawn, "consent_withdrawn"), false},
		"the other died":                          {Own{Status: terms.PatientActive}, ended(Closed, "patient_died"), true},
		"they died":                               {Own{Status: terms.PatientDied}, ended(Closed, "patient_died"), false},
		"its sender took it back, as of one dead": {Own{Status: terms.PatientActive, Agrees: helped}, ended(Withdrawn, "patient_died"), false},
		"it was helped":                           {Own{Status: terms.PatientActive, Agrees: helped}, ended(Closed, ""), false},
		"it is joined, and copies how that ended": {Own{Status: terms.PatientActive, Agrees: helped}, ended(Joined, "patient_died"), false},
		"it is open":                              {Own{Status: terms.PatientActive, Agrees: helped}, ended(Offered, "no_capacity"), false},
	} {
		x.own.Since = merged
		require.Equal(t, x.goes, x.own.EndedByAnother(x.r), why)
	}
}
