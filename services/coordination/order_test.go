package coordination_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination"
)

// person is somebody of whom everybody has something to say: a meeting asked for their case, a provider was offered their
// loneliness, a link worker team has accepted their debt.
type person struct {
	ref, caseID  string
	contact      schemas.Contact
	alone, debts *primarycare.ReferralRequestedV1
	offer, team  said.ReferralOfferedV1
	holder       mdt.CaseHolderOfferedV1
}

// knownToAll makes n of them. Each step is told of all before it is waited for: one after the other they took a minute.
func (s *scene) knownToAll(n int) []person {
	s.T.Helper()
	people, now := make([]person, n), s.Now.Now()
	for i := range people {
		people[i] = person{ref: s.patient(), contact: s.somebody()} // this is about one person at a time
	}
	s.tellOfAll(people, func(who *person) event.Payload {
		return &mdt.CaseRequestedV1{
			PatientRef: who.ref, RequestID: id.New(), OrganisationID: s.office, Reason: terms.MDTHospitalDischarge, Contact: schemas.Seal(who.contact),
			Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: s.coordinator.Person.ID, AskedAt: now, How: terms.ConsentInPerson},
			By:      s.coordinator.Person.ID, At: now,
		}
	})
	s.tellOfAll(people, func(who *person) event.Payload {
		who.alone = s.request(who.ref, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(who.contact) })
		return who.alone
	})
	s.tellOfAll(people, func(who *person) event.Payload {
		who.offer = s.offer(who.ref, who.alone.ReferralID)
		who.caseID = who.offer.CaseID
		who.debts = s.request(who.ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
			p.Contact, p.Need, p.Receivers = schemas.Seal(who.contact), terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
		})
		return who.debts
	})
	s.tellOfAll(people, func(who *person) event.Payload {
		who.team = s.offer(who.ref, who.debts.ReferralID)
		who.holder = mdt.CaseHolderOfferedV1{
			PatientRef: who.ref, CaseID: who.caseID, PersonID: s.linkWorker.Person.ID, OrganisationID: s.team, Role: terms.RoleCareProfessional,
			By: s.coordinator.Person.ID, At: now,
		}
		return &linkworker.OfferAcceptedV1{
			PatientRef: who.ref, OfferID: who.team.OfferID, ReferralID: who.debts.ReferralID, OrganisationID: s.team, By: s.linkWorker.Person.ID, At: now,
		}
	})
	return people
}

// tellOfAll says one thing of each, and waits until the service has applied them all; what it parks fails the test.
func (s *scene) tellOfAll(people []person, what func(who *person) event.Payload) {
	s.T.Helper()
	told := make([]string, len(people))
	for i := range people {
		told[i] = s.TellLater(people[i].ref, what(&people[i]))
	}
	s.Applied(told...)
}

// fact is one thing that one of the other services may say of a person.
type fact struct {
	speaker, name string
	make          func(s *scene, p person) event.Payload
}

// facts is at least one of everything that others say of a patient and that may cross what another says.
var facts = []fact{
	{"vcse", "accepts", func(s *scene, p person) event.Payload {
		return &vcse.OfferAcceptedV1{PatientRef: p.ref, OfferID: p.offer.OfferID, ReferralID: p.alone.ReferralID, OrganisationID: s.providers[0], By: s.provider.Person.ID, At: s.Now.Now()}
	}},
	{"vcse", "wait-lists", func(s *scene, p person) event.Payload {
		return &vcse.OfferWaitlistedV1{PatientRef: p.ref, OfferID: p.offer.OfferID, ReferralID: p.alone.ReferralID, OrganisationID: s.providers[0], By: s.provider.Person.ID, At: s.Now.Now()}
	}},
	{"vcse", "bounces", func(s *scene, p person) event.Payload {
		return &vcse.OfferBouncedV1{PatientRef: p.ref, OfferID: p.offer.OfferID, ReferralID: p.alone.ReferralID, OrganisationID: s.providers[0], Reason: terms.BounceNoCapacity, By: s.provider.Person.ID, At: s.Now.Now()}
	}},
	{"vcse", "asks", func(s *scene, p person) event.Payload {
		return &vcse.InformationAskedV1{PatientRef: p.ref, OfferID: p.offer.OfferID, ReferralID: p.alone.ReferralID, OrganisationID: s.providers[0], QuestionID: id.New(), Question: schemas.Seal(schemas.Message{Text: "Stairs?"}), By: s.provider.Person.ID, At: s.Now.Now()}
	}},
	{"vcse", "could not be told", func(s *scene, p person) event.Payload {
		return &vcse.NoticeRecordedV1{PatientRef: p.ref, OfferID: p.offer.OfferID, ReferralID: p.alone.ReferralID, NoticeID: id.New(), Kind: terms.NoticeNew, State: terms.NoticeFailed, Version: 1, At: s.Now.Now()}
	}},
	{"linkworker", "speaks with them", func(s *scene, p person) event.Payload {
		return &linkworker.ContactRecordedV1{PatientRef: p.ref, ContactID: id.New(), OfferID: p.team.OfferID, ReferralID: p.debts.ReferralID, How: terms.ContactPhone, Result: terms.ContactReached, By: s.linkWorker.Person.ID, At: s.Now.Now()}
	}},
	{"linkworker", "agrees a plan", func(s *scene, p person) event.Payload {
		return &linkworker.PlanAgreedV1{PatientRef: p.ref, PlanID: id.New(), Plan: schemas.Seal(schemas.Plan{Matters: "the garden"}), ReferralID: p.debts.ReferralID, By: s.linkWorker.Person.ID, At: s.Now.Now()}
	}},
	{"linkworker", "ends support", func(s *scene, p person) event.Payload {
		return &linkworker.SupportEndedV1{PatientRef: p.ref, OfferID: p.team.OfferID, ReferralID: p.debts.ReferralID, OrganisationID: s.team, Outcome: terms.OutcomeHelped, By: s.linkWorker.Person.ID, At: s.Now.Now()}
	}},
	{"linkworker", "reports a crisis", func(s *scene, p person) event.Payload {
		return &linkworker.CrisisReportedV1{PatientRef: p.ref, CrisisID: id.New(), WhomRung: terms.RungDutyClinician, Note: schemas.Seal(schemas.Safeguarding{Text: "rang the duty doctor"}), OfferID: p.team.OfferID, ReferralID: p.debts.ReferralID, OrganisationID: s.team, By: s.linkWorker.Person.ID, At: s.Now.Now()}
	}},
	{"linkworker", "refers on", func(s *scene, p person) event.Payload {
		r := linkworker.ReferralRequestedV1(*s.request(p.ref, s.team, func(r *primarycare.ReferralRequestedV1) {
			r.SenderKind, r.ParentReferralID, r.Contact = terms.KindLinkWorkerTeam, p.debts.ReferralID, p.alone.Contact.Anew()
		}))
		return &r
	}},
	{"primarycare", "withdraws the offered one", func(s *scene, p person) event.Payload {
		return &primarycare.ReferralWithdrawnV1{PatientRef: p.ref, ReferralID: p.alone.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now()}
	}},
	{"primarycare", "withdraws the accepted one", func(s *scene, p person) event.Payload {
		return &primarycare.ReferralWithdrawnV1{PatientRef: p.ref, ReferralID: p.debts.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now()}
	}},
	{"primarycare", "hears of the death", func(s *scene, p person) event.Payload {
		return &primarycare.PatientDetailsChangedV1{PatientRef: p.ref, PracticeID: s.practice, Contact: p.alone.Contact.Anew(), Status: terms.PatientDied, ChangedAt: s.Now.Now()}
	}},
	{"primarycare", "hears of the move", func(s *scene, p person) event.Payload {
		return &primarycare.PatientDetailsChangedV1{PatientRef: p.ref, PracticeID: s.practice, Contact: p.alone.Contact.Anew(), Status: terms.PatientMovedAway, ChangedAt: s.Now.Now()}
	}},
	{"primarycare", "raises a red flag", func(s *scene, p person) event.Payload {
		return &primarycare.RedFlagRaisedV1{PatientRef: p.ref, FlagID: id.New(), Source: terms.RedFlagFromReception, DueAt: s.Now.Now().Add(15 * time.Minute), PracticeID: s.practice, RaisedBy: s.receptionist.Person.ID, RaisedAt: s.Now.Now()}
	}},
	{"primarycare", "asks for the same", func(s *scene, p person) event.Payload {
		return s.request(p.ref, s.otherPractice, func(r *primarycare.ReferralRequestedV1) { r.Contact = p.alone.Contact.Anew() })
	}},
	{"mdt", "discusses", func(s *scene, p person) event.Payload {
		return &mdt.CaseDiscussedV1{PatientRef: p.ref, MeetingID: id.New(), ItemID: id.New(), CaseID: p.caseID, Decision: terms.MDTKeepUnderReview, By: s.coordinator.Person.ID, At: s.Now.Now()}
	}},
	{"mdt", "asks somebody to hold it", func(_ *scene, p person) event.Payload { return &p.holder }},
	{"mdt", "has a holder", func(_ *scene, p person) event.Payload {
		h := mdt.CaseHolderAcceptedV1(p.holder)
		return &h
	}},
	{"mdt", "has a key worker", func(_ *scene, p person) event.Payload {
		h := mdt.KeyWorkerAssignedV1(p.holder)
		return &h
	}},
	{"mdt", "agrees an action", func(s *scene, p person) event.Payload {
		return &mdt.ActionAgreedV1{
			PatientRef: p.ref, ActionID: id.New(), CaseID: p.caseID, MeetingID: id.New(), OwnerPersonID: s.coordinator.Person.ID, OwnerOrganisationID: s.office, DueOn: "2099-01-05",
			What: schemas.Seal(schemas.Narrative{Text: "Visit"}), By: s.coordinator.Person.ID, At: s.Now.Now(),
		}
	}},
	{"mdt", "asks for the same", func(s *scene, p person) event.Payload {
		r := mdt.ReferralRequestedV1(*s.request(p.ref, s.office, func(r *primarycare.ReferralRequestedV1) {
			r.SenderKind, r.Contact = terms.KindOtherCare, p.alone.Contact.Anew()
		}))
		return &r
	}},
	{"register", "ends the receptionist's role", func(s *scene, _ person) event.Payload {
		return &register.PersonRoleEndedV1{PersonID: s.receptionist.Person.ID, OrganisationID: s.practice, Role: terms.RoleReceptionist, At: s.Now.Now()}
	}},
}

// decided are the pairs where the order must decide, and why. Whatever is not here ends the same in both orders.
var decided = map[string]string{
	"ends support/withdraws the accepted one": "whoever was first has ended it",
	"refers on/withdraws the accepted one":    "what came from a referral ends with it; what is asked for after its end stands for itself",
	"refers on/hears of the move":             "whoever asks after the move knows where they live now",
	"hears of the move/asks for the same":     "as above",
}

func orderDecides(a, b fact) bool {
	return decided[a.name+"/"+b.name] != "" || decided[b.name+"/"+a.name] != ""
}

// snapshot is what people rely on: the case, who owes what, who holds it, and what was agreed.
func (s *scene) snapshot(p person) string {
	s.T.Helper()
	var open bool
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select exists (select from case_record where patient_ref = $1 and closed_at is null)`, p.ref).Scan(&open))
	rows, err := s.Admin.Query(s.T.Context(), `
		select concat_ws(' ', r.need, r.state, case r.sender_organisation_id when $2 then 'practice' when $3 then 'team' else 'other' end, r.owes_party,
			coalesce((select o.state from offer o where o.referral_id = r.id and o.state in ('offered', 'information_asked', 'waitlisted', 'accepted')), ''))
			from referral r where r.patient_ref = $1
		union all select concat_ws(' ', 'phone', e.kind, o.notice_state) from offer o join referral r on r.id = o.referral_id left join owed_elsewhere e on e.id = o.id where r.patient_ref = $1 and o.notice_state <> ''
		union all select concat_ws(' ', h.part, h.state) from case_person h join case_record c on c.id = h.case_id where c.patient_ref = $1 and c.closed_at is null
		union all select 'action' from action a join case_record c on c.id = a.case_id where c.patient_ref = $1 and c.closed_at is null and a.done_at is null
		order by 1`, p.ref, s.practice, s.team)
	require.NoError(s.T, err)
	defer rows.Close()
	lines := []string{fmt.Sprint("open ", open)}
	for rows.Next() {
		var line string
		require.NoError(s.T, rows.Scan(&line))
		lines = append(lines, line)
	}
	require.NoError(s.T, rows.Err())
	return strings.Join(lines, "\n")
}

// Across speakers no order is promised: every pair of what two of them say ends the same in both orders, and none parks.
func TestEveryPairInBothOrders(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	type pair struct{ a, b fact }
	var pairs []pair
	for i, a := range facts {
		for _, b := range facts[i+1:] {
			if a.speaker != b.speaker { // one speaker's facts keep their order
				pairs = append(pairs, pair{a, b})
			}
		}
	}
	// Of each pair two people: the first hears a and then b, the second b and then a.
	people := s.knownToAll(2 * len(pairs))
	for step := range 2 {
		i := 0
		s.tellOfAll(people, func(who *person) event.Payload {
			both := pairs[i/2]
			turned := (i%2 == 1) != (step == 1)
			i++
			if turned {
				return both.b.make(s, *who)
			}
			return both.a.make(s, *who)
		})
	}
	for i, p := range pairs {
		first, second := s.snapshot(people[2*i]), s.snapshot(people[2*i+1])
		name := fmt.Sprintf("%s %s, %s %s", p.a.speaker, p.a.name, p.b.speaker, p.b.name)
		if orderDecides(p.a, p.b) {
			require.NotEqual(t, first, second, "the order does not decide: take it off the list. %s", name)
			continue
		}
		require.Equal(t, first, second, name)
	}
}

// A death may be heard of before anything else about somebody. Whatever is asked for them is not offered, in both orders, and of the death
// nothing is kept but that it happened.
func TestADeathIsHeardBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	asked := map[string]func(p person) event.Payload{
		"a referral": func(p person) event.Payload {
			r := mdt.ReferralRequestedV1(*s.request(p.ref, s.office, func(r *primarycare.ReferralRequestedV1) {
				r.SenderKind, r.Contact = terms.KindOtherCare, p.alone.Contact.Anew()
			}))
			return &r
		},
		"a meeting's case": func(p person) event.Payload {
			return &mdt.CaseRequestedV1{
				PatientRef: p.ref, RequestID: id.New(), OrganisationID: s.office, Reason: terms.MDTHospitalDischarge, Contact: p.alone.Contact.Anew(),
				Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: s.coordinator.Person.ID, AskedAt: s.Now.Now(), How: terms.ConsentInPerson},
				By:      s.coordinator.Person.ID, At: s.Now.Now(),
			}
		},
	}
	for name, ask := range asked {
		var ends [2]string
		for n, deathFirst := range []bool{true, false} {
			contact := s.somebody()
			p := person{ref: s.patient(), alone: &primarycare.ReferralRequestedV1{Contact: schemas.Seal(contact)}}
			death := &primarycare.PatientDetailsChangedV1{PatientRef: p.ref, PracticeID: s.practice, Contact: p.alone.Contact.Anew(), Status: terms.PatientDied, ChangedAt: s.Now.Now()}
			if !deathFirst {
				s.Tell(p.ref, ask(p))
			}
			s.Tell(p.ref, death)
			if deathFirst {
				require.Equal(t, 1, s.count(`select count(*) from patient where ref = $1 and given_name = '' and phone = ''`, p.ref), "nobody asked us to keep more")
				s.Tell(p.ref, ask(p))
				require.False(t, s.saidSo(p.ref, "referral_offered", 1), "nobody is offered somebody who has died")
			}
			ends[n] = s.snapshot(p)
		}
		require.Equal(t, ends[0], ends[1], name)
		require.Contains(t, ends[0], "open false", name)
	}
}

// Two senders ask for the same in the same instant, and two copies of the service are at work: one goes on, one is held.
func TestTwoSendersInTheSameInstant(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	second, err := coordination.Open(t.Context(), s.Config)
	require.NoError(t, err)
	s.Run(second)
	const people = 20
	refs := make([][2]string, people)
	for i := range refs {
		one, contact := s.patient(), s.somebody()
		refs[i] = [2]string{one, one}
		if i%2 == 1 { // two refs that look like one person
			refs[i][1] = s.patient()
		}
		own := func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(contact) }
		other := mdt.ReferralRequestedV1(*s.request(refs[i][1], s.office, own, func(p *primarycare.ReferralRequestedV1) { p.SenderKind = terms.KindOtherCare }))
		s.TellLater(refs[i][0], s.request(refs[i][0], s.practice, own))
		s.TellLater(refs[i][1], &other)
	}
	s.eventually("everybody was looked at", func() bool { return s.count(`select count(*) from referral`) == 2*people })
	for i, pair := range refs {
		states := s.count(`select count(*) filter (where state = 'offered') * 10 + count(*) filter (where state = 'held') from referral where patient_ref = any($1)`, pair[:])
		require.Equal(t, 11, states, "pair %d: one is offered, one is held", i)
	}
	require.Zero(t, s.count(`select count(*) from parked`))
}

// onTheBus counts what the broker has of what the service said.
func (s *scene) onTheBus() (n int) {
	s.T.Helper()
	names := s.Broker.JS.StreamNames(s.T.Context())
	for name := range names.Name() {
		stream, err := s.Broker.JS.Stream(s.T.Context(), name)
		require.NoError(s.T, err)
		info, err := stream.Info(s.T.Context(), jetstream.WithSubjectFilter("waypost.coordination.>"))
		require.NoError(s.T, err)
		for _, messages := range info.State.Subjects {
			n += int(messages)
		}
	}
	require.NoError(s.T, names.Err())
	return n
}

// published waits until everything the service said has reached the broker.
func (s *scene) published() {
	s.T.Helper()
	s.eventually("what was said in the meantime is published", func() bool { return s.onTheBus() == len(s.Said("")) })
}

// A receiver's yes and the clock cross while the broker is away. In both orders the one who was asked first and said yes has it.
func TestYesCrossesTheClockWithTheBrokerStopped(t *testing.T) {
	t.Parallel()
	for _, yesFirst := range []bool{true, false} {
		t.Run(fmt.Sprint("the yes comes first: ", yesFirst), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			ref := s.patient()
			p := s.refer(ref, s.practice)
			first := s.offer(ref, p.ReferralID)
			if yesFirst {
				s.accept(ref, first)
			}
			s.Broker.Stop()
			s.Now.Set(first.AnswerDueAt.Add(time.Minute))
			if !yesFirst {
				s.eventually("the offer expires although nobody can be told", func() bool { return s.saidSo(ref, "referral_offered", 2) })
			}
			s.Broker.Start(t)
			if !yesFirst {
				s.accept(ref, first)
			}
			s.published()
			got := s.progress(ref, p.ReferralID)
			require.Equal(t, s.providers[0], got.Receiver.OrganisationID)
			require.Equal(t, 1, s.count(`select count(*) from offer where referral_id = $1 and state = 'accepted' and id = $2`, p.ReferralID, first.OfferID))
			require.Equal(t, !yesFirst, s.saidSo(ref, "offer_withdrawn", 1), "who was asked meanwhile is told to stop")
		})
	}
}

// A receiver's yes and the sender's withdrawal cross while the broker is away: withdrawn in both orders, and the receiver stands down.
func TestYesCrossesTheWithdrawalWithTheBrokerStopped(t *testing.T) {
	t.Parallel()
	for _, yesFirst := range []bool{true, false} {
		t.Run(fmt.Sprint("the yes comes first: ", yesFirst), func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			ref := s.patient()
			p := s.refer(ref, s.practice)
			o := s.offer(ref, p.ReferralID)
			before := func() { s.accept(ref, o) }
			after := func() {
				s.Tell(ref, &primarycare.ReferralWithdrawnV1{
					PatientRef: ref, ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded,
					By: s.receptionist.Person.ID, At: s.Now.Now(),
				})
			}
			if !yesFirst {
				before, after = after, before
			}
			before()
			s.Broker.Stop()
			s.Broker.Start(t)
			after()
			s.published()
			require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
			if yesFirst {
				var back said.OfferWithdrawnV1
				s.Last(ref, &back)
				require.True(t, back.StandDown)
				return
			}
			var refused said.OfferAnswerRefusedV1
			s.Last(ref, &refused)
			require.Equal(t, terms.RefusalReferralClosed, refused.Why)
			require.True(t, refused.StandDownDueAt.After(s.Now.Now()))
		})
	}
}
