package domain

import "example.org/waypost/pkg/fault"

// What can be refused, besides fields that are wrong.
var (
	ErrNoOrganisation = fault.NotFound("organisation")
	ErrNoPerson       = fault.NotFound("person")
	ErrNoRole         = fault.NotFound("role")
	ErrStale          = fault.Stale("Somebody changed this while you were looking at it. Look at it as it is now, and decide again")
	ErrHasRole        = fault.Conflict("has_role", "This person has that role at this organisation already")
	ErrEnded          = fault.Conflict("role_ended", "This access has ended already")
	ErrLastLead       = fault.Conflict("last_service_lead", "This is the only service lead of the organisation. Add another one first, so that somebody can add staff and end access")
	ErrClosed         = fault.Conflict("organisation_closed", "This organisation is closed: nobody can be given a role there")
	ErrKnownCode      = fault.Conflict("ods_code_known", "An organisation with this ODS code is registered already")
	ErrMayNot         = fault.Forbidden("Only a service lead of the organisation can do this. Ask one of them, or the coordinators at the area's office")
)
