package coordination_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	s, ref, _, second := twice(t)
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
		return who, strings.NewReplacer("{id}", named, "{ref}", ref).Replace(rt.Pattern)
	}})
}
