package main

import (
	"context"
	"errors"
	"time"
)

// subject is a program under measurement, running.
type subject interface {
	// Prepare makes ready for n referrals, before the clock starts.
	Prepare(ctx context.Context, n int) error
	// Refer asks for one referral and returns its id when the asker has been told that it is safe; errNobodyLeft when there
	// are no more than were prepared.
	Refer(ctx context.Context, client int) (referral string, err error)
	// Visible counts the referrals that are both in a receiver's tray and on the case.
	Visible(ctx context.Context) (int64, error)
	// Reached tells which of these referrals have come as far as a point.
	Reached(ctx context.Context, at point, referrals []string) (map[string]mark, error)
	// Weight counts, over all so far, the messages sent and the rows written.
	Weight(ctx context.Context) (messages, rows int64, err error)
	Close()
}

// liver is a subject in which a referral has a whole life.
type liver interface {
	subject
	// Accept is the receiver's yes to a referral that is visible.
	Accept(ctx context.Context, m mark) error
	// End is how the receiver says that the support is over, once its yes counts.
	End(ctx context.Context, m mark) error
}

// point is how far a referral has come.
type point int

const (
	isVisible  point = iota // in the receiver's tray and on the case
	isAccepted              // the receiver has been told that its yes counts
	isFedBack               // the sender's own record says how it ended
	points
)

// mark is a referral at a point, with what whoever goes on from there must name.
type mark struct {
	referral, patient   string
	offer, organisation string // the receiver's
	version             int64
	at                  time.Time // when it was seen to be there
}

var errNobodyLeft = errors.New("every patient that was prepared has been referred")

// patience is how long a referral may take to be seen before the measurement gives up.
const patience = 2 * time.Minute
