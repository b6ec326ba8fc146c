package inbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
)

// FuzzReplay reads what a speaker's replay answers: what is given out is an event of ours, and an error tells no value.
func FuzzReplay(f *testing.F) {
	e := &event.Event{
		ID: id.New(), Type: "waypost.alpha.word_said.v1", Source: event.Source("test", "alpha"), About: id.New(), Time: time.Unix(0, 0).UTC(),
		Correlation: id.New(), Classification: "internal", Epoch: 1, Position: 1, Data: json.RawMessage(`{"word":"a"}`),
	}
	e.Hash = e.ChainHash(nil)
	c, err := e.CloudEvent()
	require.NoError(f, err)
	line, err := json.Marshal(c)
	require.NoError(f, err)
	f.Add(append(append(line, '\n'), line...))
	f.Add(line[:len(line)-3])
	f.Add(bytes.Replace(line, []byte(`"position":"1"`), []byte(`"position":"-1"`), 1))
	f.Add([]byte(`{}`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, answer []byte) {
		events, _ := readLines(bufio.NewReader(bytes.NewReader(answer)))
		for _, e := range events {
			require.True(t, id.Valid(e.ID) && id.Valid(e.About))
			require.Equal(t, event.PartitionOf(e.About), e.Partition)
			_, err := e.Msg()
			require.NoError(t, err, "what was read can be parked")
		}
	})
}
