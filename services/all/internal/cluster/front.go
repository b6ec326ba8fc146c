package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// entrance is one address for both copies of every service.
type entrance struct {
	address string
	server  *http.Server
	handler atomic.Pointer[http.Handler]
}

// openEntrances opens the front for people and their programs, and the back for the services among themselves, over TLS.
func (c *Cluster) openEntrances(ctx context.Context) (err error) {
	if c.front, err = c.openEntrance(ctx, c.Listen, c.passOn("/api/"), nil); err != nil {
		return err
	}
	c.Address = "http://" + c.front.address
	c.back, err = c.openEntrance(ctx, "", c.passOn("/internal/"), c.secure)
	return err
}

// serviceOf reads the service out of a path that begins so; "" when it does not.
func serviceOf(path, prefix string) string {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return ""
	}
	service, _, _ := strings.Cut(rest, "/")
	return service
}

// openEntrance answers on a port of loopback until Close.
func (c *Cluster) openEntrance(ctx context.Context, address string, h http.Handler, secure *tls.Config) (*entrance, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(address, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("open an address: %w", err)
	}
	e := &entrance{address: ln.Addr().String()}
	e.handler.Store(&h)
	if secure != nil {
		ln = tls.NewListener(ln, secure)
	}
	e.server = &http.Server{ReadHeaderTimeout: time.Minute, ErrorLog: log.New(nothing{}, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*e.handler.Load()).ServeHTTP(w, r)
	})}
	go func() { _ = e.server.Serve(ln) }() // it ends with Close
	return e, nil
}

// passOn gives a request to the service whose name stands behind the prefix of its path.
func (c *Cluster) passOn(prefix string) http.Handler {
	services := map[string]http.Handler{}
	for _, s := range c.Services {
		services[s.Name] = c.proxy(s.Name)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := services[serviceOf(r.URL.Path, prefix)]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

// proxy passes each request to a copy of a service. A copy that takes no connection is passed over; what a copy took and did not
// answer is not sent again here, unless it only reads: its sender asks again under the same key.
func (c *Cluster) proxy(service string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "https", service // whose name must stand in the certificate
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		FlushInterval: -1, // pages that stay open are told at once
		Transport: &http.Transport{
			DialContext: c.dial, TLSClientConfig: c.secure.Clone(), TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 128, IdleConnTimeout: 10 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(nothing{}, "", 0),
	}
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }

var turn atomic.Uint64

// dial connects to the copies of a service in turn, until one takes the connection. Who did not say that it is ready when it was
// asked last comes after the others: a process that hangs still takes connections.
func (c *Cluster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	service, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	copies := c.copies(service)
	first := int(turn.Add(1) % uint64(len(copies)))
	copies = slices.Concat(copies[first:], copies[:first])
	slices.SortStableFunc(copies, func(a, b string) int { return cmp.Compare(c.health.bad(a), c.health.bad(b)) })
	var errs []error
	for _, name := range copies {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, c.ports[name])
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
