package terms

import "time"

// ServiceStatus is whether a service runs.
type ServiceStatus string

// The statuses: those of HSDS 3.0 without defunct, which is service_withdrawn.
const (
	ServiceActive            ServiceStatus = "active"
	ServiceInactive          ServiceStatus = "inactive"
	ServiceTemporarilyClosed ServiceStatus = "temporarily_closed"
)

// ServiceStatusInfo describes a status.
type ServiceStatusInfo struct {
	Code  ServiceStatus
	Label string
	HSDS  string // service.status in HSDS 3.0
}

func (s ServiceStatusInfo) code() ServiceStatus { return s.Code }

func (s ServiceStatusInfo) label() string { return s.Label }

// ServiceStatuses is every status.
var ServiceStatuses = []ServiceStatusInfo{
	{Code: ServiceActive, Label: "Running", HSDS: "active"},
	{Code: ServiceInactive, Label: "Not running", HSDS: "inactive"},
	{Code: ServiceTemporarilyClosed, Label: "Closed for now", HSDS: "temporarily closed"},
}

// ServiceStatusByCode looks a status up.
func ServiceStatusByCode(code ServiceStatus) (ServiceStatusInfo, bool) {
	return find(ServiceStatuses, code)
}

// Label is the status in plain English.
func (s ServiceStatus) Label() string { return labelOf(ServiceStatuses, s) }

// Known tells whether the list has the code.
func (s ServiceStatus) Known() bool { _, ok := find(ServiceStatuses, s); return ok }

// ServiceWithdrawal is why a service left the directory.
type ServiceWithdrawal string

// The reasons a service leaves the directory.
const (
	ServiceEnded       ServiceWithdrawal = "ended"
	ServiceGoneSource  ServiceWithdrawal = "gone_from_source"
	ServiceProviderOut ServiceWithdrawal = "provider_asked"
	ServiceDuplicate   ServiceWithdrawal = "duplicate"
	ServiceUnverified  ServiceWithdrawal = "could_not_be_verified"
)

// ServiceWithdrawals is every such reason.
var ServiceWithdrawals = []Term[ServiceWithdrawal]{
	{ServiceEnded, "It has ended"},
	{ServiceGoneSource, "It is no longer in the list it came from"},
	{ServiceProviderOut, "Its provider asked for it"},
	{ServiceDuplicate, "It was listed twice"},
	{ServiceUnverified, "Nobody could confirm that it exists"},
}

// Label is the reason in plain English.
func (w ServiceWithdrawal) Label() string { return labelOf(ServiceWithdrawals, w) }

// Known tells whether the list has the code.
func (w ServiceWithdrawal) Known() bool { _, ok := find(ServiceWithdrawals, w); return ok }

// Delivery is how a service is given.
type Delivery string

// The deliveries.
const (
	DeliveryInPerson  Delivery = "in_person"
	DeliveryPhone     Delivery = "phone"
	DeliveryOnline    Delivery = "online"
	DeliveryHomeVisit Delivery = "home_visit"
)

// Deliveries is every delivery.
var Deliveries = []Term[Delivery]{
	{DeliveryInPerson, "In person"},
	{DeliveryPhone, "By phone"},
	{DeliveryOnline, "Online"},
	{DeliveryHomeVisit, "At home"},
}

// Label is the delivery in plain English.
func (d Delivery) Label() string { return labelOf(Deliveries, d) }

// Known tells whether the list has the code.
func (d Delivery) Known() bool { _, ok := find(Deliveries, d); return ok }

// NoteKind is what a community note does.
type NoteKind string

// The kinds of note.
const (
	NoteNew     NoteKind = "note"
	NoteConfirm NoteKind = "confirm"
	NoteDispute NoteKind = "dispute"
	NoteCorrect NoteKind = "correct"
)

// NoteKinds is every kind of note.
var NoteKinds = []Term[NoteKind]{
	{NoteNew, "Note"},
	{NoteConfirm, "Confirmed"},
	{NoteDispute, "Disputed"},
	{NoteCorrect, "Corrected"},
}

// Label is the kind in plain English.
func (k NoteKind) Label() string { return labelOf(NoteKinds, k) }

// Known tells whether the list has the code.
func (k NoteKind) Known() bool { _, ok := find(NoteKinds, k); return ok }

// PlaceRelease is why a reserved place was given back.
type PlaceRelease string

// The reasons a place is given back.
const (
	PlaceAnswered  PlaceRelease = "answered"
	PlaceExpired   PlaceRelease = "expired"
	PlaceWithdrawn PlaceRelease = "withdrawn"
)

// PlaceReleases is every such reason.
var PlaceReleases = []Term[PlaceRelease]{
	{PlaceAnswered, "The offer was answered"},
	{PlaceExpired, "The offer was not answered in time"},
	{PlaceWithdrawn, "The offer was taken back"},
}

// Label is the reason in plain English.
func (r PlaceRelease) Label() string { return labelOf(PlaceReleases, r) }

// Known tells whether the list has the code.
func (r PlaceRelease) Known() bool { _, ok := find(PlaceReleases, r); return ok }

// Weekday is a day of the week as ISO 8601 counts it: 1 is Monday, 7 is Sunday.
type Weekday int

// The weekdays.
const (
	Monday    Weekday = 1
	Tuesday   Weekday = 2
	Wednesday Weekday = 3
	Thursday  Weekday = 4
	Friday    Weekday = 5
	Saturday  Weekday = 6
	Sunday    Weekday = 7
)

// Weekdays is every weekday, Monday first.
var Weekdays = []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}

// WeekdayOf is the weekday of t in t's own time zone.
func WeekdayOf(t time.Time) Weekday {
	if d := t.Weekday(); d != time.Sunday {
		return Weekday(d)
	}
	return Sunday
}

// Known tells whether d is a weekday.
func (d Weekday) Known() bool { return d >= Monday && d <= Sunday }

// Label is the day's English name.
func (d Weekday) Label() string {
	if !d.Known() {
		return ""
	}
	return time.Weekday(int(d) % 7).String()
}
