package vault

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// kept are the tables a backup holds, in the order they are filled in again. class_policy is not among them: migrations write it.
var kept = []struct{ table, columns string }{
	{"patient_ref", "ref, number_hash, mark_hash, made_at, made_by, destroyed_at, destroyed_by"},
	{"keyset", "ref, class, key_id, version, kek_id, wrapped, made_at, made_by"},
	{"key_file", "one, fingerprint"},
	{"access", "at, service, acting, verb, refs, classes, denied"},
}

// label is the first file of a backup. It names the key file that fits without saying anything about it.
type label struct {
	Format      int       `json:"waypost_vault_backup"`
	TakenAt     time.Time `json:"taken_at"`
	Fingerprint []byte    `json:"key_file"`
}

const backupFormat = 2

// LongestKept is how long a backup of the vault may be kept: until the last one with a destroyed key is gone, who has it and the
// key file can read what was erased.
const LongestKept = 14 * 24 * time.Hour

const (
	backupPrefix = "vault-"
	backupSuffix = ".backup"
)

// Backup writes what the vault holds at one moment into a new file in the folder, which nobody else may read, and removes the
// backups there that are older than keep. Without the key file, which is not in it, a backup opens nothing. adminURL signs in as
// a superuser, or as somebody who may read past row-level security; anybody else gets an error and no file. Services go on meanwhile.
func Backup(ctx context.Context, adminURL, folder string, keep time.Duration, now time.Time) (name string, err error) {
	if keep <= 0 || keep > LongestKept {
		return "", fmt.Errorf("back the vault up: backups are kept for at most %d days", LongestKept/(24*time.Hour))
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("back the vault up: %w", err)
	}
	name = filepath.Join(folder, backupPrefix+now.UTC().Format("20060102T150405Z")+backupSuffix)
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("back the vault up: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(part)
		}
	}()
	if err := write(ctx, adminURL, f, now); err != nil {
		return "", fmt.Errorf("back the vault up: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("back the vault up: %w", err)
	}
	if err := errors.Join(os.Rename(part, name), syncFolder(folder)); err != nil { // a file with the whole name is whole
		return "", fmt.Errorf("back the vault up: %w", err)
	}
	return name, forget(folder, now.Add(-keep))
}

func write(ctx context.Context, adminURL string, to io.Writer, now time.Time) error {
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	// An error in place of the rows that a policy would hide.
	if _, err := tx.Exec(ctx, `set local row_security = off`); err != nil {
		return err
	}
	l := label{Format: backupFormat, TakenAt: now.UTC()}
	if err := tx.QueryRow(ctx, `select fingerprint from vault.key_file`).Scan(&l.Fingerprint); err != nil {
		return fmt.Errorf("read which key file fits: %w", err)
	}
	z := zip.NewWriter(to)
	w, err := z.Create("label.json")
	if err == nil {
		err = json.NewEncoder(w).Encode(l)
	}
	if err != nil {
		return err
	}
	for _, k := range kept {
		w, err := z.Create(k.table)
		if err != nil {
			return err
		}
		if _, err := conn.PgConn().CopyTo(ctx, w, fmt.Sprintf("copy vault.%s (%s) to stdout", k.table, k.columns)); err != nil {
			return fmt.Errorf("read %s: %w", k.table, err)
		}
	}
	return z.Close()
}

// forget removes the backups of the folder that were taken before.
func forget(folder string, before time.Time) error {
	names, err := filepath.Glob(filepath.Join(folder, backupPrefix+"*"+backupSuffix))
	if err != nil {
		return fmt.Errorf("forget old backups: %w", err)
	}
	for _, name := range names {
		taken, err := time.Parse("20060102T150405Z", strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), backupPrefix), backupSuffix))
		if err != nil || !taken.Before(before) {
			continue // not one of ours, or young enough
		}
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("forget old backups: %w", err)
		}
	}
	return nil
}

// Restored is what a backup brought back.
type Restored struct {
	TakenAt       time.Time
	Refs, Keysets int
}

// Restore fills an empty vault from a backup, all of it or nothing. It refuses a key file that does not fit the backup, and one
// with which any of the keysets can not be unwrapped. What was made since the backup is lost, and what was destroyed since is
// back: call DestroyAgain with everybody who was erased before a service opens the vault.
func Restore(ctx context.Context, adminURL, backup, keyFilePath string) (r Restored, err error) {
	file, err := readKeyFile(keyFilePath)
	if err != nil {
		return r, fmt.Errorf("restore the vault: %w", err)
	}
	z, err := zip.OpenReader(backup)
	if err != nil {
		return r, fmt.Errorf("restore the vault: %w", err)
	}
	defer func() { _ = z.Close() }()
	l, err := readLabel(z)
	if err != nil {
		return r, fmt.Errorf("restore the vault: %w", err)
	}
	mark, err := file.fingerprint()
	if err != nil {
		return r, fmt.Errorf("restore the vault: %w", err)
	}
	if !bytes.Equal(mark, l.Fingerprint) {
		return r, fmt.Errorf("restore the vault: %w: it is not the one of the vault that was backed up", ErrKeyFile)
	}
	r.TakenAt = l.TakenAt
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return r, fmt.Errorf("restore the vault: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return fill(ctx, tx, conn, z, file, &r) })
	if err != nil {
		return Restored{}, fmt.Errorf("restore the vault: %w", err)
	}
	return r, nil
}

func readLabel(z *zip.ReadCloser) (l label, err error) {
	f, err := z.Open("label.json")
	if err != nil {
		return l, errors.New("the file is no backup of a vault")
	}
	defer func() { _ = f.Close() }()
	if json.NewDecoder(f).Decode(&l) != nil || l.Format != backupFormat {
		return l, errors.New("the file is no backup of a vault")
	}
	return l, nil
}

func fill(ctx context.Context, tx pgx.Tx, conn *pgx.Conn, z *zip.ReadCloser, file *keyFile, r *Restored) error {
	if _, err := tx.Exec(ctx, `lock table vault.patient_ref, vault.keyset, vault.key_file in exclusive mode`); err != nil {
		return err
	}
	var used bool
	if err := tx.QueryRow(ctx, `select exists (select from vault.patient_ref) or exists (select from vault.key_file)`).Scan(&used); err != nil {
		return err
	}
	if used {
		return errors.New("there is a vault already: restore into a database of its own, and swap the two by name")
	}
	for _, k := range kept {
		f, err := z.Open(k.table)
		if err != nil {
			return fmt.Errorf("read %s: %w", k.table, err)
		}
		tag, err := conn.PgConn().CopyFrom(ctx, f, fmt.Sprintf("copy vault.%s (%s) from stdin", k.table, k.columns))
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("fill %s: %w", k.table, err)
		}
		switch k.table {
		case "patient_ref":
			r.Refs = int(tag.RowsAffected())
		case "keyset":
			r.Keysets = int(tag.RowsAffected())
		}
	}
	return allUnwrap(ctx, tx, file)
}

// allUnwrap looks that every keyset opens with the key file, so that nobody finds out later.
func allUnwrap(ctx context.Context, tx pgx.Tx, file *keyFile) error {
	rows, err := tx.Query(ctx, `select ref::text, class, 'held', true, key_id::text, version, kek_id, wrapped from vault.keyset`)
	if err != nil {
		return err
	}
	v, broke := &Vault{file: file}, 0
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		one, err := pgx.RowToStructByPos[keysetRow](row)
		if err == nil && v.unwrap(one).state != held {
			broke++
		}
		return struct{}{}, err
	})
	if err == nil && broke > 0 {
		err = fmt.Errorf("%d keysets: %w", broke, ErrWrapped)
	}
	return err
}

// DestroyAgain destroys the keys of refs that were destroyed before and came back with a backup; n is how many there were. Refs
// that the vault does not know get a tombstone, so that nobody can make keys for them.
func DestroyAgain(ctx context.Context, adminURL string, refs []string) (n int, err error) {
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return 0, fmt.Errorf("destroy keys again: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update vault.patient_ref set number_hash = null, mark_hash = null, destroyed_at = clock_timestamp(), destroyed_by = 'restore' where ref = any ($1::uuid[]) and destroyed_at is null`, refs)
		if err != nil {
			return err
		}
		n = int(tag.RowsAffected())
		if _, err := tx.Exec(ctx, `insert into vault.patient_ref (ref, made_by, destroyed_at, destroyed_by) select unnest($1::uuid[]), 'restore', clock_timestamp(), 'restore' on conflict do nothing`, refs); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from vault.keyset where ref = any ($1::uuid[])`, refs)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("destroy keys again: %w", err)
	}
	return n, nil
}

// Known is a patient as a service knows them; Number is "" for one without.
type Known struct {
	Ref string
	Numbered
}

// Relearn gives refs back to the vault that services know and a restored vault does not, since they were made after the backup:
// with the way from the number, where no other ref has it, and without keys. What was sealed for them opens nowhere any more; what is sealed from now on
// does. n is how many there were.
func Relearn(ctx context.Context, adminURL, keyFilePath string, known []Known) (n int, err error) {
	file, err := readKeyFile(keyFilePath)
	if err != nil {
		return 0, fmt.Errorf("relearn refs: %w", err)
	}
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return 0, fmt.Errorf("relearn refs: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for some := range slices.Chunk(known, atOnce) {
			refs, hashes, marks := make([]string, len(some)), make([][]byte, len(some)), make([][]byte, len(some))
			for i, k := range some {
				refs[i] = k.Ref
				if k.Number == "" {
					continue
				}
				if hashes[i], err = file.hashNumber(k.Number); err != nil {
					return err
				}
				if marks[i], err = file.hashMark(hashes[i], k.Holder); err != nil {
					return err
				}
			}
			tag, err := tx.Exec(ctx, `insert into vault.patient_ref (ref, number_hash, mark_hash, made_by)
				select r, case when free then h end, case when free then m end, 'restore'
				from (select r, h, m, row_number() over (partition by h, m order by r) = 1
						and not exists (select from vault.patient_ref p where p.number_hash = h and p.mark_hash = m) as free
					from unnest($1::uuid[], $2::bytea[], $3::bytea[]) x (r, h, m)) x
				on conflict (ref) do nothing`, refs, hashes, marks)
			if err != nil {
				return err
			}
			n += int(tag.RowsAffected())
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("relearn refs: %w", err)
	}
	return n, nil
}

// connect signs in as the administrator.
func connect(ctx context.Context, adminURL string) (*pgx.Conn, error) {
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return nil, errors.New("the address can not be read") // the reason would quote it, password and all
	}
	return pgx.ConnectConfig(ctx, cc)
}
