package hsds

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// librariesTaxonomy is under which the kinds of library stand in needs_map.csv.
const librariesTaxonomy = "ACE library types"

// libraryColumns are the columns of Arts Council England's list that we read; a file without one is another file.
var libraryColumns = []string{
	"reporting", "name", "address1", "address2", "address3", "authority", "postcode", "type", "statutory_23", "operation_23",
	"co_located_other_text", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "hours",
	"staffed_hours", "automated", "email",
}

// Libraries yields the public libraries of Arts Council England's list (CSV with a header). Closed ones and those in
// prisons come as rows that are Gone. The list tells mornings and afternoons, no hours: the sessions have a day and no
// time, and the words stand in Opening.
func Libraries(r io.Reader, from Origin) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		plain, err := rows.Plain(r)
		if err != nil {
			yield(Row{}, fmt.Errorf("read %s: %w", from.File, err))
			return
		}
		var header map[string]int
		width, seen := 0, map[string]int{}
		for rec, err := range rows.CSV(plain, from.File) {
			row := Row{Line: rec.Line}
			switch {
			case err != nil:
			case header == nil:
				if header, err = columnsOf(rec, libraryColumns, from.File); err != nil {
					yield(row, err)
					return
				}
				width = len(rec.Fields)
				continue
			case len(rec.Fields) != width:
				err = &rows.Error{File: from.File, Line: rec.Line, Reason: fmt.Sprintf("the row has %d columns, not %d", len(rec.Fields), width)}
			default:
				row, err = library(rec, header, from, seen)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// columnsOf finds where each wanted column stands.
func columnsOf(rec rows.Record, wanted []string, file string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range rec.Fields {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, w := range wanted {
		if _, ok := at[w]; !ok {
			return nil, fmt.Errorf("read %s: it has no column %q: it is not the list of public libraries", file, w)
		}
	}
	return at, nil
}

func library(rec rows.Record, header map[string]int, from Origin, seen map[string]int) (Row, error) {
	get := func(column string) string { return Line(rec.Fields[header[column]]) }
	d := draft{line: rec.Line, file: from.File, today: from.Today}
	kind := get("type")
	d.tags = []tag{{librariesTaxonomy, kind}}
	d.Source, d.SourceLicence = listing(d.tags, from)
	if get("name") == "" {
		return Row{Line: rec.Line}, d.refuse("name", "it is empty")
	}
	if get("reporting") == "" {
		return Row{Line: rec.Line}, d.refuse("reporting", "it is empty: whose library is it?")
	}
	d.SourceID = strings.Join([]string{get("reporting"), get("name"), get("postcode"), strings.ToLower(kind)}, "|")
	if before, ok := seen[d.SourceID]; ok {
		return Row{Line: rec.Line}, d.refuse("name", fmt.Sprintf("the same library stands on line %d", before))
	}
	d.ID = id.FromName("english-public-libraries", d.SourceID)
	d.Name, d.ProviderName = libraryName(get("name"), kind), get("reporting")+" library service"
	d.Status, d.Email = terms.ServiceActive, Email(get("email"))
	d.Description = libraryWords(get)
	d.Fees = "Free"
	place := domain.Place{Address: joined(get("address1"), get("address2"), get("address3"))}
	if code, err := geo.ParsePostcode(get("postcode")); err == nil {
		place.Postcode = code.String()
	}
	if place != (domain.Place{}) && !strings.HasPrefix(strings.ToLower(kind), "mobile") {
		d.Places = []domain.Place{place}
	}
	gone := GoneNot
	switch how := strings.ToLower(get("operation_23")); {
	case how == "closed":
		gone = GoneClosed
	case strings.HasPrefix(strings.ToLower(kind), "prison"):
		gone = GoneNotPublic
	case how == "temporary closure", strings.EqualFold(get("statutory_23"), "Temporary Closure"):
		d.Status = terms.ServiceTemporarilyClosed
	}
	if err := d.libraryDays(get); err != nil && gone == GoneNot {
		return Row{Line: rec.Line}, err
	}
	row, err := d.finish(gone)
	if err == nil {
		seen[d.SourceID] = rec.Line
	}
	return row, err
}

// libraryName makes "Aspull" say what it is.
func libraryName(name, kind string) string {
	lower := strings.ToLower(name)
	for _, w := range []string{"librar", "archive", "local studies", "history"} {
		if strings.Contains(lower, w) {
			return name
		}
	}
	if strings.HasPrefix(strings.ToLower(kind), "mobile") {
		return name + " Mobile Library"
	}
	if strings.Contains(strings.ToLower(kind), "library") {
		return name + " Library"
	}
	return name
}

func libraryWords(get func(string) string) string {
	out := []string{"Public library: books, computers, a warm place to sit. Anyone can come in."}
	if hours := get("hours"); hours != "" && strings.Trim(hours, "0123456789.") == "" {
		if staffed := get("staffed_hours"); staffed != hours && staffed != "" && strings.Trim(staffed, "0123456789.") == "" {
			out = append(out, "Open "+hours+" hours a week, with staff for "+staffed+" of them.")
		} else {
			out = append(out, "Open "+hours+" hours a week.")
		}
	}
	if strings.HasPrefix(strings.ToLower(get("automated")), "yes") {
		out = append(out, "Self-service for members at times without library staff.")
	}
	if with := get("co_located_other_text"); with != "" {
		out = append(out, "In the same building: "+strings.TrimRight(with, ".")+".")
	}
	return strings.Join(out, " ")
}

// openings are the words of the list, in small letters and without "(continuous)": what they mean, and whether it is
// open on that day every week. "" is not to be said at all.
var openings = map[string]struct {
	means string
	open  bool
}{
	"am & pm":              {"morning and afternoon", true},
	"all day":              {"morning, afternoon and evening", true},
	"am only":              {"morning", true},
	"pm only":              {"afternoon", true},
	"eve only":             {"evening", true},
	"pm & eve":             {"afternoon and evening", true},
	"am & eve":             {"morning and evening", true},
	"24 hours":             {"day and night", true},
	"closed":               {"closed", false},
	"appointment only":     {"by appointment", false},
	"varied by schedule":   {"differs, ask for the times", false},
	"no regular opening":   {"no fixed times", false},
	"[unknown]":            {"", false},
	"n/a closed":           {"", false},
	"n/a":                  {"", false},
	"":                     {"", false},
	"by arrangement":       {"by arrangement", false},
	"temporarily closed":   {"closed for now", false},
	"temporary closure":    {"closed for now", false},
	"n/a temporary closed": {"closed for now", false},
}

// libraryDays reads the seven columns of days.
func (d *draft) libraryDays(get func(string) string) error {
	var means [8]string
	for day := terms.Monday; day <= terms.Sunday; day++ {
		column := strings.ToLower(day.Label())
		word := strings.NewReplacer("(", "", ")", "", " and ", " & ").Replace(strings.ToLower(get(column)))
		word, pause := strings.CutSuffix(word, " with closure")
		word = strings.TrimSuffix(word, " continuous")
		o, ok := openings[word]
		if !ok {
			return d.refuse(column, "it is no opening time we know of, such as AM Only")
		}
		if means[day] = o.means; pause {
			means[day] += " with a break"
		}
		if o.open {
			d.Sessions = append(d.Sessions, domain.Session{Weekday: day})
		}
	}
	d.opening = append(d.opening, weekInWords(means))
	return nil
}

// weekInWords writes a week, days that are alike together: "Monday to Wednesday: morning; Thursday: closed".
func weekInWords(means [8]string) string {
	var out []string
	for day := terms.Monday; day <= terms.Sunday; {
		last := day
		for last < terms.Sunday && means[last+1] == means[day] {
			last++
		}
		if means[day] != "" {
			name := day.Label()
			switch {
			case last == day+1:
				name += " and " + last.Label()
			case last > day:
				name += " to " + last.Label()
			}
			out = append(out, name+": "+means[day])
		}
		day = last + 1
	}
	return strings.Join(out, "; ")
}
