package inbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	ce "github.com/cloudevents/sdk-go/v2/event"

	"example.org/waypost/pkg/event"
)

// HTTPReplay fetches from the speakers' replay APIs. urls maps a speaker to the whole address of its handler.
func HTTPReplay(client *http.Client, urls map[string]string, token string) Replayer {
	return func(ctx context.Context, speaker string, partition, epoch int, from, to int64) ([]*event.Event, error) {
		url := fmt.Sprintf("%s?partition=%d&epoch=%d&from=%d&to=%d", urls[speaker], partition, epoch, from, to)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, fmt.Errorf("replay from %s: %w", speaker, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("replay from %s: %w", speaker, err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("replay from %s: status %d", speaker, res.StatusCode)
		}
		return readLines(bufio.NewReader(res.Body))
	}
}

func readLines(r *bufio.Reader) ([]*event.Event, error) {
	var out []*event.Event
	dec := json.NewDecoder(r)
	for dec.More() {
		var c ce.Event
		if err := dec.Decode(&c); err != nil {
			return out, fmt.Errorf("read replay: %w", err)
		}
		e, err := event.FromCloudEvent(c)
		if err != nil {
			return out, fmt.Errorf("read replay: %w", err)
		}
		out = append(out, e)
	}
	return out, nil
}
