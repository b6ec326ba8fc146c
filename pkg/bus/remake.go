package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Remake deletes a speaker's stream and makes it anew, empty, with the consumers of all who listen to it. Only who may make
// streams may do so, since they refuse to be purged. Everything in it is lost, and nothing with that: the speaker's relay sees it
// when it looks and publishes again what the stream should hold, and readers turn away what they had. When it dies between the
// two, Remake or Bootstrap makes the stream; until then publishing fails and events wait in the outbox.
func Remake(ctx context.Context, js jetstream.JetStream, speaker string, listens map[string][]string, s Storage) error {
	once, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := Delete(once, js, speaker); err != nil {
		return err
	}
	only := map[string][]string{}
	for reader, heard := range listens {
		if slices.Contains(heard, speaker) {
			only[reader] = []string{speaker}
		}
	}
	return Bootstrap(ctx, js, []string{speaker}, only, s)
}

// Delete deletes a speaker's stream, and tries until it is gone or ctx ends: of one that has no leader nobody answers that it was deleted.
// What is lost with it is told at Remake.
func Delete(ctx context.Context, js jetstream.JetStream, speaker string) error {
	return whenThere(ctx, func(ctx context.Context) error {
		if err := js.DeleteStream(ctx, Stream(speaker)); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("delete stream of %s: %w", speaker, err)
		}
		return nil
	})
}
