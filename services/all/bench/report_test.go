package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func example() report {
	r := report{
		Machine: machine{Processor: "Some <Processor> & Co", Cores: 2, System: "linux/amd64", Go: "go1.26", Load: "0.10"},
		At:      time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Runs: 1, Phase: 20 * time.Second,
	}
	const m = time.Millisecond
	for _, x := range []struct {
		name string
		turn turn
	}{
		{"floor", turn{PerSecond: 1000, CPU: 2 * m, Paced: []paced{{Rate: 100, Kept: true, PerSecond: 100, P50: 5 * m, P99: 9 * m}, {Rate: 300, Kept: true, PerSecond: 300, P50: 6 * m, P99: 12 * m}}, Lives: &lived{PerSecond: 400}}},
		{"watermill", turn{PerSecond: 500, CPU: 3 * m, Paced: []paced{{Rate: 100, Kept: true, PerSecond: 100, P50: 15 * m, P99: 29 * m}, {Rate: 300, Kept: true, PerSecond: 300, P50: 16 * m, P99: 32 * m}}}},
		{"waypost", turn{PerSecond: 250, CPU: 8 * m, P50: 20 * m, P99: 40 * m, RSS: 512, Paced: []paced{{Rate: 100, Kept: true, PerSecond: 100, P50: 25 * m, P99: 49 * m}, {Rate: 300, PerSecond: 240}}, Lives: &lived{PerSecond: 100}}},
	} {
		f := figures{Name: x.name}
		f.add(x.turn)
		r.Figures = append(r.Figures, f)
	}
	return r
}

func TestTheLastLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	example().last(&out)
	require.Equal(t, `floor_per_second=1000
watermill_per_second=500
visible_per_second=250
p50_ms=20.0
p99_ms=40.0
p99_ms_100=49.0
p99_ms_300=none
lives_per_second=100
rss_mib=512
ratio_watermill=0.50
ratio_floor=0.25
ratio_lives_floor=0.25
ratio_cpu=0.25
`, out.String())
}

func TestTheTableSaysWhatWasNotKept(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	example().table(&out)
	require.Regexp(t, `(?m)^waypost +100/s  p50 25\.0 ms, p99 49\.0 ms$`, out.String())
	require.Regexp(t, `(?m)^waypost +300/s  not kept up: 240/s$`, out.String())
	require.NotRegexp(t, `(?m)^watermill .*MiB$`, out.String(), "it has no lives")
}

func TestTheFiguresAsJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(example())
	require.NoError(t, err)
	var back report
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, example(), back)
	require.Contains(t, string(b), `"kept_up":false`)
}

// The picture is well-formed, has words for who does not see it, names the machine and the day, and needs no colour.
func TestThePicture(t *testing.T) {
	t.Parallel()
	svg := string(example().draw())
	texts := map[string][]string{}
	var within []string
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			within = append(within, x.Name.Local)
		case xml.EndElement:
			within = within[:len(within)-1]
		case xml.CharData:
			name := within[max(len(within)-1, 0):]
			if len(name) > 0 {
				texts[name[0]] = append(texts[name[0]], string(x))
			}
		}
	}
	require.NotEmpty(t, texts["title"])
	require.Contains(t, texts["desc"][0], "waypost: 250 visible a second, 100 lives a second; at 100 a second p50 25.0 ms, p99 49.0 ms; at 300 a second not kept up: 240/s.")
	shown := strings.Join(texts["text"], "\n")
	for _, want := range []string{"Some <Processor> & Co, 2 cores", "28 November 2026", "one turn", "1000", "waypost, p99", "49.0", "not kept up: 240 a second"} {
		require.Contains(t, shown, want)
	}
	for _, colour := range regexp.MustCompile(`(?:fill|stroke)="([^"]*)"`).FindAllStringSubmatch(svg, -1) {
		require.Contains(t, []string{"#fff", "#000", "url(#lines)"}, colour[1])
	}
}
