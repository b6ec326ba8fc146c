package demo

import (
	"slices"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas/terms"
)

// Chair prepares the meetings of an organisation; Invite are those whom they ask where no meeting is planned.
type Chair struct {
	Who    authn.Identity
	Invite []authn.Identity
}

// Seat makes everybody who prepares meetings a chair, but one for an organisation, finds an area office's privacy officer, and remembers who can
// be played.
func (s *Setting) Seat(people []authn.Identity, chairs ...Chair) {
	for _, one := range people {
		for _, g := range one.Grants {
			as := one
			as.Grants = []authn.Grant{g}
			s.People = append(s.People, as)
			switch terms.Role(g.Role) {
			case terms.RoleMDTCoordinator:
				chairs = append(chairs, Chair{Who: as})
			case terms.RolePrivacyOfficer:
				if office(people, g.Organisation) {
					s.Privacy = as
				}
			}
		}
	}
	for _, c := range chairs {
		s.People = append(append(s.People, c.Who), c.Invite...)
		if !slices.ContainsFunc(s.Chairs, func(o Chair) bool { return o.Who.Grants[0].Organisation == c.Who.Grants[0].Organisation }) {
			s.Chairs = append(s.Chairs, c)
		}
	}
}

// office tells whether somebody coordinates the area from an organisation.
func office(people []authn.Identity, organisation string) bool {
	return slices.ContainsFunc(people, func(x authn.Identity) bool {
		return slices.ContainsFunc(x.Grants, func(g authn.Grant) bool {
			return g.Role == string(terms.RoleCoordinator) && g.Organisation == organisation
		})
	})
}

// person finds who can be played by their id, in the role that they were asked in.
func (s Setting) person(id, organisation string) (authn.Identity, bool) {
	i := slices.IndexFunc(s.People, func(x authn.Identity) bool { return x.Person.ID == id && x.Grants[0].Organisation == organisation })
	if i < 0 {
		return authn.Identity{}, false
	}
	return s.People[i], true
}
