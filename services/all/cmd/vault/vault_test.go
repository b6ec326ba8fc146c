package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// town is a Waypost with one practice that has asked for help for somebody.
type town struct {
	t        *testing.T
	stage    *stage.Stage
	practice stage.Organisation
	flags    []string
}

func newTown(t *testing.T) *town {
	t.Helper()
	s, err := stage.Open(t.Context(), stage.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	x := &town{t: t, stage: s, practice: stage.Organise(terms.KindPractice, "Mill Lane Surgery", "U90001", terms.RoleReceptionist)}
	require.NoError(t, s.Introduce(t.Context(), x.practice))
	x.flags = []string{"-database", s.URL, "-vault", strings.Replace(s.URL, "/waypost?", "/waypost_vault?", 1), "-key-file", s.Folder() + "/vault.keys"}
	return x
}

var somebody = nhsnumber.Holder{GivenName: "Ada", DateOfBirth: "1951-03-27"} // who patient adds

// patient is somebody new at the practice.
func (x *town) patient(n int) string {
	x.t.Helper()
	var added struct {
		Ref string `json:"ref"`
	}
	require.NoError(x.t, x.stage.Cast.As(x.practice.Staff[terms.RoleReceptionist]).Make(x.t.Context(), "/api/primarycare/v1/patients", id.New(), map[string]any{
		"given_name": "Ada", "family_name": "Hart", "date_of_birth": "1951-03-27", "nhs_number": nhsnumber.Test(n), "phone": "07700 900123", "postcode": "M1 1AF",
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": false},
	}, &added))
	return added.Ref
}

// offered has a service offered to, so that something sealed lies in coordination's outbox.
func (x *town) offered(ref string) {
	x.t.Helper()
	ctx := x.t.Context()
	provider := stage.Organise(terms.KindProvider, "Good Company "+ref, "", terms.RoleProviderWorker)
	require.NoError(x.t, x.stage.Introduce(ctx, provider))
	require.NoError(x.t, x.stage.Cast.As(provider.Staff[terms.RoleProviderWorker]).Make(ctx, "/api/vcse/v1/services", id.New(), map[string]any{
		"name": "Lunch club", "needs": []terms.Need{terms.NeedLoneliness}, "accepts_referrals": true, "simulated": true, "delivery": []string{"phone"},
	}, nil))
	require.NoError(x.t, x.stage.Settle(ctx))
	require.NoError(x.t, x.stage.Cast.As(x.practice.Staff[terms.RoleReceptionist]).Make(ctx, "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "consent": map[string]any{"given": true, "how": "in_person"},
	}, nil))
	require.NoError(x.t, x.stage.Settle(ctx))
}

func (x *town) does(args ...string) string {
	x.t.Helper()
	var out bytes.Buffer
	require.NoError(x.t, run(x.t.Context(), append(args[:1:1], append(x.flags, args[1:]...)...), &out), "%s", out.String())
	return out.String()
}

// The drill takes a backup of what runs, brings it back beside it, and opens what was sealed; nothing of it stays.
func TestTheDrillOpensWhatWasSealed(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	require.ErrorContains(t, run(t.Context(), append([]string{"drill"}, x.flags...), &bytes.Buffer{}), "nothing was sealed yet")
	x.offered(x.patient(750001))
	require.Contains(t, x.does("drill"), "drill=passed opened=1 other_key_file=refused")
	var left int
	require.NoError(t, x.stage.Admin.QueryRow(t.Context(), `select count(*) from pg_database where datname like '%drill%'`).Scan(&left))
	require.Zero(t, left)
}

// A vault whose database is gone comes back: who was known keeps their ref, also who came after the backup; who was erased stays so.
func TestALostVaultIsRestored(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	ctx := t.Context()
	first, gone := x.patient(750002), x.patient(750003)
	x.offered(first)
	folder := t.TempDir()
	require.Contains(t, x.does("backup", "-to", folder), "backed up to "+folder)
	backups, err := filepath.Glob(folder + "/*.backup")
	require.NoError(t, err)
	late := x.patient(750004)
	_, err = x.stage.Admin.Exec(ctx, `insert into coordination.patient (ref, erased_at) values ($1, now())`, gone)
	require.NoError(t, err)
	_, err = x.stage.Admin.Exec(ctx, `insert into coordination.erasure (ref, why, by_id, asked_at, told_at) values ($1, 'patient_asked', $1, now(), now())`, gone)
	require.NoError(t, err)
	_, err = x.stage.Admin.Exec(ctx, `update primarycare.patient set nhs_number = null, erased_at = now() where ref = $1`, gone)
	require.NoError(t, err)

	require.Error(t, run(ctx, append(append([]string{"restore"}, x.flags...), "-from", backups[0]), &bytes.Buffer{}), "services have it open: they must be stopped")
	x.lose()
	said := x.does("restore", "-from", backups[0])
	require.Contains(t, said, "2 patients, 8 keysets")
	require.Contains(t, said, "erased again: 1; added since, whose ref was kept and whose older keys are lost: 1")
	v, err := vault.Open(ctx, vault.Config{URL: strings.Replace(x.flags[3], "postgres@", "mdt@", 1), Service: "mdt", KeyFile: x.flags[5], Now: time.Now})
	require.NoError(t, err)
	defer v.Close()
	for n, want := range map[int]string{750002: first, 750004: late} {
		ref, err := v.RefForNumber(ctx, nhsnumber.Test(n), somebody)
		require.NoError(t, err)
		require.Equal(t, want, ref)
	}
	ref, err := v.RefForNumber(ctx, nhsnumber.Test(750003), somebody)
	require.NoError(t, err)
	require.NotEqual(t, gone, ref)
	require.Contains(t, x.does("drill"), "drill=passed opened=1")
}

// lose drops the vault's database under everybody's feet.
func (x *town) lose() {
	x.t.Helper()
	conn, err := pgx.Connect(x.t.Context(), strings.Replace(x.stage.URL, "/waypost?", "/postgres?", 1))
	require.NoError(x.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(x.t.Context(), `drop database waypost_vault with (force)`)
	require.NoError(x.t, err)
}

// The key-encryption key is changed by four commands, and what was sealed opens afterwards.
func TestTheKeyIsChangedByCommands(t *testing.T) {
	t.Parallel()
	x := newTown(t)
	x.offered(x.patient(750005))
	require.Contains(t, x.does("add-key"), "holds 2 key-encryption keys")
	x.does("use-key")
	require.ErrorContains(t, run(t.Context(), append([]string{"drop-keys"}, x.flags...), &bytes.Buffer{}), "wrap them anew first")
	require.Contains(t, x.does("rewrap"), "wrapped anew: ")
	require.Contains(t, x.does("drop-keys"), "holds 1 key-encryption keys")
	require.Contains(t, x.does("drill"), "drill=passed opened=1")
}

func TestWhatIsToBeDoneMustBeSaid(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"dance"}, {"backup", "-data", t.TempDir()}, {"restore", "-database", "postgres://x/y"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}), "%v", args)
	}
}
