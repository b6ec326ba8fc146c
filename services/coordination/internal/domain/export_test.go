package domain

// Population invents people for tests of other packages: everybody there is.
func Population(seed uint64, people, twice, twins, fathers int) []Patient {
	var all []Patient
	for _, h := range populate(seed, people, twice, twins, fathers) {
		all = append(all, h.Patient)
	}
	return all
}

// Numbered invents people of whom most have an NHS number, and for each the others that the index in memory finds to be, or that may be, the
// same person.
func Numbered(seed uint64, people, twice, twins, fathers int) (all []Patient, alike []map[int]Likeness) {
	humans := numbered(seed, populate(seed, people, twice, twins, fathers))
	x := indexed(humans)
	for i, h := range humans {
		all, alike = append(all, h.Patient), append(alike, map[int]Likeness{})
		for _, j := range x.candidates(humans, i, x.near(humans, i)) {
			if is := Compare(h.Patient, humans[j].Patient); is != TwoPeople {
				alike[i][int(j)] = is
			}
		}
	}
	return all, alike
}
