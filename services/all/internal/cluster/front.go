package cluster

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"time"
)

// entrance is one address for both copies of every service.
type entrance struct {
	address string
	server  *http.Server
}

func (c *Cluster) openEntrances(ctx context.Context) (err error) {
	if c.front, err = c.openEntrance(ctx, func(path string) string { return serviceOf(path, "/api/") }); err != nil {
		return err
	}
	c.Address = "http://" + c.front.address
	c.back, err = c.openEntrance(ctx, func(path string) string { return serviceOf(path, "/internal/") })
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

// openEntrance passes each request to a copy of the service that owns the path. A copy that takes no connection is passed
// over; what a copy took and did not answer is not sent again here: its sender asks again under the same key.
func (c *Cluster) openEntrance(ctx context.Context, owner func(path string) string) (*entrance, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open an address: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", owner(r.In.URL.Path)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		FlushInterval: -1, // pages that stay open are told at once
		Transport:     &http.Transport{DialContext: c.dial, MaxIdleConnsPerHost: 128, IdleConnTimeout: 10 * time.Second, ResponseHeaderTimeout: 15 * time.Second},
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:      log.New(nothing{}, "", 0),
	}
	e := &entrance{address: ln.Addr().String(), server: &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.has(owner(r.URL.Path)) {
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	})}}
	go func() { _ = e.server.Serve(ln) }() // it ends with Close
	return e, nil
}

type nothing struct{}

func (nothing) Write(b []byte) (int, error) { return len(b), nil }

func (c *Cluster) has(service string) bool { return c.processes[service+"-1"] != nil }

var turn atomic.Uint64

// dial connects to the copies of a service in turn, until one takes the connection.
func (c *Cluster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	service, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	copies := c.copies(service)
	first := int(turn.Add(1) % uint64(len(copies)))
	var errs []error
	for i := range copies {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, c.ports[copies[(first+i)%len(copies)]])
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
