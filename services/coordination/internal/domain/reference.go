package domain

import "strings"

// readable is the characters of a reference. 0/O, 1/I, 5/S and 8/B are out, and Z and Q with them, because they are taken
// for one another when written or read out; vowels are out, so that no word appears. That leaves 23, a prime, so that
// the check character finds every single slip and every swap of two neighbours.
const readable = "234679CDFGHJKLMNPRTVWXY"

// ReferenceBytes is how many random bytes a reference is made from.
const ReferenceBytes = 7

// Reference makes a number that can be read out, like "C7K49MXC", from random bytes; the last character is a check.
// The same bytes give the same reference.
func Reference(random [ReferenceBytes]byte) string {
	digits := make([]int, ReferenceBytes)
	for i, b := range random {
		digits[i] = int(b) % len(readable)
	}
	var out strings.Builder
	for _, d := range digits {
		out.WriteByte(readable[d])
	}
	out.WriteByte(readable[checkDigit(digits)])
	return out.String()
}

// ParseReference brings a typed reference into its one form; ok is false when it can not be right.
func ParseReference(typed string) (reference string, ok bool) {
	var digits []int
	for _, c := range strings.ToUpper(typed) {
		if c == ' ' || c == '-' {
			continue
		}
		at := strings.IndexRune(readable, c)
		if at < 0 {
			return "", false
		}
		digits = append(digits, at)
	}
	if len(digits) != ReferenceBytes+1 || checkDigit(digits[:ReferenceBytes]) != digits[ReferenceBytes] {
		return "", false
	}
	var random [ReferenceBytes]byte
	for i := range random {
		random[i] = byte(digits[i])
	}
	return Reference(random), true
}

// checkDigit weighs each place differently, modulo the prime number of characters.
func checkDigit(digits []int) int {
	sum := 0
	for i, d := range digits {
		sum += (i + 2) * d
	}
	return (len(readable) - sum%len(readable)) % len(readable)
}
