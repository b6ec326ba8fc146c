package terms

// Accessibility is something a person needs, or a service has, so that the person can take part.
type Accessibility string

// The accessibility codes.
const (
	AccessWheelchair       Accessibility = "wheelchair_access"
	AccessStepFree         Accessibility = "step_free"
	AccessAccessibleToilet Accessibility = "accessible_toilet"
	AccessParking          Accessibility = "accessible_parking"
	AccessHearingLoop      Accessibility = "hearing_loop"
	AccessBSL              Accessibility = "bsl_interpreter"
	AccessLipReading       Accessibility = "lip_reading"
	AccessTextRelay        Accessibility = "text_relay"
	AccessSightSupport     Accessibility = "sight_loss_support"
	AccessEasyRead         Accessibility = "easy_read"
	AccessLargePrint       Accessibility = "large_print"
	AccessBraille          Accessibility = "braille"
	AccessAudio            Accessibility = "audio_information"
	AccessReadOut          Accessibility = "read_out"
	AccessInterpreter      Accessibility = "spoken_interpreter"
	AccessQuietPlace       Accessibility = "quiet_place"
	AccessLowLight         Accessibility = "low_light"
	AccessLongerTime       Accessibility = "longer_appointment"
	AccessReminders        Accessibility = "reminders"
	AccessCarer            Accessibility = "carer_present"
	AccessAdvocate         Accessibility = "advocate"
	AccessAnxiety          Accessibility = "support_with_anxiety"
	AccessSameGender       Accessibility = "same_gender_worker"
	AccessHomeVisit        Accessibility = "home_visit"
	AccessAssistanceDog    Accessibility = "assistance_dog"
)

// AccessibilityInfo describes an accessibility code.
type AccessibilityInfo struct {
	Code  Accessibility
	Label string
	// BaRS is the code in https://fhir.nhs.uk/CodeSystem/reasonable-adjustment-codes-bars, "" where there is none.
	BaRS string
}

func (a AccessibilityInfo) code() Accessibility { return a.Code }

func (a AccessibilityInfo) label() string { return a.Label }

// Accessibilities is every code: the needs the Accessible Information Standard (DAPB1605) asks for, and what places have.
var Accessibilities = []AccessibilityInfo{
	{Code: AccessWheelchair, Label: "Wheelchair access", BaRS: "wheelchairaccess"},
	{Code: AccessStepFree, Label: "No steps"},
	{Code: AccessAccessibleToilet, Label: "Accessible toilet"},
	{Code: AccessParking, Label: "Accessible parking"},
	{Code: AccessHearingLoop, Label: "Hearing loop", BaRS: "adjustcommunicationforhearingsensoryimpairment"},
	{Code: AccessBSL, Label: "British Sign Language interpreter", BaRS: "britishsignlanguageinterpreterneeded"},
	{Code: AccessLipReading, Label: "Lip-reading", BaRS: "doeslipread"},
	{Code: AccessTextRelay, Label: "Text relay", BaRS: "requirescontactbytextrelay"},
	{Code: AccessSightSupport, Label: "Support with sight loss", BaRS: "supportforvisualsensoryimpairment"},
	{Code: AccessEasyRead, Label: "Easy read", BaRS: "requiresinformationineasyread"},
	{Code: AccessLargePrint, Label: "Large print", BaRS: "requireswritteninformationinatleast20pointsansseriffont"},
	{Code: AccessBraille, Label: "Braille", BaRS: "requiresinformationincontractedgrade2braille"},
	{Code: AccessAudio, Label: "Audio", BaRS: "requiresinformationinelectronicaudioformat"},
	{Code: AccessReadOut, Label: "Have things read out", BaRS: "requiresinformationverbally"},
	{Code: AccessInterpreter, Label: "Interpreter for a spoken language"},
	{Code: AccessQuietPlace, Label: "A quiet place", BaRS: "adjustforlownoisestimulus"},
	{Code: AccessLowLight, Label: "Low light", BaRS: "adjustforlowlightstimulus"},
	{Code: AccessLongerTime, Label: "More time", BaRS: "providelongerappointment"},
	{Code: AccessReminders, Label: "Reminders", BaRS: "provideappointmentreminders"},
	{Code: AccessCarer, Label: "A carer or friend comes too", BaRS: "carertobepresentforallcommunication"},
	{Code: AccessAdvocate, Label: "An advocate", BaRS: "needsanadvocate"},
	{Code: AccessAnxiety, Label: "Support with anxiety", BaRS: "adjustforhighlevelsofanxiety"},
	{Code: AccessSameGender, Label: "Women only or men only", BaRS: "maleorfemaleonlysupport"},
	{Code: AccessHomeVisit, Label: "Home visits", BaRS: "considerhomevisits"},
	{Code: AccessAssistanceDog, Label: "Assistance dog welcome"},
}

// AccessibilityByCode looks a code up.
func AccessibilityByCode(code Accessibility) (AccessibilityInfo, bool) {
	return find(Accessibilities, code)
}

// Label is the code in plain English.
func (a Accessibility) Label() string { return labelOf(Accessibilities, a) }

// Known tells whether the list has the code.
func (a Accessibility) Known() bool { _, ok := find(Accessibilities, a); return ok }
