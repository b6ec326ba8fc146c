package rows_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/rows"
)

// read gathers what a CSV gives: the rows that are good, the refusals as text, and the error that ended it.
func read(t *testing.T, r io.Reader) (good [][]string, bad []string, end error) {
	t.Helper()
	for rec, err := range rows.CSV(r, "f.csv") {
		if refused, ok := rows.IsBad(err); ok {
			bad = append(bad, refused.Error())
			continue
		}
		if err != nil {
			return good, bad, err
		}
		good = append(good, append([]string{fmt.Sprint(rec.Line)}, rec.Fields...))
	}
	return good, bad, nil
}

func TestCSVRefusesOneRowAndGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		good [][]string
		bad  []string
	}{
		"plain":              {"a,b\r\nc,d", [][]string{{"1", "a", "b"}, {"2", "c", "d"}}, nil},
		"empty lines":        {"\n\na,b\n\n", [][]string{{"3", "a", "b"}}, nil},
		"line in a quote":    {"\"a\nb\",c\nd,e\n", [][]string{{"1", "a\nb", "c"}, {"3", "d", "e"}}, nil},
		"quote in a quote":   {"\"a \"\"b\"\"\",c\n", [][]string{{"1", "a \"b\"", "c"}}, nil},
		"quote never closed": {"a,b\n\"c,d\ne,f\ng,h\n", [][]string{{"1", "a", "b"}, {"3", "e", "f"}, {"4", "g", "h"}}, []string{"f.csv:2: a quote is opened and never closed"}},
		"quote out of place": {"a\"b\"c,d\ne,f\n", [][]string{{"2", "e", "f"}}, []string{"f.csv:1: the row is not comma-separated text: a quote is out of place"}},
		"not UTF-8":          {"a,\xff\nb,c\n", [][]string{{"2", "b", "c"}}, []string{"f.csv:1: the row is not UTF-8"}},
		"not UTF-8 in quote": {"\"a\n\xff\nb,c\n", [][]string{{"3", "b", "c"}}, []string{"f.csv:1: a quote is opened and never closed", "f.csv:2: the row is not UTF-8"}},
		"nothing":            {"", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, bad, end := read(t, strings.NewReader(c.in))
			require.NoError(t, end)
			require.Equal(t, c.good, good)
			require.Equal(t, c.bad, bad)
		})
	}
}

func TestALineOfTenMegabytesIsRefusedAlone(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader("a,b\n"), strings.NewReader(strings.Repeat("secret", 10<<20/6)), strings.NewReader("\nc,d\n"))
	good, bad, end := read(t, in)
	require.NoError(t, end)
	require.Equal(t, [][]string{{"1", "a", "b"}, {"3", "c", "d"}}, good)
	require.Equal(t, []string{"f.csv:2: the row is longer than 1048576 bytes"}, bad)
}

func TestAManyLinedQuoteCostsItsRowOnly(t *testing.T) {
	t.Parallel()
	good, bad, end := read(t, strings.NewReader("\"open\n"+strings.Repeat("a,b\n", 500)))
	require.NoError(t, end)
	require.Len(t, good, 500)
	require.Len(t, bad, 1)
}

func TestABrokenFileEndsTheReading(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	good, _, end := read(t, io.MultiReader(strings.NewReader("a,b\n"), iotest.ErrReader(broken)))
	require.ErrorIs(t, end, broken)
	require.Len(t, good, 1)
}

func TestPlainUnpacksAndStripsTheMark(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte("\xef\xbb\xbfa,b\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	whole := packed.Bytes()
	for _, in := range [][]byte{whole, []byte("\xef\xbb\xbfa,b\n"), []byte("a,b\n")} {
		r, err := rows.Plain(bytes.NewReader(in))
		require.NoError(t, err)
		good, _, end := read(t, r)
		require.NoError(t, end)
		require.Equal(t, [][]string{{"1", "a", "b"}}, good)
	}
	r, err := rows.Plain(bytes.NewReader(whole[:len(whole)-4]))
	require.NoError(t, err)
	_, _, end := read(t, r)
	require.ErrorIs(t, end, io.ErrUnexpectedEOF)
}

func TestLeavingEarlyStops(t *testing.T) {
	t.Parallel()
	n := 0
	for range rows.CSV(strings.NewReader("\"a\nb\nc\nd"), "f") { //nolint:errcheck // it is the leaving that counts
		n++
		break
	}
	require.Equal(t, 1, n)
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n\"c\nd\",e"))
	f.Add([]byte("\"\n\"\"\n\xff\n\""))
	f.Fuzz(func(t *testing.T, in []byte) {
		last := 0
		for rec, err := range rows.CSV(bytes.NewReader(in), "f") {
			if rec.Line <= last {
				t.Fatalf("line %d after line %d", rec.Line, last)
			}
			last = rec.Line
			if _, ok := rows.IsBad(err); err != nil && !ok {
				t.Fatal(err)
			}
			if err == nil && len(rec.Fields) == 0 {
				t.Fatal("a row without fields")
			}
		}
	})
}
