// Package domain holds what is true of services, their times and places, whoever asks and wherever it is kept.
package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
)

// Service is something a provider offers, at times and places, to those who meet its criteria.
type Service struct {
	ID           string
	ProviderID   string // the provider that claimed it; "" until one has
	ProviderName string
	Name         string
	Description  string // plain text, paragraphs by line ends

	Needs       []terms.Need // in the order of terms.Needs
	NeedsMapped bool         // false: nothing in the source told which needs it serves; search finds it by its words
	Sensitive   bool         // naming it tells something about whoever goes there

	Source        string // the listing it came from
	SourceID      string // its id there
	SourceLicence string
	Claimed       bool
	Simulated     bool // invented for the demonstration
	Status        terms.ServiceStatus

	MinimumAge  *int
	MaximumAge  *int
	Eligibility string
	Fees        string

	URL   string // http or https, or ""
	Phone string
	Email string

	Languages        []string
	Accessibility    []terms.Accessibility
	Delivery         []terms.Delivery // empty: not known
	Places           []Place          // empty: it has none, or none that is told
	Sessions         []Session        // what is on every week
	Opening          string           // opening times in words, where sessions can not say them
	AcceptsReferrals bool
	Categories       []string // the source's own words
	Version          int
}

// Place is where a service can be found. It has coordinates only when the source gave some; never 0,0.
type Place struct {
	Name      string
	Address   string
	Postcode  string
	Latitude  *float64
	Longitude *float64
}

// Session is a time that comes back every week. From and To are "15:04"; From is "" when only the day is known, To is
// "" when the end is not, and a To before From is on the next day.
type Session struct {
	Weekday terms.Weekday
	From    string
	To      string
	Place   *int // index into Places; nil when it is the only one or not known
}

// How long the texts of a service may be, in characters, and how many of each there may be.
const (
	MaxName        = 300
	MaxDescription = 20_000
	MaxShortText   = 2_000
	MaxContact     = 254
	MaxLink        = 2_000
	MaxPlaces      = 50
	MaxSessions    = 200
	MaxListed      = 100 // languages, categories …
	MaxAge         = 130
)

// Check tells everything that is wrong with the service's own fields.
func (s Service) Check() error {
	var f fault.Fields
	if strings.TrimSpace(s.Name) == "" {
		f.Add("name", "Give the service a name")
	}
	for _, t := range []struct {
		path, text string
		most       int
		message    string
	}{
		{"name", s.Name, MaxName, "The name can have 300 characters at most"},
		{"provider_name", s.ProviderName, MaxName, "The provider's name can have 300 characters at most"},
		{"description", s.Description, MaxDescription, "The description can have 20,000 characters at most"},
		{"eligibility", s.Eligibility, MaxShortText, "Who it is for can have 2,000 characters at most"},
		{"fees", s.Fees, MaxShortText, "The fees can have 2,000 characters at most"},
		{"opening", s.Opening, MaxShortText, "The opening times can have 2,000 characters at most"},
		{"phone", s.Phone, MaxContact, "The phone number can have 254 characters at most"},
		{"email", s.Email, MaxContact, "The email address can have 254 characters at most"},
		{"url", s.URL, MaxLink, "The link can have 2,000 characters at most"},
	} {
		if utf8.RuneCountInString(t.text) > t.most {
			f.Add(t.path, t.message)
		}
	}
	if !s.Status.Known() {
		f.Add("status", "Choose running, not running or closed for now")
	}
	s.checkAges(&f)
	s.checkLists(&f)
	return f.Err()
}

func (s Service) checkAges(f *fault.Fields) {
	outside := func(age *int) bool { return age != nil && (*age < 0 || *age > MaxAge) }
	if outside(s.MinimumAge) {
		f.Add("minimum_age", "Give an age from 0 to 130")
	}
	if outside(s.MaximumAge) {
		f.Add("maximum_age", "Give an age from 0 to 130")
	}
	if s.MinimumAge != nil && s.MaximumAge != nil && *s.MinimumAge > *s.MaximumAge {
		f.Add("maximum_age", "The highest age can not be below the lowest")
	}
}

func (s Service) checkLists(f *fault.Fields) {
	if slices.ContainsFunc(s.Needs, func(n terms.Need) bool { return !n.Known() }) {
		f.Add("needs", "Choose needs from the list")
	}
	if len(s.Places) > MaxPlaces {
		f.Add("places", "A service can have 50 places at most")
	}
	if len(s.Sessions) > MaxSessions {
		f.Add("sessions", "A service can have 200 sessions a week at most")
	}
	if len(s.Categories) > MaxListed || len(s.Languages) > MaxListed {
		f.Add("categories", "A service can have 100 categories and 100 languages at most")
	}
	for _, p := range s.Places {
		if (p.Latitude == nil) != (p.Longitude == nil) || p.Latitude != nil && !(geo.Point{Latitude: *p.Latitude, Longitude: *p.Longitude}).Valid() {
			f.Add("places", "Give both coordinates of a place, in degrees, or neither")
			return
		}
		if utf8.RuneCountInString(p.Name) > MaxShortText || utf8.RuneCountInString(p.Address) > MaxShortText {
			f.Add("places", "The name and the address of a place can have 2,000 characters each")
			return
		}
	}
	for _, x := range s.Sessions {
		if !x.Weekday.Known() || !clock(x.From) || !clock(x.To) || x.From == "" && x.To != "" || x.Place != nil && (*x.Place < 0 || *x.Place >= len(s.Places)) {
			f.Add("sessions", "Give a weekday and times such as 09:30")
			return
		}
	}
}

// clock tells whether t is "" or a time of day as 15:04.
func clock(t string) bool {
	if t == "" {
		return true
	}
	return len(t) == 5 && t[2] == ':' && t >= "00:00" && t[:2] < "24" && t[3:] < "60" &&
		strings.Trim(t, "0123456789:") == ""
}

// Settle puts the lists into one order and drops repetitions, and works out what follows from them.
func (s *Service) Settle() {
	s.Needs = inOrder(s.Needs, func(n terms.Need) int {
		return slices.IndexFunc(terms.Needs, func(i terms.NeedInfo) bool { return i.Code == n })
	})
	s.Accessibility = inOrder(s.Accessibility, func(a terms.Accessibility) int {
		return slices.IndexFunc(terms.Accessibilities, func(i terms.AccessibilityInfo) bool { return i.Code == a })
	})
	s.Delivery = inOrder(s.Delivery, func(d terms.Delivery) int {
		return slices.IndexFunc(terms.Deliveries, func(i terms.Term[terms.Delivery]) bool { return i.Code == d })
	})
	slices.SortFunc(s.Sessions, func(a, b Session) int {
		return cmp.Or(cmp.Compare(a.Weekday, b.Weekday), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(at(a), at(b)))
	})
	s.Sessions = slices.CompactFunc(s.Sessions, func(a, b Session) bool {
		return a.Weekday == b.Weekday && a.From == b.From && a.To == b.To && at(a) == at(b)
	})
	s.Categories = once(s.Categories)
	s.Languages = once(s.Languages)
	s.NeedsMapped = len(s.Needs) > 0
	s.Sensitive = slices.ContainsFunc(terms.Needs, func(i terms.NeedInfo) bool { return i.Sensitive && slices.Contains(s.Needs, i.Code) })
}

func at(s Session) int {
	if s.Place == nil {
		return -1
	}
	return *s.Place
}

func inOrder[T comparable](list []T, rank func(T) int) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(rank(a), rank(b)) })
	return slices.Compact(list)
}

// once keeps the first of each.
func once(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Fingerprint is the same for two services that say the same. It leaves out what is ours and not the source's: the
// version, and who claimed it. An import that meets the fingerprint it stored changes nothing and says nothing; a
// release that gives Service a new field makes the next import say everything once more.
func (s Service) Fingerprint() string {
	s.Version, s.Claimed, s.ProviderID, s.AcceptsReferrals = 0, false, "", false
	b, err := json.Marshal(s)
	if err != nil {
		panic("fingerprint: " + err.Error()) // only NaN coordinates could do this, and Check refuses what is not on the globe
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
