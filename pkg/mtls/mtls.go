// Package mtls is how our processes know each other: TLS 1.3 in which both sides show a certificate of one authority.
package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Files are where a process reads its certificate, the key of it, and the authority by which it knows the others.
type Files struct{ CA, Cert, Key string }

// None tells that no certificate was given at all: everything is on one machine, or in one process.
func (f Files) None() bool { return f == Files{} }

// Config is for both sides of a connection; nil when no certificate was given. A server refuses who shows none.
func (f Files) Config() (*tls.Config, error) {
	if f.None() {
		return nil, nil
	}
	if f.CA == "" || f.Cert == "" || f.Key == "" {
		return nil, errors.New("read certificates: the authority, the certificate and its key belong together")
	}
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pem, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read certificates: there is none in %s", f.CA)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair},
		RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		NextProtos: []string{"http/1.1"}, // one connection of HTTP/2 would take all requests to one copy
	}, nil
}

// Client asks others over TLS when there is a configuration, and plainly when it is nil.
func Client(c *tls.Config, timeout time.Duration) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	if c != nil {
		t.TLSClientConfig = c.Clone()
	}
	t.ForceAttemptHTTP2 = false
	return &http.Client{Timeout: timeout, Transport: t}
}

// Scheme is how an address of ours begins.
func Scheme(c *tls.Config) string {
	if c == nil {
		return "http://"
	}
	return "https://"
}
