package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func TestHome(t *testing.T) {
	t.Parallel()
	one := Patient{AddressLines: []string{"Flat 2", "10 Mill Lane"}, Postcode: "M1 1AE"}
	require.Equal(t, one.Home(), Patient{AddressLines: []string{"flat 2, 10 Mill Lane"}, Postcode: "m11ae"}.Home())
	for _, other := range []Patient{
		{AddressLines: []string{"Flat 3", "10 Mill Lane"}, Postcode: "M1 1AE"}, {AddressLines: []string{"Flat 2", "10 Mill Lane"}, Postcode: "M1 1AF"}, {AddressLines: []string{"Flat 2"}, Postcode: "M1 1AE"},
	} {
		require.NotEqual(t, one.Home(), other.Home())
	}
	require.Empty(t, Patient{Postcode: "M1 1AE"}.Home(), "a postcode is no home")
	require.Empty(t, Patient{AddressLines: []string{"10 Mill Lane"}}.Home())
	require.Empty(t, Patient{AddressLines: []string{" , "}, Postcode: "M1 1AE"}.Home())
}

func TestWhatAHouseholdMayBeTold(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Receiver{first}, HelpsAtHome([]Referral{in(UnderWay), in(Accepted), in(Held), in(Closed)}))
	require.Empty(t, HelpsAtHome([]Referral{in(Offered)}), "nobody has said yes")
	for _, change := range []func(*Referral){
		func(r *Referral) { r.Sensitive = true }, func(r *Referral) { r.Need = terms.NeedDomesticAbuse }, func(r *Referral) { r.Safeguarding = "Ask her alone" },
		func(r *Referral) { r.SafeguardingCodes = []string{"self_harm"} },
	} {
		risk := in(Closed)
		change(&risk)
		require.Empty(t, HelpsAtHome([]Referral{in(UnderWay), risk}), "not where somebody must be kept safe, also when that is over")
	}
	require.True(t, HouseholdHow(terms.ConsentInPerson))
	require.False(t, HouseholdHow(terms.ConsentBestInterest))
	require.False(t, HouseholdHow(""))
}
