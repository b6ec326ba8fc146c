package domain

import (
	"slices"

	"example.org/waypost/schemas/terms"
)

// Act is something a person wants to do in the register.
type Act string

// The acts.
const (
	ActSeeOrganisations     Act = "see organisations"
	ActRegisterOrganisation Act = "register an organisation"
	ActSeeStaff             Act = "see staff"
	ActGrantRole            Act = "grant a role"
	ActEndRole              Act = "end a role"
	ActRecordCompetency     Act = "record a competency"
	ActImport               Act = "import organisations"
	ActChangeReach          Act = "change how an organisation is reached"
	ActSeeScope             Act = "see what roles may do"
	ActSetScope             Act = "set what roles may do"
)

// Who is the person who acts.
type Who struct {
	Role         terms.Role
	Organisation string
}

// What is what they act on: an organisation, and the role granted or ended there.
type What struct {
	Organisation string
	Role         terms.Role
}

// areaRoles work for the whole area: who has one sees further than their own organisation. Any hospital or council could name them,
// so only who has one already does, at the area's office.
var areaRoles = []terms.Role{terms.RoleCoordinator, terms.RolePlatformOperator}

var leadRole = []terms.Role{terms.RoleServiceLead}

// rule lets one in. Roles nil: everybody. Own: only at one's own organisation. Only: only for these roles. Except: for all but these.
type rule struct {
	act          Act
	roles        []terms.Role
	own          bool
	only, except []terms.Role
}

// rules are all there is: what no rule allows is denied. The migrations say the same to the database.
var rules = []rule{
	{act: ActSeeOrganisations},
	{act: ActRegisterOrganisation, roles: []terms.Role{terms.RoleCoordinator}},
	{act: ActChangeReach, roles: []terms.Role{terms.RoleServiceLead}, own: true},
	{act: ActChangeReach, roles: []terms.Role{terms.RoleCoordinator}},
	{act: ActSeeScope},
	{act: ActSetScope, roles: []terms.Role{terms.RoleCoordinator}},
	{act: ActImport, roles: []terms.Role{terms.RoleCoordinator}},
	{act: ActSeeStaff, own: true},
	{act: ActSeeStaff, roles: []terms.Role{terms.RoleCoordinator}, only: leadRole},
	{act: ActGrantRole, roles: []terms.Role{terms.RoleServiceLead}, own: true, except: areaRoles},
	{act: ActGrantRole, roles: []terms.Role{terms.RoleCoordinator}, only: leadRole},
	{act: ActGrantRole, roles: []terms.Role{terms.RoleCoordinator}, own: true, only: areaRoles},
	{act: ActEndRole, roles: []terms.Role{terms.RoleServiceLead}, own: true},
	{act: ActEndRole, roles: []terms.Role{terms.RoleCoordinator}, only: leadRole},
	{act: ActEndRole, roles: []terms.Role{terms.RoleCoordinator}, own: true, only: areaRoles},
	{act: ActRecordCompetency, roles: []terms.Role{terms.RoleServiceLead}, own: true},
}

// May tells whether somebody may do something. Leads look after their own organisation; the coordinators of the area
// appoint and end the leads, so that every organisation can get its first one, and the other coordinators of their own office.
func May(who Who, act Act, what What) bool {
	return slices.ContainsFunc(rules, func(r rule) bool {
		return r.act == act &&
			(r.roles == nil || slices.Contains(r.roles, who.Role)) &&
			(!r.own || who.Organisation != "" && who.Organisation == what.Organisation) &&
			(r.only == nil || slices.Contains(r.only, what.Role)) && !slices.Contains(r.except, what.Role)
	})
}
