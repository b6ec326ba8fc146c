package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Each rule keeps and lets go, to the day; of two that are about somebody the longer counts; and what is not known is kept.
func TestHowLongARecordIsKept(t *testing.T) {
	t.Parallel()
	on := func(codes ...domain.RetentionCode) []domain.RetentionRule {
		rules := []domain.RetentionRule{{Code: domain.RetainAdult, Years: 8}, {Code: domain.RetainChild, Years: 25}, {Code: domain.RetainWellbeing, Years: 20}, {Code: domain.RetainDied, Years: 10}}
		for i := range rules {
			for _, c := range codes {
				rules[i].On = rules[i].On || rules[i].Code == c
			}
		}
		return rules
	}
	closed := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		rules []domain.RetentionRule
		kept  domain.Kept
		until string // "" when it is kept
		by    domain.RetentionCode
	}{
		"an adult":                               {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, DateOfBirth: "1951-03-27"}, "2034-03-02", domain.RetainAdult},
		"the rule is off":                        {on(), domain.Kept{ClosedAt: closed, DateOfBirth: "1951-03-27"}, "", domain.RetainAdult},
		"a child":                                {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed, DateOfBirth: "2016-05-01"}, "2041-05-01", domain.RetainChild},
		"a child, and only the adults' is on":    {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, DateOfBirth: "2016-05-01"}, "", domain.RetainChild},
		"seventeen":                              {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed, DateOfBirth: "2008-06-01"}, "2034-06-01", domain.RetainChild},
		"eighteen on the day":                    {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed, DateOfBirth: "2008-03-02"}, "2034-03-02", domain.RetainAdult},
		"mental wellbeing keeps longer":          {on(domain.RetainAdult, domain.RetainWellbeing), domain.Kept{ClosedAt: closed, DateOfBirth: "1951-03-27", Wellbeing: true}, "2046-03-02", domain.RetainWellbeing},
		"and keeps also when it is off":          {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, DateOfBirth: "1951-03-27", Wellbeing: true}, "", domain.RetainWellbeing},
		"somebody who died":                      {on(domain.RetainAdult, domain.RetainDied), domain.Kept{ClosedAt: closed, DateOfBirth: "1951-03-27", Status: terms.PatientDied}, "2036-03-02", domain.RetainDied},
		"who was heard of since":                 {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, HeardAt: closed.AddDate(5, 0, 0), DateOfBirth: "1951-03-27"}, "2039-03-02", domain.RetainAdult},
		"who was heard of before":                {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, HeardAt: closed.AddDate(-5, 0, 0), DateOfBirth: "1951-03-27"}, "2034-03-02", domain.RetainAdult},
		"a child who was heard of as an adult":   {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed, HeardAt: closed.AddDate(9, 0, 0), DateOfBirth: "2016-05-01"}, "2043-03-02", domain.RetainAdult},
		"a child who was heard of at seventeen":  {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed, HeardAt: closed.AddDate(7, 6, 0), DateOfBirth: "2016-05-01"}, "2042-05-01", domain.RetainChild},
		"for whom something is open":             {on(domain.RetainAdult), domain.Kept{ClosedAt: closed, Open: true, DateOfBirth: "1951-03-27"}, "", ""},
		"whose age is not known":                 {on(domain.RetainAdult, domain.RetainChild), domain.Kept{ClosedAt: closed}, "", ""},
		"who has an open case, or never had one": {on(domain.RetainAdult), domain.Kept{DateOfBirth: "1951-03-27"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			until, by, ok := domain.KeepUntil(c.rules, c.kept)
			require.Equal(t, c.by, by)
			require.Equal(t, c.until != "", ok)
			if ok {
				require.Equal(t, c.until, until.Format(time.DateOnly))
			}
		})
	}
}
