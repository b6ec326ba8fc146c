package ods_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/ods"
)

// shared is the folder of real data beside the repository; without it these tests fail, they are not skipped.
const shared = "../../../../../shared/data/ods"

func file(t testing.TB, name string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, name))
	require.NoError(t, err, "the real data must be there")
	return bytes.NewReader(b)
}

func refuseNone(t *testing.T) func(*rows.Error) {
	t.Helper()
	return func(e *rows.Error) { t.Helper(); t.Errorf("refused: %v", e) }
}

func TestRealPractices(t *testing.T) {
	t.Parallel()
	networks, err := ods.Networks(file(t, "epcn-2023-core-partner.csv"), "epcn", refuseNone(t))
	require.NoError(t, err)
	require.Len(t, networks, 6391)
	sizes, err := ods.ListSizes(file(t, "gp-reg-pat-prac-all.csv"), "lists", refuseNone(t))
	require.NoError(t, err)
	require.Len(t, sizes, 6658)

	all := map[string]domain.Organisation{}
	var mayRefer, withNetwork, withList, practices int
	status := map[terms.OrganisationStatus]int{}
	for row, err := range ods.Practices(file(t, "epraccur-2025-09.csv"), "epraccur", ods.Beside{Networks: networks, ListSizes: sizes}) {
		require.NoError(t, err)
		o := row.Organisation
		all[o.ODSCode] = o
		status[o.Status]++
		practices += count(o.Kind == terms.KindPractice)
		mayRefer += count(o.MayRefer)
		withNetwork += count(o.MayRefer && o.Network.Code != "")
		withList += count(o.MayRefer && o.ListSize > 0)
		require.False(t, o.MayRefer && o.Status != terms.OrganisationActive)
	}
	require.Len(t, all, 16685)
	require.Equal(t, 6220, mayRefer)
	require.Equal(t, 8655, practices)
	require.Equal(t, map[terms.OrganisationStatus]int{"active": 12440, "closed": 4024, "dormant": 218, "proposed": 3}, status)
	require.Greater(t, withNetwork, 6000)
	require.Greater(t, withList, 6000)

	require.Equal(t, domain.Organisation{
		ID: "204c94c8-a621-5004-8019-0817d3fe5b56", Kind: terms.KindPractice, Name: "The Densham Surgery", ODSCode: "A81001",
		Status: terms.OrganisationActive, MayRefer: true, Network: domain.Network{Code: "U89141", Name: "Stockton PCN"},
		Address: "The Health Centre, Lawson Street, Stockton on Tees, Cleveland", Postcode: "TS18 1HU", Phone: "01642 672351", ListSize: 4100,
	}, all["A81001"])
	require.Equal(t, "2017-10-31", all["A81003"].ClosedOn)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

const good = `"A81001","THE DENSHAM SURGERY","Y63","QHM","THE HEALTH CENTRE","LAWSON STREET","STOCKTON ON TEES","CLEVELAND","","TS18 1HU","19740401","","A","B","16C","20200401","","01642 672351","","","","0","","16C","","4",""`

func TestABadRowSaysWhereAndWhyAndNeverWhat(t *testing.T) {
	t.Parallel()
	secret := "PRIVATE"
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	for name, c := range map[string]struct{ row, want string }{
		"too few columns":  {`"A81001","` + secret + `"`, "f:2: the row has 2 columns, not 27"},
		"code":             {swap("A81001", secret+"!"), "f:2: organisation_code: it is not an ODS code: 3 to 10 capital letters and figures"},
		"no name":          {swap("THE DENSHAM SURGERY", " "), "f:2: name: Give the organisation's name"},
		"long name":        {swap("THE DENSHAM SURGERY", strings.Repeat(secret, 60)), "f:2: name: The name can have 200 characters at most"},
		"status":           {swap(`"A","B"`, `"`+secret+`","B"`), "f:2: status_code: it is not A, C, D or P"},
		"setting":          {swap(`"4"`, `"`+secret+`"`), "f:2: prescribing_setting: it is not a number"},
		"close date":       {swap(`"","A","B"`, `"20250230","A","B"`), "f:2: close_date: it is not a date, as in 20250331"},
		"postcode":         {swap("TS18 1HU", secret), "f:2: postcode: it does not look like a postcode"},
		"phone":            {swap("01642 672351", strings.Repeat("1", 101)), "f:2: phone: This can have 100 characters at most"},
		"not UTF-8":        {swap("DENSHAM", secret+"\xff"), "f:2: the row is not UTF-8"},
		"quote":            {swap("DENSHAM", `"`+secret), "f:2: a quote is opened and never closed"},
		"ten megabytes":    {swap("DENSHAM", strings.Repeat(secret, 10<<20/7)), "f:2: the row is longer than 1048576 bytes"},
		"the same code":    {strings.Replace(good, "DENSHAM", secret, 1) + "\n" + swap("DENSHAM", secret), "f:3: organisation_code: the same code stands on line 2"},
		"close date words": {swap(`"","A","B"`, `"`+secret+`","A","B"`), "f:2: close_date: it is not a date, as in 20250331"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := strings.Replace(good, "A81001", "B00001", 1) + "\n" + c.row + "\n" + strings.Replace(good, "A81001", "B00002", 1) + "\n"
			var bad, codes []string
			for row, err := range ods.Practices(strings.NewReader(in), "f", ods.Beside{}) {
				if refused, ok := rows.IsBad(err); ok {
					bad = append(bad, refused.Error())
					continue
				}
				require.NoError(t, err)
				codes = append(codes, row.Organisation.ODSCode)
			}
			require.Equal(t, []string{c.want}, bad)
			require.NotContains(t, strings.Join(bad, ""), secret)
			require.Equal(t, "B00001", codes[0])
			require.Equal(t, "B00002", codes[len(codes)-1])
		})
	}
}

func TestTheOtherFilesRefuseRowsToo(t *testing.T) {
	t.Parallel()
	var bad []string
	refuse := func(e *rows.Error) { bad = append(bad, e.Error()) }
	networks, err := ods.Networks(strings.NewReader("\"Partner\nOrganisation\nCode\",\"Partner\nName\"\n"+
		"P84004,X,Y,Z,U1,,a,b,2019,,True\nP84004,X,Y,Z,U12345,EAST PCN,a,b,2019,,True\nP84005,X,Y,Z,U12345,EAST PCN,a,b,2019,2020,True\nshort\n"), "n", refuse)
	require.NoError(t, err)
	require.Equal(t, map[string]domain.Network{"P84004": {Code: "U12345", Name: "East PCN"}}, networks)
	sizes, err := ods.ListSizes(strings.NewReader("PUBLICATION,EXTRACT_DATE\na,b,c,d,e,P84004,g,ALL,ALL,many\na,b,c,d,e,P84004,g,ALL,ALL,7\na,b,c,d,e,P84004,g,MALE,ALL,3\n"), "l", refuse)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"P84004": 7}, sizes)
	require.Equal(t, []string{
		"n:5: PCN Code: it is not an ODS code: 3 to 10 capital letters and figures",
		"n:8: the row has 1 columns, not 11",
		"l:2: NUMBER_OF_PATIENTS: it is not a number below 16 million",
	}, bad)
}

func TestTellWhichFileItIs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]ods.What{
		"epraccur-2025-09.csv": ods.WhatPractices, "epcn-2023-core-partner.csv": ods.WhatNetworks,
		"gp-reg-pat-prac-all.csv": ods.WhatListSizes, "epcn-2023-details.csv": ods.WhatNothing, "postcode-outcodes.csv": ods.WhatNothing,
	} {
		got, whole, err := ods.Tell(file(t, name))
		require.NoError(t, err)
		require.Equal(t, want, got, name)
		n, err := io.Copy(io.Discard, whole)
		require.NoError(t, err)
		require.Greater(t, n, int64(80_000), "the reader has the whole file in it")
	}
	what, _, err := ods.Tell(strings.NewReader(""))
	require.NoError(t, err)
	require.Equal(t, ods.WhatNothing, what)
}

func FuzzPractices(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(good + "\n" + good))
	f.Fuzz(func(t *testing.T, in []byte) {
		for row, err := range ods.Practices(bytes.NewReader(in), "f", ods.Beside{}) {
			if err != nil {
				var bad *rows.Error
				if !errors.As(err, &bad) {
					t.Fatal(err)
				}
				continue
			}
			if err := row.Organisation.Check(); err != nil {
				t.Fatalf("line %d was let through: %v", row.Line, err)
			}
		}
	})
}

func BenchmarkPractices(b *testing.B) {
	whole, err := io.ReadAll(file(b, "epraccur-2025-09.csv"))
	require.NoError(b, err)
	for b.Loop() {
		for _, err := range ods.Practices(bytes.NewReader(whole), "f", ods.Beside{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
