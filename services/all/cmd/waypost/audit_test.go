package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// A desk adds somebody and looks them up; every service's trail is whole. Then the administrator of the database turns the trigger
// off and writes another name under the look: the command names the row, and the other trails are whole still.
func TestAChangedAuditRowIsNamed(t *testing.T) {
	t.Parallel()
	s, err := stage.Open(t.Context(), stage.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	practice := stage.Organise(terms.KindPractice, "Mill Lane Surgery", "U90001", terms.RoleReceptionist)
	require.NoError(t, s.Introduce(t.Context(), practice))
	desk := s.Cast.As(practice.Staff[terms.RoleReceptionist])
	var added struct {
		Ref string `json:"ref"`
	}
	require.NoError(t, desk.Make(t.Context(), "/api/primarycare/v1/patients", id.New(), map[string]any{
		"given_name": "Ada", "family_name": "Hart", "date_of_birth": "1951-03-27", "nhs_number": nhsnumber.Test(1), "phone": "07700 900123", "postcode": "M1 1AF",
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}, &added))
	_, err = desk.Get(t.Context(), "/api/primarycare/v1/patients/"+added.Ref, nil)
	require.NoError(t, err)
	count := func(sql string) (n int) {
		t.Helper()
		require.NoError(t, s.Admin.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool {
		return count(`select count(*) from primarycare.audit_waiting`) == 0 && count(`select count(*) from primarycare.audit_seal`) >= 2
	}, 30*time.Second, 10*time.Millisecond, "its sealer chains what the service wrote")

	verify := func() (string, error) {
		t.Helper()
		var out bytes.Buffer
		err := audited(t.Context(), []string{
			"verify", "-database", s.URL, "-vault", strings.Replace(s.URL, "/waypost?", "/waypost_vault?", 1),
			"-checkpoints", s.Folder() + "/checkpoints", "-public", s.Folder() + "/audit.key.pub",
		}, &out)
		return out.String(), err
	}
	before, err := verify()
	require.NoError(t, err, before)
	require.Equal(t, len(schemas.Speakers), strings.Count(before, "whole: "), before)

	for _, sql := range []string{
		`alter table primarycare.audit disable trigger audit_only_added`,
		`update primarycare.audit set person_id = gen_random_uuid() where verb = 'read' and object = 'patient'`,
		`alter table primarycare.audit enable trigger audit_only_added`,
	} {
		_, err := s.Admin.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	after, err := verify()
	require.ErrorIs(t, err, errBroken)
	require.Regexp(t, `(?m)^primarycare +BROKEN: row changed at position \d+: row [0-9a-f-]{36} is not what was sealed. Now it says: .* read patient$`, after)
	require.Equal(t, len(schemas.Speakers)-1, strings.Count(after, "whole: "), after)
}

// Whoever says nothing is told what there is, and a key that is there is kept.
func TestAuditSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, audited(t.Context(), nil, &bytes.Buffer{}), "waypost audit verify")
	dir := t.TempDir()
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, audited(t.Context(), []string{"key", "-data", dir}, &out))
		require.Contains(t, out.String(), dir+"/audit.key.pub")
	}
}
