// Package mailbox is a mail server that keeps what it is sent, in memory, for a demonstration on one's own machine and for tests. No
// deployed binary has it in it.
package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"
)

// Message is one e-mail as it came.
type Message struct {
	To, Subject, ID, Text string
	Header                mail.Header
	Raw                   string
	At                    time.Time
}

// Box is the server. Its zero value is not used: see Listen.
type Box struct {
	address string

	mu      sync.Mutex
	ln      net.Listener // nil: it is down
	open    map[net.Conn]bool
	all     []Message
	refused map[string]int
	more    chan struct{} // closed when something comes
	serving sync.WaitGroup
}

// Keeps is how many e-mails it remembers; older ones go.
const Keeps = 500

// Listen starts it on a free port of this machine.
func Listen() (*Box, error) {
	b := &Box{address: "127.0.0.1:0", open: map[net.Conn]bool{}, refused: map[string]int{}, more: make(chan struct{})}
	return b, b.Up()
}

// URL is where it is, as mail.New takes it.
func (b *Box) URL() string { return "smtp://" + b.address + "?tls=off" }

// Up lets it answer again, at the same place.
func (b *Box) Up() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ln != nil {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", b.address)
	if err != nil {
		return fmt.Errorf("open a mailbox: %w", err)
	}
	b.ln, b.address = ln, ln.Addr().String()
	b.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return // it was closed
			}
			b.serving.Go(func() { b.serve(c) })
		}
	})
	return nil
}

// Down ends it and every connection to it, as a server that dies; what came is kept.
func (b *Box) Down() {
	b.mu.Lock()
	if b.ln != nil {
		_ = b.ln.Close()
		b.ln = nil
	}
	for c := range b.open {
		_ = c.Close()
	}
	b.mu.Unlock()
	b.serving.Wait()
}

// Refuse lets it answer with a code (550 is for good, 451 is not now) to whoever writes to an address; 0: it takes it again.
func (b *Box) Refuse(to string, code int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[to] = code
}

// All is what came, the oldest first.
func (b *Box) All() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

// Of is what came to an address.
func (b *Box) Of(to string) (out []Message) {
	for _, m := range b.All() {
		if m.To == to {
			out = append(out, m)
		}
	}
	return out
}

// Wait returns what came to an address once there are n of it, or the error of ctx.
func (b *Box) Wait(ctx context.Context, to string, n int) ([]Message, error) {
	for {
		b.mu.Lock()
		more := b.more
		b.mu.Unlock()
		if got := b.Of(to); len(got) >= n {
			return got, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return b.Of(to), ctx.Err()
		}
	}
}

func (b *Box) serve(c net.Conn) {
	b.mu.Lock()
	up := b.ln != nil
	b.open[c] = true
	b.mu.Unlock()
	defer func() {
		_ = c.Close()
		b.mu.Lock()
		delete(b.open, c)
		b.mu.Unlock()
	}()
	if up {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		_ = b.talk(textproto.NewReader(bufio.NewReader(io.LimitReader(c, 1<<20))), c) // whoever went away comes again
	}
}

var errQuit = errors.New("it said goodbye")

func (b *Box) talk(in *textproto.Reader, out io.Writer) error {
	say := func(line string) error { _, err := io.WriteString(out, line+"\r\n"); return err }
	err := say("220 mailbox")
	to := ""
	for err == nil {
		line, e := in.ReadLine()
		if e != nil {
			return e
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			err = say("250 mailbox")
		case "MAIL", "RSET", "NOOP":
			to = ""
			err = say("250 so be it")
		case "RCPT":
			to = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(rest, "TO:"), "to:"), "<> ")
			b.mu.Lock()
			code := b.refused[to]
			b.mu.Unlock()
			if code != 0 {
				err = say(fmt.Sprintf("%d not here", code))
				continue
			}
			err = say("250 known")
		case "DATA":
			err = b.data(in, say, to)
		case "QUIT":
			return errors.Join(say("221 goodbye"), errQuit)
		default:
			err = say("502 not understood")
		}
	}
	return err
}

func (b *Box) data(in *textproto.Reader, say func(string) error, to string) error {
	if to == "" {
		return say("503 to whom?")
	}
	if err := say("354 go on"); err != nil {
		return err
	}
	raw, err := in.ReadDotBytes()
	if err != nil {
		return err
	}
	m, err := read(to, string(raw))
	if err != nil {
		return say("554 that is no e-mail")
	}
	b.mu.Lock()
	b.all = append(b.all, m)
	b.all = b.all[max(0, len(b.all)-Keeps):]
	close(b.more)
	b.more = make(chan struct{})
	b.mu.Unlock()
	return say("250 kept")
}

func read(to, raw string) (Message, error) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	body := m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Message{}, err
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return Message{}, err
	}
	return Message{To: to, Subject: subject, ID: m.Header.Get("Message-Id"), Text: strings.ReplaceAll(string(text), "\r\n", "\n"), Header: m.Header, Raw: raw, At: time.Now()}, nil
}
