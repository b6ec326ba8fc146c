package terms

// PatientStatus is whether somebody is still a patient of the practice.
type PatientStatus string

// The statuses.
const (
	PatientActive    PatientStatus = "active"
	PatientDied      PatientStatus = "died"
	PatientMovedAway PatientStatus = "moved_away"
)

// PatientStatuses is every status.
var PatientStatuses = []Term[PatientStatus]{
	{PatientActive, "Registered"},
	{PatientDied, "Died"},
	{PatientMovedAway, "Moved away"},
}

// Label is the status in plain English.
func (s PatientStatus) Label() string { return labelOf(PatientStatuses, s) }

// Known tells whether the list has the code.
func (s PatientStatus) Known() bool { _, ok := find(PatientStatuses, s); return ok }

// Sex is what the practice's record says.
type Sex string

// The sexes; the codes are FHIR R4 administrative-gender.
const (
	SexFemale  Sex = "female"
	SexMale    Sex = "male"
	SexOther   Sex = "other"
	SexUnknown Sex = "unknown"
)

// Sexes is every code.
var Sexes = []Term[Sex]{
	{SexFemale, "Female"},
	{SexMale, "Male"},
	{SexOther, "Other"},
	{SexUnknown, "Not known"},
}

// Label is the code in plain English.
func (s Sex) Label() string { return labelOf(Sexes, s) }

// Known tells whether the list has the code.
func (s Sex) Known() bool { _, ok := find(Sexes, s); return ok }

// RemovalCause is why a holder must remove its copy.
type RemovalCause string

// The causes.
const (
	RemovalConsentWithdrawn RemovalCause = "consent_withdrawn"
	RemovalPatientErased    RemovalCause = "patient_erased"
	RemovalPatientMerged    RemovalCause = "patient_merged"
)

// RemovalCauses is every cause.
var RemovalCauses = []Term[RemovalCause]{
	{RemovalConsentWithdrawn, "The person no longer agrees to sharing"},
	{RemovalPatientErased, "The person's record was erased"},
	{RemovalPatientMerged, "Two records were found to be one person's"},
}

// Label is the cause in plain English.
func (c RemovalCause) Label() string { return labelOf(RemovalCauses, c) }

// Known tells whether the list has the code.
func (c RemovalCause) Known() bool { _, ok := find(RemovalCauses, c); return ok }

// ErasureReason is why everything about a patient was destroyed.
type ErasureReason string

// The reasons.
const (
	ErasurePatientAsked   ErasureReason = "patient_asked"
	ErasureRetentionEnded ErasureReason = "retention_ended"
	ErasureMadeInError    ErasureReason = "made_in_error"
)

// ErasureReasons is every reason.
var ErasureReasons = []Term[ErasureReason]{
	{ErasurePatientAsked, "The person asked for it"},
	{ErasureRetentionEnded, "The time to keep it has ended"},
	{ErasureMadeInError, "It should never have been recorded"},
}

// Label is the reason in plain English.
func (r ErasureReason) Label() string { return labelOf(ErasureReasons, r) }

// Known tells whether the list has the code.
func (r ErasureReason) Known() bool { _, ok := find(ErasureReasons, r); return ok }

// MergeReason is why two refs were found to be one person.
type MergeReason string

// The reasons.
const (
	MergeSameNumber  MergeReason = "same_nhs_number"
	MergeNumberLater MergeReason = "nhs_number_found_later"
	MergeSamePerson  MergeReason = "somebody_checked"
	MergeIdentical   MergeReason = "records_agree"
)

// MergeReasons is every reason.
var MergeReasons = []Term[MergeReason]{
	{MergeSameNumber, "The NHS numbers are the same"},
	{MergeNumberLater, "An NHS number was found later"},
	{MergeSamePerson, "Somebody checked that they are one person"},
	{MergeIdentical, "The two records agree in names, date of birth and address or phone"},
}

// Label is the reason in plain English.
func (r MergeReason) Label() string { return labelOf(MergeReasons, r) }

// Known tells whether the list has the code.
func (r MergeReason) Known() bool { _, ok := find(MergeReasons, r); return ok }
