package terms

// ReturnWay is how a referral came back to the practice that sent it. Nothing sends it there by default; when it lands there all the
// same it is counted, so that nobody can say that it never happens.
type ReturnWay string

// The ways back.
const (
	ReturnAskAgain  ReturnWay = "must_ask_again"
	ReturnCrisis    ReturnWay = "crisis"
	ReturnTakenBack ReturnWay = "taken_back_after_failing"
	ReturnNoHelp    ReturnWay = "no_help_found"
)

// ReturnWays is every way back.
var ReturnWays = []Term[ReturnWay]{
	{ReturnAskAgain, "The practice must ask the person again"},
	{ReturnCrisis, "The practice’s duty clinician must act"},
	{ReturnTakenBack, "The practice took it back after somebody had failed the person"},
	{ReturnNoHelp, "It ended and nobody had helped"},
}

// Label is the way back in plain English.
func (r ReturnWay) Label() string { return labelOf(ReturnWays, r) }

// Known tells whether the list has the code.
func (r ReturnWay) Known() bool { _, ok := find(ReturnWays, r); return ok }
