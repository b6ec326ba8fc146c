package linkworker_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
)

func TestUX08_HomeCountsWhatWaitsAndEachLineLeadsToThatList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.Contains(t, h.page(h.maya, "/link-worker"), "No action required")
	h.offer()
	h.offer()
	late := h.offer()
	h.Now.Set(late.AnswerDueAt.Add(time.Hour))
	h.accepted(func(p *coordination.ReferralOfferedV1) { p.AnswerDueAt = h.Now.Now().Add(time.Hour) })
	page := h.page(h.maya, "/link-worker")
	line := regexp.MustCompile(`href="([^"]+)"[^>]*>\s*(\d+) offers? (past|to answer)`)
	lines := line.FindAllStringSubmatch(page, -1)
	require.Len(t, lines, 2)
	for _, l := range lines {
		list := h.page(h.maya, strings.ReplaceAll(l[1], "&amp;", "&"))
		require.Contains(t, list, "of "+l[2]+" line", "the count and the list agree")
	}
}

func TestUX09_ListsFilterSortAndPageByTheAddressAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 5 {
		h.offer(func(p *coordination.ReferralOfferedV1) {
			p.Contact = schemas.Seal(schemas.Contact{GivenName: "Person", FamilyName: fmt.Sprintf("Number%d", i), DateOfBirth: "1950-01-01", SafeWays: schemas.SafeWays{Phone: true}})
			p.At = h.Now.Now().Add(time.Duration(i) * time.Second)
			if i == 2 {
				p.Need, p.Urgency = terms.NeedDebtAndMoney, terms.UrgencyUrgent
			}
		})
	}
	names := regexp.MustCompile(`Number(\d)`)
	order := func(path string) string {
		var got []string
		for _, m := range names.FindAllStringSubmatch(h.page(h.maya, path), -1) {
			got = append(got, m[1])
		}
		return strings.Join(got, "")
	}
	require.Equal(t, "01234", order("/link-worker/tray?show=waiting&sort=offered"))
	require.Equal(t, "43210", order("/link-worker/tray?show=waiting&sort=offered&down=yes"))
	require.Equal(t, "2", order("/link-worker/tray?show=waiting&need=debt_and_money"))
	require.Equal(t, "2", order("/link-worker/tray?show=waiting&urgent=yes"))
	require.Contains(t, h.page(h.maya, "/link-worker/tray?show=waiting&need=debt_and_money"), "Remove </span>Debt and money", "UX10: a chip says what narrows the list")
	page := h.page(h.maya, "/link-worker/tray?show=waiting&sort=offered&limit=2")
	require.Contains(t, page, "Showing 2 lines of 5 lines")
	next := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"`).FindStringSubmatch(page)
	require.NotNil(t, next)
	address := strings.ReplaceAll(next[1], "&amp;", "&") + "&limit=2"
	require.Equal(t, "23", order(address))
	require.Equal(t, order(address), func() string { return order(address) }(), "a pasted address shows the same")
	require.NotContains(t, address, "Number", "no name stands in an address")
	require.Equal(t, http.StatusUnprocessableEntity, h.get(h.maya, "/link-worker/tray?cursor=made-up").Status)
}

func TestUX11_PeopleAreFoundByNameNumberOrReference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	find := func(q string) string {
		a := h.post(h.maya, "/link-worker/people/find", form("", "q", q))
		require.Equal(t, http.StatusOK, a.Status)
		return a.Body
	}
	for _, q := range []string{"alma", "Quist", "qui al", "999 000 0018", "9990000018", strings.ToLower(o.Reference), o.Reference[:4] + " " + o.Reference[4:]} {
		require.Contains(t, find(q), "/link-worker/people/"+o.PatientRef, q)
	}
	require.Contains(t, find(""), "Nothing was entered")
	nobody := find("Nobody")
	require.Contains(t, nobody, "Nobody found for “Nobody”")
	require.Contains(t, nobody, "/link-worker/referrals", "other lists to try")
	require.NotContains(t, find("%"), "Alma")
}

func TestUX12_ListsMarkWhatChangedSinceOneLastLooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	isNew := func() bool {
		return strings.Contains(h.page(h.maya, "/link-worker/people"), "New")
	}
	require.Contains(t, h.page(h.maya, "/link-worker/tray"), "New")
	h.Now.Add(time.Second)
	h.page(h.maya, o.path())
	require.NotContains(t, h.page(h.maya, "/link-worker/tray"), "New")
	h.Now.Add(time.Second)
	o.must(h.omar, "accept", "assign_to", h.maya.Person.ID)
	require.True(t, isNew(), "somebody else changed it")
	h.Now.Add(time.Second)
	h.page(h.maya, o.path())
	require.False(t, isNew())
}

func TestUX14_AClockIsShownAndTurnsOverdueOnTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	require.Contains(t, h.page(h.maya, "/link-worker/tray"), "reply due")
	h.Now.Set(o.AnswerDueAt.Add(-time.Second))
	require.NotContains(t, h.page(h.maya, o.path()), "Overdue")
	h.Now.Set(o.AnswerDueAt.Add(time.Second))
	require.Contains(t, h.page(h.maya, o.path()), "Overdue")
	require.Contains(t, h.page(h.maya, "/link-worker/tray"), "Overdue")
}

func TestUX11_AReferenceWithoutADigitIsFoundAndSoIsAName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(func(p *coordination.ReferralOfferedV1) { p.Reference = "YAACQGPJ" })
	for _, q := range []string{"yaacqgpj", "YAAC QGPJ", "alma"} {
		a := h.post(h.maya, "/link-worker/people/find", form("", "q", q))
		require.Contains(t, a.Body, "/link-worker/people/"+o.PatientRef, q)
	}
	named := h.offer(func(p *coordination.ReferralOfferedV1) {
		p.Contact = schemas.Seal(schemas.Contact{GivenName: "Bea", FamilyName: "Pagewyll", DateOfBirth: "1950-01-02", SafeWays: schemas.SafeWays{Phone: true}})
	})
	require.Contains(t, h.post(h.maya, "/link-worker/people/find", form("", "q", "pagewyll")).Body, "/link-worker/people/"+named.PatientRef, "a name of eight letters of the alphabet of references")
}
