package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register/internal/domain"
)

const today = "2026-11-22"

func paths(err error) []string {
	var out []string
	if f, ok := fault.Of(err); ok {
		for _, x := range f.Fields {
			out = append(out, x.Path)
		}
	}
	return out
}

func TestASourceDoesNotTakeAwayWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	known := domain.Organisation{
		ID: "1", Name: "Example Surgery", Status: terms.OrganisationActive, MayRefer: true, Version: 4, Simulated: true,
		Network: domain.Network{Code: "U1", Name: "Example PCN"}, ListSize: 100, Email: "a@example.net",
	}
	next, changed := known.From(domain.Organisation{Name: "Example Surgery", Status: terms.OrganisationActive, MayRefer: true})
	require.False(t, changed)
	require.Equal(t, known, next)
	next, changed = known.From(domain.Organisation{Name: "Example Surgery", Status: terms.OrganisationClosed, ClosedOn: "2026-01-01", ListSize: 90})
	require.True(t, changed)
	require.False(t, next.MayRefer)
	require.Equal(t, 90, next.ListSize)
	require.Equal(t, "U1", next.Network.Code)
	require.Equal(t, 4, next.Version, "the caller counts versions")
}

func TestAnOrganisationSaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	o := domain.Organisation{Kind: "pub", Status: terms.OrganisationClosed, MayRefer: true, ListSize: -1, ClosedOn: "soon"}
	require.Equal(t, []string{"name", "kind", "may_refer", "list_size", "closed_on"}, paths(o.Check()))
	require.NoError(t, domain.Organisation{Name: "x", Kind: terms.KindProvider, Status: terms.OrganisationActive}.Check())
}

func TestWhatIsTypedOfAnOrganisationMustBeWhatItSays(t *testing.T) {
	t.Parallel()
	good := domain.Organisation{Name: "x", Kind: terms.KindProvider, Status: terms.OrganisationActive, ODSCode: "B86044", Postcode: "M1 1AE", Email: "hello+all@good.company.org.uk"}
	require.NoError(t, good.CheckTyped())
	for _, hostile := range []string{"<script>alert(1)</script>", "a b", "x@y", "me@example.org, you@example.org", "Me <me@example.org>", "me@example.org\r\nBcc: x@example.org", "me@-.org", "'; drop table organisation", "%00"} {
		o := good
		o.ODSCode, o.Postcode, o.Email = hostile, hostile, hostile
		require.Equal(t, []string{"ods_code", "postcode", "email"}, paths(o.CheckTyped()), hostile)
	}
}

func TestARoleStandsFromItsFirstToItsLastDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role           domain.Role
		stands, runOut bool
	}{
		"open":        {domain.Role{From: "2026-01-01"}, true, false},
		"first day":   {domain.Role{From: today}, true, false},
		"tomorrow":    {domain.Role{From: "2026-11-23"}, false, false},
		"last day":    {domain.Role{From: "2026-01-01", Until: today}, true, false},
		"the day on":  {domain.Role{From: "2026-01-01", Until: "2026-11-21"}, false, true},
		"ended early": {domain.Role{From: "2026-01-01", Until: "2026-11-21", EndedAt: time.Now()}, false, false},
	} {
		require.Equal(t, c.stands, c.role.Stands(today), name)
		require.Equal(t, c.runOut, c.role.RunOut(today), name)
	}
	ended, err := domain.Role{Version: 1}.End(time.Now(), "x")
	require.NoError(t, err)
	require.Equal(t, 2, ended.Version)
	_, err = ended.End(time.Now(), "y")
	require.ErrorIs(t, err, domain.ErrEnded)
}

func TestARoleBelongsToItsKindOfOrganisation(t *testing.T) {
	t.Parallel()
	r := domain.Role{Identity: domain.Identity{Issuer: "waypost", Subject: "a@example.net"}, Name: "A", Role: terms.RoleGP, From: today}
	require.NoError(t, r.Check(terms.KindPractice, today))
	require.Equal(t, []string{"role"}, paths(r.Check(terms.KindProvider, today)))
	r = domain.Role{Identity: domain.Identity{Issuer: "x", Subject: "a b"}, From: "no", Until: "2020-02-30"}
	require.Equal(t, []string{"display_name", "subject", "issuer", "role", "from_on", "until_on"}, paths(r.Check(terms.KindPractice, today)))
}

func TestACompetencyCountsFiveYearsAtMost(t *testing.T) {
	t.Parallel()
	k := domain.Competency{Competency: terms.CompetencyRedFlags, From: "2026-01-01", Until: "2031-01-01"}
	require.NoError(t, k.Check(today))
	require.True(t, k.Stands(today))
	require.False(t, k.Stands("2031-01-02"))
	for field, change := range map[string]func(*domain.Competency){
		"competency": func(k *domain.Competency) { k.Competency = "juggling" },
		"tier":       func(k *domain.Competency) { k.Tier = "master" },
		"from_on":    func(k *domain.Competency) { k.From = "2027-01-01" },
		"until_on":   func(k *domain.Competency) { k.Until = "2031-01-02" },
	} {
		wrong := k
		change(&wrong)
		require.Equal(t, []string{field}, paths(wrong.Check(today)))
	}
}

func TestWhatNoRuleAllowsIsDenied(t *testing.T) {
	t.Parallel()
	require.False(t, domain.May(domain.Who{}, domain.ActSeeStaff, domain.What{}), "nobody works nowhere")
	require.False(t, domain.May(domain.Who{Role: terms.RoleServiceLead, Organisation: "1"}, "anything else", domain.What{Organisation: "1"}))
	require.True(t, domain.May(domain.Who{Role: terms.RoleGP}, domain.ActSeeOrganisations, domain.What{}))
}
