package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"

	"example.org/waypost/pkg/nhsnumber"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keyFile is what stands outside every database: who has the databases and not this file has ciphertext only.
type keyFile struct {
	kek    tink.AEAD // wraps the patients' keysets
	kekID  string    // of the one that wraps now; others in the file still unwrap
	keks   int       // how many there are
	number *prf.Set  // hashes NHS numbers; changing it would need every number again, so it never is
}

// onDisk is the file. Both parts are Tink keysets in Tink's own JSON.
type onDisk struct {
	Format int             `json:"waypost_vault_keys"`
	KEK    json.RawMessage `json:"kek"`
	Number json.RawMessage `json:"number"`
}

const keyFileFormat = 1

// CreateKeyFile makes a key file unless one is there already, and says whether it did. Of several processes that try at
// once one wins and all use its file. Call it when an area is set up and never as a part of starting: a vault whose key
// file is lost must stop, not go on with a new one that opens nothing.
func CreateKeyFile(path string) (made bool, err error) {
	if _, err := os.Stat(path); err == nil {
		return false, nil
	}
	content, err := newKeyFile()
	if err != nil {
		return false, fmt.Errorf("make the vault's key file: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("make the vault's key file: %w", err)
	}
	f, err := os.CreateTemp(dir, ".vault-keys-*") // with mode 0600
	if err != nil {
		return false, fmt.Errorf("make the vault's key file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return false, fmt.Errorf("make the vault's key file: %w", err)
	}
	// A link appears whole or not at all, and never over a file that is there.
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("make the vault's key file: %w", err)
	}
	return true, syncFolder(dir)
}

// syncFolder makes the new name survive a power cut: what is sealed in the next second hangs on it.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keep the name on disk: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keep the name on disk: %w", err)
	}
	return nil
}

func newKeyFile() ([]byte, error) {
	kek, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, err
	}
	number, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	var file onDisk
	file.Format = keyFileFormat
	for _, part := range []struct {
		handle *keyset.Handle
		to     *json.RawMessage
	}{{kek, &file.KEK}, {number, &file.Number}} {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(part.handle, keyset.NewJSONWriter(&b)); err != nil {
			return nil, err
		}
		*part.to = b.Bytes()
	}
	return json.MarshalIndent(file, "", "  ")
}

// openToOthers are the permission bits that a key file may not have. Reading by a group is allowed, because that is how
// Kubernetes mounts a secret for a process that is not root.
const openToOthers fs.FileMode = 0o037

func readKeyFile(path string) (*keyFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if mode := info.Mode().Perm(); mode&openToOthers != 0 {
		return nil, fmt.Errorf("%w: %s has mode %#o, it must be 0600", ErrKeyFile, path, mode)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	var file onDisk
	// The reasons of the decoders are left out: they may quote what they read.
	if json.Unmarshal(content, &file) != nil || file.Format != keyFileFormat {
		return nil, fmt.Errorf("%w: %s is not one", ErrKeyFile, path)
	}
	k, err := file.keys()
	if err != nil {
		return nil, fmt.Errorf("%w: %s is damaged", ErrKeyFile, path)
	}
	return k, nil
}

func (f onDisk) keys() (*keyFile, error) {
	kek, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.KEK)))
	if err != nil {
		return nil, err
	}
	number, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Number)))
	if err != nil {
		return nil, err
	}
	primary, err := kek.Primary()
	if err != nil {
		return nil, err
	}
	k := &keyFile{kekID: idOf(primary.KeyID()), keks: kek.Len()}
	if k.kek, err = aead.New(kek); err != nil {
		return nil, err
	}
	if k.number, err = prf.NewPRFSet(number); err != nil {
		return nil, err
	}
	return k, nil
}

// hashNumber is what the vault knows of an NHS number.
func (k *keyFile) hashNumber(tenDigits string) ([]byte, error) {
	return k.number.ComputePrimaryPRF(framed("waypost/nhs-number/1", tenDigits), 32)
}

// hashMark is what the vault knows of whom a number was typed for; it says nothing about two numbers of one person.
func (k *keyFile) hashMark(numberHash []byte, of nhsnumber.Holder) ([]byte, error) {
	return k.number.ComputePrimaryPRF(framed("waypost/nhs-number-of/1", string(numberHash), of.Mark()), 32)
}

// fingerprint tells one key file from another and nothing about either.
func (k *keyFile) fingerprint() ([]byte, error) {
	return k.number.ComputePrimaryPRF(framed("waypost/key-file/1"), 16)
}
