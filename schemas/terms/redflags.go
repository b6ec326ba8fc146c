package terms

// RedFlagQuestion is a question asked before anything is sent; a yes stops the referral.
type RedFlagQuestion string

// The red-flag questions.
const (
	RedFlagChestOrBreathing RedFlagQuestion = "chest_or_breathing"
	RedFlagStrokeSigns      RedFlagQuestion = "stroke_signs"
	RedFlagCollapse         RedFlagQuestion = "collapse_or_bleeding"
	RedFlagOverdose         RedFlagQuestion = "overdose_or_poison"
	RedFlagSuicideSelfHarm  RedFlagQuestion = "suicide_or_self_harm"
	RedFlagHarmToOthers     RedFlagQuestion = "harm_to_others"
	RedFlagConfusion        RedFlagQuestion = "sudden_confusion"
	RedFlagAbuseAtHome      RedFlagQuestion = "violence_or_abuse_now"
	RedFlagPersonAtRisk     RedFlagQuestion = "child_or_adult_at_risk"
	RedFlagNoShelter        RedFlagQuestion = "no_food_heat_or_shelter"
	RedFlagNotManaging      RedFlagQuestion = "alone_and_not_managing"
)

// RedFlagQuestionInfo is a question as a receptionist asks it, who is not a clinician and does not judge the answer.
type RedFlagQuestionInfo struct {
	Code     RedFlagQuestion
	Label    string // short, for lists and for the clinician's page
	Ask      string // to the person
	AskAbout string // when somebody rings for the person
	Listen   string // what also counts as a yes, and how to ask it safely
	Do       string // what to do at once on a yes, beside raising the flag

	// Ring999 means an ambulance or the police come before the duty clinician.
	Ring999 bool
}

func (q RedFlagQuestionInfo) code() RedFlagQuestion { return q.Code }

func (q RedFlagQuestionInfo) label() string { return q.Label }

// RedFlagQuestions is every question, in the order of asking. The list is ours: what a reception can ask in a minute, with
// the physical emergencies of the NHS 999 advice first. Each area has its clinical safety officer agree it before use.
var RedFlagQuestions = []RedFlagQuestionInfo{
	{
		Code: RedFlagChestOrBreathing, Label: "Chest pain or trouble breathing",
		Ask:      "Do you have pain or tightness in your chest now, or is it hard to breathe?",
		AskAbout: "Do they have pain or tightness in the chest now, or is it hard for them to breathe?",
		Listen:   "Too breathless to finish a sentence counts as a yes.",
		Do:       "Tell them to ring 999 now, or ring for them, and stay on the line.", Ring999: true,
	},
	{
		Code: RedFlagStrokeSigns, Label: "Signs of a stroke",
		Ask:      "Has your face dropped on one side, has an arm or leg gone weak, or has your speech become slurred?",
		AskAbout: "Has their face dropped on one side, has an arm or leg gone weak, or has their speech become slurred?",
		Listen:   "It counts even if it has passed.",
		Do:       "Tell them to ring 999 now, or ring for them, and stay on the line.", Ring999: true,
	},
	{
		Code: RedFlagCollapse, Label: "Collapse, fit or heavy bleeding",
		Ask:      "Have you passed out or had a fit today, or are you bleeding and it will not stop?",
		AskAbout: "Have they passed out or had a fit today, or are they bleeding and it will not stop?",
		Do:       "Tell them to ring 999 now, or ring for them, and stay on the line.", Ring999: true,
	},
	{
		Code: RedFlagOverdose, Label: "Overdose or poisoning",
		Ask:      "Have you taken too much of a medicine, or anything that could poison you?",
		AskAbout: "Have they taken too much of a medicine, or anything that could poison them?",
		Listen:   "It counts even if they feel well, and whether or not they meant to.",
		Do:       "Tell them to ring 999 now, or ring for them, and stay on the line.", Ring999: true,
	},
	{
		Code: RedFlagSuicideSelfHarm, Label: "Suicide or self-harm in the last days",
		Ask:      "In the last few days, have you hurt yourself, tried to end your life, or felt that you might?",
		AskAbout: "In the last few days, have they hurt themselves, tried to end their life, or said that they might?",
		Listen:   "Asking does not put the idea into anybody's head. \"I can't go on\" or \"they would be better off without me\" counts as a yes.",
		Do:       "Stay with them or on the line until the duty clinician has them. If they are about to act, ring 999.",
	},
	{
		Code: RedFlagHarmToOthers, Label: "Might hurt somebody else",
		Ask:      "Are you afraid that you might hurt somebody else?",
		AskAbout: "Are you afraid that they might hurt somebody?",
		Do:       "If anybody is in danger now, ring 999.",
	},
	{
		Code: RedFlagConfusion, Label: "Sudden confusion",
		Ask:      "Have you suddenly become muddled, very drowsy, or not like yourself?",
		AskAbout: "Have they suddenly become muddled, very drowsy, or not like themselves?",
		Listen:   "Somebody who can not follow the conversation today and could before counts as a yes.",
		Do:       "Put them through to the duty clinician. If they can not be woken, ring 999.",
	},
	{
		Code: RedFlagAbuseAtHome, Label: "Violence or abuse at home now",
		Ask:      "Is anybody at home hurting you, threatening you or making you afraid?",
		AskAbout: "Is anybody at home hurting them, threatening them or making them afraid?",
		Listen:   "First ask: \"Can you talk freely?\" If not, ask only what can be answered with yes or no. Do not ask in front of the family.",
		Do:       "If they are in danger now, ring 999. Do not ring, text or write to them unless they say it is safe.",
	},
	{
		Code: RedFlagPersonAtRisk, Label: "A child or an adult at risk",
		Ask:      "Is a child, or an adult who can not protect themselves, being harmed, neglected or left in danger?",
		AskAbout: "Is a child, or an adult who can not protect themselves, being harmed, neglected or left in danger?",
		Listen:   "This includes the person themselves, and anybody they look after.",
		Do:       "Tell the duty clinician and the safeguarding lead. If somebody is in danger now, ring 999.",
	},
	{
		Code: RedFlagNoShelter, Label: "No food, heat or shelter tonight",
		Ask:      "Tonight, will you be without food, without heating, or without a safe place to sleep?",
		AskAbout: "Tonight, will they be without food, without heating, or without a safe place to sleep?",
		Listen:   "Counts more when there are children, somebody pregnant, frail or ill, or when it is very cold.",
		Do:       "The duty clinician arranges help for today. A referral alone comes too late.",
	},
	{
		Code: RedFlagNotManaging, Label: "Alone and not managing",
		Ask:      "Are you on your own and no longer able to get up, drink, eat or take the medicines you need?",
		AskAbout: "Are they on their own and no longer able to get up, drink, eat or take the medicines they need?",
		Do:       "The duty clinician arranges a visit or help for today.",
	},
}

// RedFlagQuestionByCode looks a question up.
func RedFlagQuestionByCode(code RedFlagQuestion) (RedFlagQuestionInfo, bool) {
	return find(RedFlagQuestions, code)
}

// Label is the question in two or three words.
func (q RedFlagQuestion) Label() string { return labelOf(RedFlagQuestions, q) }

// Known tells whether the list has the code.
func (q RedFlagQuestion) Known() bool { _, ok := find(RedFlagQuestions, q); return ok }

// RedFlagSource is who found a red flag.
type RedFlagSource string

// The sources.
const (
	RedFlagFromReception  RedFlagSource = "reception"
	RedFlagFromLinkWorker RedFlagSource = "link_worker"
	RedFlagFromProvider   RedFlagSource = "provider"
	RedFlagFromOther      RedFlagSource = "other"
)

// RedFlagSources is every source.
var RedFlagSources = []Term[RedFlagSource]{
	{RedFlagFromReception, "Reception"},
	{RedFlagFromLinkWorker, "Link worker"},
	{RedFlagFromProvider, "Provider"},
	{RedFlagFromOther, "Somebody else"},
}

// Label is the source in plain English.
func (s RedFlagSource) Label() string { return labelOf(RedFlagSources, s) }

// Known tells whether the list has the code.
func (s RedFlagSource) Known() bool { _, ok := find(RedFlagSources, s); return ok }

// RedFlagAction is what the duty clinician did about a red flag; giving it is the acknowledgement.
type RedFlagAction string

// The actions.
const (
	RedFlagAmbulance     RedFlagAction = "ambulance_called"
	RedFlagPolice        RedFlagAction = "police_called"
	RedFlagSeenNow       RedFlagAction = "seen_or_spoken_to_now"
	RedFlagSeeToday      RedFlagAction = "appointment_today"
	RedFlagHomeVisit     RedFlagAction = "home_visit_today"
	RedFlagCrisisTeam    RedFlagAction = "crisis_team_told"
	RedFlagSafeguarding  RedFlagAction = "safeguarding_told"
	RedFlagCouncilDuty   RedFlagAction = "council_duty_team_told"
	RedFlagCouldNotReach RedFlagAction = "could_not_reach_still_trying"
	RedFlagNoActionNow   RedFlagAction = "no_urgent_action_needed"
)

// RedFlagActionInfo describes an action.
type RedFlagActionInfo struct {
	Code  RedFlagAction
	Label string
	// Ends tells whether the flag is dealt with. While it is not, the clock goes on.
	Ends bool
	// MayGoOn tells whether the referral that was stopped may be taken up again.
	MayGoOn bool
}

func (a RedFlagActionInfo) code() RedFlagAction { return a.Code }

func (a RedFlagActionInfo) label() string { return a.Label }

// RedFlagActions is every action, in the order of a form.
var RedFlagActions = []RedFlagActionInfo{
	{Code: RedFlagSeenNow, Label: "I am seeing or speaking to them now", Ends: true},
	{Code: RedFlagAmbulance, Label: "Ambulance called (999)", Ends: true},
	{Code: RedFlagPolice, Label: "Police called (999)", Ends: true},
	{Code: RedFlagSeeToday, Label: "Appointment today", Ends: true},
	{Code: RedFlagHomeVisit, Label: "Home visit today", Ends: true},
	{Code: RedFlagCrisisTeam, Label: "Mental health crisis team has taken over", Ends: true},
	{Code: RedFlagSafeguarding, Label: "Safeguarding team told", Ends: true},
	{Code: RedFlagCouncilDuty, Label: "Council duty team told (food, heat, shelter)", Ends: true},
	{Code: RedFlagCouldNotReach, Label: "Could not reach them yet, still trying"},
	{Code: RedFlagNoActionNow, Label: "Looked at: nothing urgent, the referral may go on", Ends: true, MayGoOn: true},
}

// RedFlagActionByCode looks an action up.
func RedFlagActionByCode(code RedFlagAction) (RedFlagActionInfo, bool) {
	return find(RedFlagActions, code)
}

// Label is the action in plain English.
func (a RedFlagAction) Label() string { return labelOf(RedFlagActions, a) }

// Known tells whether the list has the code.
func (a RedFlagAction) Known() bool { _, ok := find(RedFlagActions, a); return ok }

// CrisisRung is whom a link worker or provider rang in a crisis, in the order of the ladder on the page.
type CrisisRung string

// The rungs.
const (
	Rung999           CrisisRung = "emergency_999"
	RungDutyClinician CrisisRung = "duty_clinician"
	RungDeputy        CrisisRung = "deputy_clinician"
	RungCrisisLine    CrisisRung = "nhs_111_mental_health"
	Rung111           CrisisRung = "nhs_111"
	RungCrisisTeam    CrisisRung = "crisis_team"
	RungSafeguarding  CrisisRung = "safeguarding_team"
	RungNobodyYet     CrisisRung = "nobody_yet"
)

// CrisisRungInfo describes whom to ring.
type CrisisRungInfo struct {
	Code  CrisisRung
	Label string
	When  string
	// Phone is a national number that needs no local data; the others come from the page's own copy of the register.
	Phone string
}

func (r CrisisRungInfo) code() CrisisRung { return r.Code }

func (r CrisisRungInfo) label() string { return r.Label }

// CrisisRungs is the ladder. NHS 111 reaches the local mental health crisis line with option 2 everywhere in England.
var CrisisRungs = []CrisisRungInfo{
	{Code: Rung999, Label: "999", When: "Somebody may die or be hurt now", Phone: "999"},
	{Code: RungDutyClinician, Label: "The practice's duty clinician", When: "The practice is open"},
	{Code: RungDeputy, Label: "The practice's deputy", When: "The duty clinician does not answer"},
	{Code: RungCrisisLine, Label: "NHS 111, option 2: mental health crisis", When: "Day and night", Phone: "111"},
	{Code: Rung111, Label: "NHS 111", When: "Urgent, but nobody's life is in danger", Phone: "111"},
	{Code: RungCrisisTeam, Label: "The crisis team", When: "They already know the person"},
	{Code: RungSafeguarding, Label: "The safeguarding team", When: "A child or an adult is at risk from somebody"},
	{Code: RungNobodyYet, Label: "Nobody yet", When: "Nobody has been rung: the practice must act"},
}

// CrisisRungByCode looks a rung up.
func CrisisRungByCode(code CrisisRung) (CrisisRungInfo, bool) { return find(CrisisRungs, code) }

// Label is the rung in plain English.
func (r CrisisRung) Label() string { return labelOf(CrisisRungs, r) }

// Known tells whether the list has the code.
func (r CrisisRung) Known() bool { _, ok := find(CrisisRungs, r); return ok }

// SafeguardingCode is a kind of safeguarding concern.
type SafeguardingCode string

// The kinds of concern.
const (
	SafeguardingAdult       SafeguardingCode = "adult_at_risk"
	SafeguardingChild       SafeguardingCode = "child_at_risk"
	SafeguardingSelfHarm    SafeguardingCode = "self_harm"
	SafeguardingDomestic    SafeguardingCode = "domestic_violence"
	SafeguardingNeglect     SafeguardingCode = "self_neglect"
	SafeguardingFinancial   SafeguardingCode = "financial_abuse"
	SafeguardingRadical     SafeguardingCode = "radicalisation"
	SafeguardingUnspecified SafeguardingCode = "unspecified"
)

// SafeguardingInfo describes a concern.
type SafeguardingInfo struct {
	Code  SafeguardingCode
	Label string
	// BaRS is the code in https://fhir.nhs.uk/CodeSystem/safeguarding-codes-bars. Its published code for human
	// trafficking fails the SNOMED check digit, so there is no entry for it here: use unspecified, with text.
	BaRS string
}

func (s SafeguardingInfo) code() SafeguardingCode { return s.Code }

func (s SafeguardingInfo) label() string { return s.Label }

// SafeguardingCodes is every concern.
var SafeguardingCodes = []SafeguardingInfo{
	{Code: SafeguardingAdult, Label: "Adult at risk", BaRS: "766561000000109"},
	{Code: SafeguardingChild, Label: "Child at risk", BaRS: "836881000000105"},
	{Code: SafeguardingSelfHarm, Label: "At risk of self-harm", BaRS: "401206008"},
	{Code: SafeguardingDomestic, Label: "At risk of domestic violence", BaRS: "707087005"},
	{Code: SafeguardingNeglect, Label: "Self-neglect", BaRS: "248054003"},
	{Code: SafeguardingFinancial, Label: "At risk of financial abuse", BaRS: "761571000000106"},
	{Code: SafeguardingRadical, Label: "At risk of radicalisation", BaRS: "766969008"},
	{Code: SafeguardingUnspecified, Label: "Another concern", BaRS: "U"},
}

// SafeguardingCodeByCode looks a concern up.
func SafeguardingCodeByCode(code SafeguardingCode) (SafeguardingInfo, bool) {
	return find(SafeguardingCodes, code)
}

// Label is the concern in plain English.
func (s SafeguardingCode) Label() string { return labelOf(SafeguardingCodes, s) }

// Known tells whether the list has the code.
func (s SafeguardingCode) Known() bool { _, ok := find(SafeguardingCodes, s); return ok }
