package terms

// Need is a coded reason for help.
type Need string

// The needs: our own list.
const (
	NeedLoneliness        Need = "loneliness"
	NeedDebtAndMoney      Need = "debt_and_money"
	NeedBenefits          Need = "benefits"
	NeedHousing           Need = "housing"
	NeedHomelessness      Need = "homelessness"
	NeedFood              Need = "food"
	NeedFuelAndEnergy     Need = "fuel_and_energy"
	NeedWorkVolunteering  Need = "work_and_volunteering"
	NeedLearningDigital   Need = "learning_and_digital"
	NeedPhysicalActivity  Need = "physical_activity"
	NeedNatureOutdoors    Need = "nature_and_outdoors"
	NeedArtsCulture       Need = "arts_and_culture"
	NeedCarerSupport      Need = "carer_support"
	NeedBereavement       Need = "bereavement"
	NeedRelationships     Need = "relationships_and_family"
	NeedParenting         Need = "parenting"
	NeedMentalWellbeing   Need = "mental_wellbeing"
	NeedHealthyLiving     Need = "healthy_living"
	NeedAlcoholDrugs      Need = "alcohol_and_drugs"
	NeedDomesticAbuse     Need = "domestic_abuse"
	NeedSexualHealthHIV   Need = "sexual_health_and_hiv"
	NeedDisabilitySupport Need = "disability_support"
	NeedDementiaSupport   Need = "dementia_support"
	NeedOlderPeople       Need = "older_people_support"
	NeedRefugeesMigrants  Need = "refugees_and_migrants"
	NeedTransport         Need = "transport"
	NeedLegalRights       Need = "legal_rights"
	NeedHelpAtHome        Need = "practical_help_at_home"
	NeedLongTermCondition Need = "long_term_condition_support"
)

// NeedInfo describes a need.
type NeedInfo struct {
	Code  Need
	Label string
	Hint  string // what it covers, for the person choosing it

	// Sensitive means that the code alone tells something a household member or another agency must not learn by
	// accident. Its code and the service's travel only sealed, and lists do not show it unasked.
	Sensitive bool

	// Gravity is the SDOH category: code system
	// http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes, STU 3. Where none of its
	// categories means the same, it is sdoh-category-unspecified; a near miss would be read as a finding.
	// SNOMED CT is licensed content: an area loads its own map as data, none is in this repository.
	Gravity string
}

func (n NeedInfo) code() Need { return n.Code }

func (n NeedInfo) label() string { return n.Label }

const gravityUnspecified = "sdoh-category-unspecified"

// Needs is every need, in the order in which pages list them.
var Needs = []NeedInfo{
	{Code: NeedLoneliness, Label: "Loneliness", Hint: "Company, befriending, somewhere to meet people", Gravity: "social-connection"},
	{Code: NeedBereavement, Label: "Bereavement", Hint: "Support after somebody has died", Gravity: gravityUnspecified},
	{Code: NeedRelationships, Label: "Relationships and family", Hint: "Partners, separation, family life", Gravity: "social-connection"},
	{Code: NeedParenting, Label: "Parenting", Hint: "Pregnancy, babies, children and young people at home", Gravity: gravityUnspecified},
	{Code: NeedCarerSupport, Label: "Looking after someone", Hint: "Support and breaks for unpaid carers", Gravity: gravityUnspecified},
	{Code: NeedMentalWellbeing, Label: "Mental wellbeing", Hint: "Stress, low mood, worry; not a crisis", Gravity: "stress"},
	{Code: NeedDebtAndMoney, Label: "Debt and money", Hint: "Debts, bills, budgeting", Gravity: "financial-insecurity"},
	{Code: NeedBenefits, Label: "Benefits", Hint: "What to claim, forms, appeals", Gravity: "financial-insecurity"},
	{Code: NeedFood, Label: "Food", Hint: "Food banks, pantries, community meals", Gravity: "food-insecurity"},
	{Code: NeedFuelAndEnergy, Label: "Fuel and energy", Hint: "Heating costs, cold homes, prepayment meters", Gravity: "utility-insecurity"},
	{Code: NeedHousing, Label: "Housing", Hint: "Tenancies, repairs, moving, risk of losing a home", Gravity: "housing-instability"},
	{Code: NeedHomelessness, Label: "Homelessness", Hint: "Nowhere settled to sleep", Gravity: "homelessness"},
	{Code: NeedWorkVolunteering, Label: "Work and volunteering", Hint: "Finding, keeping or returning to work; volunteering", Gravity: "employment-status"},
	// Gravity also has educational-attainment; what our services offer under this need is mostly digital skills.
	{Code: NeedLearningDigital, Label: "Learning and digital skills", Hint: "Courses, English classes, getting online", Gravity: "digital-literacy"},
	{Code: NeedPhysicalActivity, Label: "Physical activity", Hint: "Exercise, walking groups, sport", Gravity: gravityUnspecified},
	{Code: NeedNatureOutdoors, Label: "Nature and outdoors", Hint: "Gardening, green spaces, conservation", Gravity: gravityUnspecified},
	{Code: NeedArtsCulture, Label: "Arts and culture", Hint: "Music, crafts, libraries, museums", Gravity: gravityUnspecified},
	{Code: NeedHealthyLiving, Label: "Healthy living", Hint: "Weight, stopping smoking, eating well, sleep", Gravity: gravityUnspecified},
	{Code: NeedLongTermCondition, Label: "Living with a long-term condition", Hint: "Peer groups and self-management", Gravity: gravityUnspecified},
	{Code: NeedDisabilitySupport, Label: "Disability", Hint: "Physical, sensory or learning disability, autism", Gravity: gravityUnspecified},
	{Code: NeedDementiaSupport, Label: "Dementia", Hint: "For the person and for those around them", Gravity: gravityUnspecified},
	{Code: NeedOlderPeople, Label: "Later life", Hint: "Support for older people", Gravity: gravityUnspecified},
	{Code: NeedHelpAtHome, Label: "Practical help at home", Hint: "Shopping, cleaning, small repairs, home from hospital", Gravity: gravityUnspecified},
	{Code: NeedTransport, Label: "Transport", Hint: "Getting to appointments and activities", Gravity: "transportation-insecurity"},
	{Code: NeedLegalRights, Label: "Legal advice and rights", Hint: "Legal help, advocacy, immigration advice", Gravity: gravityUnspecified},
	{Code: NeedRefugeesMigrants, Label: "Refugees and migrants", Hint: "Settling in, asylum, language", Gravity: gravityUnspecified},
	{Code: NeedAlcoholDrugs, Label: "Alcohol and drugs", Hint: "Own or somebody else's use", Sensitive: true, Gravity: gravityUnspecified},
	// Gravity's category is about partners; abuse by other family members is wider than it.
	{Code: NeedDomesticAbuse, Label: "Domestic abuse", Hint: "Abuse by a partner or family member, now or before", Sensitive: true, Gravity: "intimate-partner-violence"},
	{Code: NeedSexualHealthHIV, Label: "Sexual health and HIV", Hint: "Advice, testing, living with HIV", Sensitive: true, Gravity: gravityUnspecified},
}

// NeedByCode looks a need up.
func NeedByCode(code Need) (NeedInfo, bool) { return find(Needs, code) }

// Label is the need in plain English.
func (n Need) Label() string { return labelOf(Needs, n) }

// Known tells whether the list has the code.
func (n Need) Known() bool { _, ok := find(Needs, n); return ok }

// Sensitive tells whether the code may travel only sealed. An unknown code counts as sensitive: caution costs less.
func (n Need) Sensitive() bool {
	i, ok := find(Needs, n)
	return !ok || i.Sensitive
}
