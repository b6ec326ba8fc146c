package coordination_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination"
)

// scene is the service with two practices, a link worker team, three providers with a service each, and the area's office.
type scene struct {
	*doortest.House
	frame *door.Frame
	run   *doortest.Running

	practice, otherPractice, team, office string
	providers, services                   [3]string
	people                                int // whom somebody has invented

	receptionist, otherReceptionist, linkWorker, provider, coordinator, privacy actor.Actor
}

func newScene(t *testing.T, change ...func(*door.Config)) *scene {
	t.Helper()
	s := quietScene(t, change...)
	s.register()
	s.directory()
	return s
}

// quietScene is a scene in which nothing has been said yet.
func quietScene(t *testing.T, change ...func(*door.Config)) *scene {
	t.Helper()
	h := doortest.New(t, coordination.Service, coordination.Migrate, schemas.Listens[coordination.Service], schemas.Speakers, schemas.FS)
	for _, set := range change {
		set(&h.Config)
	}
	f, err := coordination.Open(t.Context(), h.Config)
	require.NoError(t, err)
	s := &scene{House: h, frame: f, practice: id.New(), otherPractice: id.New(), team: id.New(), office: id.New()}
	for i := range s.providers {
		s.providers[i], s.services[i] = id.New(), id.New()
	}
	s.run = h.Run(f)
	s.receptionist = doortest.Person("Rita Reception", "receptionist", s.practice, "practice", "Park Surgery")
	s.otherReceptionist = doortest.Person("Olive Other", "receptionist", s.otherPractice, "practice", "Hill Surgery")
	s.linkWorker = doortest.Person("Liam Link", "link_worker", s.team, "link_worker_team", "Park Link Workers")
	s.provider = doortest.Person("Pria Provider", "provider_worker", s.providers[0], "provider", "Provider 0")
	s.coordinator = doortest.Person("Cora Coordinator", "coordinator", s.office, "other_care_organisation", "The area's office")
	s.privacy = doortest.Person("Pat Privacy", "privacy_officer", s.office, "other_care_organisation", "The area's office")
	return s
}

func (s *scene) register() {
	now := s.Now.Now()
	org := func(id string, kind terms.OrganisationKind, name string) {
		s.Tell(id, &register.OrganisationRegisteredV1{OrganisationID: id, Kind: kind, Name: name, Status: terms.OrganisationActive, MayRefer: true, Version: 1})
	}
	org(s.practice, terms.KindPractice, "Park Surgery")
	org(s.otherPractice, terms.KindPractice, "Hill Surgery")
	org(s.team, terms.KindLinkWorkerTeam, "Park Link Workers")
	org(s.office, terms.KindOtherCare, "The area's office")
	for i, p := range s.providers {
		org(p, terms.KindProvider, []string{"Olga's Cafe", "Bolton Befriends", "Crafts Together"}[i])
	}
	for _, p := range []actor.Actor{s.receptionist, s.otherReceptionist, s.linkWorker, s.provider, s.coordinator, s.privacy} {
		s.grant(p, now)
	}
}

func (s *scene) grant(p actor.Actor, at time.Time) {
	s.Tell(p.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: p.Person.ID, Issuer: p.Person.Issuer, Subject: p.Person.Subject, DisplayName: p.Person.Name,
		OrganisationID: p.Organisation, Role: terms.Role(p.Role), FromOn: "2020-01-01", At: at,
	})
}

func (s *scene) directory() {
	for i := range s.services {
		s.publish(i)
	}
	s.Tell(s.team, &linkworker.TeamOfferPublishedV1{
		TeamID: s.team, Name: "Park Link Workers", PracticeIDs: []string{s.practice}, Needs: []terms.Need{terms.NeedDebtAndMoney},
		WhatWeDo: "We walk with you", AcceptsReferrals: true, At: s.Now.Now(), Version: 1,
	})
}

func (s *scene) publish(i int) {
	s.Tell(s.services[i], s.listing(i))
}

func (s *scene) listing(i int) *vcse.ServicePublishedV1 {
	return &vcse.ServicePublishedV1{
		ServiceID: s.services[i], ProviderID: s.providers[i], ProviderName: "Provider", Name: []string{"Friday cafe", "Phone friends", "Craft circle"}[i],
		Description: "Come along", Needs: []terms.Need{terms.NeedLoneliness}, NeedsMapped: true, Source: "sample", SourceID: s.services[i], SourceLicence: "OGL",
		Claimed: true, Status: terms.ServiceActive, AcceptsReferrals: true, Delivery: []terms.Delivery{terms.DeliveryPhone}, Version: 1,
	}
}

// patient gives a new ref.
func (s *scene) patient() string {
	s.T.Helper()
	ref, err := s.Vault("primarycare").NewRef(s.T.Context())
	require.NoError(s.T, err)
	return ref
}

var ada = schemas.Contact{
	GivenName: "Ada", FamilyName: "Hart", DateOfBirth: "1950-03-04", Phone: "0161 496 0000", Postcode: "M1 1AE", NHSNumber: "9449306621",
	SafeWays: schemas.SafeWays{Phone: true}, NextOfKin: "Her son",
}

// somebody is a person without a number who is like nobody else.
func (s *scene) somebody() schemas.Contact {
	s.people++
	n, spoken := s.people, func(n int) (name string) {
		for ; n > 0; n /= 10 {
			name += [...]string{"bo", "dri", "fa", "gul", "ke", "li", "mu", "no", "par", "sti"}[n%10]
		}
		return name
	}
	c := ada
	c.NHSNumber, c.GivenName, c.FamilyName = "", spoken(1000+n*37), spoken(10_000+n*911)
	c.DateOfBirth = time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n*7919%25_000).Format(time.DateOnly)
	c.Postcode, c.Phone = fmt.Sprintf("OL%d %d%cA", 1+n%16, n%10, 'A'+n%20), ""
	return c
}

// request is a referral from a practice for loneliness; change makes it another.
func (s *scene) request(ref, practice string, change ...func(*primarycare.ReferralRequestedV1)) *primarycare.ReferralRequestedV1 {
	now := s.Now.Now()
	p := &primarycare.ReferralRequestedV1{
		PatientRef: ref, ReferralID: id.New(), Reference: "ACDE2346", SenderOrganisationID: practice, SenderKind: terms.KindPractice,
		RequestedBy: s.receptionist.Person.ID, RequestedAt: now, Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine,
		Receivers: []schemas.Receiver{{Kind: terms.ReceiverService, ID: s.services[0]}},
		Consent:   schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, Given: true, AskedBy: s.receptionist.Person.ID, AskedAt: now, How: terms.ConsentInPerson},
		Contact:   schemas.Seal(ada), Narrative: schemas.Seal(schemas.Narrative{Text: "She has been alone since May"}),
		Safeguarding: schemas.Seal(schemas.Safeguarding{Text: "A dog that bites"}),
	}
	for _, f := range change {
		f(p)
	}
	return p
}

// refer tells a request and answers with it.
func (s *scene) refer(ref, practice string, change ...func(*primarycare.ReferralRequestedV1)) *primarycare.ReferralRequestedV1 {
	s.T.Helper()
	p := s.request(ref, practice, change...)
	s.Tell(ref, p)
	return p
}

// facts are the names of what was said about somebody, in order.
func (s *scene) facts(ref string) []string {
	s.T.Helper()
	names := []string{}
	for _, e := range s.Said(ref) {
		names = append(names, e.Fact())
	}
	return names
}

// progress is the newest feedback on a referral.
func (s *scene) progress(ref, referral string) said.ReferralProgressedV1 {
	s.T.Helper()
	var newest said.ReferralProgressedV1
	each(s, ref, func(p *said.ReferralProgressedV1) {
		if p.ReferralID == referral {
			newest = *p
		}
	})
	require.NotZero(s.T, newest.Version, "no feedback on the referral")
	return newest
}

// offer is the newest offer of a referral.
func (s *scene) offer(ref, referral string) said.ReferralOfferedV1 {
	s.T.Helper()
	var newest said.ReferralOfferedV1
	each(s, ref, func(p *said.ReferralOfferedV1) {
		if p.ReferralID == referral {
			newest = *p
		}
	})
	require.NotEmpty(s.T, newest.OfferID, "the referral was not offered")
	return newest
}

// each opens every fact of one type about somebody, in order.
func each[P any, PP interface {
	*P
	event.Payload
}](s *scene, ref string, do func(PP)) {
	s.T.Helper()
	keys, err := s.Vault(coordination.Service).KeysToOpen(s.T.Context(), []string{ref}, doortest.Classes...)
	require.NoError(s.T, err)
	for _, e := range s.Said(ref) {
		p := PP(new(P))
		if e.Type != p.EventType() {
			continue
		}
		unmarshal(s.T, e.Data, p)
		require.NoError(s.T, keys.OpenPayload(ref, e.ID, p))
		do(p)
	}
}

func (s *scene) accept(ref string, o said.ReferralOfferedV1) {
	s.T.Helper()
	s.Tell(ref, &vcse.OfferAcceptedV1{PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, OrganisationID: o.ReceiverOrganisationID, By: s.provider.Person.ID, At: s.Now.Now()})
}

func (s *scene) bounce(ref string, o said.ReferralOfferedV1, reason terms.BounceReason) {
	s.T.Helper()
	s.Tell(ref, &vcse.OfferBouncedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, OrganisationID: o.ReceiverOrganisationID, Reason: reason,
		Detail: schemas.Seal(schemas.Message{Text: "We are full until March"}), By: s.provider.Person.ID, At: s.Now.Now(),
	})
}

// eventually waits for a fact that follows from a clock.
func (s *scene) eventually(why string, ok func() bool) {
	s.T.Helper()
	require.Eventually(s.T, ok, 20*time.Second, 5*time.Millisecond, why)
}

// saidSo tells whether a fact was said about somebody at least n times.
func (s *scene) saidSo(ref, fact string, n int) bool {
	got := s.facts(ref)
	got = slices.DeleteFunc(got, func(f string) bool { return f != fact })
	return len(got) >= n
}

func (s *scene) linkWorkerAccepts(ref string, o said.ReferralOfferedV1) {
	s.T.Helper()
	s.Tell(ref, &linkworker.OfferAcceptedV1{PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, OrganisationID: s.team, By: s.linkWorker.Person.ID, At: s.Now.Now()})
}

func (s *scene) linkWorkerEnds(ref string, o said.ReferralOfferedV1) {
	s.T.Helper()
	s.Tell(ref, &linkworker.SupportEndedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, OrganisationID: s.team, Outcome: terms.OutcomeHelped,
		By: s.linkWorker.Person.ID, At: s.Now.Now(),
	})
}

// onward is a referral from the link worker team to the first service, out of one that the team has.
func (s *scene) onward(ref, parent string) string {
	s.T.Helper()
	return s.onwardFor(ref, parent, terms.NeedLoneliness)
}

func (s *scene) onwardFor(ref, parent string, need terms.Need) string {
	s.T.Helper()
	p := linkworker.ReferralRequestedV1(*s.request(ref, s.team, func(p *primarycare.ReferralRequestedV1) {
		p.Need = need
		p.SenderKind, p.ParentReferralID, p.RequestedBy = terms.KindLinkWorkerTeam, parent, s.linkWorker.Person.ID
	}))
	s.Tell(ref, &p)
	return p.ReferralID
}
