package hsds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// streetTaxonomy is under which Street Support's categories stand in needs_map.csv.
const streetTaxonomy = "Street Support categories"

// maxDocument is how large one JSON document may be; the largest real one has 575,452 bytes.
const maxDocument = 64 << 20

// File is a file by its name.
type File struct {
	Name string
	io.Reader
}

// streetEntry is one entry of either of Street Support's two answers: sessions by day, or services by category.
type streetEntry struct {
	Key        string       `json:"key"`
	ProviderID string       `json:"serviceProviderId"`
	Name       string       `json:"name"`
	Provider   string       `json:"serviceProviderName"`
	ByDayInfo  string       `json:"serviceInfo"`
	Info       string       `json:"info"`
	Tags       []string     `json:"tags"`
	Address    streetPlace  `json:"address"`
	Location   streetPlace  `json:"location"`
	Time       *streetTime  `json:"openingTime"`
	Times      []streetTime `json:"-"`
	Category   string       `json:"categoryName"`
	Sub        []struct {
		Name string `json:"name"`
	} `json:"subCategories"`
	Telephone     string `json:"telephone"`
	Open247       bool   `json:"isOpen247"`
	ByTelephone   bool   `json:"isTelephoneService"`
	ByAppointment bool   `json:"isAppointmentOnly"`
	Published     *bool  `json:"isPublished"`
}

type streetPlace struct {
	Description string  `json:"description"`
	Street      string  `json:"street"`
	Street1     string  `json:"street1"`
	Street2     string  `json:"street2"`
	Street3     string  `json:"street3"`
	Line1       string  `json:"streetLine1"`
	Line2       string  `json:"streetLine2"`
	Line3       string  `json:"streetLine3"`
	Line4       string  `json:"streetLine4"`
	City        string  `json:"city"`
	Postcode    string  `json:"postcode"`
	Latitude    *number `json:"latitude"`
	Longitude   *number `json:"longitude"`
	Open247     bool    `json:"isOpen247"`
	Telephone   string  `json:"telephone"`
}

type streetTime struct {
	From string `json:"startTime"`
	To   string `json:"endTime"`
	Day  string `json:"day"`
}

// StreetSupport yields the services of Street Support's answers, by day and by category. The two tell of the same
// services, and each tells some of them several times over: what one provider says in the same words about the same
// place is one service, with all its categories and sessions. So files are read together, and rows come at the end.
func StreetSupport(files []File, from Origin) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		g := gathering{byKey: map[string]*draft{}, from: from}
		for _, f := range files {
			plain, err := rows.Plain(f)
			if err == nil {
				err = g.read(plain, f.Name, yield)
			}
			switch {
			case errors.Is(err, errStopped):
				return
			case err != nil:
				yield(Row{}, fmt.Errorf("read %s: %w", f.Name, err))
				return
			}
		}
		g.name()
		for _, d := range g.order {
			if !yield(d.finish(GoneNot)) {
				return
			}
		}
	}
}

var errStopped = errors.New("stopped")

// gathering puts together what belongs together.
type gathering struct {
	from  Origin
	byKey map[string]*draft
	order []*draft
}

func (g *gathering) read(r io.Reader, file string, yield func(Row, error) bool) error {
	whole, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	if len(whole) > maxDocument {
		return fmt.Errorf("the document is longer than %d bytes", maxDocument)
	}
	var doc struct {
		Category string `json:"categoryName"`
		Days     []struct {
			Name    string            `json:"name"`
			Entries []json.RawMessage `json:"serviceProviders"`
		} `json:"daysServices"`
		Providers []json.RawMessage `json:"providers"`
	}
	if err := json.Unmarshal(whole, &doc); err != nil {
		_, reason := whatJSON(err, nil)
		return fmt.Errorf("it is not an answer of Street Support: %s", strings.Replace(reason, "the row", "the document", 1))
	}
	if doc.Days == nil && doc.Providers == nil {
		return errors.New("it is not an answer of Street Support: it has neither daysServices nor providers")
	}
	entries := doc.Providers
	for _, day := range doc.Days {
		entries = append(entries, day.Entries...)
	}
	at, line := 0, 1
	for _, raw := range entries {
		if i := bytes.Index(whole[at:], raw); i >= 0 {
			line += bytes.Count(whole[at:at+i], []byte{'\n'})
			at += i
		}
		if err := g.add(raw, file, line, doc.Category); err != nil && !yield(Row{Line: line}, err) {
			return errStopped
		}
	}
	return nil
}

// add takes one entry in, or refuses it.
func (g *gathering) add(raw []byte, file string, line int, category string) error {
	d := &draft{line: line, file: file, today: g.from.Today}
	if !utf8.Valid(raw) {
		return d.refuse("", "the entry is not UTF-8")
	}
	var e streetEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		return d.refuse(whatJSON(err, raw))
	}
	if e.Time != nil {
		e.Times = append(e.Times, *e.Time)
	} else if err := json.Unmarshal(raw, &struct {
		Times *[]streetTime `json:"openingTimes"`
	}{&e.Times}); err != nil {
		return d.refuse(whatJSON(err, raw))
	}
	if err := d.street(e, g.from, category); err != nil {
		return err
	}
	known, ok := g.byKey[d.SourceID]
	if !ok {
		if err := d.Check(); err != nil { // what could not be listed must not be joined to what can
			_, err := d.finish(GoneNot)
			return err
		}
		g.byKey[d.SourceID] = d
		g.order = append(g.order, d)
		return nil
	}
	known.Sessions = append(known.Sessions, d.Sessions...)
	known.opening = append(known.opening, d.opening...)
	known.Delivery = append(known.Delivery, d.Delivery...)
	known.Phone = firstOf(known.Phone, d.Phone)
	for _, t := range d.tags {
		if !slices.Contains(known.tags, t) {
			known.tags = append(known.tags, t)
		}
	}
	return nil
}

// street moves an entry's fields into the draft.
func (d *draft) street(e streetEntry, from Origin, category string) error {
	key := Line(firstOf(e.ProviderID, e.Key))
	if key == "" {
		return d.refuse("key", "it is empty: whose service is it?")
	}
	if d.ProviderName = Line(firstOf(e.Provider, e.Name)); d.ProviderName == "" {
		return d.refuse("name", "it is empty")
	}
	d.Name, d.Status = d.ProviderName, terms.ServiceActive
	if e.Published != nil && !*e.Published {
		d.Status = terms.ServiceInactive
	}
	d.Description = Text(firstOf(e.Info, e.ByDayInfo))
	place, where := e.Location, e.Address
	if where != (streetPlace{}) {
		place = where
	}
	if err := d.streetPlace(place); err != nil {
		return err
	}
	d.tags = append(d.tags, tag{streetTaxonomy, Line(firstOf(e.Category, category))})
	for _, s := range e.Sub {
		d.tags = append(d.tags, tag{streetTaxonomy, Line(s.Name)})
	}
	d.tags = slices.DeleteFunc(d.tags, func(t tag) bool { return t.category == "" })
	d.Source, d.SourceLicence = listing(d.tags, from)
	d.Phone = firstOf(Phone(e.Telephone), Phone(place.Telephone))
	d.Eligibility = Line(strings.Join(e.Tags, ", "))
	d.MinimumAge, d.MaximumAge = ages(e.Tags)
	if e.ByTelephone {
		d.Delivery = append(d.Delivery, terms.DeliveryPhone)
	}
	if e.ByAppointment {
		d.opening = append(d.opening, "By appointment only")
	}
	d.SourceID = key + "|" + strings.ReplaceAll(postcodeOf(d.Places), " ", "") + "|" + id.FromName("street-support-text", strings.ToLower(Line(d.Description)))[:8]
	d.ID = id.FromName("street-support", d.SourceID)
	return d.streetTimes(e.Times, e.Open247 || place.Open247)
}

func postcodeOf(places []domain.Place) string {
	if len(places) == 0 {
		return ""
	}
	return places[0].Postcode
}

func (d *draft) streetPlace(p streetPlace) error {
	for _, n := range []struct {
		field string
		*number
	}{{"latitude", p.Latitude}, {"longitude", p.Longitude}} {
		if n.number != nil && n.bad {
			return d.refuse(n.field, "it is not a number")
		}
	}
	var parts []string
	for _, part := range []string{p.Street, p.Street1, p.Street2, p.Street3, p.Line1, p.Line2, p.Line3, p.Line4, p.City} {
		if part = Line(part); strings.HasPrefix(part, "http") {
			d.URL = firstOf(d.URL, Link(part)) // some write their web page where the street should stand
			continue
		}
		parts = append(parts, part)
	}
	place := domain.Place{Address: joined(parts...)}
	if code, err := geo.ParsePostcode(p.Postcode); err == nil {
		place.Postcode = code.String()
	}
	place.Latitude, place.Longitude = coordinates(p.Latitude, p.Longitude)
	if place != (domain.Place{}) {
		d.Places = []domain.Place{place}
	}
	if where := Line(p.Description); where != "" && len(d.Places) > 0 {
		d.Places[0].Name = where
	}
	return nil
}

func (d *draft) streetTimes(times []streetTime, always bool) error {
	if always {
		d.opening = append(d.opening, "Open day and night")
		for day := terms.Monday; day <= terms.Sunday; day++ {
			d.Sessions = append(d.Sessions, domain.Session{Weekday: day, From: "00:00", To: "23:59"})
		}
		return nil
	}
	for _, t := range times {
		day := slices.IndexFunc(terms.Weekdays, func(w terms.Weekday) bool { return strings.EqualFold(w.Label(), strings.TrimSpace(t.Day)) })
		if day < 0 {
			return d.refuse("openingTimes.day", "it is not a day of the week")
		}
		start, ok := TimeOfDay(t.From)
		if !ok {
			return d.refuse("openingTimes.startTime", "it is not a time such as 09:30")
		}
		end, ok := TimeOfDay(t.To)
		if !ok {
			return d.refuse("openingTimes.endTime", "it is not a time such as 09:30")
		}
		d.Sessions = append(d.Sessions, session(terms.Weekdays[day], start, end, nil))
	}
	return nil
}

// name tells services of one provider apart: by where they are, and where that is the same, by what they say.
func (g *gathering) name() {
	for _, more := range []func(*draft) string{
		func(d *draft) string {
			if len(d.Places) == 0 {
				return ""
			}
			street, _, _ := strings.Cut(d.Places[0].Address, ",")
			return firstOf(street, d.Places[0].Postcode)
		},
		func(d *draft) string {
			sentence, _, _ := strings.Cut(Line(d.Description), ".")
			return strings.TrimRight(first(sentence, 60), " ,;:-")
		},
	} {
		count := map[string]int{}
		for _, d := range g.order {
			count[d.Name]++
		}
		for _, d := range g.order {
			if words := more(d); count[d.Name] > 1 && words != "" {
				d.Name = d.ProviderName + ", " + words
			}
		}
	}
}

var (
	fromTo = regexp.MustCompile(`(?i)\b(\d{1,2}) ?(?:-|–|to) ?(\d{1,2})\b`)
	above  = regexp.MustCompile(`(?i)\bover (?:the age of )?(\d{1,2})\b`)
	below  = regexp.MustCompile(`(?i)\bunder (?:the age of )?(\d{1,2})\b`)
)

// ages reads "16-25", "over 18" and "under 25" (24 at most) among the tags.
func ages(tags []string) (lowest, highest *int) {
	number := func(s string) *int {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil
		}
		return &n
	}
	for _, t := range tags {
		if m := fromTo.FindStringSubmatch(t); m != nil {
			lowest, highest = number(m[1]), number(m[2])
		}
		if m := above.FindStringSubmatch(t); m != nil {
			lowest = number(m[1])
		}
		if m := below.FindStringSubmatch(t); m != nil {
			if highest = number(m[1]); highest != nil {
				*highest--
			}
		}
	}
	if lowest != nil && highest != nil && *lowest > *highest {
		return nil, nil
	}
	return lowest, highest
}
