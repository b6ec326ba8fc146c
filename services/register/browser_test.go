package register_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/uitest"
	said "example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// A service lead gives somebody a role and ends it again, without JavaScript.
func TestStaffAreAddedAndEndedWithoutScripts(t *testing.T) {
	t.Parallel()
	k := open(t)
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(k.Front(&doortest.Running{URL: k.url}, k.lead) + "/register/organisations/" + k.here + "/staff")
	tab.Click("Add a person")
	tab.Fill("Full name", "Nora New")
	tab.Click("Add person")
	tab.WaitText("There is a problem")
	tab.Click(terms.RoleReceptionist.Label())
	tab.Click("NHS smartcard or passkey (CIS2)")
	tab.Fill("What they sign in with", "999900001111")
	tab.Click("Add person")
	tab.WaitText("Person added")
	tab.WaitText("Nora New")
	var granted said.PersonRoleGrantedV1
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select person_id from person_role where display_name = 'Nora New'`).Scan(&granted.PersonID))
	tab.Click("End access as " + terms.RoleReceptionist.Label())
	tab.Click("End access")
	tab.WaitText("Access ended")
	var ended said.PersonRoleEndedV1
	k.Last(granted.PersonID, &ended)
	require.Equal(t, terms.RoleReceptionist, ended.Role)
}
