package terms

import "time"

// CapacityStatus is what a provider or team says of its room.
type CapacityStatus string

// The statuses. The codes are Gravity's (SDOHCC-CodeSystemTemporaryCodes, capacity status) with our underscores.
const (
	CapacityHas        CapacityStatus = "capacity"
	CapacityWaitlist   CapacityStatus = "waitlist"
	CapacityNone       CapacityStatus = "no_capacity"
	CapacityAssessment CapacityStatus = "additional_assessment_required"
)

// CapacityStatusInfo describes a capacity status.
type CapacityStatusInfo struct {
	Code    CapacityStatus
	Label   string
	Gravity string
}

func (c CapacityStatusInfo) code() CapacityStatus { return c.Code }

func (c CapacityStatusInfo) label() string { return c.Label }

// CapacityStatuses is every status.
var CapacityStatuses = []CapacityStatusInfo{
	{Code: CapacityHas, Label: "Has room", Gravity: "capacity"},
	{Code: CapacityWaitlist, Label: "Waiting list", Gravity: "waitlist"},
	{Code: CapacityNone, Label: "No room", Gravity: "no-capacity"},
	{Code: CapacityAssessment, Label: "They need to assess first", Gravity: "additional-assessment-required"},
}

// CapacityStatusByCode looks a status up.
func CapacityStatusByCode(code CapacityStatus) (CapacityStatusInfo, bool) {
	return find(CapacityStatuses, code)
}

// Label is the status in plain English.
func (c CapacityStatus) Label() string { return labelOf(CapacityStatuses, c) }

// Known tells whether the list has the code.
func (c CapacityStatus) Known() bool { _, ok := find(CapacityStatuses, c); return ok }

// Freshness is how far a capacity report can still be believed.
type Freshness string

// The freshnesses.
const (
	FreshnessFresh   Freshness = "fresh"
	FreshnessStale   Freshness = "stale"
	FreshnessUnknown Freshness = "unknown"
)

// For how long a report is fresh, and from when nobody can rely on it. An area may set its own.
const (
	CapacityFreshFor = 7 * 24 * time.Hour
	CapacityStaleFor = 28 * 24 * time.Hour
)

// Freshnesses is every freshness.
var Freshnesses = []Term[Freshness]{
	{FreshnessFresh, "Up to date"},
	{FreshnessStale, "Getting old"},
	{FreshnessUnknown, "Unknown"},
}

// Label is the freshness in plain English.
func (f Freshness) Label() string { return labelOf(Freshnesses, f) }

// Known tells whether the list has the code.
func (f Freshness) Known() bool { _, ok := find(Freshnesses, f); return ok }

// FreshnessAt tells how far a report of reportedAt can be believed at now. The zero time means nothing was reported.
// A report from the future (a clock that is ahead) is fresh.
func FreshnessAt(reportedAt, now time.Time) Freshness {
	if reportedAt.IsZero() {
		return FreshnessUnknown
	}
	switch age := now.Sub(reportedAt); {
	case age <= CapacityFreshFor:
		return FreshnessFresh
	case age <= CapacityStaleFor:
		return FreshnessStale
	}
	return FreshnessUnknown
}

// NoRoomUntilFor is how long "no room until" is believed at most. An area may set its own.
const NoRoomUntilFor = 92 * 24 * time.Hour

// FreshnessUntil is FreshnessAt for a report that there is no room until a day (2006-01-02 in England; "" when none was named): it
// holds until that day, for NoRoomUntilFor at most, and from that day on nobody knows.
func FreshnessUntil(status CapacityStatus, untilOn string, reportedAt, now time.Time) Freshness {
	until, err := time.Parse(time.DateOnly, untilOn)
	if status != CapacityNone || err != nil || reportedAt.IsZero() {
		return FreshnessAt(reportedAt, now)
	}
	if now.Before(until) && now.Sub(reportedAt) <= NoRoomUntilFor {
		return FreshnessFresh
	}
	return FreshnessUnknown
}

// CapacityWords is what a page says of a service's room: the status while it can be believed, "unknown" after that.
func CapacityWords(status CapacityStatus, f Freshness) string {
	switch f {
	case FreshnessFresh:
		return status.Label()
	case FreshnessStale:
		return status.Label() + " when last asked"
	}
	return "Room unknown: ring to ask"
}
