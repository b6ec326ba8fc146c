// Package proxy stands between two processes and spoils what passes: it cuts, delays, resets, slices and goes deaf, as told.
package proxy

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Weather is what a link does to what passes. The zero value lets everything through as it comes.
type Weather struct {
	Cut    bool          // nothing passes and nobody is told: a cable is out
	OneWay bool          // with Cut: what the dialled side says still passes
	Deaf   bool          // connections are taken, and what is said is never answered
	Delay  time.Duration // of every piece, in both directions
	Jitter time.Duration // more or less by so much
	Rate   int           // bytes a second; 0: no limit
	Slice  int           // pieces of so many bytes; 0: as they come
}

// Link passes connections on from its own address to another.
type Link struct {
	network, to string
	ln          net.Listener

	mu      sync.Mutex
	weather Weather
	changed chan struct{}
	conns   map[net.Conn]struct{}
	closed  bool
}

// Listen opens a link. network is tcp or unix; at is where it listens: "127.0.0.1:0", or the path of a socket.
func Listen(network, at, to string) (*Link, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), network, at)
	if err != nil {
		return nil, fmt.Errorf("open a link: %w", err)
	}
	l := &Link{network: network, to: to, ln: ln, changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	go l.accept()
	return l, nil
}

// Address is where it listens.
func (l *Link) Address() string { return l.ln.Addr().String() }

// Set changes the weather, for what is under way too.
func (l *Link) Set(w Weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weather = w
	close(l.changed)
	l.changed = make(chan struct{})
}

// Reset ends every connection at once, as a router that restarts does.
func (l *Link) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // the other side hears "reset", not "end"
		}
		_ = c.Close()
	}
}

// Close ends the link and all its connections.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.ln.Close()
	l.Set(Weather{})
	l.Reset()
}

func (l *Link) now() (w Weather, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.weather, l.changed
}

// keep remembers a connection so that it can be reset; false when the link is closed.
func (l *Link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conns[c] = struct{}{}
	return true
}

func (l *Link) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	_ = c.Close()
}

func (l *Link) accept() {
	for {
		c, err := l.ln.Accept()
		if err != nil {
			return
		}
		go l.serve(c)
	}
}

func (l *Link) serve(in net.Conn) {
	defer l.forget(in)
	if !l.keep(in) {
		return
	}
	if w, _ := l.now(); w.Deaf {
		_, _ = io.Copy(io.Discard, in) // until who called gives up
		return
	}
	out, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), l.network, l.to)
	if err != nil {
		return
	}
	defer l.forget(out)
	if !l.keep(out) {
		return
	}
	done := make(chan struct{}, 2)
	go func() { l.pump(out, in, false); done <- struct{}{} }()
	go func() { l.pump(in, out, true); done <- struct{}{} }()
	<-done // one side ended: so does the other
}

// pump passes on what one side says, as the weather allows. back: it is the dialled side that speaks.
func (l *Link) pump(to, from net.Conn, back bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for said := buf[:n]; len(said) > 0; {
			w := l.clear(back)
			piece := said
			if w.Slice > 0 && len(piece) > w.Slice {
				piece = piece[:w.Slice]
			}
			if d := w.pause(len(piece)); d > 0 {
				<-time.After(d)
			}
			if _, err := to.Write(piece); err != nil {
				return
			}
			said = said[len(piece):]
		}
		if err != nil {
			return
		}
	}
}

// clear waits until something may pass.
func (l *Link) clear(back bool) Weather {
	for {
		w, changed := l.now()
		if !(w.Cut && !(back && w.OneWay) || w.Deaf && back) {
			return w
		}
		<-changed
	}
}

func (w Weather) pause(bytes int) time.Duration {
	d := w.Delay
	if w.Jitter > 0 {
		d += rand.N(2*w.Jitter) - w.Jitter
	}
	if w.Rate > 0 {
		d += time.Duration(bytes) * time.Second / time.Duration(w.Rate)
	}
	return max(d, 0)
}
