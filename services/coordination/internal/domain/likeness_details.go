package domain

// Agreement is how one detail of two patients compares, in the eyes of what Compare goes by.
type Agreement int

// The agreements. Close is what a slip of the pen or the ear makes of one detail.
const (
	NotKnown Agreement = iota // of one or both
	Agrees
	Close
	Differs
)

func agreement(a, b string, near bool) Agreement {
	switch {
	case a == "" || b == "":
		return NotKnown
	case a == b:
		return Agrees
	case near:
		return Close
	}
	return Differs
}

// NameAgrees compares how two patients are called: short names, slips and names the other way round are close.
func NameAgrees(a, b Patient) Agreement {
	return agreement(plain(a.Name()), plain(b.Name()), names(a, b) > 0)
}

// BirthAgrees compares when two patients were born: one digit, or day and month the other way round, is close.
func BirthAgrees(a, b Patient) Agreement {
	return agreement(a.DateOfBirth, b.DateOfBirth, born(a.DateOfBirth, b.DateOfBirth) > 0)
}

// NumberAgrees compares two NHS numbers, of which none is close to another.
func NumberAgrees(a, b Patient) Agreement { return agreement(a.NHSNumber, b.NHSNumber, false) }

// PostcodeAgrees compares where two patients live: one district is close.
func PostcodeAgrees(a, b Patient) Agreement {
	pa, pb := plain(a.Postcode), plain(b.Postcode)
	return agreement(pa, pb, both(district(pa), district(pb)))
}

// PhoneAgrees compares two phone numbers, however they are typed.
func PhoneAgrees(a, b Patient) Agreement {
	return agreement(digits(a.Phone), digits(b.Phone), false)
}

// SexAgrees compares the sexes that were recorded.
func SexAgrees(a, b Patient) Agreement {
	if sex(a, b) == 0 {
		return NotKnown
	}
	return agreement(string(a.Sex), string(b.Sex), false)
}
