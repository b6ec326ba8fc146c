package domain

import (
	"cmp"
	"slices"

	"example.org/waypost/schemas/terms"
)

// Who must be in the room for a case: whoever has a part in it, the services that help now, and a role for what it is about.

// NeedsRole is the rule, by need: somebody in this role must be there when a case is about it. Every need has a line.
var NeedsRole = map[terms.Need]terms.Role{
	terms.NeedLoneliness: terms.RoleLinkWorker, terms.NeedDebtAndMoney: terms.RoleLinkWorker, terms.NeedBenefits: terms.RoleLinkWorker,
	terms.NeedHousing: terms.RoleLinkWorker, terms.NeedHomelessness: terms.RoleLinkWorker, terms.NeedFood: terms.RoleLinkWorker,
	terms.NeedFuelAndEnergy: terms.RoleLinkWorker, terms.NeedWorkVolunteering: terms.RoleLinkWorker, terms.NeedLearningDigital: terms.RoleLinkWorker,
	terms.NeedPhysicalActivity: terms.RoleLinkWorker, terms.NeedNatureOutdoors: terms.RoleLinkWorker, terms.NeedArtsCulture: terms.RoleLinkWorker,
	terms.NeedCarerSupport: terms.RoleLinkWorker, terms.NeedBereavement: terms.RoleLinkWorker, terms.NeedRelationships: terms.RoleLinkWorker,
	terms.NeedParenting: terms.RoleLinkWorker, terms.NeedOlderPeople: terms.RoleLinkWorker, terms.NeedRefugeesMigrants: terms.RoleLinkWorker,
	terms.NeedTransport: terms.RoleLinkWorker, terms.NeedLegalRights: terms.RoleLinkWorker, terms.NeedHelpAtHome: terms.RoleLinkWorker,
	terms.NeedMentalWellbeing: terms.RoleGP, terms.NeedHealthyLiving: terms.RoleGP, terms.NeedLongTermCondition: terms.RoleGP,
	terms.NeedAlcoholDrugs: terms.RoleGP, terms.NeedDomesticAbuse: terms.RoleGP, terms.NeedSexualHealthHIV: terms.RoleGP,
	terms.NeedDisabilitySupport: terms.RoleCareProfessional, terms.NeedDementiaSupport: terms.RoleCareProfessional,
}

// ReasonNeeds is the rule by the reason that a case is on the agenda for. A reason without a line asks for nobody besides.
var ReasonNeeds = map[terms.MDTReason]terms.Role{
	terms.MDTSeveralServices: terms.RoleLinkWorker, terms.MDTBounced: terms.RoleLinkWorker, terms.MDTNotGettingBetter: terms.RoleGP,
	terms.MDTOftenSeen: terms.RoleGP, terms.MDTRisk: terms.RoleGP, terms.MDTHospitalDischarge: terms.RoleCareProfessional,
}

// SeatWhy is why somebody must be there; the first in the list says most.
type SeatWhy string

// The reasons.
const (
	SeatHolder    SeatWhy = "holder"
	SeatAsked     SeatWhy = "asked"
	SeatKeyWorker SeatWhy = "key_worker"
	SeatBrought   SeatWhy = "brought"
	SeatAction    SeatWhy = "action"
	SeatHelps     SeatWhy = "helps"
	SeatReason    SeatWhy = "reason"
	SeatNeed      SeatWhy = "need"
	SeatMust      SeatWhy = "must"
)

// SeatWhys is every reason with its words.
var SeatWhys = []struct {
	Code SeatWhy
	Text string
}{
	{SeatHolder, "Holds the case"},
	{SeatAsked, "Is asked to hold the case"},
	{SeatKeyWorker, "Is the key worker"},
	{SeatBrought, "Put the case on the agenda"},
	{SeatAction, "Owes an action"},
	{SeatHelps, "Helps them now"},
	{SeatReason, "For what the case is there for"},
	{SeatNeed, "For the need"},
	{SeatMust, "You said that they must be there"},
}

// Words say it on the page.
func (w SeatWhy) Words() string {
	for _, x := range SeatWhys {
		if x.Code == w {
			return x.Text
		}
	}
	return string(w)
}

// SeatState is whether somebody who must be there will be.
type SeatState string

// The states, from the best to the worst.
const (
	SeatTaken      SeatState = "taken" // coming, or was there
	SeatUnanswered SeatState = "unanswered"
	SeatApologies  SeatState = "apologies"
	SeatAbsent     SeatState = "absent"
	SeatNotAsked   SeatState = "not_asked"
)

var seatOrder = []SeatState{SeatTaken, SeatUnanswered, SeatApologies, SeatAbsent, SeatNotAsked}

// Cause is one reason for a seat, with the case.
type Cause struct {
	Why    SeatWhy
	ItemID string // "" when it is no case's
}

// Seat is a place in the room: of a person, of whoever an organisation sends, or of anybody in a role.
type Seat struct {
	PersonID       string
	OrganisationID string
	Role           terms.Role // alone for anybody in it
	Causes         []Cause
	State          SeatState
}

// Anybody tells whether the seat is for a role, whoever fills it.
func (s Seat) Anybody() bool { return s.PersonID == "" && s.OrganisationID == "" }

// Party is somebody, or an organisation, with a part in a case.
type Party struct {
	PersonID, OrganisationID string
	Role                     terms.Role
	Why                      SeatWhy
}

// InRoom is a case of an agenda as far as it decides who must be there.
type InRoom struct {
	ItemID  string
	Needs   []terms.Need // what it is there for, and what they were referred for
	Reason  terms.MDTReason
	Parties []Party
}

// Seats is who must be in the room for these cases and because the coordinator said so, and whether each will be; who is missing first.
func Seats(cases []InRoom, all []Invitation) []Seat {
	var seats []Seat
	add := func(s Seat, c Cause) {
		i := slices.IndexFunc(seats, func(x Seat) bool {
			return x.PersonID == s.PersonID && x.OrganisationID == s.OrganisationID && (!s.Anybody() || x.Role == s.Role)
		})
		if i < 0 {
			seats = append(seats, s)
			i = len(seats) - 1
		}
		if !slices.Contains(seats[i].Causes, c) {
			seats[i].Causes = append(seats[i].Causes, c)
		}
	}
	for _, c := range cases {
		for _, p := range c.Parties {
			add(Seat{PersonID: p.PersonID, OrganisationID: p.OrganisationID, Role: p.Role}, Cause{p.Why, c.ItemID})
		}
	}
	for _, i := range all {
		if i.Must {
			add(Seat{PersonID: i.PersonID, OrganisationID: i.GuestID, Role: i.Role}, Cause{Why: SeatMust})
		}
	}
	for _, c := range cases {
		if role, ok := ReasonNeeds[c.Reason]; ok {
			add(Seat{Role: role}, Cause{SeatReason, c.ItemID})
		}
		for _, n := range c.Needs {
			if role, ok := NeedsRole[n]; ok {
				add(Seat{Role: role}, Cause{SeatNeed, c.ItemID})
			}
		}
	}
	for i := range seats {
		seats[i].State = stateOf(seats[i], all)
	}
	slices.SortStableFunc(seats, func(a, b Seat) int {
		return cmp.Compare(slices.Index(seatOrder, b.State), slices.Index(seatOrder, a.State))
	})
	return seats
}

// stateOf is the best that anybody has said who can take the seat.
func stateOf(s Seat, all []Invitation) SeatState {
	best := len(seatOrder) - 1
	for _, i := range all {
		fits := s.OrganisationID == i.GuestID
		switch {
		case s.Anybody():
			fits = i.Role == s.Role
		case s.PersonID != "":
			fits = s.PersonID == i.PersonID
		}
		if fits {
			best = min(best, slices.Index(seatOrder, seatStates[i.Attendance]))
		}
	}
	return seatOrder[best]
}

var seatStates = map[Attendance]SeatState{
	AttendanceUnknown: SeatUnanswered, AttendanceComing: SeatTaken, AttendancePresent: SeatTaken, AttendanceApologies: SeatApologies, AttendanceAbsent: SeatAbsent,
}

// Vacant lists the seats that nobody has taken.
func Vacant(all []Seat) []Seat {
	return slices.DeleteFunc(slices.Clone(all), func(s Seat) bool { return s.State == SeatTaken })
}
