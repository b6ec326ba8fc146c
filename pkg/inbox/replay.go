package inbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	ce "github.com/cloudevents/sdk-go/v2/event"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// HTTPHeads asks the speakers how far they have numbered. urls maps a speaker to the whole address of its handler.
func HTTPHeads(client *http.Client, urls map[string]string, token string) Header {
	return func(ctx context.Context, speaker string) (heads []outbox.Head, err error) {
		body, err := get(ctx, client, urls[speaker], token)
		if err != nil {
			return nil, fmt.Errorf("heads of %s: %w", speaker, err)
		}
		defer body.Close()
		if err := json.NewDecoder(body).Decode(&heads); err != nil {
			return nil, fmt.Errorf("heads of %s: %w", speaker, err)
		}
		return heads, nil
	}
}

func get(ctx context.Context, client *http.Client, url, token string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return res.Body, nil
}

// HTTPReplay fetches from the speakers' replay APIs. urls maps a speaker to the whole address of its handler.
func HTTPReplay(client *http.Client, urls map[string]string, token string) Replayer {
	return func(ctx context.Context, speaker string, partition, epoch int, from, to int64) ([]*event.Event, error) {
		url := fmt.Sprintf("%s?partition=%d&epoch=%d&from=%d&to=%d", urls[speaker], partition, epoch, from, to)
		body, err := get(ctx, client, url, token)
		if err != nil {
			return nil, fmt.Errorf("replay from %s: %w", speaker, err)
		}
		defer body.Close()
		return readLines(bufio.NewReader(body))
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
