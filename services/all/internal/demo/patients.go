package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"example.org/waypost/pkg/nhsnumber"
)

// Patient is an invented person: a name drawn from two lists, a number of the range kept for tests, a phone number that
// Ofcom keeps for fiction, a street that does not exist.
type Patient struct {
	GivenName, FamilyName, Sex, Number, Phone, Street string
	Born                                              time.Time
}

var (
	womensNames = []string{"Amina", "Beryl", "Chloe", "Dorothy", "Ewa", "Farah", "Grace", "Hazel", "Ioana", "Jean", "Kamila", "Lubna", "Maureen", "Nadia", "Olive", "Precious", "Rukhsana", "Sheila", "Tess", "Uma", "Vera", "Winifred", "Yasmin", "Zainab"}
	mensNames   = []string{"Ahmed", "Brian", "Chidi", "Derek", "Emeka", "Frank", "Gurpreet", "Harold", "Imran", "Jack", "Keith", "Leon", "Mohammed", "Norman", "Oscar", "Piotr", "Rafiq", "Stanley", "Tariq", "Umar", "Vincent", "Walter", "Yusuf", "Zeeshan"}
	families    = []string{"Ashworth", "Begum", "Chadwick", "Dawson", "Entwistle", "Farooq", "Greenhalgh", "Hussain", "Iqbal", "Jackson", "Kowalska", "Lomax", "Mahmood", "Nuttall", "Okoro", "Pickup", "Rahman", "Schofield", "Taylor", "Uddin", "Walmsley", "Yates"}
	streets     = []string{"Shuttle Row", "Bobbin Lane", "Spindle Street", "Heald Yard", "Carder's Fold", "Weft Close"}
)

// firstNumber keeps clear of the numbers that the sample's own patients have.
const firstNumber = 400_000

func invent(r *rand.Rand, n int, women float64) Patient {
	p := Patient{Sex: "male", Number: nhsnumber.Test(firstNumber + n%400_000), FamilyName: families[r.IntN(len(families))]}
	names := mensNames
	if r.Float64() < women {
		p.Sex, names = "female", womensNames
	}
	p.GivenName = names[r.IntN(len(names))]
	p.Phone = fmt.Sprintf("07700 900%03d", r.IntN(1000))
	p.Street = fmt.Sprintf("%d %s", 1+r.IntN(120), streets[r.IntN(len(streets))])
	p.Born = time.Date(1935+r.IntN(70), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
	return p
}
