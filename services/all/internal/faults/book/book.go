// Package book is the load's own ledger: what each command was to do is on the disk before it is sent, and what came of it
// after. It knows nothing of the platform's own tables.
package book

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Outcome of a command, as its sender saw it.
type Outcome string

// A command that was answered is done or refused; of one that was given up without an answer nobody knows.
const (
	Done    Outcome = "ok"
	Refused Outcome = "fail"
	Unknown Outcome = "unknown"
)

// Restored marks the time from a backup until it was put back: what was acknowledged in between is gone, as it must be.
const Restored Outcome = "restored"

// Command is one line before it is sent, and one more after. What it does not concern is empty.
type Command struct {
	N        int64     `json:"n"`
	Kind     string    `json:"kind"` // patient, refer, withdraw, refuse, erase, accept, bounce, attendance, end
	Key      string    `json:"key"`
	Number   string    `json:"number,omitempty"` // NHS number of an invented patient
	Patient  string    `json:"patient,omitempty"`
	Referral string    `json:"referral,omitempty"`
	Offer    string    `json:"offer,omitempty"`
	On       string    `json:"on,omitempty"` // a day
	Began    time.Time `json:"began"`
	Outcome  Outcome   `json:"outcome,omitempty"`
	Ended    time.Time `json:"ended,omitzero"`
	Status   int       `json:"status,omitempty"` // of the refusal
}

// Book is an open ledger. Many may write at once; one sync serves all that wait for it.
type Book struct {
	f *os.File
	w *bufio.Writer

	mu      sync.Mutex
	n       int64
	waiting []chan error
	wake    chan struct{}
	done    chan struct{}
	counts  map[Outcome]int64
}

// Open begins a book; one that is there is gone on with.
func Open(path string) (*Book, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the book: %w", err)
	}
	b := &Book{f: f, w: bufio.NewWriter(f), wake: make(chan struct{}, 1), done: make(chan struct{}), counts: map[Outcome]int64{}}
	go b.sync()
	return b, nil
}

// sync writes what has gathered to the disk, again and again.
func (b *Book) sync() {
	defer close(b.done)
	for range b.wake {
		b.mu.Lock()
		waiting := b.waiting
		b.waiting = nil
		err := b.w.Flush()
		b.mu.Unlock()
		if err == nil {
			err = b.f.Sync()
		}
		for _, w := range waiting {
			w <- err
		}
	}
}

func (b *Book) write(c Command) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write into the book: %w", err)
	}
	stands := make(chan error, 1)
	b.mu.Lock()
	_, err = b.w.Write(append(line, '\n'))
	b.waiting = append(b.waiting, stands)
	if c.Outcome != "" {
		b.counts[c.Outcome]++
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake
	}
	return errors.Join(err, <-stands)
}

// Intend writes down what is about to be sent, and returns when that is on the disk.
func (b *Book) Intend(c Command, now time.Time) (Command, error) {
	b.mu.Lock()
	b.n++
	c.N, c.Began = b.n, now
	b.mu.Unlock()
	return c, b.write(c)
}

// Conclude writes what came of it: Outcome and what is known by now.
func (b *Book) Conclude(c Command, now time.Time) error {
	c.Ended = now
	return b.write(c)
}

// Restore writes down that a backup of a moment was put back at another.
func (b *Book) Restore(backup, back time.Time) error {
	return b.write(Command{Kind: "restore", Began: backup, Ended: back, Outcome: Restored})
}

// Count says how many commands ended so.
func (b *Book) Count(o Outcome) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[o]
}

// Shut ends the book.
func (b *Book) Shut() error {
	close(b.wake)
	<-b.done
	return b.f.Close()
}
