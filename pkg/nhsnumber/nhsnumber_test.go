package nhsnumber_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
)

var live, testing999 = nhsnumber.Policy{}, nhsnumber.Policy{AllowTest: true}

func TestParseTakesNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"9476719931":                     "9476719931",
		"944 930 6621":                   "9449306621",
		" 987-654-3210 ":                 "9876543210",
		"900\u00a0000\u20130009":         "9000000009", // no-break space and en dash, out of a letter
		"\ufeff9434\u200b765919\u00ad\t": "9434765919",
	} {
		got, err := nhsnumber.Parse(typed, live)
		require.NoError(t, err, typed)
		require.Equal(t, want, got)
	}
}

func TestAHolderIsMarkedByTheirFirstNameAndBirthday(t *testing.T) {
	t.Parallel()
	kath := nhsnumber.Holder{GivenName: " Kath", DateOfBirth: "1950-03-04"}
	require.Equal(t, "1950-03-04 kat", kath.Mark())
	require.Equal(t, kath.Mark(), nhsnumber.Holder{GivenName: "KATHERINE ANN", DateOfBirth: "1950-03-04"}.Mark())
	for _, other := range []nhsnumber.Holder{{GivenName: "Kay", DateOfBirth: "1950-03-04"}, {GivenName: "Kath", DateOfBirth: "1980-03-04"}, {}} {
		require.NotEqual(t, kath.Mark(), other.Mark())
	}
}

func TestParseRefusesWithAReason(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]*fault.Error{
		"":                  nhsnumber.ErrEmpty,
		" - ":               nhsnumber.ErrEmpty,
		"947671993":         nhsnumber.ErrLength,
		"94767199311":       nhsnumber.ErrLength,
		"947671993x":        nhsnumber.ErrDigits,
		"٩٤٧٦٧١٩٩٣١":        nhsnumber.ErrDigits, // digits, but not the ones a number is kept in
		"\xff\xfe":          nhsnumber.ErrDigits,
		"9476719932":        nhsnumber.ErrCheck,
		"3478526985":        nhsnumber.ErrCheck, // stands in a published diagram, and is wrong
		"0000000000":        nhsnumber.ErrCheck,
		"1111111111":        nhsnumber.ErrCheck,
		"9999999999":        nhsnumber.ErrCheck,
		"999 000 0018":      nhsnumber.ErrTest,
		"9990000018 OR 1":   nhsnumber.ErrDigits,
		"<b>9476719931</b>": nhsnumber.ErrDigits,
	} {
		_, err := nhsnumber.Parse(typed, live)
		require.ErrorIs(t, err, want, "%q", typed)
	}
}

func TestEveryCheckDigitTenIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nine := fmt.Sprintf("%09d", rapid.IntRange(0, 999_999_999).Draw(t, "nine"))
		valid := 0
		for check := range 10 {
			number := fmt.Sprintf("%s%d", nine, check)
			if _, err := nhsnumber.Parse(number, testing999); err == nil {
				valid++
				require.Equal(t, 0, weighted(number), "weights 10 to 1 sum to a multiple of 11")
			}
		}
		require.LessOrEqual(t, valid, 1)
	})
}

// weighted is the rule written another way: with the check digit at weight 1 a valid number sums to nought modulo 11.
func weighted(number string) int {
	sum := 0
	for i, r := range number {
		sum += int(r-'0') * (10 - i)
	}
	return sum % 11
}

func TestOneWrongDigitIsNoticed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := []byte(nhsnumber.Test(rapid.IntRange(0, nhsnumber.TestNumbers-1).Draw(t, "n")))
		at := rapid.IntRange(0, 9).Draw(t, "at")
		by := rapid.IntRange(1, 9).Draw(t, "by")
		number[at] = '0' + (number[at]-'0'+byte(by))%10
		_, err := nhsnumber.Parse(string(number), testing999)
		require.Error(t, err)
	})
}

func TestTestNumbersAreDistinctAndCounted(t *testing.T) {
	t.Parallel()
	seen := make(map[string]struct{}, nhsnumber.TestNumbers)
	for n := range nhsnumber.TestNumbers {
		if n > 3_000 && n < nhsnumber.TestNumbers-3_000 && n%97 != 0 {
			continue // both ends and a sample between
		}
		number := nhsnumber.Test(n)
		_, twice := seen[number]
		require.False(t, twice, number)
		seen[number] = struct{}{}
		got, err := nhsnumber.Parse(number, testing999)
		require.NoError(t, err)
		require.Equal(t, number, got)
		require.True(t, nhsnumber.IsTest(number))
	}
	require.Equal(t, "9990000018", nhsnumber.Test(0))
	require.Panics(t, func() { nhsnumber.Test(-1) })
	require.Panics(t, func() { nhsnumber.Test(nhsnumber.TestNumbers) })
}

// TestTheCountIsRight counts the range by arithmetic of its own.
func TestTheCountIsRight(t *testing.T) {
	t.Parallel()
	// Of the 1,000,000 beginnings those whose sum leaves 1 have no check digit.
	without := 0
	for i := range 1_000_000 {
		sum := 9*10 + 9*9 + 9*8
		for at, rest := 8, i; at >= 3; at, rest = at-1, rest/10 {
			sum += rest % 10 * (10 - at)
		}
		if sum%11 == 1 {
			without++
		}
	}
	require.Equal(t, nhsnumber.TestNumbers+1, 1_000_000-without, "one more than Test gives: 999 999 9999")
}

func TestFormatAndMask(t *testing.T) {
	t.Parallel()
	require.Equal(t, "999 000 0018", nhsnumber.Format("9990000018"))
	require.Equal(t, "*** *** 0018", nhsnumber.Mask("9990000018"))
	for _, odd := range []string{"", "999", "99900000180", "999000001x"} {
		require.Empty(t, nhsnumber.Format(odd))
		require.Empty(t, nhsnumber.Mask(odd))
	}
}

var longDigits = regexp.MustCompile(`[0-9]{3,}`)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"9990000018", "944 930 6621", "", "9999999999", "999-000-0018", "\u2013", "12345678901", strings.Repeat(" ", 4096)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		number, err := nhsnumber.Parse(typed, testing999)
		if err != nil {
			f, ok := fault.Of(err)
			require.True(t, ok)
			require.Equal(t, fault.MeaningInvalid, f.Meaning)
			require.Empty(t, f.Fields)
			for _, digits := range longDigits.FindAllString(err.Error(), -1) {
				require.Equal(t, "999", digits, "a message never repeats what was typed")
			}
			return
		}
		again, err := nhsnumber.Parse(nhsnumber.Format(number), testing999)
		require.NoError(t, err)
		require.Equal(t, number, again)
		require.Equal(t, 0, weighted(number))
	})
}
