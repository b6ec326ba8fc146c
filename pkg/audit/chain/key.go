package chain

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// PublicName is where the public half of a key file is written, for those who check: keep a copy where whoever looks after the
// database can not change it.
func PublicName(keyFile string) string { return keyFile + ".pub" }

// CreateKey makes the key with which a deployment signs where its audit trails stand, and its public half beside it. It never
// replaces one: what was signed before could not be checked any more.
func CreateKey(file string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the audit key: %w", err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("make the audit key: %w", err)
	}
	p, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return fmt.Errorf("make the audit key: %w", err)
	}
	if err := create(PublicName(file), "PUBLIC KEY", p, 0o644); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make the audit key: %w", err)
	}
	if err := create(file, "PRIVATE KEY", b, 0o600); err != nil {
		return fmt.Errorf("make the audit key: %w", err)
	}
	return nil
}

// KeyFor is CreateKey for a place where checkpoints may have been signed before: a key that is lost is not replaced in silence.
func KeyFor(file, checkpoints string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	if signed, err := filepath.Glob(filepath.Join(checkpoints, "*"+suffix)); err != nil || len(signed) > 0 {
		return fmt.Errorf("the audit key %s is lost, and %s was signed with it: put it back from where you keep a copy", file, checkpoints)
	}
	return CreateKey(file)
}

func create(name, kind string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: b}), f.Sync(), f.Close())
}

// ReadKey reads a key file.
func ReadKey(file string) (ed25519.PrivateKey, error) {
	b, err := block(file)
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKCS8PrivateKey(b)
	private, ok := k.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is no audit key", file)
	}
	return private, nil
}

// ReadPublic reads the public half.
func ReadPublic(file string) (ed25519.PublicKey, error) {
	b, err := block(file)
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKIXPublicKey(b)
	public, ok := k.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is no public audit key", file)
	}
	return public, nil
}

func block(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	p, _ := pem.Decode(b)
	if p == nil {
		return nil, fmt.Errorf("%s is no key", file)
	}
	return p.Bytes, nil
}

// keyID names a key in what it signed.
func keyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return hex.EncodeToString(sum[:8])
}
