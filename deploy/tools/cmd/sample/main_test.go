package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
)

// shared is the folder of shared data beside the repository; without it this test fails, it is not skipped.
const shared = "../../../../../shared/data"

func TestTheSampleIsWhatItsSourcesMake(t *testing.T) {
	t.Parallel()
	made, err := Make(shared)
	require.NoError(t, err)
	for name, want := range made {
		got := shipped(t, name)
		require.True(t, bytes.Equal(want, got), "%s is not what it is made of: go run ./deploy/tools/cmd/sample", name)
	}
}

// shipped is a file of the sample, unpacked.
func shipped(t *testing.T, name string) []byte {
	t.Helper()
	b, err := sample.FS.ReadFile(name)
	require.NoError(t, err)
	if filepath.Ext(name) != ".gz" {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	b, err = io.ReadAll(z)
	require.NoError(t, err)
	return b
}

func TestEveryFileHasItsSource(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../../sample/SOURCES.md")
	require.NoError(t, err)
	require.Len(t, sources, 1)
	for _, dir := range []string{".", "ods", "listings"} {
		entries, err := sample.FS.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			info, err := e.Info()
			require.NoError(t, err)
			require.Less(t, info.Size(), int64(100_000), "%s is small", e.Name())
		}
	}
}

func TestPatientsAreInvented(t *testing.T) {
	t.Parallel()
	list, err := sample.Patients()
	require.NoError(t, err)
	require.Len(t, list, 2*perNamed+elsewhere+twins)
	practices, err := openPractices(shipped(t, practicesFile))
	require.NoError(t, err)
	without, limited, second := 0, 0, 0
	for _, p := range list {
		if p.NHSNumber == "" {
			without++
		} else {
			n, err := nhsnumber.Parse(p.NHSNumber, nhsnumber.Policy{AllowTest: true})
			require.NoError(t, err)
			require.True(t, nhsnumber.IsTest(n), "only numbers that nobody has")
		}
		_, err := time.Parse(time.DateOnly, p.DateOfBirth)
		require.NoError(t, err)
		require.Contains(t, practices, p.Practice)
		_, ok := geo.Outcode(p.Outcode)
		require.True(t, ok, p.Outcode)
		require.True(t, strings.HasPrefix(p.Phone, "07700 900"), "a number for fiction")
		require.True(t, p.Email == "" || strings.HasSuffix(p.Email, "@example.net"))
		for _, n := range p.Needs {
			require.True(t, terms.Need(n).Known(), n)
		}
		for _, a := range p.Accessibility {
			require.True(t, terms.Accessibility(a).Known(), a)
		}
		if w := p.SafeWays; !w.Phone || !w.Letter {
			limited++
		}
		if p.Because != "" {
			second++
		}
	}
	require.Greater(t, without, 8, "some have no number")
	require.Greater(t, limited, 8, "some can not be reached in every way")
	require.Equal(t, twins, second)
}

func TestEveryRoleHasTwoPeopleInTwoOrganisations(t *testing.T) {
	t.Parallel()
	staff, err := sample.People()
	require.NoError(t, err)
	kinds := map[string]terms.OrganisationKind{}
	for _, o := range staff.Organisations {
		kind := terms.OrganisationKind(o.Kind)
		require.True(t, kind.Known())
		require.True(t, id.Valid(o.ID))
		if o.NetworkCode != "" {
			kinds["team:"+o.NetworkCode] = kind
		} else {
			kinds["org:"+o.Key] = kind
		}
		require.True(t, strings.HasSuffix(o.Name, "(simulated)") || o.About != "", o.Name)
	}
	practices, err := openPractices(shipped(t, practicesFile))
	require.NoError(t, err)
	for code := range practices {
		kinds["ods:"+code] = terms.KindPractice
	}
	at, who := map[string][]string{}, map[string][]string{}
	for _, p := range staff.People {
		require.Equal(t, id.FromName("person", p.Issuer+" "+p.Subject), p.PersonID, p.Name)
		for _, r := range p.Roles {
			info, ok := terms.RoleByCode(terms.Role(r.Role))
			require.True(t, ok, r.Role)
			require.Contains(t, info.Kinds, kinds[r.At], "%s at %s", r.Role, r.At)
			if !slices.Contains(at[r.Role], r.At) {
				at[r.Role] = append(at[r.Role], r.At)
			}
			who[r.Role] = append(who[r.Role], p.Name)
		}
		for _, k := range p.Trained {
			require.True(t, terms.Competency(k.Competency).Known(), k.Competency)
			require.True(t, k.Tier == "" || terms.Tier(k.Tier).Known(), k.Tier)
		}
	}
	for _, r := range terms.Roles {
		require.GreaterOrEqual(t, len(at[string(r.Code)]), 2, r.Code)
		require.GreaterOrEqual(t, len(who[string(r.Code)]), 2, r.Code)
	}
}

func TestEveryNeedHasSomewhereToGo(t *testing.T) {
	t.Parallel()
	needs := map[string]bool{"homelessness": true} // Street Support's services
	ids := map[string]string{}
	for line := range strings.Lines(string(shipped(t, "services.ndjson"))) {
		var s struct {
			ID, Name, Description string
			Attributes            []struct {
				Term struct{ Name, Taxonomy string } `json:"taxonomy_term"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(line), &s))
		require.True(t, id.Valid(s.ID))
		require.Contains(t, s.Description, "invented for the demonstration")
		ids[s.ID] = s.Name
		for _, a := range s.Attributes {
			require.True(t, terms.Need(a.Term.Name).Known(), a.Term.Name)
			needs[a.Term.Name] = true
		}
	}
	for _, n := range terms.Needs {
		require.True(t, needs[string(n.Code)], n.Code)
	}
	capacity, err := sample.Capacities()
	require.NoError(t, err)
	require.Len(t, capacity.Services, len(ids))
	for _, c := range capacity.Services {
		require.Equal(t, ids[c.ServiceID], c.Name)
		require.True(t, terms.CapacityStatus(c.Status).Known(), c.Status)
	}
	for status := range capacity.Others.Status {
		require.True(t, terms.CapacityStatus(status).Known(), status)
	}
}

func TestEveryRateSaysWhereItIsFrom(t *testing.T) {
	t.Parallel()
	rates, err := sample.Assumptions()
	require.NoError(t, err)
	for name, r := range rates {
		require.NotEmpty(t, r.Source, name)
		sum := 0.0
		for code, share := range r.Shares {
			sum += share
			if name == "bounce_reasons" {
				require.True(t, terms.BounceReason(code).Known(), code)
			}
			if name == "helped" {
				require.True(t, terms.Outcome(code).Known(), code)
			}
		}
		require.True(t, r.Shares == nil || sum > 0.999 && sum < 1.001, "%s: %v", name, sum)
	}
	answers := rates["accepted_at_first"].Value + rates["waitlisted"].Value + rates["more_information_asked"].Value + rates["bounced"].Value + rates["silent"].Value
	require.InDelta(t, 1, answers, 0.001, "what becomes of an offer adds up")
}
