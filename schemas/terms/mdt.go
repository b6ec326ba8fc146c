package terms

// MDTReason is why a patient is put on a meeting's agenda.
type MDTReason string

// The reasons.
const (
	MDTSeveralServices    MDTReason = "several_services_involved"
	MDTNotGettingBetter   MDTReason = "not_getting_better"
	MDTBounced            MDTReason = "bounced_or_no_service"
	MDTHospitalDischarge  MDTReason = "hospital_discharge"
	MDTOftenSeen          MDTReason = "often_seen"
	MDTRisk               MDTReason = "risk_or_safeguarding"
	MDTMergedCase         MDTReason = "merged_case"
	MDTCaseHolderChanging MDTReason = "case_holder_changing"
	MDTOther              MDTReason = "other"
)

// MDTReasons is every reason.
var MDTReasons = []Term[MDTReason]{
	{MDTSeveralServices, "Several services are involved"},
	{MDTNotGettingBetter, "What was tried is not helping"},
	{MDTBounced, "Referrals bounced or no service fits"},
	{MDTHospitalDischarge, "Leaving hospital"},
	{MDTOftenSeen, "Often at the practice or in A&E"},
	{MDTRisk, "Risk or safeguarding"},
	{MDTMergedCase, "Two cases turned out to be one person's"},
	{MDTCaseHolderChanging, "Somebody else must hold the case"},
	{MDTOther, "Another reason"},
}

// Label is the reason in plain English.
func (r MDTReason) Label() string { return labelOf(MDTReasons, r) }

// Known tells whether the list has the code.
func (r MDTReason) Known() bool { _, ok := find(MDTReasons, r); return ok }

// MDTDecision is what a meeting decided about a case.
type MDTDecision string

// The decisions.
const (
	MDTKeepUnderReview     MDTDecision = "keep_under_review"
	MDTRefer               MDTDecision = "refer"
	MDTAssignCaseHolder    MDTDecision = "assign_case_holder"
	MDTNoFurtherDiscussion MDTDecision = "no_further_discussion"
	MDTEscalate            MDTDecision = "escalate"
)

// MDTDecisionInfo describes a decision.
type MDTDecisionInfo struct {
	Code    MDTDecision
	Label   string
	Returns bool // the case is on the next agenda again, whatever actions are open
}

func (d MDTDecisionInfo) code() MDTDecision { return d.Code }

func (d MDTDecisionInfo) label() string { return d.Label }

// MDTDecisions is every decision.
var MDTDecisions = []MDTDecisionInfo{
	{Code: MDTKeepUnderReview, Label: "Keep under review", Returns: true},
	{Code: MDTRefer, Label: "Refer to a service", Returns: true},
	{Code: MDTAssignCaseHolder, Label: "Ask somebody to hold the case", Returns: true},
	{Code: MDTEscalate, Label: "Escalate", Returns: true},
	{Code: MDTNoFurtherDiscussion, Label: "No further discussion needed"},
}

// MDTDecisionByCode looks a decision up.
func MDTDecisionByCode(code MDTDecision) (MDTDecisionInfo, bool) { return find(MDTDecisions, code) }

// Label is the decision in plain English.
func (d MDTDecision) Label() string { return labelOf(MDTDecisions, d) }

// Known tells whether the list has the code.
func (d MDTDecision) Known() bool { _, ok := find(MDTDecisions, d); return ok }

// MeetingStatus is whether a meeting will be, was, or will not be held.
type MeetingStatus string

// The statuses.
const (
	MeetingPlanned   MeetingStatus = "planned"
	MeetingHeld      MeetingStatus = "held"
	MeetingCancelled MeetingStatus = "cancelled"
)

// MeetingStatuses is every status.
var MeetingStatuses = []Term[MeetingStatus]{
	{MeetingPlanned, "Planned"},
	{MeetingHeld, "Held"},
	{MeetingCancelled, "Cancelled"},
}

// Label is the status in plain English.
func (s MeetingStatus) Label() string { return labelOf(MeetingStatuses, s) }

// Known tells whether the list has the code.
func (s MeetingStatus) Known() bool { _, ok := find(MeetingStatuses, s); return ok }

// ActionResult is how an action ended.
type ActionResult string

// The results.
const (
	ActionDone    ActionResult = "done"
	ActionDropped ActionResult = "dropped"
)

// ActionResults is every result.
var ActionResults = []Term[ActionResult]{
	{ActionDone, "Done"},
	{ActionDropped, "No longer needed"},
}

// Label is the result in plain English.
func (r ActionResult) Label() string { return labelOf(ActionResults, r) }

// Known tells whether the list has the code.
func (r ActionResult) Known() bool { _, ok := find(ActionResults, r); return ok }
