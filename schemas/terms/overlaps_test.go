package terms

import "testing"

// A reason must be given when an overlap was shown; a panel that could not answer stops nobody.
func TestWhatAnOverlapAsks(t *testing.T) {
	t.Parallel()
	none, one := 0, 1
	for want, answers := range map[string][]OverlapAnswer{
		"": {
			{},
			{Shown: &none},
			{Helping: &one},
			{Shown: &one, Reason: SendDifferentHelp},
			{Shown: &one, Choice: OverlapJoin},
			{Choice: OverlapJoin},
			{Shown: &one, Choice: OverlapSend, Reason: SendPatientAsked},
			{Reason: SendPatientAsked},
		},
		"overlap":     {{Shown: &one}, {Choice: OverlapStop}, {Shown: &one, Choice: "perhaps"}, {Shown: &one, Note: "because"}},
		"send_reason": {{Shown: &one, Choice: OverlapSend}, {Choice: OverlapSend}, {Reason: "because"}, {Choice: OverlapJoin, Reason: "because"}},
	} {
		for _, a := range answers {
			if got := a.Missing(); got != want {
				t.Errorf("%+v: %q is missing, not %q", a, got, want)
			}
		}
	}
	if (OverlapAnswer{Reason: SendPatientAsked}).Sent() != OverlapSend || (OverlapAnswer{}).Sent() != "" || (OverlapAnswer{Choice: OverlapJoin}).Sent() != OverlapJoin {
		t.Error("a reason alone says that it is sent all the same")
	}
}
