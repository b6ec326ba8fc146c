package schemas

import "example.org/waypost/schemas/terms"

// Contact is the plaintext of a field of class contact: who somebody is and how they can be reached.
type Contact struct {
	GivenName         string                `json:"given_name"`
	FamilyName        string                `json:"family_name"`
	DateOfBirth       string                `json:"date_of_birth"`        // YYYY-MM-DD
	NHSNumber         string                `json:"nhs_number,omitempty"` // ten digits without spaces
	Sex               terms.Sex             `json:"sex,omitempty"`
	Phone             string                `json:"phone,omitempty"`
	Email             string                `json:"email,omitempty"`
	AddressLines      []string              `json:"address_lines,omitempty"`
	Postcode          string                `json:"postcode,omitempty"`
	Language          string                `json:"language,omitempty"` // BCP 47; empty is English
	InterpreterNeeded bool                  `json:"interpreter_needed,omitempty"`
	Accessibility     []terms.Accessibility `json:"accessibility,omitempty"`
	SafeWays          SafeWays              `json:"safe_ways"`
	SafeNote          string                `json:"safe_note,omitempty"` // "not after five, he is home then"
	NextOfKin         string                `json:"next_of_kin,omitempty"`
}

// SafeWays is by which ways the person may be contacted. All false means: do not contact them, they will contact you.
type SafeWays struct {
	Phone  bool `json:"phone"`
	Text   bool `json:"text"`
	Email  bool `json:"email"`
	Letter bool `json:"letter"`
}

// Any tells whether there is a safe way at all.
func (w SafeWays) Any() bool { return w.Phone || w.Text || w.Email || w.Letter }

// Reach is the plaintext of contact_preferences_changed's reach (class contact): the most careful of what several records of one person
// say of how they may be contacted.
type Reach struct {
	SafeWays SafeWays `json:"safe_ways"`
	Notes    int      `json:"notes"` // how many different notes there are on how to contact them safely
}

// And are the ways that both say are safe.
func (w SafeWays) And(o SafeWays) SafeWays {
	return SafeWays{w.Phone && o.Phone, w.Text && o.Text, w.Email && o.Email, w.Letter && o.Letter}
}

// For is what holds of somebody whose own record says own: where that is newer than what was said of all of them, what it forbids stays
// forbidden until this was heard.
func (r Reach) For(own SafeWays, newer bool) SafeWays {
	if newer {
		return r.SafeWays.And(own)
	}
	return r.SafeWays
}

// ReachOf is what a contact says of how not to reach the person.
func ReachOf(c Contact) Reach {
	notes := terms.Notes(c.SafeNote)
	if c.SafeNote != terms.OwnNote(c.SafeNote) {
		notes++
	}
	return Reach{SafeWays: c.SafeWays, Notes: notes}
}

// Name is how the person is called, given name first.
func (c Contact) Name() string {
	switch {
	case c.GivenName == "":
		return c.FamilyName
	case c.FamilyName == "":
		return c.GivenName
	}
	return c.GivenName + " " + c.FamilyName
}

// Narrative is the plaintext of most fields of class narrative: what was said or written.
type Narrative struct {
	Text string `json:"text"`
}

// Message is the plaintext of fields of class message: what sender and receiver tell each other about an offer.
type Message struct {
	Text string `json:"text"`
}

// Safeguarding is the plaintext of most fields of class safeguarding: what may put somebody at risk.
type Safeguarding struct {
	Text  string                   `json:"text"`
	Codes []terms.SafeguardingCode `json:"codes,omitempty"`
}

// SensitiveSignpost is the plaintext of patient_signposted's hidden field (class safeguarding): what was named, when even
// the need's code would tell too much.
type SensitiveSignpost struct {
	Need      terms.Need `json:"need"`
	ServiceID string     `json:"service_id,omitempty"`
}

// Scores is the plaintext of outcome_recorded's scores (class narrative): answers from 0 to 10, nil where not answered.
type Scores struct {
	Satisfied  *int `json:"satisfied,omitempty"`
	Worthwhile *int `json:"worthwhile,omitempty"`
	Happy      *int `json:"happy,omitempty"`
	Anxious    *int `json:"anxious,omitempty"`
}

// Plan is the plaintext of plan_agreed's plan (class narrative), in the person's own words where that can be.
type Plan struct {
	Matters string     `json:"matters,omitempty"` // what matters to them
	Goals   []PlanGoal `json:"goals,omitempty"`
}

// PlanGoal is one goal of a plan.
type PlanGoal struct {
	Text  string     `json:"text"`
	Need  terms.Need `json:"need,omitempty"`
	Steps []string   `json:"steps,omitempty"`
}

// SensitiveReferral is the plaintext of the hidden field of a referral (class safeguarding): what is asked for and of whom,
// when even the need's code would tell too much.
type SensitiveReferral struct {
	Need      terms.Need `json:"need"`
	Receivers []Receiver `json:"receivers,omitempty"`
}
