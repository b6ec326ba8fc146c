package oruk

import (
	"strconv"
	"strings"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// Service is a service in the shape of Open Referral UK 3.0: the fields of its profile that we can fill.
type Service struct {
	ID           string       `json:"id"`
	Organisation string       `json:"organization_id"`
	Name         string       `json:"name"`
	Description  string       `json:"description,omitempty"`
	URL          string       `json:"url,omitempty"`
	Email        string       `json:"email,omitempty"`
	Status       string       `json:"status"`
	Fees         string       `json:"fees,omitempty"`
	MinimumAge   *int         `json:"minimum_age,omitempty"`
	MaximumAge   *int         `json:"maximum_age,omitempty"`
	Org          organisation `json:"organization"`
	Schedules    []schedule   `json:"schedules,omitempty"`
	At           []atLocation `json:"service_at_locations,omitempty"`
	Languages    []language   `json:"languages,omitempty"`
	Costs        []cost       `json:"cost_options,omitempty"`
	Contacts     []contact    `json:"contacts,omitempty"`
	Attributes   []attribute  `json:"attributes,omitempty"`
}

type organisation struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

type schedule struct {
	ID        string `json:"id"`
	ServiceID string `json:"service_id"`
	Freq      string `json:"freq"`
	ByDay     string `json:"byday"`
	OpensAt   string `json:"opens_at,omitempty"`
	ClosesAt  string `json:"closes_at,omitempty"`
}

type atLocation struct {
	ID         string   `json:"id"`
	ServiceID  string   `json:"service_id"`
	LocationID string   `json:"location_id"`
	Location   location `json:"location"`
}

type location struct {
	ID        string    `json:"id"`
	Type      string    `json:"location_type"`
	Name      string    `json:"name,omitempty"`
	Latitude  *float64  `json:"latitude,omitempty"`
	Longitude *float64  `json:"longitude,omitempty"`
	Addresses []address `json:"addresses,omitempty"`
}

// address has town and county inside its first line: no list we read tells them apart.
type address struct {
	ID         string `json:"id"`
	LocationID string `json:"location_id"`
	Address1   string `json:"address_1"`
	City       string `json:"city"`
	Province   string `json:"state_province"`
	Postcode   string `json:"postal_code"`
	Country    string `json:"country"`
	Type       string `json:"address_type"`
}

type language struct {
	ID        string `json:"id"`
	ServiceID string `json:"service_id"`
	Name      string `json:"name"`
}

type cost struct {
	ID        string `json:"id"`
	ServiceID string `json:"service_id"`
	About     string `json:"amount_description"`
}

type contact struct {
	ID        string  `json:"id"`
	ServiceID string  `json:"service_id"`
	Phones    []phone `json:"phones"`
}

type phone struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

type attribute struct {
	ID       string       `json:"id"`
	LinkID   string       `json:"link_id"`
	TermID   string       `json:"taxonomy_term_id"`
	LinkType string       `json:"link_type"`
	Term     taxonomyTerm `json:"taxonomy_term"`
}

type taxonomyTerm struct {
	ID          string `json:"id"`
	Code        string `json:"code"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Taxonomy    string `json:"taxonomy"`
	Language    string `json:"language"`
}

// taxonomy is our own list of needs.
const taxonomy = "Waypost needs"

// term is the id of a need as a taxonomy term: the same in every deployment.
func term(n terms.Need) string { return id.FromName("oruk/need", string(n)) }

// days are the weekdays as iCalendar writes them, Monday first.
var days = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// view makes the ids that we do not keep out of the service's own, so that they are the same at every reading.
func view(s domain.Service) Service {
	part := func(kind string, n int) string { return id.FromName("oruk/"+kind, s.ID+"/"+strconv.Itoa(n)) }
	org := organisation{ID: id.FromName("oruk/organization", s.ProviderName), Name: s.ProviderName, Description: s.ProviderName}
	v := Service{
		ID: s.ID, Organisation: org.ID, Org: org, Name: s.Name, Description: s.Description, URL: s.URL, Email: s.Email,
		Status: strings.ReplaceAll(string(s.Status), "_", " "), Fees: s.Fees, MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge,
	}
	if s.Opening != "" {
		v.Description = strings.TrimSpace(v.Description + "\n\nOpening times: " + s.Opening)
	}
	for i, x := range s.Sessions {
		v.Schedules = append(v.Schedules, schedule{ID: part("schedule", i), ServiceID: s.ID, Freq: "WEEKLY", ByDay: days[x.Weekday-1], OpensAt: x.From, ClosesAt: x.To})
	}
	for i, p := range s.Places {
		l := location{ID: part("location", i), Type: "physical", Name: p.Name, Latitude: p.Latitude, Longitude: p.Longitude}
		if p.Address != "" || p.Postcode != "" {
			l.Addresses = []address{{ID: part("address", i), LocationID: l.ID, Address1: p.Address, Postcode: p.Postcode, Country: "GB", Type: "physical"}}
		}
		v.At = append(v.At, atLocation{ID: part("service_at_location", i), ServiceID: s.ID, LocationID: l.ID, Location: l})
	}
	for i, l := range s.Languages {
		v.Languages = append(v.Languages, language{part("language", i), s.ID, l})
	}
	if s.Fees != "" {
		v.Costs = []cost{{part("cost_option", 0), s.ID, s.Fees}}
	}
	if s.Phone != "" {
		v.Contacts = []contact{{part("contact", 0), s.ID, []phone{{part("phone", 0), s.Phone}}}}
	}
	for i, n := range s.Needs {
		v.Attributes = append(v.Attributes, attribute{
			ID: part("attribute", i), LinkID: s.ID, TermID: term(n), LinkType: "service",
			Term: taxonomyTerm{ID: term(n), Code: string(n), Name: n.Label(), Description: n.Label(), Taxonomy: taxonomy, Language: "en"},
		})
	}
	return v
}
