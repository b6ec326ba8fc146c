package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatWasImportedIsFoundByAPractice(t *testing.T) {
	t.Parallel()
	const sample = "../../../../deploy/sample/"
	s := settings{
		practices: []string{sample + "ods/practices.csv.gz", sample + "ods/networks.csv.gz", sample + "ods/list-sizes.csv.gz"},
		services:  []string{sample + "listings/street-support-by-day.json.gz", sample + "listings/libraries.csv.gz", sample + "services.ndjson"},
		most:      time.Minute,
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, s), out.String())
	require.Contains(t, out.String(), "458 organisations read: 458 new")
	require.Regexp(t, `\nimport_seconds=[0-9.]+\nvisible_seconds=[0-9.]+\n$`, out.String())
	s.most = time.Nanosecond
	require.ErrorContains(t, run(t.Context(), &out, s), "more than 1ns")
}
