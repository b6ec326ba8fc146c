package terms

import "time"

// ConsentPurpose is what a person agrees to. It is consent under the duty of confidentiality; the lawful basis under UK
// GDPR is another matter and does not come from here.
type ConsentPurpose string

// The consent purposes.
const (
	ConsentShareToHelp    ConsentPurpose = "share_to_help"
	ConsentDiscussAtMDT   ConsentPurpose = "discuss_at_mdt"
	ConsentShareSensitive ConsentPurpose = "share_sensitive"
	ConsentContactLater   ConsentPurpose = "contact_about_experience"
	ConsentHousehold      ConsentPurpose = "household"
)

// ConsentPurposes is every consent purpose.
var ConsentPurposes = []Term[ConsentPurpose]{
	{ConsentShareToHelp, "Sharing what is needed with those who help"},
	{ConsentDiscussAtMDT, "Being discussed at the multidisciplinary meeting"},
	{ConsentShareSensitive, "Sharing a sensitive need with the service that helps"},
	{ConsentContactLater, "Being asked later how it went"},
	{ConsentHousehold, "Telling whoever helps the people they live with that help is there"},
}

// Label is the purpose in plain English.
func (p ConsentPurpose) Label() string { return labelOf(ConsentPurposes, p) }

// Known tells whether the list has the code.
func (p ConsentPurpose) Known() bool { _, ok := find(ConsentPurposes, p); return ok }

// ConsentHow is how consent was asked.
type ConsentHow string

// The ways of asking.
const (
	ConsentInPerson     ConsentHow = "in_person"
	ConsentByPhone      ConsentHow = "phone"
	ConsentByVideo      ConsentHow = "video"
	ConsentInWriting    ConsentHow = "in_writing"
	ConsentByAttorney   ConsentHow = "attorney_or_deputy"
	ConsentByParent     ConsentHow = "parent_or_guardian"
	ConsentBestInterest ConsentHow = "best_interests"
)

// ConsentHows is every way of asking. A person without capacity does not consent; a decision in their best interests
// (Mental Capacity Act 2005, section 4) is recorded as such.
var ConsentHows = []Term[ConsentHow]{
	{ConsentInPerson, "In person"},
	{ConsentByPhone, "By phone"},
	{ConsentByVideo, "By video"},
	{ConsentInWriting, "In writing"},
	{ConsentByAttorney, "Given by an attorney or deputy"},
	{ConsentByParent, "Given by a parent or guardian"},
	{ConsentBestInterest, "Decided in their best interests"},
}

// Label is the way in plain English.
func (h ConsentHow) Label() string { return labelOf(ConsentHows, h) }

// Known tells whether the list has the code.
func (h ConsentHow) Known() bool { _, ok := find(ConsentHows, h); return ok }

// ConsentEnd is why consent ended.
type ConsentEnd string

// The ends.
const (
	ConsentSaidSo  ConsentEnd = "said_so"
	ConsentExpired ConsentEnd = "expired"
)

// ConsentEnds is every end.
var ConsentEnds = []Term[ConsentEnd]{
	{ConsentSaidSo, "They said that they no longer agree"},
	{ConsentExpired, "They agreed until a day that is over"},
}

// Label is the end in plain English.
func (e ConsentEnd) Label() string { return labelOf(ConsentEnds, e) }

// Known tells whether the list has the code.
func (e ConsentEnd) Known() bool { _, ok := find(ConsentEnds, e); return ok }

// LongestConsent is for how many days at most somebody agrees who names a day. Our choice: whoever agrees for longer names none.
const LongestConsent = 731

// CheckConsentUntil says in plain English what is wrong with the day until which somebody agrees, "" when nothing is. today and the day
// are as 2006-01-02.
func CheckConsentUntil(day, today string, purpose ConsentPurpose, given bool) string {
	if day == "" {
		return ""
	}
	until, err := time.Parse(time.DateOnly, day)
	now, bad := time.Parse(time.DateOnly, today)
	switch {
	case err != nil || bad != nil:
		return "Enter a day until which they agree, or leave it empty"
	case !given:
		return "Leave the day empty: they do not agree"
	case purpose != ConsentShareToHelp && purpose != ConsentShareSensitive && purpose != ConsentDiscussAtMDT:
		return "Leave the day empty: an end is kept for help and for meetings only"
	case until.Before(now):
		return "Enter a day that is not over, or leave it empty"
	case until.After(now.AddDate(0, 0, LongestConsent)):
		return "Enter a day within two years, or leave it empty"
	}
	return ""
}

// Purpose is why somebody acts on a record: the purpose of an actor.
type Purpose string

// The purposes of acting.
const (
	PurposeDirectCare     Purpose = "direct_care"
	PurposeCoordination   Purpose = "coordination"
	PurposeAdministration Purpose = "administration"
	PurposeOversight      Purpose = "oversight"
	PurposeBreakGlass     Purpose = "break_glass"
	PurposeOperation      Purpose = "operation"
)

// PurposeInfo describes a purpose of acting.
type PurposeInfo struct {
	Code  Purpose
	Label string
	// FHIR is AuditEvent.purposeOfEvent in http://terminology.hl7.org/CodeSystem/v3-ActReason.
	FHIR string
}

func (p PurposeInfo) code() Purpose { return p.Code }

func (p PurposeInfo) label() string { return p.Label }

// Purposes is every purpose of acting.
var Purposes = []PurposeInfo{
	{Code: PurposeDirectCare, Label: "Helping the person", FHIR: "TREAT"},
	{Code: PurposeCoordination, Label: "Coordinating help", FHIR: "COC"},
	{Code: PurposeAdministration, Label: "Running the organisation", FHIR: "HOPERAT"},
	{Code: PurposeOversight, Label: "Checking who looked at what", FHIR: "HCOMPL"},
	{Code: PurposeBreakGlass, Label: "Emergency access", FHIR: "BTG"},
	{Code: PurposeOperation, Label: "Running the system", FHIR: "HSYSADMIN"},
}

// PurposeByCode looks a purpose up.
func PurposeByCode(code Purpose) (PurposeInfo, bool) { return find(Purposes, code) }

// Label is the purpose in plain English.
func (p Purpose) Label() string { return labelOf(Purposes, p) }

// Known tells whether the list has the code.
func (p Purpose) Known() bool { _, ok := find(Purposes, p); return ok }
