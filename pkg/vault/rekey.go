package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// The key-encryption key is changed in four steps, with every process started anew on the changed file between them, so that none
// meets a keyset whose key it does not have: AddKey, UseNewestKey, Rewrap, DropOldKeys. Each may be done again.

// AddKey puts a new key-encryption key into the key file. Nothing is wrapped with it yet. It changes nothing when one waits already.
func AddKey(path string) error {
	return rewrite(path, func(m *keyset.Manager, kek *keyset.Handle) error {
		if newest(kek) != primaryOf(kek) {
			return nil
		}
		_, err := m.Add(aead.XAES256GCM192BitNonceKeyTemplate())
		return err
	})
}

// UseNewestKey has what is wrapped from now on wrapped with the key that was added last. The older ones still unwrap.
func UseNewestKey(path string) error {
	return rewrite(path, func(m *keyset.Manager, kek *keyset.Handle) error { return m.SetPrimary(newest(kek)) })
}

// atOnceRewrapped is how many keysets are wrapped anew in one transaction.
var atOnceRewrapped = 500

// Rewrap wraps every keyset that an older key wraps with the one that is in use, and says how many those were. Keysets keep
// their own keys, so services go on. Killed in the middle it has done a part, and goes on from there the next time.
func Rewrap(ctx context.Context, adminURL, path string) (n int, err error) {
	file, err := readKeyFile(path)
	if err != nil {
		return 0, fmt.Errorf("wrap anew: %w", err)
	}
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return 0, fmt.Errorf("wrap anew: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		some := 0
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			some, err = rewrapSome(ctx, tx, file)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("wrap anew: %w", err)
		}
		if n += some; some == 0 {
			return n, nil
		}
	}
}

func rewrapSome(ctx context.Context, tx pgx.Tx, file *keyFile) (int, error) {
	rows, err := tx.Query(ctx, `select ref::text, class, 'held', true, key_id::text, version, kek_id, wrapped from vault.keyset
		where kek_id <> $1 order by ref, class limit $2 for update`, file.kekID, atOnceRewrapped)
	if err != nil {
		return 0, err
	}
	old, err := pgx.CollectRows(rows, pgx.RowToStructByPos[keysetRow])
	if err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	for _, r := range old {
		aad := wrapContext(*r.KeyID, slot{r.Ref, r.Class}, *r.Version)
		h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(r.Wrapped)), file.kek, aad)
		if err != nil {
			return 0, fmt.Errorf("keyset %s: %w", *r.KeyID, ErrWrapped) // nothing is lost: it stays as it is
		}
		var w bytes.Buffer
		if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&w), file.kek, aad); err != nil {
			return 0, err
		}
		b.Queue(`update vault.keyset set kek_id = $3, wrapped = $4 where ref = $1 and class = $2`, r.Ref, r.Class, file.kekID, w.Bytes())
	}
	return len(old), tx.SendBatch(ctx, b).Close()
}

// DropOldKeys takes the keys that are no longer in use out of the key file. It refuses while a keyset needs one of them. Keep the
// file as it was for as long as the oldest backup: only that one opens it.
func DropOldKeys(ctx context.Context, adminURL, path string) error {
	file, err := readKeyFile(path)
	if err != nil {
		return fmt.Errorf("drop old keys: %w", err)
	}
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("drop old keys: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var waiting int
	if err := conn.QueryRow(ctx, `select count(*) from vault.keyset where kek_id <> $1`, file.kekID).Scan(&waiting); err != nil {
		return fmt.Errorf("drop old keys: %w", err)
	}
	if waiting > 0 {
		return fmt.Errorf("drop old keys: %d keysets are wrapped with one of them still: wrap them anew first", waiting)
	}
	return rewrite(path, func(m *keyset.Manager, kek *keyset.Handle) error {
		var errs []error
		for i := range kek.Len() {
			if e, err := kek.Entry(i); err != nil || e.KeyID() != primaryOf(kek) {
				errs = append(errs, err, m.Delete(e.KeyID()))
			}
		}
		return errors.Join(errs...)
	})
}

// rewrite changes the key-encryption keys of a key file and puts the new file in the place of the old one, whole or not at all.
func rewrite(path string, change func(m *keyset.Manager, kek *keyset.Handle) error) error {
	fail := func(err error) error { return fmt.Errorf("change the key file: %w", err) }
	if _, err := readKeyFile(path); err != nil {
		return fail(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return fail(err)
	}
	var file onDisk
	if json.Unmarshal(content, &file) != nil {
		return fail(ErrKeyFile)
	}
	kek, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.KEK)))
	if err != nil {
		return fail(ErrKeyFile)
	}
	m := keyset.NewManagerFromHandle(kek)
	if err := change(m, kek); err != nil {
		return fail(err)
	}
	if kek, err = m.Handle(); err != nil {
		return fail(err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(kek, keyset.NewJSONWriter(&b)); err != nil {
		return fail(err)
	}
	file.KEK = b.Bytes()
	if content, err = json.MarshalIndent(file, "", "  "); err != nil {
		return fail(err)
	}
	if err := replace(path, content); err != nil {
		return fail(err)
	}
	return nil
}

func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".vault-keys-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(f.Name(), path), syncFolder(filepath.Dir(path)))
}

// newest is the key that was added last: Tink keeps them in the order in which they came.
func newest(kek *keyset.Handle) uint32 {
	e, err := kek.Entry(kek.Len() - 1)
	if err != nil {
		return 0
	}
	return e.KeyID()
}

func primaryOf(kek *keyset.Handle) uint32 {
	e, err := kek.Primary()
	if err != nil {
		return 0
	}
	return e.KeyID()
}

// KeysIn tells how the key file stands: how many key-encryption keys there are, and the id of the one in use.
func KeysIn(path string) (n int, inUse string, err error) {
	file, err := readKeyFile(path)
	if err != nil {
		return 0, "", err
	}
	return file.keks, file.kekID, nil
}

// idOf is how a keyset row names the key that wraps it.
func idOf(keyID uint32) string { return strconv.FormatUint(uint64(keyID), 10) }
