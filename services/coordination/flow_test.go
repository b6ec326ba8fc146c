package coordination_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

func unmarshal(t testing.TB, data []byte, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, into))
}

// One referral all the way: requested, offered with what the receiver may have, accepted, under way, ended, fed back.
func TestOneReferralAllTheWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	require.Equal(t, []string{"case_opened", "referral_offered", "referral_progressed"}, s.facts(ref))

	o := s.offer(ref, p.ReferralID)
	require.Equal(t, s.services[0], o.ServiceID)
	require.Equal(t, s.providers[0], o.ReceiverOrganisationID)
	var contact schemas.Contact
	ok, err := o.Contact.Into(&contact)
	require.True(t, ok && err == nil)
	require.Equal(t, "Ada", contact.GivenName)
	require.Empty(t, contact.NHSNumber, "a provider does not need the number to make contact")
	require.Nil(t, o.Narrative, "nor the story")
	var safe schemas.Safeguarding
	ok, _ = o.Safeguarding.Into(&safe)
	require.True(t, ok)
	require.Equal(t, "A dog that bites", safe.Text, "but what keeps its people safe")

	first := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralOffered, first.State)
	require.Equal(t, terms.PartyReceiver, first.Owes.Party)
	require.Equal(t, []string{"withdraw"}, first.AvailableActions)
	require.WithinDuration(t, o.AnswerDueAt, *first.DueAt, 0)

	s.accept(ref, o)
	require.Equal(t, terms.ReferralAccepted, s.progress(ref, p.ReferralID).State)
	s.Tell(ref, &vcse.AttendanceRecordedV1{
		PatientRef: ref, AttendanceID: id.New(), OfferID: o.OfferID, ReferralID: p.ReferralID, SessionOn: "2026-11-27",
		Result: terms.AttendanceAttended, By: s.provider.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralUnderWay, s.progress(ref, p.ReferralID).State)
	s.Tell(ref, &vcse.SupportEndedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: p.ReferralID, OrganisationID: s.providers[0], Outcome: terms.OutcomeHelped,
		By: s.provider.Person.ID, At: s.Now.Now(),
	})
	last := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralClosed, last.State)
	require.Equal(t, "helped", last.Reason)
	require.Nil(t, last.DueAt)
	require.Equal(t, []string{
		"case_opened", "referral_offered", "referral_progressed", "referral_progressed", "referral_progressed",
		"referral_closed", "referral_progressed", "case_closed",
	}, s.facts(ref))
}

// A provider that took somebody and never reached them says on which days it tried; the sender and the case's timeline read them.
func TestAnEndForWantOfReachingThemTellsTheDays(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.accept(ref, o)
	s.Tell(ref, &vcse.SupportEndedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: p.ReferralID, OrganisationID: s.providers[0], Outcome: terms.OutcomeCouldNotContact,
		TriedOn: []string{"2026-11-23", "2026-11-24", "2026-11-26"}, Note: schemas.Seal(schemas.Message{Text: "The line is dead"}), By: s.provider.Person.ID, At: s.Now.Now(),
	})
	last := s.progress(ref, p.ReferralID)
	require.Equal(t, "could_not_contact", last.Reason)
	var words schemas.Message
	ok, _ := last.Text.Into(&words)
	require.True(t, ok)
	require.Equal(t, "The line is dead\nThey tried on 23 November 2026, 24 November 2026 and 26 November 2026.", words.Text)
	var tried string
	require.NoError(t, s.Admin.QueryRow(t.Context(), `select detail->>'tried' from timeline where referral_id = $1 and what = 'support_ended'`, p.ReferralID).Scan(&tried))
	require.Equal(t, "2026-11-23 2026-11-24 2026-11-26", tried)
}

// A bounce reaches the sender with its reason and words, and the next receiver without the patient waiting; after the third
// it is a named person's work.
func TestBouncesGoOnAndThenEscalate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	tried := map[string]bool{}
	for n := 1; n <= 3; n++ {
		o := s.offer(ref, p.ReferralID)
		require.Equal(t, n, o.Attempt)
		require.False(t, tried[o.ServiceID], "never the same one twice")
		tried[o.ServiceID] = true
		s.bounce(ref, o, terms.BounceNoCapacity)
		got := s.progress(ref, p.ReferralID)
		require.Equal(t, n, got.Bounces)
		require.Equal(t, "no_capacity", got.Reason)
		var words schemas.Message
		ok, err := got.Text.Into(&words)
		require.True(t, ok && err == nil)
		require.Equal(t, "We are full until March", words.Text)
	}
	got := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralEscalated, got.State)
	require.Equal(t, terms.PartyCoordinator, got.Owes.Party)
	require.Equal(t, s.coordinator.Person.ID, got.Owes.PersonID)
	var escalated said.ReferralEscalatedV1
	s.Last(ref, &escalated)
	require.Equal(t, terms.EscalationBounced, escalated.Why)
	require.Equal(t, s.coordinator.Person.ID, escalated.ToPersonID)
}

// A question goes to the sender, its answer to the receiver, and the clock with them.
func TestMoreInformationMovesTheClock(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	question := id.New()
	s.Tell(ref, &vcse.InformationAskedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: p.ReferralID, OrganisationID: s.providers[0], QuestionID: question,
		Question: schemas.Seal(schemas.Message{Text: "Can she manage stairs?"}), By: s.provider.Person.ID, At: s.Now.Now(),
	})
	got := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralInformationAsked, got.State)
	require.Equal(t, terms.PartySender, got.Owes.Party)
	require.Equal(t, question, got.QuestionID)
	require.Equal(t, []string{"give_information", "withdraw"}, got.AvailableActions)
	var words schemas.Message
	ok, _ := got.Text.Into(&words)
	require.True(t, ok)
	require.Equal(t, "Can she manage stairs?", words.Text)

	s.Tell(ref, &primarycare.InformationGivenV1{
		PatientRef: ref, ReferralID: p.ReferralID, OfferID: o.OfferID, QuestionID: question,
		Answer: schemas.Seal(schemas.Message{Text: "With a rail"}), By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	got = s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralOffered, got.State)
	require.Equal(t, o.OfferID, got.OfferID, "the same offer goes on")
	require.Equal(t, question, got.QuestionID)
	ok, _ = got.Text.Into(&words)
	require.True(t, ok)
	require.Equal(t, "With a rail", words.Text, "the receiver hears the answer from coordination")
}

// Silence past the clock goes to the next receiver; a late yes is honoured, and the newer offer taken back.
func TestSilenceThenALateYes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.Now.Set(o.AnswerDueAt.Add(time.Minute))
	s.eventually("the offer expires", func() bool { return s.saidSo(ref, "referral_offered", 2) })
	second := s.offer(ref, p.ReferralID)
	require.NotEqual(t, o.ServiceID, second.ServiceID)

	s.accept(ref, o)
	got := s.progress(ref, p.ReferralID)
	require.Equal(t, terms.ReferralAccepted, got.State)
	require.Equal(t, s.providers[0], got.Owes.OrganisationID)
	var back said.OfferWithdrawnV1
	s.Last(ref, &back)
	require.Equal(t, second.OfferID, back.OfferID)
	require.Equal(t, terms.OfferWithdrawalAcceptedElsewhere, back.Reason)

	s.accept(ref, second)
	var refused said.OfferAnswerRefusedV1
	s.Last(ref, &refused)
	require.Equal(t, second.OfferID, refused.OfferID)
	require.Equal(t, terms.RefusalAcceptedElsewhere, refused.Why)
	require.True(t, refused.StandDownDueAt.After(s.Now.Now()))
}

// An acceptance that crosses the sender's withdrawal is refused with a clock to stand down.
func TestYesAfterWithdrawal(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded,
		By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	s.accept(ref, o)
	var refused said.OfferAnswerRefusedV1
	s.Last(ref, &refused)
	require.Equal(t, terms.RefusalReferralClosed, refused.Why)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
}

// Without consent to share nothing is offered to anybody.
func TestWithoutConsentNothingIsOffered(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Consent.Given = false })
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	require.Equal(t, []string{"case_opened", "referral_progressed", "case_closed"}, s.facts(ref))
}

// Whoever died needs no more offers, and whoever was to help is told at once.
func TestPatientDied(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.accept(ref, s.offer(ref, p.ReferralID))
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedAt: s.Now.Now()})
	require.Equal(t, terms.ReferralClosed, s.progress(ref, p.ReferralID).State)
	var back said.OfferWithdrawnV1
	s.Last(ref, &back)
	require.True(t, back.StandDown)
	require.Equal(t, terms.OfferWithdrawalPatientDied, back.Reason)
	var closed said.CaseClosedV1
	s.Last(ref, &closed)
	require.Equal(t, terms.CasePatientDied, closed.Outcome)
}

// What is sensitive travels sealed only: neither need nor receiver stands readable in any event.
func TestSensitiveNeedStaysSealed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.listing(1)
	service.Needs, service.Sensitive, service.Version = []terms.Need{terms.NeedDomesticAbuse}, true, 2
	s.Tell(service.ServiceID, service)
	ref := s.patient()
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedDomesticAbuse, Receivers: []schemas.Receiver{{Kind: terms.ReceiverService, ID: s.services[1]}}})
		p.Need, p.Receivers, p.Sensitive = "", nil, true
	})
	o := s.offer(ref, p.ReferralID)
	var secret schemas.SensitiveReferral
	ok, err := o.Hidden.Into(&secret)
	require.True(t, ok && err == nil)
	require.Equal(t, s.services[1], secret.Receivers[0].ID)
	for _, e := range s.Said(ref) {
		for _, telling := range []string{"domestic_abuse", s.services[1], s.providers[1]} {
			require.NotContains(t, string(e.Data), telling, e.Fact())
		}
	}
}

// A link worker team takes every need, so that naming it tells nothing: it must find its offer. The need stays sealed.
func TestSensitiveNeedForATeam(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedAlcoholDrugs, Receivers: []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}})
		p.Need, p.Receivers, p.Sensitive = "", nil, true
	})
	o := s.offer(ref, p.ReferralID)
	require.Equal(t, s.team, o.TeamID)
	require.Empty(t, o.Need)
	require.Equal(t, s.team, s.progress(ref, p.ReferralID).Receiver.TeamID)
	for _, e := range s.Said(ref) {
		require.NotContains(t, string(e.Data), "alcohol", e.Fact())
	}
}

// The directory's word about a service may come after the request for it: the referral waits a moment, and goes on.
func TestServiceHeardOfAfterTheReferral(t *testing.T) {
	t.Parallel()
	s := quietScene(t)
	s.register()
	ref := s.patient()
	p := s.refer(ref, s.practice)
	require.Equal(t, terms.ReferralChecked, s.progress(ref, p.ReferralID).State)
	s.publish(0)
	s.eventually("it is offered", func() bool { return s.saidSo(ref, "referral_offered", 1) })
	require.Equal(t, s.services[0], s.offer(ref, p.ReferralID).ServiceID)
}

// A provider that closes for good loses nobody: whoever it had goes on to the next.
func TestServiceWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	s.Now.Add(time.Second)
	s.Tell(s.services[0], &vcse.ServiceWithdrawnV1{ServiceID: s.services[0], Reason: terms.ServiceWithdrawals[0].Code, At: s.Now.Now()})
	s.eventually("it goes on", func() bool { return s.saidSo(ref, "referral_offered", 2) })
	require.NotEqual(t, s.services[0], s.offer(ref, p.ReferralID).ServiceID)
}
