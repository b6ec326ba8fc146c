package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/waypost/pkg/id"
)

// The files of the sample that others are made from.
const (
	practicesFile = "ods/practices.csv.gz"
	networksFile  = "ods/networks.csv.gz"
	listSizesFile = "ods/list-sizes.csv.gz"
	byDayFile     = "listings/street-support-by-day.json.gz"
	categoryFile  = "listings/street-support-by-category.json.gz"
	librariesFile = "listings/libraries.csv.gz"
)

// greaterManchester is the integrated care board's code; setting is a GP practice's prescribing setting.
const (
	greaterManchester = "QOP"
	setting           = "4"
)

// boroughs are the ten authorities of Greater Manchester.
var boroughs = []string{"Bolton", "Bury", "Manchester", "Oldham", "Rochdale", "Salford", "Stockport", "Tameside", "Trafford", "Wigan"}

type reader func(name string) ([]byte, error)

// cutODS keeps the practices of NHS Greater Manchester, open or not, with their networks and list sizes, in the form of the originals.
func cutODS(read reader) (map[string][]byte, error) {
	codes := map[string]bool{}
	practices, err := cut(read, "ods/epraccur-2025-09.csv", false, func(row []string) bool {
		keep := row[3] == greaterManchester && row[25] == setting
		codes[row[0]] = codes[row[0]] || keep
		return keep
	})
	if err != nil {
		return nil, err
	}
	networks, err := cut(read, "ods/epcn-2023-core-partner.csv", true, func(row []string) bool { return codes[row[0]] })
	if err != nil {
		return nil, err
	}
	sizes, err := cut(read, "ods/gp-reg-pat-prac-all.csv", true, func(row []string) bool { return codes[row[5]] })
	if err != nil {
		return nil, err
	}
	return map[string][]byte{practicesFile: practices, networksFile: networks, listSizesFile: sizes}, nil
}

// cutListings keeps Street Support's answers, which are of Greater Manchester alone, and the libraries of its boroughs.
func cutListings(read reader) (map[string][]byte, error) {
	libraries, err := cut(read, "listings/english-public-libraries/libraries_england_2023.csv", true, func(row []string) bool { return slices.Contains(boroughs, row[5]) })
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{librariesFile: libraries}
	for name, from := range map[string]string{byDayFile: "by-day.json", categoryFile: "by-category.json"} {
		b, err := read("listings/manchester-street-support/" + from)
		if err != nil {
			return nil, err
		}
		var small bytes.Buffer
		if err := json.Compact(&small, b); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
		small.WriteByte('\n')
		out[name] = small.Bytes()
	}
	return out, nil
}

// cut keeps the rows of a CSV file, and its header if it has one.
func cut(read reader, name string, header bool, keep func(row []string) bool) ([]byte, error) {
	b, err := read(name)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for i, row := range rows {
		if header && i == 0 || keep(row) {
			if err := w.Write(row); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// team is an invented link worker team; each network of the sample has one.
type team struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	NetworkCode string `json:"network_code"`
	NetworkName string `json:"network_name"`
	Phone       string `json:"phone"`
}

func teams(networks []byte) ([]byte, error) {
	rows, err := csv.NewReader(bytes.NewReader(networks)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	var list []team
	for _, row := range rows[1:] {
		code, name, ended := row[4], row[5], row[9] != ""
		if ended || slices.ContainsFunc(list, func(t team) bool { return t.NetworkCode == code }) {
			continue
		}
		name = networkName(name)
		list = append(list, team{ID: id.FromName("sample-team", code), Kind: "link_worker_team", Name: name + " link worker team (simulated)", NetworkCode: code, NetworkName: name})
	}
	slices.SortFunc(list, func(a, b team) int { return strings.Compare(a.NetworkCode, b.NetworkCode) })
	for i := range list {
		list[i].Phone = fmt.Sprintf("0161 496 %04d", 100+i) // Ofcom keeps 0161 496 0000 to 0999 for fiction
	}
	return indented(map[string]any{"about": "Invented link worker teams, one for each primary care network of the sample. The networks are real, the teams are not.", "organisations": list})
}

// networkName writes the capitals of ODS as the register's importer does, as far as these names need it.
func networkName(s string) string {
	small := map[string]string{"AND": "and", "OF": "of", "THE": "the", "PCN": "PCN", "MCR": "MCR", "HWL": "HWL", "&": "&"}
	words := strings.Fields(s)
	for i, w := range words {
		lower, ok := small[strings.Trim(w, "()")]
		switch {
		case ok && i > 0, ok && strings.ToUpper(lower) == lower:
			words[i] = lower
		default:
			words[i] = upperFirst(strings.ToLower(w))
		}
	}
	return strings.Join(words, " ")
}

// upperFirst makes the first letter of each part of a word a capital: "h-blackley", "(wythenshawe)".
func upperFirst(w string) string {
	out, next := []rune(w), true
	for i, r := range out {
		if next && r >= 'a' && r <= 'z' {
			out[i] = r - 'a' + 'A'
		}
		next = r == '-' || r == '(' || r == '/'
	}
	return string(out)
}

func indented(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
