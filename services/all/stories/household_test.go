package stories

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// livesAt adds somebody to the practice who lives at an address.
func (s *scene) livesAt(given, family, address string) patient {
	s.t.Helper()
	p := patient{number: nhsnumber.Test(int(700000 + patients.Add(1)))}
	require.NoError(s.t, s.reception().Make(s.t.Context(), "/api/primarycare/v1/patients", id.New(), map[string]any{
		"given_name": given, "family_name": family, "date_of_birth": "1948-05-02", "nhs_number": p.number, "phone": "07700 900456",
		"address_lines": []string{address}, "postcode": "M1 1AF", "safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}, &p))
	return p
}

// mayBeTold is what somebody says at the desk about the people they live with.
func (s *scene) mayBeTold(p patient, yes bool) {
	s.t.Helper()
	require.NoError(s.t, s.reception().Make(s.t.Context(), "/api/coordination/v1/patients/"+p.Ref+"/household", id.New(), map[string]any{"given": yes, "how": "in_person"}, nil))
}

// atHome is who helps in somebody's home already, as the desk is told before it sends.
func (s *scene) atHome(p patient) []string {
	s.t.Helper()
	var h struct {
		Household []string `json:"household"`
	}
	require.NoError(s.t, s.reception().Make(s.t.Context(), "/api/coordination/v1/who-helps", id.New(), map[string]any{"patient_ref": p.Ref, "need": terms.NeedLoneliness}, &h))
	return h.Household
}

// isHelped has a provider say yes to somebody.
func (s *scene) isHelped(by stage.Organisation, sent string) {
	s.t.Helper()
	s.does(s.tray(s.as(by, terms.RoleProviderWorker), "vcse", sent), "accept", map[string]any{})
	s.comesTo(s.reception(), sent, terms.ReferralAccepted)
}

// Three people live in one cottage, and each is helped. Ida and Hilda agree that those who help in their home may know of each other; the
// lodger is asked too, and says no. When Hilda comes to the desk it reads that the lunch club is in the home already, and neither who goes
// there nor anything of the lodger. When Ida changes her mind the desk reads nothing any more.
func TestADeskSeesThatHelpIsInTheHomeAlready(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch, garden := s.service(s.first, "Weir lunch club", terms.NeedLoneliness), s.service(s.second, "Weir garden", terms.NeedNatureOutdoors)
	pantry := s.service(s.second, "Weir pantry", terms.NeedFood)
	ida, hilda, lodger := s.livesAt("Ida", "Wolstencroft", "3 Weir Cottages"), s.livesAt("Hilda", "Ravenhill", "3 Weir Cottages"), s.livesAt("Otto", "Pemberton", "3 Weir Cottages")
	s.isHelped(s.first, s.refers(s.practice, ida.Ref, terms.NeedLoneliness, toService(lunch)))
	s.isHelped(s.second, s.refers(s.practice, lodger.Ref, terms.NeedNatureOutdoors, toService(garden)))
	s.comesTo(s.reception(), s.refers(s.practice, hilda.Ref, terms.NeedFood, toService(pantry)), terms.ReferralOffered)

	require.Empty(t, s.atHome(hilda), "nobody was asked yet")
	s.mayBeTold(hilda, true)
	require.Empty(t, s.atHome(hilda), "Ida was not asked yet")
	s.mayBeTold(ida, true)
	s.mayBeTold(lodger, false)
	told := s.atHome(hilda)
	require.Len(t, told, 1)
	require.Contains(t, told[0], "Weir lunch club")
	require.Empty(t, s.atHome(lodger), "who did not agree is not told either")

	panel := s.reads(s.visitor(s.practice, terms.RoleReceptionist), "/case/panel/"+hilda.Ref)
	require.Contains(t, panel, "Somebody they live with is helped already by Weir lunch club")
	for _, word := range []string{"Weir garden", "Wolstencroft", "Pemberton", "Ida", "Otto"} {
		require.NotContains(t, panel, word)
	}

	s.mayBeTold(ida, false)
	require.Empty(t, s.atHome(hilda), "she changed her mind")
	require.NotContains(t, s.reads(s.visitor(s.practice, terms.RoleReceptionist), "/case/panel/"+hilda.Ref), "Somebody they live with")
}
