package domain

// Population invents people for tests of other packages: everybody there is.
func Population(seed uint64, people, twice, twins, fathers int) []Patient {
	var all []Patient
	for _, h := range populate(seed, people, twice, twins, fathers) {
		all = append(all, h.Patient)
	}
	return all
}
