package terms_test

import (
	"testing"

	"example.org/waypost/schemas/terms"
)

func TestUntilWhenSomebodyMayAgree(t *testing.T) {
	t.Parallel()
	const today = "2026-11-24"
	for _, one := range []struct {
		day     string
		purpose terms.ConsentPurpose
		given   bool
		ok      bool
	}{
		{"", terms.ConsentShareToHelp, true, true},
		{"", terms.ConsentShareSensitive, false, true},
		{"2026-11-24", terms.ConsentShareToHelp, true, true},
		{"2028-11-24", terms.ConsentDiscussAtMDT, true, true},
		{"2026-11-23", terms.ConsentShareToHelp, true, false},
		{"2028-11-25", terms.ConsentShareToHelp, true, false},
		{"9999-12-31", terms.ConsentShareToHelp, true, false},
		{"2026-02-30", terms.ConsentShareToHelp, true, false},
		{"Friday", terms.ConsentShareToHelp, true, false},
		{"2026-12-04", terms.ConsentShareToHelp, false, false},
		{"2026-12-04", terms.ConsentShareSensitive, true, true},
		{"2026-12-04", terms.ConsentContactLater, true, false},
	} {
		if got := terms.CheckConsentUntil(one.day, today, one.purpose, one.given); (got == "") != one.ok {
			t.Errorf("%+v: %q", one, got)
		}
	}
}
