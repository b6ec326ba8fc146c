package stories

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
)

// followed is one referral that everybody has heard of, with what must stand nowhere where somebody watches.
type followed struct {
	*scene
	sent   string
	hidden []string
}

func follow(t *testing.T) *followed {
	t.Helper()
	f := &followed{scene: newScene(t)}
	lunch := f.service(f.first, "Lunch club", terms.NeedLoneliness)
	p := f.patient("Zwartkruis")
	f.sent = f.refers(f.practice, p.Ref, terms.NeedLoneliness, toService(lunch))
	f.comesTo(f.reception(), f.sent, terms.ReferralOffered)
	o := f.tray(f.as(f.first, terms.RoleProviderWorker), "vcse", f.sent)
	f.does(o, "accept", map[string]any{})
	f.comesTo(f.reception(), f.sent, terms.ReferralAccepted)
	require.NoError(t, f.stage.Settle(t.Context()))
	for _, service := range schemas.Speakers { // each is asked something
		_, err := f.reception().Get(t.Context(), "/api/"+service+"/v1/openapi.json", nil)
		require.NoError(t, err)
	}
	f.hidden = []string{"Zwartkruis", "left the house", "07700 900123", "07700900123", "M1 1AF", p.number, p.Ref, f.sent, lunch, f.practice.OrganisationID, "Mill Lane"}
	return f
}

// scrape is what Prometheus gets.
func (f *followed) scrape() (text string, families map[string]*dto.MetricFamily) {
	f.t.Helper()
	address, token := f.stage.Metrics()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	require.NoError(f.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	require.NoError(f.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(f.t, err)
	require.Equal(f.t, http.StatusOK, res.StatusCode, string(body))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err = parser.TextToMetricFamilies(strings.NewReader(string(body)))
	require.NoError(f.t, err)
	return string(body), families
}

// What a label of ours may say: names that we chose. An id or a number of ten digits is none.
var (
	labelValue = map[string]*regexp.Regexp{
		"service": regexp.MustCompile(`^[a-z]+$`),
		"speaker": regexp.MustCompile(`^[a-z]+$`),
		"route":   regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]*$`),
		"class":   regexp.MustCompile(`^[1-5]xx$`),
		"lease":   regexp.MustCompile(`^[a-z]+( [a-z0-9]+)*$`),
		"loop":    regexp.MustCompile(`^[a-z]+(,? [a-z0-9]+)*$`),
		"clock":   regexp.MustCompile(`^[a-z_]+$`),
		"state":   regexp.MustCompile(`^(busy|idle)$`),
		"version": regexp.MustCompile(`^go[0-9.]+`), // Go's own
	}
	longNumber = regexp.MustCompile(`[0-9]{8}|[0-9a-f]{8}-`)
)

func TestWhatPrometheusSeesNamesEveryServiceAndNobody(t *testing.T) {
	t.Parallel()
	f := follow(t)
	text, families := f.scrape()
	for _, word := range f.hidden {
		require.NotContains(t, text, word)
	}
	services := map[string][]string{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				require.Contains(t, labelValue, l.GetName(), name)
				require.Regexp(t, labelValue[l.GetName()], l.GetValue(), name)
				require.NotRegexp(t, longNumber, l.GetValue(), name)
				if l.GetName() == "service" && !slices.Contains(services[name], l.GetValue()) {
					services[name] = append(services[name], l.GetValue())
				}
			}
		}
	}
	listeners := slices.DeleteFunc(slices.Clone(schemas.Speakers), func(s string) bool { return len(schemas.Listens[s]) == 0 })
	for _, name := range []string{
		"waypost_up", "waypost_degraded", "waypost_unpublished_events", "waypost_unpublished_oldest_age_seconds", "waypost_broker_connected",
		"waypost_stream_mended_total", "waypost_lease_held", "waypost_loop_moves", "waypost_http_requests_total", "waypost_database_connections",
	} {
		require.ElementsMatch(t, schemas.Speakers, services[name], name)
	}
	for _, name := range []string{
		"waypost_unapplied_events", "waypost_unapplied_oldest_age_seconds", "waypost_parked_events", "waypost_holes_open", "waypost_events_fetched_total",
		"waypost_event_delay_seconds",
	} {
		require.ElementsMatch(t, listeners, services[name], name)
	}
	require.Subset(t, services["waypost_clocks_overdue"], []string{"primarycare", "coordination", "linkworker", "vcse", "mdt"})
	require.Equal(t, []string{"all"}, services["go_goroutines"])
	for _, m := range families["waypost_up"].GetMetric() {
		require.Equal(t, 1, int(m.GetGauge().GetValue()), m)
	}
	for _, m := range families["waypost_speaker_answers"].GetMetric() {
		require.Equal(t, 1, int(m.GetGauge().GetValue()), m)
	}
}

func TestMetricsNeedAToken(t *testing.T) {
	t.Parallel()
	s := theStage(t)
	address, token := s.Metrics()
	for path, status := range map[string]int{"/metrics": http.StatusUnauthorized, "/internal/vcse/outbox/heads": http.StatusUnauthorized} {
		for _, given := range []string{"", "Bearer another", "Bearer " + token} {
			want := status
			if path == "/metrics" && given == "Bearer "+token {
				want = http.StatusOK
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
			require.NoError(t, err)
			r.Header.Set("Authorization", given)
			res, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, want, res.StatusCode, "%s %s", path, given)
		}
	}
}

var metricName = regexp.MustCompile(`\b(waypost|go|process)_[a-z_]+\b`)

// What the dashboard draws and the rules watch must be there, or a wrong name would look like a service without trouble.
func TestDashboardAndRulesNameMetricsThatAreThere(t *testing.T) {
	t.Parallel()
	f := follow(t)
	_, families := f.scrape()
	var seen int
	for _, pattern := range []string{"../../../deploy/grafana/*.json", "../../../deploy/prometheus/*.yml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, name := range metricName.FindAllString(string(b), -1) {
				seen++
				if _, whole := families[name]; whole {
					continue
				}
				base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
				require.Contains(t, families, base, "%s names %s", file, name)
				require.Equal(t, dto.MetricType_HISTOGRAM, families[base].GetType(), "%s names %s", file, name)
			}
		}
	}
	require.Greater(t, seen, 20, "the files were read")
}

// One referral is one trace: from the practice to coordination, to everybody it is said to, and back.
func TestAReferralIsOneTrace(t *testing.T) {
	t.Parallel()
	f := follow(t)
	var traceparent string
	require.NoError(t, f.stage.Admin.QueryRow(t.Context(), `select traceparent from primarycare.outbox
		where event_type like '%.referral_requested.v1' and convert_from(body, 'utf8')::jsonb ->> 'referral_id' = $1`, f.sent).Scan(&traceparent))
	id := strings.Split(traceparent, "-")[1]
	var did map[string][]string // by service
	require.Eventually(t, func() bool {
		did = spans.did(id)
		return slices.Contains(did["primarycare"], "apply referral_progressed")
	}, patience, tick, "%v", did)
	require.GreaterOrEqual(t, len(did), 4, did)
	require.Subset(t, did["primarycare"], []string{"publish referral_requested", "apply case_opened"})
	require.Contains(t, did["coordination"], "apply referral_requested")
	require.Contains(t, did["coordination"], "publish referral_offered")
	require.Contains(t, did["vcse"], "apply referral_offered")
	require.Contains(t, did["linkworker"], "apply referral_progressed")
	require.True(t, slices.ContainsFunc(did["primarycare"], func(name string) bool { return strings.HasPrefix(name, "POST ") }), did)
	require.True(t, slices.ContainsFunc(did["primarycare"], func(name string) bool { return strings.HasPrefix(name, "command ") }), did)
	require.Empty(t, spans.tells(f.hidden), "a span of any story names the person, or where they go")
	require.NotEmpty(t, spans.tells([]string{"POST"}), "what spans tell was looked through")
}
