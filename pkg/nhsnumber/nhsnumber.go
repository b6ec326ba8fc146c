// Package nhsnumber reads, checks and writes NHS numbers: a room of pure values, no input or output.
//
// A number is a string of ten digits. The rule is the NHS Data Dictionary's: weights 10 to 2 on the first nine digits,
// the sum modulo 11, and eleven minus the remainder is the tenth (eleven counts as nought, ten means there is no such number).
// No error repeats what was typed, because that may be a patient's number.
package nhsnumber

import (
	"strings"
	"sync"
	"unicode"

	"example.org/waypost/pkg/fault"
)

// Why a number was refused. Each is an Invalid without a field: the caller knows which field it read.
var (
	ErrEmpty  = refusal("nhs_number_empty", "Enter an NHS number")
	ErrDigits = refusal("nhs_number_digits", "An NHS number has digits only, with spaces if you like")
	ErrLength = refusal("nhs_number_length", "An NHS number has 10 digits")
	ErrCheck  = refusal("nhs_number_check", "This is not an NHS number: one or more digits are wrong")
	ErrTest   = refusal("nhs_number_test", "NHS numbers that start with 999 are for testing and can not be used here")
)

func refusal(code, message string) *fault.Error {
	return &fault.Error{Meaning: fault.MeaningInvalid, Code: code, Message: message}
}

// length is digits in a number; testPrefix marks the range kept for tests.
const (
	length     = 10
	testPrefix = "999"
)

// Policy is what a deployment accepts.
type Policy struct {
	AllowTest bool // the 999 range: samples, demonstrations and tests
}

// Parse returns the ten digits in s, which may be written with spaces and hyphens of any kind.
// The error is one of this package's.
func Parse(s string, p Policy) (string, error) {
	digits, err := strip(s)
	if err != nil {
		return "", err
	}
	check, ok := checkDigit(digits[:length-1])
	// All-same numbers such as 4444444444 satisfy the sum and are typed as fillers; none was ever given out.
	if !ok || digits[length-1] != check || allSame(digits) {
		return "", ErrCheck
	}
	if IsTest(digits) && !p.AllowTest {
		return "", ErrTest
	}
	return digits, nil
}

// IsTest tells whether a parsed number is from the range that no person has.
func IsTest(number string) bool { return len(number) >= 3 && number[:3] == testPrefix }

// Format writes a parsed number the way the NHS shows it, 3 3 4. Anything else comes back empty, never half shown.
func Format(number string) string {
	if !tenDigits(number) {
		return ""
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

// Mask shows the last four digits only, for a list on a screen that others may see.
func Mask(number string) string {
	if !tenDigits(number) {
		return ""
	}
	return "*** *** " + number[6:]
}

// Holder is whom a number was typed for: what tells that person from another whose number it may be, a twin, a parent of the same name or
// the next in a list.
type Holder struct {
	GivenName   string
	DateOfBirth string // 2006-01-02
}

// nameMark is how many letters of a given name count: who is written Kath or Katherine is one holder, and so is who has another family name since.
const nameMark = 3

// Mark is the same for two holders who are taken for one person without anybody asking. Where the marks of one number differ it may be a
// slip of one person's details, or another person.
func (h Holder) Mark() string {
	var name []rune
	for _, r := range strings.ToLower(h.GivenName) {
		if unicode.IsLetter(r) && len(name) < nameMark {
			name = append(name, r)
		}
	}
	return h.DateOfBirth + " " + string(name)
}

// TestNumbers is how many different numbers Test can give: the 999 range holds 909,091 that satisfy the sum,
// and 999 999 9999 is not one that Parse takes.
const TestNumbers = 909_090

// Test returns the n-th valid number of the 999 range, counted from 0: the same for the same n, another for another n.
// It panics outside 0 to TestNumbers-1, because wrapping round would give two patients one number.
func Test(n int) string {
	if n < 0 || n >= TestNumbers {
		panic("nhsnumber: there are only 909,090 test numbers")
	}
	before := testBlocks()
	block := 0
	for low, high := 0, len(before)-1; low <= high; { // the last block that starts at or before n
		mid := (low + high) / 2
		if before[mid] <= n {
			block, low = mid, mid+1
		} else {
			high = mid - 1
		}
	}
	left := n - before[block]
	for i := block * blockSize; ; i++ {
		number, ok := testNumber(i)
		if !ok {
			continue
		}
		if left == 0 {
			return number
		}
		left--
	}
}

// blockSize is how far Test walks at most after the table has brought it near.
const blockSize = 1_000

// testBlocks holds how many valid numbers stand before each block of a thousand; made once, in a few milliseconds.
var testBlocks = sync.OnceValue(func() []int {
	before := make([]int, 0, 1_000_000/blockSize)
	count := 0
	for i := range 1_000_000 {
		if i%blockSize == 0 {
			before = append(before, count)
		}
		if _, ok := testNumber(i); ok {
			count++
		}
	}
	return before
})

// testNumber is 999, the six digits of i, and the check digit, when there is one.
func testNumber(i int) (string, bool) {
	var b [length]byte
	copy(b[:], testPrefix)
	for at := length - 2; at >= len(testPrefix); at-- {
		b[at] = byte('0' + i%10)
		i /= 10
	}
	check, ok := checkDigit(string(b[:length-1]))
	if !ok {
		return "", false
	}
	b[length-1] = check
	number := string(b[:])
	return number, !allSame(number)
}

// strip leaves the ten digits, and stops reading as soon as there is one too many.
func strip(s string) (string, error) {
	digits := make([]byte, 0, length)
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if len(digits) == length {
				return "", ErrLength
			}
			digits = append(digits, byte(r))
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '\u00ad', r == '\u200b', r == '\ufeff':
			// What comes along when a number is copied from a letter or a web page: dashes, soft hyphens, zero-width spaces.
		default:
			return "", ErrDigits
		}
	}
	switch len(digits) {
	case length:
		return string(digits), nil
	case 0:
		return "", ErrEmpty
	default:
		return "", ErrLength
	}
}

// checkDigit gives the tenth digit for the first nine, or false when no number begins with them.
func checkDigit(nine string) (byte, bool) {
	sum := 0
	for i := range len(nine) {
		sum += int(nine[i]-'0') * (length - i)
	}
	switch check := 11 - sum%11; check {
	case 10:
		return 0, false
	case 11:
		return '0', true
	default:
		return byte('0' + check), true
	}
}

func allSame(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			return false
		}
	}
	return true
}

func tenDigits(s string) bool {
	if len(s) != length {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
