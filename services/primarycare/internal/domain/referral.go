package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// What coordination lets a sender do, by the names it uses in available_actions.
const (
	ActionJoin     = "join"
	ActionConfirm  = "confirm"
	ActionInform   = "give_information"
	ActionWithdraw = "withdraw"
)

// Receiver is what a referral is put to, in the sender's order of preference.
type Receiver struct {
	Kind terms.ReceiverKind `json:"kind"`
	ID   string             `json:"id"`
}

// Consent is what the person was asked about sharing, and said.
type Consent struct {
	ID          string
	Ref         string
	Purpose     terms.ConsentPurpose
	Given       bool
	How         terms.ConsentHow
	AskedBy     string
	AskedAt     time.Time
	WithdrawnAt time.Time
	UntilOn     string // the last day on which it holds, as 2006-01-02; "" for most
}

// Over tells whether the day until which it was given is over. today is the day in London.
func (c Consent) Over(today string) bool { return c.UntilOn != "" && c.UntilOn < today }

// CheckUntil judges the day until which they agree.
func (c Consent) CheckUntil(today string) error {
	if wrong := terms.CheckConsentUntil(c.UntilOn, today, terms.ConsentShareToHelp, c.Given); wrong != "" {
		return fault.Invalid("until_on", wrong)
	}
	return nil
}

// Stands tells whether it was given and not taken back.
func (c Consent) Stands() bool { return c.ID != "" && c.Given && c.WithdrawnAt.IsZero() }

// Request is what a practice asks for on behalf of a patient.
type Request struct {
	Need          terms.Need
	Urgency       terms.Urgency
	Receivers     []Receiver
	Narrative     string
	Safeguarding  string
	Codes         []terms.SafeguardingCode
	Accessibility []terms.Accessibility
	Overlap       terms.OverlapAnswer // what was shown of who helps already, and what is to be done about them
	AgainOf       string
}

// Referral is a request and what became of it.
type Referral struct {
	ID         string
	PracticeID string
	Ref        string
	Reference  string
	Request
	Sensitive   bool
	ConsentID   string
	RequestedBy string
	RequestedAt time.Time
	SignedBy    string // the supervisor who signed for who sent it, "" where none had to
	SignedAt    time.Time

	AnsweredQuestion string // the question this practice has answered, whether or not coordination has heard it
	WithdrawnBy      string
	WithdrawnAt      time.Time
	WithdrawalReason terms.WithdrawalReason

	Progress
	ExistingReferral string
	JoinedInto       string
	EscalatedTo      string
	Outcome          terms.Outcome
	Notice           terms.NoticeState // how far the e-mail to whoever is asked got, where it has not gone out

	Open      bool
	ChangedAt time.Time
	ChangedBy string // "" when somebody outside the practice did
	Version   int64
}

// Progress is what coordination said last.
type Progress struct {
	Heard      int // its version; 0 before it has said anything
	CaseID     string
	State      terms.ReferralState
	Reason     string
	Owes       terms.Party
	OwesOrg    string
	OwesPerson string
	DueAt      time.Time
	OfferID    string
	Receiver   Receiver // the service or team now asked
	ReceiverOf string   // its organisation
	Bounces    int
	QuestionID string
	Message    string
	Actions    []string
}

// Sent is a new referral: sent, and Waypost is checking it.
func Sent(r Referral, now time.Time) Referral {
	r.Progress = Progress{State: terms.ReferralRequested, Owes: terms.PartyCoordinator, Actions: []string{ActionWithdraw}}
	r.RequestedAt, r.ChangedAt, r.Open, r.Version = now, now, true, 1
	r.ChangedBy = r.RequestedBy
	return r
}

// StepCameBack is the step by which a referral came back to the practice that sent it; its reason is a terms.ReturnWay.
const StepCameBack = "came_back"

// Step is one thing that happened to a referral.
type Step struct {
	ID       string
	At       time.Time
	By       string
	What     string // sent, a state, bounced, expired, informed, withdrawn
	Reason   string
	Receiver Receiver
	Message  string
	Heard    int
}

// Progressed takes over what coordination said, unless something newer was heard before. The steps are what to write into the history.
func (r Referral) Progressed(p Progress, now time.Time) (_ Referral, steps []Step, changed bool) {
	if p.Heard <= r.Heard {
		return r, nil, false
	}
	was := r.Progress
	if p.Bounces > was.Bounces {
		steps = append(steps, Step{At: now, What: "bounced", Reason: p.Reason, Receiver: was.Receiver, Message: p.Message, Heard: p.Heard})
	} else if was.State == terms.ReferralOffered && p.State == terms.ReferralOffered && p.OfferID != was.OfferID && was.OfferID != "" {
		steps = append(steps, Step{At: now, What: "expired", Receiver: was.Receiver, Heard: p.Heard})
	}
	step := Step{At: now, What: string(p.State), Reason: p.Reason, Receiver: p.Receiver, Heard: p.Heard}
	if len(steps) == 0 {
		step.Message = p.Message
	}
	if p.State != was.State || p.OfferID != was.OfferID || was.Heard == 0 || p.State == terms.ReferralJoined {
		steps = append(steps, step)
	}
	if p.CaseID == "" {
		p.CaseID = was.CaseID
	}
	if was.State == terms.ReferralClosed && p.State.Open() { // it was another person who had died or moved away
		r.Outcome = ""
	}
	r.Progress, r.Open, r.ChangedAt, r.ChangedBy = p, p.State.Open(), now, ""
	r.Version++
	return r, steps, true
}

// May tells whether the practice can take a step now. What it has sent and coordination has not heard yet is not asked for again.
func (r Referral) May(action string) bool {
	switch {
	case !r.Open || !r.WithdrawnAt.IsZero():
		return false
	case action == ActionInform && (r.QuestionID == "" || r.QuestionID == r.AnsweredQuestion):
		return false
	}
	return slices.Contains(r.Actions, action)
}

// AvailableActions are all steps the practice can take now.
func (r Referral) AvailableActions() []string {
	out := []string{}
	for _, a := range []string{ActionInform, ActionJoin, ActionConfirm, ActionWithdraw} {
		if r.May(a) {
			out = append(out, a)
		}
	}
	return out
}

// Yours tells whether the next step is the practice's.
func (r Referral) Yours() bool {
	return r.Open && r.WithdrawnAt.IsZero() && r.Owes == terms.PartySender && (r.QuestionID == "" || r.QuestionID != r.AnsweredQuestion)
}

// Overdue tells whether whoever owes the next step is late.
func (r Referral) Overdue(now time.Time) bool {
	return r.Open && !r.DueAt.IsZero() && now.After(r.DueAt)
}

// Withdrawn takes it back. coordination says when everybody has been told.
func (r Referral) Withdrawn(by string, reason terms.WithdrawalReason, now time.Time) (Referral, error) {
	if !r.Open {
		return r, ErrNotOpen
	}
	if !r.May(ActionWithdraw) {
		return r, ErrNotNow
	}
	r.WithdrawnBy, r.WithdrawnAt, r.WithdrawalReason = by, now, reason
	r.ChangedAt, r.ChangedBy = now, by
	r.Version++
	return r, nil
}

// Informed records that the question was answered.
func (r Referral) Informed(by, question string, now time.Time) (Referral, error) {
	if !r.Open {
		return r, ErrNotOpen
	}
	if !r.May(ActionInform) || question != r.QuestionID {
		return r, ErrNoQuestion
	}
	r.AnsweredQuestion, r.ChangedAt, r.ChangedBy = question, now, by
	r.Version++
	return r, nil
}

// Tone is how a status looks; the words alone carry the meaning.
type Tone string

// The tones.
const (
	ToneYours  Tone = "yours"
	ToneTheirs Tone = "theirs"
	ToneHeld   Tone = "held"
	ToneGood   Tone = "good"
	ToneOver   Tone = "over"
)

// Status is the tag of a referral on the sender's pages, and the reason in one line beneath. The words of the states are terms'.
func (r Referral) Status() (words string, tone Tone, why string) {
	switch {
	case r.Open && !r.WithdrawnAt.IsZero():
		return "You withdrew this", ToneOver, "Those involved are being told"
	case r.Open && r.QuestionID != "" && r.QuestionID == r.AnsweredQuestion && r.State == terms.ReferralInformationAsked:
		return "Your answer is on its way", ToneTheirs, ""
	}
	info, known := terms.ReferralStateByCode(r.State)
	words = info.Sender
	if !known {
		words = string(r.State)
	}
	switch r.State {
	case terms.ReferralHeld:
		tone = ToneHeld
	case terms.ReferralInformationAsked:
		tone = ToneYours
	case terms.ReferralAccepted, terms.ReferralUnderWay:
		tone = ToneGood
	case terms.ReferralJoined, terms.ReferralWithdrawn, terms.ReferralClosed:
		tone = ToneOver
	default:
		tone = ToneTheirs
	}
	if r.Open && r.Notice.Phone() {
		return words, tone, r.Notice.Label()
	}
	return words, tone, r.because()
}

// because is the reason in words, by what kind of code it is in this state.
func (r Referral) because() string {
	switch {
	case r.State == terms.ReferralClosed && r.Outcome != "":
		return r.Outcome.Label()
	case r.Reason == "":
		if r.Bounces > 0 && r.Open && r.State == terms.ReferralOffered {
			return "Offered on after it was bounced"
		}
		return ""
	}
	if r.State == terms.ReferralOffered && terms.BounceReason(r.Reason).Known() {
		return "Offered on after a bounce. " + ReasonWords(r.State, r.Reason)
	}
	return ReasonWords(r.State, r.Reason)
}

// ReasonWords says a reason code in plain English. Which list it is from depends on the state it came with.
func ReasonWords(state terms.ReferralState, code string) string {
	if state == terms.ReferralJoined && terms.ReferralState(code).Known() { // where the one stands that it was joined to
		return "The help that is there: " + terms.ReferralState(code).Label()
	}
	if terms.BounceReason(code).Known() && state != terms.ReferralClosed && state != terms.ReferralWithdrawn {
		return terms.BounceReason(code).Told()
	}
	for _, words := range []struct {
		known bool
		label string
	}{
		{terms.EscalationReason(code).Known(), terms.EscalationReason(code).Label()},
		{terms.Outcome(code).Known() && state == terms.ReferralClosed, terms.Outcome(code).Label()},
		{terms.WithdrawalReason(code).Known(), terms.WithdrawalReason(code).Label()},
		{terms.SendReason(code).Known(), terms.SendReason(code).Label()},
		{terms.Outcome(code).Known(), terms.Outcome(code).Label()},
		{terms.BounceReason(code).Known(), terms.BounceReason(code).Told()},
	} {
		if words.known {
			return words.label
		}
	}
	return ""
}
