// Package sound spells names by how they are spoken, so that Catherine and Kathryn, or Stephens and Stevens, meet. It follows
// Lawrence Philips's Double Metaphone (C/C++ Users Journal, June 2000), which gives most names one spelling and those with two
// ways of being spoken, as Schmidt has, two.
package sound

import "strings"

// Keys are the spellings of a name, at most two and each of at most four letters; none for what has no letter in it.
func Keys(name string) []string {
	w := word{s: letters(name)}
	if len(w.s) == 0 {
		return nil
	}
	w.spell()
	first, second := cut(w.first), cut(w.second)
	switch {
	case first == "":
		return nil
	case second == first:
		return []string{first}
	}
	return []string{first, second}
}

// Alike tells whether two names share a spelling.
func Alike(a, b string) bool {
	for _, x := range Keys(a) {
		for _, y := range Keys(b) {
			if x == y {
				return true
			}
		}
	}
	return false
}

const longest = 4

func cut(b []byte) string { return string(b[:min(len(b), longest)]) }

// letters keeps A to Z; what has marks must come without them.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r
		case r == 'ç' || r == 'Ç':
			return 'S'
		case r == 'ñ' || r == 'Ñ':
			return 'N'
		}
		return -1
	}, name)
}

type word struct {
	s             string
	first, second []byte
}

// has tells whether one of these stands at i.
func (w *word) has(i int, of ...string) bool {
	if i < 0 || i >= len(w.s) {
		return false
	}
	for _, a := range of {
		if strings.HasPrefix(w.s[i:], a) {
			return true
		}
	}
	return false
}

// begins tells whether the whole name begins with one of these.
func (w *word) begins(of ...string) bool { return w.has(0, of...) }

func (w *word) contains(of ...string) bool {
	for _, a := range of {
		if strings.Contains(w.s, a) {
			return true
		}
	}
	return false
}

// ends tells whether nothing follows i.
func (w *word) ends(i int) bool { return i >= len(w.s)-1 }

func (w *word) vowel(i int) bool { return w.has(i, "A", "E", "I", "O", "U", "Y") }

// slavic and germanic names are spoken by other rules.
func (w *word) slavic() bool { return w.contains("W", "K", "CZ", "WITZ") }

func (w *word) germanic() bool { return w.begins("VAN", "VON", "SCH") }

// add writes a sound; with two, how it is spoken otherwise.
func (w *word) add(sounds ...string) {
	w.first = append(w.first, sounds[0]...)
	w.second = append(w.second, sounds[len(sounds)-1]...)
}

func (w *word) spell() {
	i := 0
	switch {
	case w.begins("GN", "KN", "PN", "WR", "PS"): // the first is silent
		i = 1
	case w.begins("X"): // Xavier
		w.add("S")
		i = 1
	}
	for i < len(w.s) && (len(w.first) < longest || len(w.second) < longest) {
		i += w.letter(i)
	}
}

// letter spells what stands at i, and returns how many letters that took.
func (w *word) letter(i int) int {
	switch c := w.s[i]; c {
	case 'A', 'E', 'I', 'O', 'U', 'Y':
		if i == 0 {
			w.add("A")
		}
		return 1
	case 'B':
		w.add("P")
		return 1 + w.twice(i)
	case 'C':
		return w.c(i)
	case 'D':
		return w.d(i)
	case 'F', 'K', 'N':
		w.add(string(c))
		return 1 + w.twice(i)
	case 'G':
		return w.g(i)
	case 'H':
		if (i == 0 || w.vowel(i-1)) && w.vowel(i+1) {
			w.add("H")
			return 2
		}
		return 1
	case 'J':
		return w.j(i)
	case 'L':
		return w.l(i)
	case 'M':
		return w.m(i)
	case 'P':
		return w.p(i)
	case 'Q':
		w.add("K")
		return 1 + w.twice(i)
	case 'R':
		return w.r(i)
	case 'S':
		return w.sh(i)
	case 'T':
		return w.t(i)
	case 'V':
		w.add("F")
		return 1 + w.twice(i)
	case 'W':
		return w.w(i)
	case 'X':
		return w.x(i)
	case 'Z':
		return w.z(i)
	}
	return 1
}

// twice is 1 where the same letter follows, which is spoken once.
func (w *word) twice(i int) int {
	if i+1 < len(w.s) && w.s[i+1] == w.s[i] {
		return 1
	}
	return 0
}
