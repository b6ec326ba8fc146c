package domain

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func TestOverlaps(t *testing.T) {
	t.Parallel()
	debt := in(Offered)
	debt.ID, debt.Need = "debt", terms.NeedDebtAndMoney
	same := in(UnderWay)
	ended := in(Closed)
	ended.Need = terms.NeedHousing
	all := []Referral{debt, same, ended, in(Held)}
	helps := func(refuses ...terms.Need) []Candidate {
		return []Candidate{{Receiver: first, Needs: []terms.Need{terms.NeedDebtAndMoney, terms.NeedLoneliness}, Refuses: refuses}}
	}
	overlap := Overlap{ReferralID: "debt", Need: terms.NeedDebtAndMoney, With: first}
	require.Equal(t, []Overlap{overlap}, Overlaps(Asks{Need: terms.NeedLoneliness, Organisation: "practice"}, all, helps(), nil))
	require.Empty(t, Overlaps(Asks{Need: terms.NeedLoneliness, Organisation: "practice"}, all, helps(terms.NeedLoneliness), nil), "they say that they do not do it here")
	require.Empty(t, Overlaps(Asks{Need: terms.NeedFood, Organisation: "practice"}, all, helps(), nil))
	require.Empty(t, Overlaps(Asks{Need: terms.NeedLoneliness, Organisation: "practice"}, all, nil, nil), "nothing is known of them")
	require.Empty(t, Overlaps(Asks{Need: terms.NeedLoneliness, Organisation: first.Organisation}, all, helps(), nil), "that one helps itself is no news")
	all[0].Sensitive = true
	require.Empty(t, Overlaps(Asks{Need: terms.NeedLoneliness, Organisation: "practice"}, all, helps(), nil), "what is sensitive is told to nobody")
	require.Equal(t, []Receiver{first}, InHand(all))
}

// The same need in two hands is held where one doubles the other, and shown before sending where each has a purpose of its own.
func TestTheSameNeedIsHeldOrShown(t *testing.T) {
	t.Parallel()
	root, onward := in(UnderWay), in(Accepted)
	root.ID = "root"
	onward.ID, onward.ParentID, onward.Root, onward.SenderOrganisation, onward.Offers[0].Receiver = "onward", "parent", false, "team", second
	desk := Asks{Need: root.Need, Organisation: "hospital"}
	onwards := Asks{Need: root.Need, Organisation: "team", Onward: true}
	other := Asks{Need: root.Need, Organisation: "other team", Onward: true}
	parent := Asks{Need: root.Need, Organisation: "team", Onward: true, Parent: "parent"}
	for _, x := range []struct {
		why   string
		asks  Asks
		all   []Referral
		holds bool
		shows []string
	}{
		{"a desk, of what a desk sent", desk, []Referral{root}, true, nil},
		{"a desk, of what a link worker sent", desk, []Referral{onward}, false, []string{"onward"}},
		{"a desk, of both", desk, []Referral{root, onward}, true, nil},
		{"a link worker, of what a desk sent", onwards, []Referral{root}, false, []string{"root"}},
		{"a link worker, of their own", onwards, []Referral{onward}, true, nil},
		{"a link worker, of another's", other, []Referral{onward}, false, []string{"onward"}},
		{"of one that came of the same", parent, []Referral{onward}, true, nil},
	} {
		require.Equal(t, x.holds, slices.ContainsFunc(x.all, x.asks.Doubles), x.why)
		var shown []string
		for _, o := range Overlaps(x.asks, x.all, nil, nil) {
			require.True(t, o.Taken)
			shown = append(shown, o.ReferralID)
		}
		require.Equal(t, x.shows, shown, x.why)
	}
}

// Who works with somebody whatever the need counts for every need; a doctor who answers for the case is no other help.
func TestWhoWorksWithThePersonOverlaps(t *testing.T) {
	t.Parallel()
	doctor := Worker{Person: "doctor", Organisation: "practice", Role: terms.RoleGP}
	stays := Worker{Person: "stays", Organisation: "team", Role: terms.RoleCareProfessional, Stays: true}
	link := Worker{Person: "link", Organisation: "team", Role: terms.RoleLinkWorker}
	require.Equal(t, []Overlap{{Worker: stays}, {Worker: link}}, Overlaps(Asks{Need: terms.NeedFood, Organisation: "hospital"}, nil, nil, []Worker{doctor, stays, link}))
	require.Empty(t, Overlaps(Asks{Need: terms.NeedFood, Organisation: "team"}, nil, nil, []Worker{doctor, stays, link}), "they know what they do themselves")
}

// A sender is joined to whom they meant, when those said yes and still help; or else to the first who can be asked.
func TestWhoIsJoined(t *testing.T) {
	t.Parallel()
	overlaps := []Overlap{{ReferralID: "waiting"}, {Worker: Worker{Person: "somebody"}}, {ReferralID: "taken", Taken: true, With: first}, {Worker: Worker{Person: "key", Organisation: "team", Stays: true}}}
	asks := in(Requested)
	asks.OverlapChoice, asks.ConsentGiven = terms.OverlapJoin, true
	for _, x := range []struct {
		why    string
		change func(*Referral)
		into   string
	}{
		{"the first who said yes", func(*Referral) {}, "taken"},
		{"the one that was named", func(r *Referral) { r.JoinWith = "taken" }, "taken"},
		{"who has not said yes can not be asked", func(r *Referral) { r.JoinWith = "waiting" }, ""},
		{"somebody else was meant", func(r *Referral) { r.JoinWith = "gone" }, ""},
		{"nobody asked for it", func(r *Referral) { r.OverlapChoice = terms.OverlapSend }, ""},
		{"a sensitive need goes to whom it was chosen for", func(r *Referral) { r.Sensitive = true }, ""},
		{"the key worker, where they were named", func(r *Referral) { r.JoinPerson = "key" }, "key"},
		{"consent is for the key worker's organisation", func(r *Referral) { r.JoinPerson, r.ConsentWith = "key", []string{"team"} }, "key"},
		{"consent is for others than the key worker's", func(r *Referral) { r.JoinPerson, r.ConsentWith = "key", []string{first.Organisation} }, ""},
		{"a case-holder can not be joined", func(r *Referral) { r.JoinPerson = "somebody" }, ""},
		{"without consent", func(r *Referral) { r.ConsentGiven = false }, ""},
		{"consent is for others", func(r *Referral) { r.ConsentWith = []string{"others"} }, ""},
		{"consent is for them", func(r *Referral) { r.ConsentWith = []string{first.Organisation} }, "taken"},
	} {
		r := asks
		x.change(&r)
		o, found := ToJoin(r, overlaps)
		into := o.ReferralID + o.Worker.Person
		require.Equal(t, x.into, into, x.why)
		require.Equal(t, x.into != "", found, x.why)
	}
	_, found := ToJoin(asks, nil)
	require.False(t, found, "nobody helps any more")
}
