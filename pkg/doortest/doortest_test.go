package doortest_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
)

type told struct {
	PatientRef string `json:"patient_ref"`
}

func (told) EventType() string                                            { return "waypost.vcse.word_said.v1" }
func (told) EachSealed(func(path, class string, b event.Box) error) error { return nil }

// contract is that of a world with one fact.
var contract = fstest.MapFS{"vcse/word_said.v1.json": {Data: []byte(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://waypost.example.org/vcse/word_said.v1.json",
	"type": "object", "required": ["patient_ref"], "properties": {"patient_ref": {"type": "string", "format": "uuid"}}}`)}}

func TestAServiceHearsWhatItIsTold(t *testing.T) {
	t.Parallel()
	migrate := func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "linkworker", nil) }
	h := doortest.New(t, "linkworker", migrate, []string{"vcse"}, []string{"vcse", "linkworker"}, contract)
	f, err := door.Open(t.Context(), h.Config, door.Options{Service: "linkworker", Listens: []string{"vcse"}})
	require.NoError(t, err)
	heard := make(chan string, 1)
	inbox.On(f.Inbox, nil, func(_ context.Context, _ pgx.Tx, e *event.Event, p *told) error {
		heard <- p.PatientRef
		return nil
	})
	h.Run(f)
	ref, err := h.Vault("linkworker").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(ref, &told{ref})
	require.Equal(t, ref, <-heard)
}
