package mdt_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

// The sample's meetings are planned once, with people who are there; loading it again changes nothing.
func TestTheSampleIsLoadedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	files := os.DirFS("../../deploy/sample")
	var staff, teams struct {
		Organisations []struct {
			ID, Key     string
			NetworkCode string `json:"network_code"`
		}
		People []struct {
			PersonID              string `json:"person_id"`
			Name, Issuer, Subject string
			Roles                 []struct{ Role, At string }
		}
	}
	for name, into := range map[string]any{"people.json": &staff, "teams.json": &teams} {
		b, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, into))
	}
	at := map[string]string{}
	for _, o := range append(staff.Organisations, teams.Organisations...) {
		at["org:"+o.Key], at["team:"+o.NetworkCode] = o.ID, o.ID
	}
	var ruth, obi string
	for _, p := range staff.People {
		where := p.Roles[0].At
		if at[where] == "" {
			at[where] = id.FromName("ods", where[len("ods:"):])
		}
		h.Tell(at[where], &register.OrganisationRegisteredV1{OrganisationID: at[where], Kind: terms.KindPractice, Name: where, Status: terms.OrganisationActive, Version: 1})
		h.Tell(p.PersonID, &register.PersonRoleGrantedV1{
			PersonID: p.PersonID, Issuer: p.Issuer, Subject: p.Subject, DisplayName: p.Name, OrganisationID: at[where], Role: terms.Role(p.Roles[0].Role), FromOn: "2020-01-01", At: h.Now.Now(),
		})
		switch p.Name {
		case "Ruth Adeyemi":
			ruth = p.PersonID
		case "Dr Nkechi Obi":
			obi = p.PersonID
		}
	}
	var out bytes.Buffer
	require.NoError(t, h.door.LoadSample(t.Context(), files, &out))
	require.Contains(t, out.String(), "2 weekly meetings")
	coordinator := h.coordinator
	coordinator.Person.ID, coordinator.Organisation = ruth, at["team:U07506"]
	all, _, err := h.app.Meetings(t.Context(), coordinator, app.MeetingQuery{Limit: 5})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Contains(t, all[0].Name, "(simulated)")
	v, err := h.app.MeetingByID(t.Context(), coordinator, all[0].ID)
	require.NoError(t, err)
	require.Equal(t, "Dr Nkechi Obi", v.Names[obi])
	require.Len(t, v.Invitations, 4)
	out.Reset()
	require.NoError(t, h.door.LoadSample(t.Context(), files, &out))
	require.Empty(t, out.String())
}
