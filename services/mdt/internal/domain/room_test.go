package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

func TestEveryNeedSaysWhoMustBeThere(t *testing.T) {
	t.Parallel()
	for _, n := range terms.Needs {
		_, known := terms.RoleByCode(domain.NeedsRole[n.Code])
		require.True(t, known, n.Code)
	}
	require.Len(t, domain.NeedsRole, len(terms.Needs))
	for reason, role := range domain.ReasonNeeds {
		require.True(t, reason.Known(), reason)
		_, known := terms.RoleByCode(role)
		require.True(t, known, role)
	}
	for _, w := range domain.SeatWhys {
		require.NotEqual(t, string(w.Code), w.Code.Words())
	}
}

func TestWhoMustBeThereAndIsMissing(t *testing.T) {
	t.Parallel()
	seats := domain.Seats([]domain.InRoom{
		{ItemID: "one", Needs: []terms.Need{terms.NeedLoneliness}, Reason: terms.MDTOftenSeen, Parties: []domain.Party{
			{PersonID: "nia", OrganisationID: "hospital", Why: domain.SeatHolder}, {OrganisationID: "charity", Why: domain.SeatHelps},
		}},
		{ItemID: "two", Needs: []terms.Need{terms.NeedDebtAndMoney}, Reason: terms.MDTOther, Parties: []domain.Party{{PersonID: "nia", OrganisationID: "hospital", Why: domain.SeatAction}}},
	}, []domain.Invitation{
		{GuestID: "hospital", PersonID: "nia", Role: terms.RoleCareProfessional, Attendance: domain.AttendanceApologies},
		{GuestID: "practice", PersonID: "greta", Role: terms.RoleGP, Attendance: domain.AttendanceComing},
		{GuestID: "team", PersonID: "lee", Role: terms.RoleLinkWorker},
		{GuestID: "council", Must: true, Attendance: domain.AttendancePresent},
	})
	got := map[string]domain.SeatState{}
	for _, s := range seats {
		got[s.PersonID+"/"+s.OrganisationID+"/"+map[bool]string{true: string(s.Role)}[s.Anybody()]] = s.State
	}
	require.Equal(t, map[string]domain.SeatState{
		"nia/hospital/": domain.SeatApologies, "/charity/": domain.SeatNotAsked, "/council/": domain.SeatTaken,
		"//gp": domain.SeatTaken, "//link_worker": domain.SeatUnanswered,
	}, got)
	require.Equal(t, domain.SeatNotAsked, seats[0].State, "who is missing most comes first")
	require.Len(t, domain.Vacant(seats), 3)
	for _, s := range seats {
		switch {
		case s.PersonID == "nia":
			require.Len(t, s.Causes, 2, "one seat for both cases")
		case s.Role == terms.RoleLinkWorker && s.Anybody():
			require.Len(t, s.Causes, 2)
		}
	}
}

// Whatever is on the agenda and whoever said what: everybody with a part has exactly one seat, and a seat is taken exactly when somebody
// who fits it has said that they come.
func TestSeatsAreCompleteAndHonest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		person, organisation := rapid.SampledFrom([]string{"", "ann", "ben"}), rapid.SampledFrom([]string{"a", "b", "c"})
		role := rapid.SampledFrom([]terms.Role{"", terms.RoleGP, terms.RoleLinkWorker, terms.RoleCareProfessional})
		need := rapid.SampledFrom(append([]terms.NeedInfo{{}}, terms.Needs...))
		reason := rapid.SampledFrom(terms.MDTReasons)
		var cases []domain.InRoom
		for i := range rapid.IntRange(0, 4).Draw(t, "cases") {
			c := domain.InRoom{ItemID: fmt.Sprint(i), Needs: []terms.Need{need.Draw(t, "need").Code, need.Draw(t, "other").Code}, Reason: reason.Draw(t, "reason").Code}
			for range rapid.IntRange(0, 3).Draw(t, "parties") {
				c.Parties = append(c.Parties, domain.Party{PersonID: person.Draw(t, "p"), OrganisationID: organisation.Draw(t, "o"), Role: role.Draw(t, "r"), Why: domain.SeatHolder})
			}
			cases = append(cases, c)
		}
		var all []domain.Invitation
		for range rapid.IntRange(0, 4).Draw(t, "invitations") {
			all = append(all, domain.Invitation{PersonID: person.Draw(t, "p"), GuestID: organisation.Draw(t, "o"), Role: role.Draw(t, "r"), Must: rapid.Bool().Draw(t, "must"), Attendance: rapid.SampledFrom(domain.Attendances).Draw(t, "says").Code})
		}
		seats := domain.Seats(cases, all)
		for _, c := range cases {
			for _, p := range c.Parties {
				n := 0
				for _, s := range seats {
					if s.PersonID == p.PersonID && s.OrganisationID == p.OrganisationID {
						n++
					}
				}
				if n != 1 {
					t.Fatalf("%d seats for %v", n, p)
				}
			}
		}
		for _, s := range seats {
			comes := slices.ContainsFunc(all, func(i domain.Invitation) bool {
				fits := i.GuestID == s.OrganisationID && s.PersonID == "" || s.PersonID != "" && i.PersonID == s.PersonID || s.Anybody() && i.Role == s.Role
				return fits && (i.Attendance == domain.AttendanceComing || i.Attendance == domain.AttendancePresent)
			})
			if comes != (s.State == domain.SeatTaken) {
				t.Fatalf("%v: somebody comes: %t", s, comes)
			}
		}
	})
}

func TestACaseThatIsTalkedAboutAndDoesNotMove(t *testing.T) {
	t.Parallel()
	at := func(week int) time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).AddDate(0, 0, 7*week) }
	keep := func(week int) domain.Discussion {
		return domain.Discussion{At: at(week), Decision: terms.MDTKeepUnderReview}
	}
	thrice := []domain.Discussion{keep(2), keep(1), keep(0)}
	require.Equal(t, domain.Standstill{Times: 3, Since: at(0)}, domain.StandsStill(thrice, time.Time{}))
	require.Equal(t, domain.Standstill{Times: 3, Since: at(0)}, domain.StandsStill(thrice, at(0)), "what changed before counts for nothing")
	require.Equal(t, domain.Standstill{Times: 4, Since: at(0)}, domain.StandsStill(append([]domain.Discussion{keep(3)}, thrice...), time.Time{}))
	require.Zero(t, domain.StandsStill(thrice[:2], time.Time{}), "twice is not thrice")
	require.Zero(t, domain.StandsStill(nil, time.Time{}))
	require.Zero(t, domain.StandsStill(thrice, at(0).Add(time.Minute)), "something changed after the first")
	require.Zero(t, domain.StandsStill([]domain.Discussion{{At: at(2), Decision: terms.MDTEscalate}, keep(1), keep(0)}, time.Time{}), "something else was decided")
}

func TestMinutesSpeakAsOfTheMeeting(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	before := domain.Holding{ID: "before", State: domain.HoldingReleased, AskedAt: at.Add(-48 * time.Hour), AnsweredAt: at.Add(-47 * time.Hour), ReleasedAt: at.Add(time.Hour)}
	after := domain.Holding{ID: "after", State: domain.HoldingHolds, AskedAt: at.Add(-time.Minute), AnsweredAt: at.Add(time.Hour)}
	no := domain.Holding{ID: "no", State: domain.HoldingRefused, AskedAt: at.Add(-3 * time.Hour), AnsweredAt: at.Add(-2 * time.Hour)}
	all := []domain.Holding{after, no, before}
	require.Equal(t, "before", domain.HolderAt(all, at).ID)
	require.Equal(t, "after", domain.AskedAt(all, at).ID)
	require.Equal(t, "after", domain.HolderAt(all, at.Add(2*time.Hour)).ID)
	require.Nil(t, domain.AskedAt(all, at.Add(2*time.Hour)))
	require.Nil(t, domain.HolderAt([]domain.Holding{no}, at))
}
