package canary

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/primarycare"
)

// coded are the columns on the lists in which no planted word can stand: a code, a number, an id or a yes. They are on the lists
// because they say something about somebody; that each holds something is looked at.
var coded = map[string][]string{
	"primarycare": {
		"patient.sex", "patient.language", "patient.accessibility", "red_flag.questions", "draft.safeguarding_codes", "draft.accessibility", "draft.need", "draft.receivers",
		"signpost.need", "signpost.service_id", "referral.safeguarding_codes", "referral.accessibility", "referral.need", "referral.receivers", "referral.receiver_id", "referral_step.receiver_id",
	},
	"linkworker": {
		"person.language", "person.accessibility", "offer.need", "offer.safeguarding_codes", "offer.accessibility", "assessment.needs", "assessment.satisfied", "assessment.worthwhile",
		"assessment.happy", "assessment.anxious", "referral.need", "referral.receivers", "referral.safeguarding_codes", "referral.accessibility", "referral.receiver_id", "referral_step.receiver_id",
	},
	"coordination": {
		"patient.sex", "patient.language", "patient.interpreter_needed", "patient.accessibility", "patient.safe_phone", "patient.safe_text", "patient.safe_email", "patient.safe_letter",
		"patient.likeness", "referral.accessibility", "referral.safeguarding_codes",
	},
}

// unasked are columns that no form and no program fills yet; they are made ready for, and erased like the others.
var unasked = []string{"linkworker.referral.safeguarding_codes"}

// Somebody whose every detail is unmistakable goes through every door, with all that people write about them. They stand in the
// columns that are listed, in each of those, and nowhere else: not in the streams, not in what was said, heard, parked or
// remembered, not in a log, a trace, a metric, an address or a header. And when their record is erased they stand nowhere, open nowhere, and
// come back as somebody else.
func TestNobodyStandsWhereNobodyMay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.play()
	s.misfits()
	hits := databases(t, s.stage.URL)
	s.everyListedColumnIsUsed(hits)
	maps.DeleteFunc(hits, func(c column, _ []string) bool { return c.allowed() })
	nowhere(t, hits)
	s.nowhereElse()

	s.erases()
	nowhere(t, databases(t, s.stage.URL))
	s.nowhereElse()
	s.opensNowhere()
	require.NotEqual(t, s.refs[0], s.makes(s.desk(), primarycareAPI+"/patients", person(nil)), "who comes back is somebody new")
}

// nowhereElse looks at everything that is no column.
func (s *scene) nowhereElse() {
	s.t.Helper()
	nowhere(s.t, files(s.t, s.stage.Folder()+"/broker"))
	log, err := os.ReadFile(s.stage.Folder() + "/postgres/postgres.log")
	require.NoError(s.t, err)
	require.NotEmpty(s.t, log)
	logs, seen := s.logs.bytes(), s.seen.bytes()
	require.NotEmpty(s.t, logs)
	for _, asked := range []string{"/practice/patients/" + s.refs[0], "/internal/vcse/outbox"} {
		require.Contains(s.t, string(seen), asked, "not every address is noted")
	}
	traces, metrics := s.traces(), s.metrics()
	require.Contains(s.t, string(traces), "vcse")
	require.Contains(s.t, string(metrics), "waypost_up")
	nowhere(s.t, map[string][]string{
		"Postgres's log": find(log), "our log": find(logs), "an address or a header": find(seen), "a trace": find(traces), "a metric": find(metrics),
	})
}

// everyListedColumnIsUsed keeps the lists from being padded: what is on them held somebody.
func (s *scene) everyListedColumnIsUsed(hits map[column][]string) {
	s.t.Helper()
	for service, columns := range listed {
		for _, c := range columns {
			if slices.Contains(coded[service], c.Table+"."+c.Column) {
				if s.filled(service, c) == 0 && !slices.Contains(unasked, service+"."+c.Table+"."+c.Column) {
					s.t.Errorf("%s.%s.%s holds nothing", service, c.Table, c.Column)
				}
				continue
			}
			hit := slices.ContainsFunc(slices.Collect(maps.Keys(hits)), func(h column) bool {
				return h.Database == "waypost" && h.Schema == service && h.Table == c.Table && h.Name == c.Column
			})
			if !hit {
				s.t.Errorf("%s.%s.%s is listed, and nothing that was planted stands there", service, c.Table, c.Column)
			}
		}
	}
}

// filled counts the rows in which a column holds something.
func (s *scene) filled(service string, c pg.Column) (n int) {
	s.t.Helper()
	name := pgx.Identifier{c.Column}.Sanitize()
	require.NoError(s.t, s.stage.Admin.QueryRow(s.ctx, `select count(*) from `+pgx.Identifier{service, c.Table}.Sanitize()+` where coalesce(`+name+`::text, '') not in ('', '{}', '[]', 'false', 'null')`).Scan(&n))
	return n
}

type removal struct {
	PatientRef string `json:"patient_ref"`
	Because    string `json:"because"`
	By         []struct {
		Service string  `json:"service"`
		At      *string `json:"at"`
	} `json:"by"`
}

// missing are the services that have not said that they removed what they had.
func (s *scene) missing() (services []string) {
	s.t.Helper()
	var list struct {
		Items []removal `json:"items"`
	}
	_, err := s.privacy().Get(s.ctx, "/api/coordination/v1/removals", &list)
	require.NoError(s.t, err)
	if len(list.Items) < len(s.refs) {
		return []string{"not everybody was told yet"}
	}
	for _, r := range list.Items {
		for _, by := range r.By {
			if by.At == nil {
				services = append(services, by.Service)
			}
		}
	}
	return services
}

// erases has everybody who was planted erased by the privacy officer of the area. One service can not hear of it, because it has
// parked an event of the same case: it stands on the list until somebody has looked at that.
func (s *scene) erases() {
	s.t.Helper()
	for _, ref := range s.refs {
		body, key := object{"why": "patient_asked"}, id.New()
		for range 2 {
			require.NoError(s.t, s.privacy().Make(s.ctx, "/api/coordination/v1/patients/"+ref+"/erase", key, body, nil))
		}
	}
	s.soon("all but one have removed it", func() bool { return slices.Equal(s.missing(), []string{"vcse"}) })
	require.NotEmpty(s.t, s.filledNow(), "the one that is missing holds it still")
	settle := func(how string, why any) {
		require.NoError(s.t, s.coordinator().Make(s.ctx, "/api/vcse/v1/parked/"+s.parked()[0]+"/"+how, id.New(), why, nil))
	}
	settle("drop", object{"reason": "no_effect"}) // what can not be kept is given up; nobody could read it any more
	settle("replay", nil)                         // what waits behind it is applied, the erasure last
	require.Empty(s.t, s.parked())
	s.soon("everybody has removed it", func() bool { return len(s.missing()) == 0 })
	s.settles()
	require.Empty(s.t, s.filledNow())
	s.ask(s.ctx, s.privacy(), "GET", "/case/removals", "")
}

// filledNow are the listed columns that hold something.
func (s *scene) filledNow() (names []string) {
	s.t.Helper()
	for service, columns := range listed {
		for _, c := range columns {
			if s.filled(service, c) > 0 {
				names = append(names, service+"."+c.Table+"."+c.Column)
			}
		}
	}
	return names
}

// opensNowhere asks with the key file and each service's own role for every event that was ever said of somebody erased.
func (s *scene) opensNowhere() {
	s.t.Helper()
	address, err := url.Parse(s.stage.URL)
	require.NoError(s.t, err)
	address.Path += "_vault"
	tried := 0
	for _, service := range vault.Services {
		at, err := pg.As(address.String(), service, "")
		require.NoError(s.t, err)
		v, err := vault.Open(s.ctx, vault.Config{URL: at, Service: service, KeyFile: s.stage.Folder() + "/vault.keys", Now: s.stage.Now})
		require.NoError(s.t, err)
		keys, err := v.KeysToOpen(s.ctx, s.refs, vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message)
		v.Close()
		require.NoError(s.t, err)
		rows, err := s.stage.Admin.Query(s.ctx, `select event_id::text, about::text, body from primarycare.outbox where event_type = $1 and about::text = any ($2)`, primarycare.TypeReferralRequestedV1, s.refs)
		require.NoError(s.t, err)
		var event, about string
		var body []byte
		_, err = pgx.ForEachRow(rows, []any{&event, &about, &body}, func() error {
			var p primarycare.ReferralRequestedV1
			require.Contains(s.t, string(body), `"$enc"`)
			require.NoError(s.t, json.Unmarshal(body, &p))
			require.NoError(s.t, keys.OpenPayload(about, event, &p))
			var contact map[string]any
			ok, err := p.Contact.Into(&contact)
			require.NoError(s.t, err)
			require.False(s.t, ok, "%s reads who was erased", service)
			tried++
			return nil
		})
		require.NoError(s.t, err)
	}
	require.GreaterOrEqual(s.t, tried, 5*len(vault.Services), "too few were tried")
	conn, err := pgx.Connect(s.ctx, address.String())
	require.NoError(s.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	var left int
	require.NoError(s.t, conn.QueryRow(s.ctx, `select (select count(*) from vault.keyset where ref::text = any ($1)) + (select count(*) from vault.patient_ref where ref::text = any ($1) and number_hash is not null)`, s.refs).Scan(&left))
	require.Zero(s.t, left)
}
