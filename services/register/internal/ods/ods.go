// Package ods reads the files of the NHS Organisation Data Service: practices, their networks and their list sizes.
package ods

import (
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
)

// The columns of epraccur, counted from nought. The file has no header; the order is NHS England's.
const (
	colCode = iota
	colName
	_ // national grouping
	colArea
	colAddress1
	colAddress2
	colAddress3
	colAddress4
	colAddress5
	colPostcode
	_ // open date
	colCloseDate
	colStatus
	colPhone   = 17
	colSetting = 25
	columns    = 27
)

// settingPractice is the prescribing setting of a GP practice. Others prescribe too (out of hours, hospices, prisons,
// community pharmacies): they are care organisations, and do not refer until somebody says that they may.
const settingPractice = "4"

// Row is one organisation and where it stood.
type Row struct {
	Line         int
	Area         string // the integrated care board's code, "QOP"
	Organisation domain.Organisation
}

// Beside is what other files say of the same practices; either may be nil.
type Beside struct {
	Networks  map[string]domain.Network // by practice code
	ListSizes map[string]int            // by practice code
}

// Practices yields the organisations of an epraccur file. A bad row is yielded as *rows.Error and reading goes on.
func Practices(r io.Reader, file string, beside Beside) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		seen := map[string]int{}
		for rec, err := range rows.CSV(r, file) {
			row := Row{Line: rec.Line}
			if err == nil {
				row, err = practice(rec, file, beside, seen)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func practice(rec rows.Record, file string, beside Beside, seen map[string]int) (Row, error) {
	row := Row{Line: rec.Line}
	refuse := func(field, reason string) (Row, error) {
		return row, &rows.Error{File: file, Line: rec.Line, Field: field, Reason: reason}
	}
	if len(rec.Fields) != columns {
		return refuse("", fmt.Sprintf("the row has %d columns, not %d", len(rec.Fields), columns))
	}
	f := make([]string, columns)
	for i, s := range rec.Fields {
		f[i] = strings.TrimSpace(s)
	}
	code := f[colCode]
	if !isCode(code) {
		return refuse("organisation_code", "it is not an ODS code: 3 to 10 capital letters and figures")
	}
	if before, ok := seen[code]; ok {
		return refuse("organisation_code", fmt.Sprintf("the same code stands on line %d", before))
	}
	status, ok := statusOf(f[colStatus])
	if !ok {
		return refuse("status_code", "it is not A, C, D or P")
	}
	if _, err := strconv.ParseUint(f[colSetting], 10, 8); err != nil {
		return refuse("prescribing_setting", "it is not a number")
	}
	closed, ok := day(f[colCloseDate])
	if !ok {
		return refuse("close_date", "it is not a date, as in 20250331")
	}
	postcode, ok := postcodeOf(f[colPostcode])
	if !ok {
		return refuse("postcode", "it does not look like a postcode")
	}
	o := domain.Organisation{
		ID: id.FromName("ods", code), ODSCode: code, Name: Decent(f[colName]), Status: status, ClosedOn: closed,
		Kind: terms.KindOtherCare, Address: lines(f[colAddress1:colPostcode]...), Postcode: postcode, Phone: f[colPhone],
		Network: beside.Networks[code], ListSize: beside.ListSizes[code],
	}
	if f[colSetting] == settingPractice {
		o.Kind = terms.KindPractice
		o.MayRefer = status == terms.OrganisationActive && !strings.HasPrefix(code, "W") // W codes are Welsh
	}
	if err := o.Check(); err != nil {
		return refuse(because(err))
	}
	seen[code] = rec.Line
	row.Organisation, row.Area = o, f[colArea]
	return row, nil
}

// Networks reads which practice is in which primary care network now: epcn's core partner details. Ended memberships
// are left out. Bad rows go to refuse.
func Networks(r io.Reader, file string, refuse func(*rows.Error)) (map[string]domain.Network, error) {
	const practiceCode, networkCode, networkName, endDate, width = 0, 4, 5, 9, 11
	out := map[string]domain.Network{}
	for rec, err := range rows.CSV(r, file) {
		if bad, ok := rows.IsBad(err); ok {
			refuse(bad)
			continue
		}
		if err != nil {
			return out, fmt.Errorf("read networks: %w", err)
		}
		if isHeader(rec.Fields, networkHeader) {
			continue
		}
		bad := func(field, reason string) {
			refuse(&rows.Error{File: file, Line: rec.Line, Field: field, Reason: reason})
		}
		switch {
		case len(rec.Fields) != width:
			bad("", fmt.Sprintf("the row has %d columns, not %d", len(rec.Fields), width))
		case !isCode(rec.Fields[practiceCode]):
			bad("Partner Organisation Code", "it is not an ODS code: 3 to 10 capital letters and figures")
		case !isCode(rec.Fields[networkCode]):
			bad("PCN Code", "it is not an ODS code: 3 to 10 capital letters and figures")
		case strings.TrimSpace(rec.Fields[networkName]) == "" || len(rec.Fields[networkName]) > domain.MaxName:
			bad("PCN Name", "it is empty or longer than 200 characters")
		case rec.Fields[endDate] == "":
			out[rec.Fields[practiceCode]] = domain.Network{Code: rec.Fields[networkCode], Name: Decent(rec.Fields[networkName])}
		}
	}
	return out, nil
}

// ListSizes reads how many patients each practice has: NHS Digital's "patients registered at a GP practice", all ages
// and sexes. Bad rows go to refuse.
func ListSizes(r io.Reader, file string, refuse func(*rows.Error)) (map[string]int, error) {
	const code, sex, age, number, width = 5, 7, 8, 9, 10
	out := map[string]int{}
	for rec, err := range rows.CSV(r, file) {
		if bad, ok := rows.IsBad(err); ok {
			refuse(bad)
			continue
		}
		if err != nil {
			return out, fmt.Errorf("read list sizes: %w", err)
		}
		if isHeader(rec.Fields, listSizeHeader) {
			continue
		}
		bad := func(field, reason string) {
			refuse(&rows.Error{File: file, Line: rec.Line, Field: field, Reason: reason})
		}
		if len(rec.Fields) != width {
			bad("", fmt.Sprintf("the row has %d columns, not %d", len(rec.Fields), width))
			continue
		}
		n, err := strconv.ParseUint(rec.Fields[number], 10, 24)
		switch {
		case !isCode(rec.Fields[code]):
			bad("CODE", "it is not an ODS code: 3 to 10 capital letters and figures")
		case err != nil:
			bad("NUMBER_OF_PATIENTS", "it is not a number below 16 million")
		case rec.Fields[sex] == "ALL" && rec.Fields[age] == "ALL":
			out[rec.Fields[code]] = int(n)
		}
	}
	return out, nil
}

// How the first row of a file begins, white space aside.
var (
	networkHeader  = []string{"Partner Organisation Code", "Partner Name"}
	listSizeHeader = []string{"PUBLICATION", "EXTRACT_DATE"}
	detailsHeader  = []string{"PCN Code", "PCN Name"}
)

func isHeader(fields, header []string) bool {
	if len(fields) < len(header) {
		return false
	}
	return slices.EqualFunc(fields[:len(header)], header, func(a, b string) bool {
		return strings.EqualFold(strings.Join(strings.Fields(a), " "), b)
	})
}

// statusOf finds the status by its letter in ODS.
func statusOf(letter string) (terms.OrganisationStatus, bool) {
	for _, s := range terms.OrganisationStatuses {
		if s.ODS == letter {
			return s.Code, true
		}
	}
	return "", false
}

func isCode(s string) bool {
	if len(s) < 3 || len(s) > 10 {
		return false
	}
	for _, c := range s {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

var loosely = regexp.MustCompile(`^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$`)

// postcodeOf writes a postcode as usual. ODS has a few that Royal Mail would not give out (DN15 6QV): the organisation
// matters more than the slip, so what has the shape of a postcode is kept as it stands.
func postcodeOf(s string) (string, bool) {
	if p, err := geo.ParsePostcode(s); err == nil {
		return p.String(), true
	}
	return s, s == "" || loosely.MatchString(s)
}

// day turns 20250331 into 2025-03-31; nothing stays nothing.
func day(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	d, err := time.Parse("20060102", s)
	if err != nil {
		return "", false
	}
	return d.Format(time.DateOnly), true
}
