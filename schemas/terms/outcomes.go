package terms

// Outcome is how support, or a whole referral, ended.
type Outcome string

// The outcomes.
const (
	OutcomeHelped           Outcome = "helped"
	OutcomePartlyHelped     Outcome = "partly_helped"
	OutcomeNotHelped        Outcome = "not_helped"
	OutcomeReferredOn       Outcome = "referred_on"
	OutcomeNoLongerNeeded   Outcome = "no_longer_needed"
	OutcomeDidNotStart      Outcome = "did_not_start"
	OutcomeStoppedComing    Outcome = "stopped_coming"
	OutcomePatientDeclined  Outcome = "patient_declined"
	OutcomeCouldNotContact  Outcome = "could_not_contact"
	OutcomeNoSuitableHelp   Outcome = "no_suitable_help"
	OutcomePatientMovedAway Outcome = "patient_moved_away"
	OutcomePatientDied      Outcome = "patient_died"
	OutcomeConsentWithdrawn Outcome = "consent_withdrawn"
	OutcomeMadeInError      Outcome = "made_in_error"
)

// OutcomeInfo describes an outcome.
type OutcomeInfo struct {
	Code  Outcome
	Label string

	Attended bool // the person was met at least once
	// Benefited counts in the funnel. It is the receiver's word; what the person says is in outcome_recorded.
	Benefited bool
	// Receiver tells whether a receiver may end support with it; coordination may use every outcome.
	Receiver bool
	// NeedsTries is on how many days, each named, somebody must have tried to reach the person.
	NeedsTries int
}

func (o OutcomeInfo) code() Outcome { return o.Code }

func (o OutcomeInfo) label() string { return o.Label }

// Outcomes is every outcome, in the order of a form.
var Outcomes = []OutcomeInfo{
	{Code: OutcomeHelped, Label: "It helped", Attended: true, Benefited: true, Receiver: true},
	{Code: OutcomePartlyHelped, Label: "It helped in part", Attended: true, Benefited: true, Receiver: true},
	{Code: OutcomeNotHelped, Label: "It did not help", Attended: true, Receiver: true},
	{Code: OutcomeReferredOn, Label: "Somebody else took over", Attended: true, Receiver: true},
	{Code: OutcomeStoppedComing, Label: "They stopped coming", Attended: true, Receiver: true},
	{Code: OutcomeDidNotStart, Label: "They never came", Receiver: true},
	{Code: OutcomeCouldNotContact, Label: "They could not be reached", Receiver: true, NeedsTries: 3},
	{Code: OutcomePatientDeclined, Label: "They did not want it", Receiver: true},
	{Code: OutcomeNoLongerNeeded, Label: "It is no longer needed", Receiver: true},
	{Code: OutcomePatientMovedAway, Label: "They moved away", Receiver: true},
	{Code: OutcomePatientDied, Label: "They died", Receiver: true},
	{Code: OutcomeNoSuitableHelp, Label: "No suitable help was found"},
	{Code: OutcomeConsentWithdrawn, Label: "They no longer agree to sharing"},
	{Code: OutcomeMadeInError, Label: "It was sent by mistake"},
}

// OutcomeByCode looks an outcome up.
func OutcomeByCode(code Outcome) (OutcomeInfo, bool) { return find(Outcomes, code) }

// OutcomesForReceiver is the outcomes with which a receiver may end support.
func OutcomesForReceiver() []OutcomeInfo {
	var out []OutcomeInfo
	for _, o := range Outcomes {
		if o.Receiver {
			out = append(out, o)
		}
	}
	return out
}

// Label is the outcome in plain English.
func (o Outcome) Label() string { return labelOf(Outcomes, o) }

// Known tells whether the list has the code.
func (o Outcome) Known() bool { _, ok := find(Outcomes, o); return ok }

// CaseOutcome is why a case was closed.
type CaseOutcome string

// The case outcomes; the FHIR EpisodeOfCare status is finished for all of them.
const (
	CaseWorkDone         CaseOutcome = "work_done"
	CasePatientDied      CaseOutcome = "patient_died"
	CasePatientMovedAway CaseOutcome = "patient_moved_away"
	CaseConsentWithdrawn CaseOutcome = "consent_withdrawn"
	CaseMerged           CaseOutcome = "merged"
	CasePatientErased    CaseOutcome = "patient_erased"
)

// CaseOutcomes is every case outcome.
var CaseOutcomes = []Term[CaseOutcome]{
	{CaseWorkDone, "All work is done"},
	{CasePatientDied, "The person has died"},
	{CasePatientMovedAway, "The person has moved away"},
	{CaseConsentWithdrawn, "The person no longer agrees to sharing"},
	{CaseMerged, "It was one case with another"},
	{CasePatientErased, "The person's record was erased"},
}

// Said tells whether a person may say so when they close a case. That it was one with another, or erased, only the machine knows.
func (o CaseOutcome) Said() bool { return o.Known() && o != CaseMerged && o != CasePatientErased }

// Label is the outcome in plain English.
func (o CaseOutcome) Label() string { return labelOf(CaseOutcomes, o) }

// Known tells whether the list has the code.
func (o CaseOutcome) Known() bool { _, ok := find(CaseOutcomes, o); return ok }

// OutcomeTool is with what an outcome was measured.
type OutcomeTool string

// The tools. ONS4 is free to use; licensed scales are not shipped.
const (
	ToolONS4 OutcomeTool = "ons4"
	ToolNone OutcomeTool = "none"
)

// OutcomeTools is every tool.
var OutcomeTools = []Term[OutcomeTool]{
	{ToolONS4, "ONS4 personal wellbeing"},
	{ToolNone, "No scale"},
}

// Label is the tool in plain English.
func (t OutcomeTool) Label() string { return labelOf(OutcomeTools, t) }

// Known tells whether the list has the code.
func (t OutcomeTool) Known() bool { _, ok := find(OutcomeTools, t); return ok }

// OutcomeStage is when an outcome was measured.
type OutcomeStage string

// The stages.
const (
	StageStart  OutcomeStage = "start"
	StageReview OutcomeStage = "review"
	StageEnd    OutcomeStage = "end"
)

// OutcomeStages is every stage.
var OutcomeStages = []Term[OutcomeStage]{
	{StageStart, "At the start"},
	{StageReview, "At a review"},
	{StageEnd, "At the end"},
}

// Label is the stage in plain English.
func (s OutcomeStage) Label() string { return labelOf(OutcomeStages, s) }

// Known tells whether the list has the code.
func (s OutcomeStage) Known() bool { _, ok := find(OutcomeStages, s); return ok }

// OutcomeResult is what changed between two measurements, in the person's own judgement.
type OutcomeResult string

// The results.
const (
	ResultBetter  OutcomeResult = "better"
	ResultSame    OutcomeResult = "same"
	ResultWorse   OutcomeResult = "worse"
	ResultNotSaid OutcomeResult = "not_said"
)

// OutcomeResults is every result.
var OutcomeResults = []Term[OutcomeResult]{
	{ResultBetter, "Better than before"},
	{ResultSame, "About the same"},
	{ResultWorse, "Worse than before"},
	{ResultNotSaid, "They did not say"},
}

// Label is the result in plain English.
func (r OutcomeResult) Label() string { return labelOf(OutcomeResults, r) }

// Known tells whether the list has the code.
func (r OutcomeResult) Known() bool { _, ok := find(OutcomeResults, r); return ok }
