package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
)

// Stream is what a relay needs of the broker: its service's stream. JetStream is the one that is deployed; the simulation has
// another, and one test holds both to these words. It may lose what it has acknowledged, and give its numbers to others.
type Stream interface {
	// Publish sends an event that is to stand right behind the message with the number after, or Anywhere at its end, and returns how
	// to wait for its acknowledgement. ErrMoved says that the stream ends elsewhere, and has not taken it. Who waits in vain gets
	// another error in the end, and does not know whether the stream has it.
	Publish(e *event.Event, after uint64) (acked func(ctx context.Context) (Ack, error), err error)
	// Last is the number of the last message, also of one that the stream has let go; 0 when there was none.
	Last(ctx context.Context) (uint64, error)
	// Ends are the first and the last event of a partition, nil when there is none. event.ErrMalformed says that one of them is no event.
	Ends(ctx context.Context, partition int) (first, last *event.Event, err error)
	// Connection tells whether the broker is there, and how often it was found again.
	Connection() (up bool, reconnects uint64)
}

// Anywhere is after what an event is published of which nobody knows where it will stand.
const Anywhere = math.MaxUint64

// ErrMoved says that the stream's last message is not the one behind which an event was to stand.
var ErrMoved = errors.New("the stream ends elsewhere")

// Ack is the broker's acknowledgement.
type Ack struct {
	Sequence  uint64 // that of the message, which after a loss may have been another's
	Duplicate bool   // the broker remembers that it had the event; nothing was added
}

// jetStream is the stream as it is deployed.
type jetStream struct {
	js      jetstream.JetStream
	service string
}

// JetStream is the stream of a service.
func JetStream(js jetstream.JetStream, service string) Stream { return &jetStream{js, service} }

func (s *jetStream) Connection() (up bool, reconnects uint64) {
	nc := s.js.Conn()
	return nc.IsConnected(), nc.Stats().Reconnects
}

func (s *jetStream) Publish(e *event.Event, after uint64) (func(ctx context.Context) (Ack, error), error) {
	m, err := e.Msg()
	if err != nil {
		return nil, err
	}
	// Without retries of its own, which would come behind what is published meanwhile.
	opts := []jetstream.PublishOpt{jetstream.WithRetryAttempts(0)}
	if after != Anywhere {
		opts = append(opts, jetstream.WithExpectLastSequence(after))
	}
	f, err := s.js.PublishMsgAsync(m, opts...)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Ack, error) { return acked(ctx, f) }, nil
}

// ackWait bounds the wait for one answer of the broker; after it the event is sent again.
const ackWait = 10 * time.Second

func acked(ctx context.Context, f jetstream.PubAckFuture) (Ack, error) {
	select {
	case a := <-f.Ok(): // it has come, however late it is
		return Ack{a.Sequence, a.Duplicate}, nil
	default:
	}
	t := time.NewTimer(ackWait)
	defer t.Stop()
	select {
	case a := <-f.Ok():
		return Ack{a.Sequence, a.Duplicate}, nil
	case err := <-f.Err():
		return Ack{}, refused(err)
	case <-t.C:
		return Ack{}, errors.New("the broker did not acknowledge in time")
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	}
}

// refused tells the broker's refusal from other errors.
func refused(err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return ErrMoved
	}
	return err
}

func (s *jetStream) Last(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	m, err := s.js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.INFO."+bus.Stream(s.service), nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the last message: %w", err)
	}
	var info struct {
		State *struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
		Error *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(m.Data, &info); {
	case err != nil:
		return 0, fmt.Errorf("ask for the last message: %w", err)
	case info.Error != nil:
		return 0, fmt.Errorf("ask for the last message: %w", info.Error)
	case info.State == nil:
		return 0, errors.New("ask for the last message: the answer names none")
	}
	return info.State.Last, nil
}

func (s *jetStream) Ends(ctx context.Context, partition int) (first, last *event.Event, err error) {
	subjects := bus.Filed(s.service, partition)
	if first, err = s.get(ctx, map[string]any{"seq": 1, "next_by_subj": subjects}); err == nil {
		last, err = s.get(ctx, map[string]any{"last_by_subj": subjects})
	}
	return first, last, err
}

// get reads one message from the stream, by direct get; nil when there is none.
func (s *jetStream) get(ctx context.Context, which map[string]any) (*event.Event, error) {
	ask, err := json.Marshal(which)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	m, err := s.js.Conn().RequestWithContext(ctx, "$JS.API.DIRECT.GET."+bus.Stream(s.service), ask)
	if err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	switch status := m.Header.Get("Status"); status {
	case "":
	case "404":
		return nil, nil
	default:
		return nil, fmt.Errorf("read a message: status %s", status)
	}
	e, err := event.FromMsg(m.Header, m.Data)
	if err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	return e, nil
}
