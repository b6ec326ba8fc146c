package mtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// How long certificates are good for, and how long before their end a new one is made.
const (
	authorityFor   = 10 * 365 * 24 * time.Hour
	certificateFor = 365 * 24 * time.Hour
	renewedBefore  = 30 * 24 * time.Hour
)

// Issuer is an authority of our own in a folder that nobody else may read. It is for one machine and for tests: whoever deploys on
// many has an authority already, and gives its files to the processes.
type Issuer struct {
	dir  string
	now  time.Time
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// OpenIssuer makes the authority at the first start and reads it at every other.
func OpenIssuer(dir string, now time.Time) (*Issuer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the authority: %w", err)
	}
	i := &Issuer{dir: dir, now: now}
	err := i.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = i.found()
	}
	if err != nil {
		return nil, fmt.Errorf("open the authority: %w", err)
	}
	return i, nil
}

func (i *Issuer) path(name, ext string) string { return filepath.Join(i.dir, name+ext) }

const authority = "authority"

func (i *Issuer) load() error {
	pair, err := tls.LoadX509KeyPair(i.path(authority, ".pem"), i.path(authority, ".key"))
	if err != nil {
		return err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return errors.New("its key is not one of ours")
	}
	i.cert, i.key = pair.Leaf, key
	return nil
}

func (i *Issuer) found() (err error) {
	if i.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	i.cert, err = i.template("Waypost, this deployment only", authorityFor)
	if err != nil {
		return err
	}
	i.cert.IsCA, i.cert.BasicConstraintsValid, i.cert.MaxPathLenZero = true, true, true
	i.cert.KeyUsage = x509.KeyUsageCertSign
	return i.write(authority, i.cert, i.key)
}

// Issue gives the certificate of a process, which may be reached under these addresses. The one of an earlier start is kept while
// it is good for a month.
func (i *Issuer) Issue(name string, addresses ...string) (Files, error) {
	f := Files{CA: i.path(authority, ".pem"), Cert: i.path(name, ".pem"), Key: i.path(name, ".key")}
	if i.stands(f) {
		return f, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return f, fmt.Errorf("issue a certificate for %s: %w", name, err)
	}
	t, err := i.template(name, certificateFor)
	if err != nil {
		return f, fmt.Errorf("issue a certificate for %s: %w", name, err)
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, a := range addresses {
		if ip := net.ParseIP(a); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, a)
		}
	}
	if err := i.write(name, t, key); err != nil {
		return f, fmt.Errorf("issue a certificate for %s: %w", name, err)
	}
	return f, nil
}

// stands tells whether a certificate is there, ours, and good for a while.
func (i *Issuer) stands(f Files) bool {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	return err == nil && pair.Leaf.CheckSignatureFrom(i.cert) == nil && i.now.Add(renewedBefore).Before(pair.Leaf.NotAfter)
}

func (i *Issuer) template(name string, good time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: i.now.Add(-time.Hour), NotAfter: i.now.Add(good), // clocks differ
	}, nil
}

// write signs a certificate and keeps it, the key first: without a certificate it is made again.
func (i *Issuer) write(name string, t *x509.Certificate, key *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, t, i.cert, &key.PublicKey, i.key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(i.path(name, ".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(i.path(name, ".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}
