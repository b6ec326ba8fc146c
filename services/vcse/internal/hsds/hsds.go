// Package hsds reads directories of services that others keep and turns each entry into one of ours: HSDS 3.0 (Open
// Referral), Street Support and the list of public libraries.
package hsds

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// Origin is where a file comes from. What a record says of its own listing goes before.
type Origin struct {
	File    string // for refusals
	Name    string // "Bristol Well Aware"
	Licence string // "OGL-UK-3.0"
	Today   string // yyyy-mm-dd: what ended before is left out; "" keeps all

	Simulated bool // invented for the demonstration
}

// Row is one service and where it stood.
type Row struct {
	Line    int
	Service domain.Service
	Gone    Gone // why it is not to be listed: withdraw it if it is
	Left    Left // why nothing told its needs
}

// Gone is why an entry of a listing is no service to list. Only ID, Name and Source of such a row are sure.
type Gone string

// The reasons why.
const (
	GoneNot       Gone = ""
	GoneDefunct   Gone = "defunct"
	GoneClosed    Gone = "closed"
	GoneNotPublic Gone = "not open to the public"
)

// Services yields the services of an HSDS 3.0 file with one JSON object a line, packed by gzip or not. A bad row is
// yielded as *rows.Error and reading goes on.
func Services(r io.Reader, from Origin) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		plain, err := rows.Plain(r)
		if err != nil {
			yield(Row{}, fmt.Errorf("read %s: %w", from.File, err))
			return
		}
		seen := map[string]int{}
		for line, err := range rows.Lines(plain, from.File) {
			row := Row{Line: line.Number}
			if err == nil {
				row, err = read(line, from, seen)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// record is what we read of an HSDS service, the fields of the full form.
type record struct {
	ID                 string  `json:"id"`
	Name               string  `json:"name"`
	Status             string  `json:"status"`
	Description        string  `json:"description"`
	URL                string  `json:"url"`
	Email              string  `json:"email"`
	Eligibility        string  `json:"eligibility_description"`
	ApplicationProcess string  `json:"application_process"`
	FeesDescription    string  `json:"fees_description"`
	MinimumAge         *number `json:"minimum_age"`
	MaximumAge         *number `json:"maximum_age"`
	Organization       struct {
		Name string `json:"name"`
	} `json:"organization"`
	Phones    []phone    `json:"phones"`
	Contacts  []contact  `json:"contacts"`
	Schedules []schedule `json:"schedules"`
	Languages []struct {
		Name string `json:"name"`
		Code string `json:"code"`
	} `json:"languages"`
	Locations []struct {
		Location  location   `json:"location"`
		Schedules []schedule `json:"schedules"`
	} `json:"service_at_locations"`
	Attributes []struct {
		Term struct {
			Name     string `json:"name"`
			Taxonomy string `json:"taxonomy"`
		} `json:"taxonomy_term"`
	} `json:"attributes"`
}

type phone struct {
	Number      string `json:"number"`
	Description string `json:"description"`
}

type contact struct {
	Email  string  `json:"email"`
	Phones []phone `json:"phones"`
}

type location struct {
	Type      string  `json:"location_type"`
	Name      string  `json:"name"`
	Latitude  *number `json:"latitude"`
	Longitude *number `json:"longitude"`
	Addresses []struct {
		Address1   string `json:"address_1"`
		Address2   string `json:"address_2"`
		City       string `json:"city"`
		Region     string `json:"region"`
		PostalCode string `json:"postal_code"`
		Type       string `json:"address_type"`
	} `json:"addresses"`
	Accessibility []struct {
		Description string `json:"description"`
		Details     string `json:"details"`
	} `json:"accessibility"`
	Phones []phone `json:"phones"`
}

// number is a JSON number; feeds also write it as a string, or as an empty one. What is none of these is told when it
// is used, so that the refusal can name the field.
type number struct {
	value float64
	bad   bool
}

// UnmarshalJSON reads 53.4 and "53.4".
func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.TrimSpace(strings.Trim(string(b), `"`))
	if json.Unmarshal([]byte(text), &n.value) != nil {
		n.bad = text != ""
	}
	return nil
}

// draft is a service while it is being read.
type draft struct {
	domain.Service
	line    int
	file    string
	today   string
	opening []string

	simulated bool
	tags      []tag
}

// tag is one category with the taxonomy it is from.
type tag struct{ taxonomy, category string }

func (d *draft) refuse(field, reason string) error {
	return &rows.Error{File: d.file, Line: d.line, Field: field, Reason: reason}
}

func read(line rows.Line, from Origin, seen map[string]int) (Row, error) {
	d := draft{line: line.Number, file: from.File, today: from.Today, simulated: from.Simulated}
	var rec record
	if err := json.Unmarshal(line.Text, &rec); err != nil {
		return Row{Line: line.Number}, d.refuse(whatJSON(err, line.Text))
	}
	gone, err := d.take(rec, from)
	if err != nil {
		return Row{Line: line.Number}, err
	}
	if before, ok := seen[d.ID]; ok {
		return Row{Line: line.Number}, d.refuse("id", fmt.Sprintf("the same id stands on line %d", before))
	}
	row, err := d.finish(gone)
	if err == nil {
		seen[d.ID] = line.Number
	}
	return row, err
}

// finish settles what was read, maps its needs and checks it.
func (d *draft) finish(gone Gone) (Row, error) {
	row := Row{Line: d.line, Gone: gone}
	for _, t := range d.tags {
		d.Categories = append(d.Categories, t.category)
	}
	d.Opening, d.Simulated = sentences(d.opening), d.simulated
	d.Needs, row.Left = needsOf(d.tags, d.Service)
	d.Accessibility = append(d.Accessibility, accessOf(d.Description)...)
	d.Delivery = append(d.Delivery, deliveryOf(d.Name, d.Description)...)
	if len(d.Places) > 0 {
		d.Delivery = append(d.Delivery, terms.DeliveryInPerson)
	}
	d.Settle()
	if err := d.Check(); err != nil {
		refused, _ := fault.Of(err)
		return Row{Line: d.line}, d.refuse(refused.Fields[0].Path, refused.Fields[0].Message)
	}
	row.Service = d.Service
	return row, nil
}

// take moves the record's fields into the draft.
func (d *draft) take(rec record, from Origin) (gone Gone, err error) {
	if d.SourceID = strings.TrimSpace(rec.ID); d.SourceID == "" || len(d.SourceID) > domain.MaxName {
		return "", d.refuse("id", "it is empty or longer than 300 characters")
	}
	for _, a := range rec.Attributes {
		if c := Line(a.Term.Name); c != "" {
			d.tags = append(d.tags, tag{Line(a.Term.Taxonomy), c})
		}
	}
	d.Source, d.SourceLicence = listing(d.tags, from)
	if d.ID = strings.ToLower(d.SourceID); !id.Valid(d.ID) {
		d.ID = id.FromName(d.Source, d.SourceID)
	}
	d.Name, d.ProviderName, d.Description = Line(rec.Name), Line(rec.Organization.Name), Text(rec.Description)
	if d.ProviderName == "" {
		d.ProviderName = d.Name
	}
	if how := Text(rec.ApplicationProcess); how != "" {
		d.Description = strings.TrimSpace(d.Description + "\n\nHow to ask for it: " + how)
	}
	if d.Status, gone, err = d.status(rec.Status); err != nil {
		return "", err
	}
	if d.MinimumAge, err = d.age("minimum_age", rec.MinimumAge); err != nil {
		return "", err
	}
	if d.MaximumAge, err = d.age("maximum_age", rec.MaximumAge); err != nil {
		return "", err
	}
	d.Eligibility, d.Fees, d.URL = Line(rec.Eligibility), Line(rec.FeesDescription), Link(rec.URL)
	d.contacts(rec)
	for _, l := range rec.Languages {
		if name := Line(firstOf(l.Name, l.Code)); name != "" {
			d.Languages = append(d.Languages, name)
		}
	}
	return gone, d.whenAndWhere(rec)
}

func (d *draft) status(s string) (status terms.ServiceStatus, gone Gone, err error) {
	switch strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", " ")) {
	case "active":
		return terms.ServiceActive, GoneNot, nil
	case "inactive":
		return terms.ServiceInactive, GoneNot, nil
	case "temporarily closed":
		return terms.ServiceTemporarilyClosed, GoneNot, nil
	case "defunct":
		return terms.ServiceInactive, GoneDefunct, nil
	}
	return "", GoneNot, d.refuse("status", "it is not active, inactive, defunct or temporarily closed")
}

func (d *draft) age(field string, n *number) (*int, error) {
	switch {
	case n == nil:
		return nil, nil
	case n.bad:
		return nil, d.refuse(field, "it is not a number")
	case n.value != math.Trunc(n.value) || math.Abs(n.value) > 1000:
		return nil, d.refuse(field, "it is not a whole number of years")
	}
	years := int(n.value)
	return &years, nil
}

func (d *draft) contacts(rec record) {
	d.Email = Email(rec.Email)
	phones := rec.Phones
	for _, c := range rec.Contacts {
		phones = append(phones, c.Phones...)
		if d.Email == "" {
			d.Email = Email(c.Email)
		}
	}
	for _, l := range rec.Locations {
		phones = append(phones, l.Location.Phones...)
	}
	for _, p := range phones {
		if d.Phone = Phone(p.Number); d.Phone != "" {
			return
		}
	}
}

func (d *draft) whenAndWhere(rec record) error {
	if err := d.schedules(rec.Schedules, nil, "schedules"); err != nil {
		return err
	}
	for _, l := range rec.Locations {
		for _, a := range l.Location.Accessibility {
			d.Accessibility = append(d.Accessibility, accessOf("#Access "+Line(a.Description+" "+a.Details))...)
		}
		if n := l.Location.Latitude; n != nil && n.bad {
			return d.refuse("service_at_locations.location.latitude", "it is not a number")
		}
		if n := l.Location.Longitude; n != nil && n.bad {
			return d.refuse("service_at_locations.location.longitude", "it is not a number")
		}
		place, ok := d.place(l.Location)
		var at *int
		if ok {
			d.Places = append(d.Places, place)
			n := len(d.Places) - 1
			at = &n
		}
		if err := d.schedules(l.Schedules, at, "service_at_locations.schedules"); err != nil {
			return err
		}
	}
	return nil
}

// place reads where something is; ok is false when nothing is told, or when it is nowhere in particular.
func (d *draft) place(l location) (domain.Place, bool) {
	if l.Type == "virtual" {
		d.Delivery = append(d.Delivery, terms.DeliveryOnline)
		return domain.Place{}, false
	}
	var p domain.Place
	for _, a := range l.Addresses {
		if a.Type == "postal" && len(l.Addresses) > 1 {
			continue
		}
		city := Line(a.City)
		switch strings.ToLower(city) {
		case "online":
			d.Delivery = append(d.Delivery, terms.DeliveryOnline)
			city = ""
		case "nationwide", "national", "uk", "england":
			city = ""
		}
		p.Address = joined(Line(a.Address1), Line(a.Address2), city, Line(a.Region))
		if code, err := geo.ParsePostcode(a.PostalCode); err == nil {
			p.Postcode = code.String()
		}
		break
	}
	p.Latitude, p.Longitude = coordinates(l.Latitude, l.Longitude)
	if name := Line(l.Name); name != d.Name && !strings.HasPrefix(p.Address, name) {
		p.Name = name
	}
	return p, p != domain.Place{}
}

// coordinates gives both or none; 0,0 is a mistake, not a place.
func coordinates(lat, long *number) (*float64, *float64) {
	if lat == nil || long == nil {
		return nil, nil
	}
	p := geo.Point{Latitude: lat.value, Longitude: long.value}
	if !p.Valid() {
		return nil, nil
	}
	return &p.Latitude, &p.Longitude
}
