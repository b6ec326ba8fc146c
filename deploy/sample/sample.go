// Package sample is the data that Waypost ships to be tried with: Greater Manchester's real practices, networks and lists of
// services, and invented people, patients, providers and capacity. SOURCES.md says where each file is from.
package sample

import (
	"embed"
	"encoding/json"
	"fmt"
)

// FS holds all of it, by the names in SOURCES.md.
//
//go:embed *.json *.ndjson ods/*.gz listings/*
var FS embed.FS

// The real files, in the form of their originals, for the importers.
var (
	ODS      = []string{"ods/practices.csv.gz", "ods/networks.csv.gz", "ods/list-sizes.csv.gz"}
	Listings = []string{"listings/street-support-by-day.json.gz", "listings/street-support-by-category.json.gz", "listings/libraries.csv.gz"}
	Invented = []string{"services.ndjson"} // HSDS 3.0, simulated
)

// Patient is an invented person.
type Patient struct {
	GivenName         string   `json:"given_name"`
	FamilyName        string   `json:"family_name"`
	DateOfBirth       string   `json:"date_of_birth"`
	Sex               string   `json:"sex"`
	NHSNumber         string   `json:"nhs_number"` // "" for some; else of the range 999
	Practice          string   `json:"practice"`   // ODS code
	AddressLines      []string `json:"address_lines"`
	Outcode           string   `json:"outcode"` // the first half of the postcode; there is no second
	Phone             string   `json:"phone"`
	Email             string   `json:"email"`
	Language          string   `json:"language"`
	InterpreterNeeded bool     `json:"interpreter_needed"`
	Accessibility     []string `json:"accessibility"`
	SafeWays          struct {
		Phone, Text, Email, Letter bool
	} `json:"safe_ways"`
	SafeNote  string   `json:"safe_note"`
	Needs     []string `json:"needs"`
	Narrative string   `json:"narrative"`
	SameAs    string   `json:"same_as"` // NHS number of the record this is a second one of
	Because   string   `json:"because"` // why there is a second one
}

// Patients are the invented patients.
func Patients() ([]Patient, error) {
	var f struct{ Patients []Patient }
	return f.Patients, read("patients.json", &f)
}

// Organisation is an invented organisation, or a real provider whose use of Waypost is invented.
type Organisation struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"` // what people.json calls it: org:<key>
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	MayRefer    bool     `json:"may_refer"`
	NetworkCode string   `json:"network_code"`
	NetworkName string   `json:"network_name"`
	Phone       string   `json:"phone"`
	Address     string   `json:"address"`
	Claims      []string `json:"claims"` // providers' names: it has claimed every service listed under them
	About       string   `json:"about"`
}

// Person is an invented member of staff.
type Person struct {
	PersonID string `json:"person_id"`
	Name     string `json:"name"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	About    string `json:"about"`
	Roles    []struct {
		Role string `json:"role"`
		At   string `json:"at"` // ods:<code>, team:<network code> or org:<key>
	} `json:"roles"`
	Trained []struct {
		Competency string `json:"competency"`
		Tier       string `json:"tier"`
	} `json:"trained"`
}

// Staff is everybody one can be, and where they work.
type Staff struct {
	FromOn        string         `json:"from_on"`
	TrainedOn     string         `json:"trained_on"`
	TrainedUntil  string         `json:"trained_until"`
	Organisations []Organisation `json:"organisations"`
	People        []Person       `json:"people"`
}

// People are the invented staff and their organisations, link worker teams included.
func People() (Staff, error) {
	var s, teams Staff
	if err := read("people.json", &s); err != nil {
		return s, err
	}
	err := read("teams.json", &teams)
	s.Organisations = append(s.Organisations, teams.Organisations...)
	return s, err
}

// Room is what one service says of its capacity, so many days ago. It is simulated.
type Room struct {
	ServiceID  string `json:"service_id"`
	Name       string `json:"name"`
	Status     string `json:"status"`
	PlacesFree *int   `json:"places_free"`
	Waiting    *int   `json:"waiting"`
	DaysOld    int    `json:"days_old"`
}

// Capacity is the simulated capacity; Others says how to draw it for claimed services and teams that are not listed.
type Capacity struct {
	Services []Room `json:"services"`
	Others   struct {
		Seed       uint64         `json:"seed"`
		Status     map[string]int `json:"status"` // weights
		PlacesFree [2]int         `json:"places_free"`
		Waiting    [2]int         `json:"waiting"`
		DaysOld    [2]int         `json:"days_old"`
	} `json:"others"`
}

// Capacities is capacity.json.
func Capacities() (Capacity, error) {
	var c Capacity
	return c, read("capacity.json", &c)
}

// Rate is a share or a number that the demonstration plays by, and where it is from.
type Rate struct {
	Value  float64            `json:"value"`
	Shares map[string]float64 `json:"shares"` // instead of Value, by code
	Source string             `json:"source"` // a publication, or "assumed"
	Why    string             `json:"why"`
}

// Assumptions are the rates of assumptions.json by name.
func Assumptions() (map[string]Rate, error) {
	var f struct{ Rates map[string]Rate }
	return f.Rates, read("assumptions.json", &f)
}

func read(name string, into any) error {
	b, err := FS.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read sample: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read sample %s: %w", name, err)
	}
	return nil
}
