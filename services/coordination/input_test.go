package coordination_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	s, ref, first, second := twice(t)
	offer := s.offer(ref, first.ReferralID)
	s.notReached(ref, offer, terms.NoticeNew, 1)
	kase := s.see(s.otherReceptionist, second.ReferralID).CaseID
	blank := []string{"/case/panel/{ref}"} // nobody helps whom we have not heard of
	doortest.BadInput(t, doortest.Input{House: s.House, Blank: blank, URL: s.run.URL, Routes: s.frame.Routes(), Reach: func(rt httpx.Route) (actor.Actor, string) {
		named := kase
		if strings.Contains(rt.Pattern, "/referrals/{id}") {
			named = second.ReferralID
		}
		who := s.otherReceptionist
		if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, who.Role) {
			who = s.coordinator
		}
		if slices.Equal(rt.Roles, []string{s.privacy.Role}) {
			who = s.privacy
		}
		if strings.Contains(rt.Pattern, "/offers/{offer}") {
			who, named = s.receptionist, first.ReferralID
		}
		return who, strings.NewReplacer("{id}", named, "{ref}", ref, "{one}", ref, "{other}", kase, "{offer}", offer.OfferID).Replace(rt.Pattern)
	}})
}
