package terms

import "slices"

// OrganisationKind is one of the four kinds of organisation.
type OrganisationKind string

// The kinds of organisation.
const (
	KindPractice       OrganisationKind = "practice"
	KindLinkWorkerTeam OrganisationKind = "link_worker_team"
	KindProvider       OrganisationKind = "provider"
	KindOtherCare      OrganisationKind = "other_care_organisation"
)

// OrganisationKinds is every kind.
var OrganisationKinds = []Term[OrganisationKind]{
	{KindPractice, "GP practice"},
	{KindLinkWorkerTeam, "Link worker team"},
	{KindProvider, "Provider"},
	{KindOtherCare, "Other care organisation"},
}

// Label is the kind in plain English.
func (k OrganisationKind) Label() string { return labelOf(OrganisationKinds, k) }

// Known tells whether the list has the code.
func (k OrganisationKind) Known() bool { _, ok := find(OrganisationKinds, k); return ok }

// OrganisationStatus is whether an organisation works.
type OrganisationStatus string

// The statuses, as in the ODS files: active, closed, dormant, proposed.
const (
	OrganisationActive   OrganisationStatus = "active"
	OrganisationClosed   OrganisationStatus = "closed"
	OrganisationDormant  OrganisationStatus = "dormant"
	OrganisationProposed OrganisationStatus = "proposed"
)

// OrganisationStatusInfo describes an organisation's status.
type OrganisationStatusInfo struct {
	Code  OrganisationStatus
	Label string
	ODS   string // the letter in epraccur's status column
}

func (s OrganisationStatusInfo) code() OrganisationStatus { return s.Code }

func (s OrganisationStatusInfo) label() string { return s.Label }

// OrganisationStatuses is every status.
var OrganisationStatuses = []OrganisationStatusInfo{
	{Code: OrganisationActive, Label: "Open", ODS: "A"},
	{Code: OrganisationClosed, Label: "Closed", ODS: "C"},
	{Code: OrganisationDormant, Label: "Dormant", ODS: "D"},
	{Code: OrganisationProposed, Label: "Not open yet", ODS: "P"},
}

// Label is the status in plain English.
func (s OrganisationStatus) Label() string { return labelOf(OrganisationStatuses, s) }

// Known tells whether the list has the code.
func (s OrganisationStatus) Known() bool { _, ok := find(OrganisationStatuses, s); return ok }

// Role is what a person does at an organisation.
type Role string

// The roles.
const (
	RoleReceptionist     Role = "receptionist"
	RoleGP               Role = "gp"
	RolePracticeManager  Role = "practice_manager"
	RoleLinkWorker       Role = "link_worker"
	RoleCareCoordinator  Role = "care_coordinator"
	RoleHealthCoach      Role = "health_coach"
	RoleProviderWorker   Role = "provider_worker"
	RoleMDTCoordinator   Role = "mdt_coordinator"
	RoleCareProfessional Role = "care_professional"
	RoleCoordinator      Role = "coordinator"
	RoleServiceLead      Role = "service_lead"
	RolePrivacyOfficer   Role = "privacy_officer"
	RolePlatformOperator Role = "platform_operator"
)

// RoleInfo describes a role.
type RoleInfo struct {
	Code  Role
	Label string
	Kinds []OrganisationKind // where one can have it
	// Holds tells whether somebody in this role may hold a case: accountable, from clinical or social care.
	Holds bool
	// WholePerson tells whether somebody in this role works with the person whatever the need, so that who works with somebody already
	// is told before another is sent.
	WholePerson bool
	// SDS is the job role in https://fhir.nhs.uk/Id/sds-role-code (UKCore-SDSJobRoleName), "" where none fits. No code
	// for a social prescribing link worker was found in the published list.
	SDS string
}

func (r RoleInfo) code() Role { return r.Code }

func (r RoleInfo) label() string { return r.Label }

var everyKind = []OrganisationKind{KindPractice, KindLinkWorkerTeam, KindProvider, KindOtherCare}

// Roles is every role.
var Roles = []RoleInfo{
	{Code: RoleReceptionist, Label: "Receptionist", Kinds: []OrganisationKind{KindPractice}, SDS: "R8009"},
	{Code: RoleGP, Label: "GP", Kinds: []OrganisationKind{KindPractice}, Holds: true, SDS: "R0260"},
	{Code: RolePracticeManager, Label: "Practice manager", Kinds: []OrganisationKind{KindPractice}, SDS: "R8008"},
	{Code: RoleLinkWorker, Label: "Link worker", Kinds: []OrganisationKind{KindLinkWorkerTeam}, WholePerson: true},
	// Primary care networks employ both, at a practice or beside the link workers; neither holds a case.
	{Code: RoleCareCoordinator, Label: "Care coordinator", Kinds: []OrganisationKind{KindPractice, KindLinkWorkerTeam}, WholePerson: true},
	{Code: RoleHealthCoach, Label: "Health and wellbeing coach", Kinds: []OrganisationKind{KindPractice, KindLinkWorkerTeam}, WholePerson: true},
	{Code: RoleProviderWorker, Label: "Provider worker", Kinds: []OrganisationKind{KindProvider}},
	{Code: RoleMDTCoordinator, Label: "MDT coordinator", Kinds: []OrganisationKind{KindPractice, KindLinkWorkerTeam, KindOtherCare}},
	{Code: RoleCareProfessional, Label: "Care professional", Kinds: []OrganisationKind{KindOtherCare}, Holds: true, SDS: "R8003"},
	{Code: RoleCoordinator, Label: "Coordinator at the area's office", Kinds: []OrganisationKind{KindOtherCare}},
	{Code: RoleServiceLead, Label: "Service lead", Kinds: everyKind},
	{Code: RolePrivacyOfficer, Label: "Privacy officer", Kinds: everyKind, SDS: "R0001"},
	{Code: RolePlatformOperator, Label: "Platform operator", Kinds: []OrganisationKind{KindOtherCare}},
}

// Operators are the roles that see where the events stand, and settle those that could not be applied.
var Operators = []string{string(RoleCoordinator), string(RolePlatformOperator)}

// Outsiders are the roles that have to do with nothing else, and with no patient, whichever organisation they work for.
var Outsiders = []string{string(RolePlatformOperator)}

// RoleByCode looks a role up.
func RoleByCode(code Role) (RoleInfo, bool) { return find(Roles, code) }

// RolesAt is the roles one can have at this kind of organisation.
func RolesAt(kind OrganisationKind) []RoleInfo {
	var out []RoleInfo
	for _, r := range Roles {
		if slices.Contains(r.Kinds, kind) {
			out = append(out, r)
		}
	}
	return out
}

// Label is the role in plain English.
func (r Role) Label() string { return labelOf(Roles, r) }

// Known tells whether the list has the code.
func (r Role) Known() bool { _, ok := find(Roles, r); return ok }

// Competency is something a person was trained in and may do until a date.
type Competency string

// The competencies.
const (
	CompetencyCareNavigation Competency = "care_navigation"
	CompetencyRedFlags       Competency = "red_flags"
	CompetencyConsent        Competency = "consent_and_sharing"
	CompetencySafeguarding   Competency = "safeguarding"
	CompetencySensitiveNeeds Competency = "sensitive_needs"
	CompetencyLinkWork       Competency = "link_work"
	CompetencyCaseHolding    Competency = "case_holding"
)

// Competencies is every competency.
var Competencies = []Term[Competency]{
	{CompetencyCareNavigation, "Care navigation"},
	{CompetencyRedFlags, "Red-flag questions"},
	{CompetencyConsent, "Consent and sharing"},
	{CompetencySafeguarding, "Safeguarding"},
	{CompetencySensitiveNeeds, "Sensitive needs"},
	{CompetencyLinkWork, "Link work"},
	{CompetencyCaseHolding, "Holding a case"},
}

// Label is the competency in plain English.
func (c Competency) Label() string { return labelOf(Competencies, c) }

// Known tells whether the list has the code.
func (c Competency) Known() bool { _, ok := find(Competencies, c); return ok }

// Tier is how far a competency goes.
type Tier string

// The three tiers of the care navigation competency framework (Health Education England, 2016).
const (
	TierEssential Tier = "essential"
	TierEnhanced  Tier = "enhanced"
	TierExpert    Tier = "expert"
)

// Tiers is every tier, lowest first.
var Tiers = []Term[Tier]{
	{TierEssential, "Essential"},
	{TierEnhanced, "Enhanced"},
	{TierExpert, "Expert"},
}

// Label is the tier in plain English.
func (t Tier) Label() string { return labelOf(Tiers, t) }

// Known tells whether the list has the code.
func (t Tier) Known() bool { _, ok := find(Tiers, t); return ok }
