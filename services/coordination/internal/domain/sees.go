package domain

import (
	"slices"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Sees is what somebody may see of a case beyond codes and names of organisations.
type Sees struct {
	Contact      bool // who the patient is, and how to reach them
	Messages     bool // what sender and receiver said to each other
	Safeguarding bool
	Narrative    bool // what was said about the patient
}

// sees is the rule, by role: who is not in it sees no case at all. That the organisation has a part in the case is the
// other half, which the database holds.
var sees = map[terms.Role]Sees{
	terms.RoleReceptionist:     {Contact: true, Messages: true},
	terms.RolePracticeManager:  {Contact: true, Messages: true},
	terms.RoleGP:               {Contact: true, Messages: true, Safeguarding: true, Narrative: true},
	terms.RoleLinkWorker:       {Contact: true, Messages: true, Safeguarding: true, Narrative: true},
	terms.RoleProviderWorker:   {Contact: true, Messages: true, Safeguarding: true},
	terms.RoleMDTCoordinator:   {Contact: true, Messages: true, Safeguarding: true, Narrative: true},
	terms.RoleCareProfessional: {Contact: true, Messages: true, Safeguarding: true, Narrative: true},
	terms.RoleCoordinator:      {Contact: true, Messages: true, Safeguarding: true, Narrative: true},
}

// ErrNoCaseRole refuses a role that has no part in cases.
var ErrNoCaseRole = fault.Forbidden("Your role does not see people's cases. A service lead of your organisation can give you one that does")

// SeesCase says what a role may see of a case that its organisation has a part in.
func SeesCase(role terms.Role) (Sees, error) {
	s, ok := sees[role]
	if !ok {
		return Sees{}, ErrNoCaseRole
	}
	return s, nil
}

// Class tells whether text of a sealed class may be shown.
func (s Sees) Class(class string) bool {
	switch class {
	case "":
		return true
	case "message":
		return s.Messages
	case "narrative":
		return s.Narrative
	case "safeguarding":
		return s.Safeguarding
	}
	return false
}

// mayAsk are the roles that may ask who already helps somebody before they send.
var mayAsk = []terms.Role{
	terms.RoleReceptionist, terms.RoleGP, terms.RolePracticeManager, terms.RoleLinkWorker, terms.RoleMDTCoordinator,
	terms.RoleCareProfessional, terms.RoleCoordinator,
}

// meets are the roles that may put somebody on a meeting's agenda; mdt has the last word.
var meets = []terms.Role{terms.RoleMDTCoordinator, terms.RoleGP, terms.RoleLinkWorker, terms.RoleCareProfessional}

// Meets tells whether a role takes cases to meetings.
func Meets(role terms.Role) bool { return slices.Contains(meets, role) }

// MayAsk tells whether a role may ask who already helps somebody.
func MayAsk(role terms.Role) bool { return slices.Contains(mayAsk, role) }
