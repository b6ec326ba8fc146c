package sound

func (w *word) c(i int) int {
	switch {
	case i > 1 && !w.vowel(i-2) && w.has(i-1, "ACH") && !w.has(i+2, "I") && (!w.has(i+2, "E") || w.has(i-2, "BACHER", "MACHER")): // Bacher
		w.add("K")
		return 2
	case i == 0 && w.begins("CAESAR"):
		w.add("S")
		return 2
	case w.has(i, "CHIA"): // Chianti
		w.add("K")
		return 2
	case w.has(i, "CH"):
		return w.ch(i)
	case w.has(i, "CZ") && !w.has(i-2, "WICZ"): // Czerny
		w.add("S", "X")
		return 2
	case w.has(i+1, "CIA"): // focaccia
		w.add("X")
		return 3
	case w.has(i, "CC") && (i != 1 || w.s[0] != 'M'): // not McClelland
		if w.has(i+2, "I", "E", "H") && !w.has(i+2, "HU") {
			if i == 1 && w.has(0, "A") || w.has(i-1, "UCCEE", "UCCES") { // accident, success
				w.add("KS")
			} else { // Bacci
				w.add("X")
			}
			return 3
		}
		w.add("K")
		return 2
	case w.has(i, "CK", "CG", "CQ"):
		w.add("K")
		return 2
	case w.has(i, "CIO", "CIE", "CIA"): // as in Italian
		w.add("S", "X")
		return 2
	case w.has(i, "CI", "CE", "CY"):
		w.add("S")
		return 2
	}
	w.add("K")
	if w.has(i+1, "C", "K", "Q") && !w.has(i+1, "CE", "CI") {
		return 2
	}
	return 1
}

func (w *word) ch(i int) int {
	switch {
	case i > 0 && w.has(i, "CHAE"): // Michael
		w.add("K", "X")
	case i == 0 && w.has(1, "HARAC", "HARIS", "HOR", "HYM", "HIA", "HEM") && !w.begins("CHORE"): // Greek: Charis
		w.add("K")
	case w.germanic(), w.has(i-2, "ORCHES", "ARCHIT", "ORCHID"), w.has(i+2, "T", "S"),
		(i == 0 || w.has(i-1, "A", "O", "U", "E")) && (w.ends(i+1) || w.has(i+2, "L", "R", "N", "M", "B", "H", "F", "V", "W")): // Wachtler
		w.add("K")
	case i == 0:
		w.add("X")
	case w.begins("MC"): // McHugh
		w.add("K")
	default:
		w.add("X", "K")
	}
	return 2
}

func (w *word) d(i int) int {
	switch {
	case w.has(i, "DGI", "DGE", "DGY"): // Edge
		w.add("J")
		return 3
	case w.has(i, "DG"): // Edgar
		w.add("TK")
		return 2
	case w.has(i, "DT", "DD"):
		w.add("T")
		return 2
	}
	w.add("T")
	return 1
}

func (w *word) g(i int) int {
	switch {
	case w.has(i+1, "H"):
		return w.gh(i)
	case w.has(i+1, "N"):
		switch {
		case i == 1 && w.vowel(0) && !w.slavic():
			w.add("KN", "N")
		case !w.has(i+2, "EY") && !w.slavic(): // not Cagney
			w.add("N", "KN")
		default:
			w.add("KN")
		}
		return 2
	case w.has(i+1, "LI") && !w.slavic(): // Tagliaro
		w.add("KL", "L")
		return 2
	case i == 0 && w.has(1, "Y", "ES", "EP", "EB", "EL", "EY", "IB", "IL", "IN", "IE", "EI", "ER"): // Gerald and Gerhard
		w.add("K", "J")
		return 2
	case w.has(i+1, "ER", "Y") && !w.begins("DANGER", "RANGER", "MANGER") && !w.has(i-1, "E", "I", "RGY", "OGY"):
		w.add("K", "J")
		return 2
	case w.has(i+1, "E", "I", "Y") || w.has(i-1, "AGGI", "OGGI"): // Biaggi
		switch {
		case w.germanic() || w.has(i+1, "ET"):
			w.add("K")
		case w.has(i+1, "IER") && w.ends(i+3):
			w.add("J")
		default:
			w.add("J", "K")
		}
		return 2
	}
	w.add("K")
	return 1 + w.twice(i)
}

func (w *word) gh(i int) int {
	switch {
	case i > 0 && !w.vowel(i-1):
		w.add("K")
	case i == 0 && w.has(2, "I"): // Ghislaine
		w.add("J")
	case i == 0:
		w.add("K")
	case w.has(i-2, "B", "H", "D") || w.has(i-3, "B", "H", "D") || w.has(i-4, "B", "H"): // Hugh, bough: silent
	case w.has(i-1, "U") && w.has(i-3, "C", "G", "L", "R", "T"): // laugh, McLaughlin
		w.add("F")
	case !w.has(i-1, "I"):
		w.add("K")
	}
	return 2
}

func (w *word) j(i int) int {
	switch {
	case w.begins("JOSE", "SAN"): // Spanish
		if i == 0 && len(w.s) == 4 || w.begins("SAN") {
			w.add("H")
		} else {
			w.add("J", "H")
		}
	case i == 0: // Jankelowicz
		w.add("J", "A")
	case w.vowel(i-1) && !w.slavic() && w.has(i+1, "A", "O"): // Bajador
		w.add("J", "H")
	case w.ends(i):
		w.add("J", "")
	case !w.has(i+1, "L", "T", "K", "S", "N", "M", "B", "Z") && !w.has(i-1, "S", "K", "L"):
		w.add("J")
	}
	return 1 + w.twice(i)
}

func (w *word) l(i int) int {
	if !w.has(i+1, "L") {
		w.add("L")
		return 1
	}
	last := len(w.s) - 1
	if i == len(w.s)-3 && w.has(i-1, "ILLO", "ILLA", "ALLE") ||
		(w.has(last-1, "AS", "OS") || w.has(last, "A", "O")) && w.has(i-1, "ALLE") { // Cabrillo
		w.add("L", "")
	} else {
		w.add("L")
	}
	return 2
}

func (w *word) m(i int) int {
	w.add("M")
	if w.has(i-1, "UMB") && (w.ends(i+1) || w.has(i+2, "ER")) { // dumb, thumb
		return 2
	}
	return 1 + w.twice(i)
}

func (w *word) p(i int) int {
	if w.has(i+1, "H") {
		w.add("F")
		return 2
	}
	w.add("P")
	if w.has(i+1, "P", "B") { // Campbell
		return 2
	}
	return 1
}

func (w *word) r(i int) int {
	if w.ends(i) && !w.slavic() && w.has(i-2, "IE") && !w.has(i-4, "ME", "MA") { // Rogier
		w.add("", "R")
	} else {
		w.add("R")
	}
	return 1 + w.twice(i)
}

func (w *word) sh(i int) int {
	switch {
	case w.has(i-1, "ISL", "YSL"): // Carlisle: silent
		return 1
	case i == 0 && w.begins("SUGAR"):
		w.add("X", "S")
		return 1
	case w.has(i, "SH"):
		if w.has(i+1, "HEIM", "HOEK", "HOLM", "HOLZ") {
			w.add("S")
		} else {
			w.add("X")
		}
		return 2
	case w.has(i, "SIO", "SIA"):
		if w.slavic() {
			w.add("S")
		} else {
			w.add("S", "X")
		}
		return 3
	case i == 0 && w.has(1, "M", "N", "L", "W"), w.has(i+1, "Z"): // Smith and Schmidt
		w.add("S", "X")
		if w.has(i+1, "Z") {
			return 2
		}
		return 1
	case w.has(i, "SC"):
		return w.sc(i)
	case w.ends(i) && w.has(i-2, "AI", "OI"): // Artois
		w.add("", "S")
		return 1
	}
	w.add("S")
	return 1 + w.twice(i)
}

func (w *word) sc(i int) int {
	switch {
	case w.has(i+2, "HER", "HEN"): // Schermerhorn
		w.add("X", "SK")
	case w.has(i+2, "HOO", "HUY", "HED", "HEM"): // Dutch
		w.add("SK")
	case w.has(i+2, "H"):
		if i == 0 && !w.vowel(3) && !w.has(3, "W") {
			w.add("X", "S")
		} else {
			w.add("X")
		}
	case w.has(i+2, "I", "E", "Y"):
		w.add("S")
	default:
		w.add("SK")
	}
	return 3
}

func (w *word) t(i int) int {
	switch {
	case w.has(i, "TION", "TIA", "TCH"):
		w.add("X")
		return 3
	case w.has(i, "TH", "TTH"):
		if w.has(i+2, "OM", "AM") || w.germanic() { // Thomas, Thames
			w.add("T")
		} else {
			w.add("0", "T")
		}
		return 2
	}
	w.add("T")
	if w.has(i+1, "T", "D") {
		return 2
	}
	return 1
}

func (w *word) w(i int) int {
	switch {
	case w.has(i, "WR"):
		w.add("R")
		return 2
	case i == 0 && (w.vowel(1) || w.has(0, "WH")):
		if w.vowel(1) { // Wasserman and Vasserman
			w.add("A", "F")
		} else {
			w.add("A")
		}
		return 1
	case w.ends(i) && w.vowel(i-1), w.has(i-1, "EWSKI", "EWSKY", "OWSKI", "OWSKY"), w.begins("SCH"): // Arnow
		w.add("", "F")
		return 1
	case w.has(i, "WICZ", "WITZ"): // Filipowicz
		w.add("TS", "FX")
		return 4
	}
	return 1
}

func (w *word) x(i int) int {
	if !w.ends(i) || !w.has(i-3, "IAU", "EAU") && !w.has(i-2, "AU", "OU") { // Breaux is silent
		w.add("KS")
	}
	if w.has(i+1, "C", "X") {
		return 2
	}
	return 1
}

func (w *word) z(i int) int {
	switch {
	case w.has(i+1, "H"): // Zhao
		w.add("J")
		return 2
	case w.has(i+1, "ZO", "ZI", "ZA"), w.slavic() && i > 0 && !w.has(i-1, "T"):
		w.add("S", "TS")
	default:
		w.add("S")
	}
	return 1 + w.twice(i)
}
