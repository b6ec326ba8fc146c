package stories

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/held"
)

// exporter is the id of who hands out what is held.
const exporter = "0199c0de-0000-7000-8000-0000000000e1"

// held collects what all services hold on somebody, as the command does, and gives both forms of it.
func (s *scene) held(ref string) (h held.Held, js, page string) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.stage.URL)
	require.NoError(s.t, err)
	defer conn.Close(s.t.Context())
	h, err = held.Collect(s.t.Context(), conn, schemas.Speakers, ref, exporter, s.stage.Now())
	require.NoError(s.t, err)
	b, err := json.Marshal(h)
	require.NoError(s.t, err)
	var out bytes.Buffer
	require.NoError(s.t, held.Page(&out, h))
	return h, string(b), out.String()
}

// Somebody asks what is held about them: every service that helped shows its part, what may hurt somebody is marked, who looked is
// told, and nobody else's record is in it. Then they ask for it to be erased: every service removes its copy and says so, the privacy
// officer gets a certificate, and what is still held names nobody.
func TestWhatIsHeldIsShownAndErasedWithACertificate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w := s.whole()
	neighbour := s.patient("Otherbrook")
	s.refers(s.practice, neighbour.Ref, terms.NeedLoneliness, toService(s.service(s.second, "Tea club", terms.NeedLoneliness)))
	require.NoError(t, s.stage.Settle(t.Context()))

	before, js, page := s.held(w.Ref)
	for _, service := range before.Services {
		if service.Name != "register" { // which holds no patient
			require.NotZero(t, service.Rows(), "%s helped, and shows nothing", service.Name)
			require.NotEmpty(t, service.Looks, service.Name)
		}
	}
	for _, mark := range []string{wall, w.number, "Fell at home, wallnote", "Eats little, wallnote", "Visit, wallnote", "Has not left the house"} {
		require.Contains(t, js, mark)
		require.Contains(t, page, mark)
	}
	require.Contains(t, page, "(Read first)")
	require.NotContains(t, js, "Otherbrook", "a neighbour's record")
	require.NotContains(t, js, neighbour.Ref)

	officer := s.visitor(s.office, terms.RolePrivacyOfficer)
	status, body := officer.asks(t, http.MethodPost, "/api/coordination/v1/patients/"+w.Ref+"/erase", "application/json", `{"why":"patient_asked"}`)
	require.Equal(t, http.StatusOK, status, body)
	certificate := regexp.MustCompile(`href="(/case/removals/[0-9a-f-]{36})"[^>]*>Certificate ` + w.Ref[:8])
	var told string
	for end := time.Now().Add(patience); ; s.breathe() {
		_, list := officer.asks(t, http.MethodGet, "/case/removals", "", "")
		if m := certificate.FindStringSubmatch(list); m != nil {
			if _, told = officer.asks(t, http.MethodGet, m[1], "", ""); strings.Contains(told, "Everybody who was told has said") {
				break
			}
		}
		require.True(t, time.Now().Before(end), "no certificate:\n%s", told)
	}
	for _, said := range []string{"Certificate of erasure", w.Ref, terms.ErasurePatientAsked.Label(), "Practices", "Link workers", "Providers", "Meetings", "Keys destroyed", "What stays, and why"} {
		require.Contains(t, told, said)
	}
	require.NotContains(t, told, wall)

	after, js, _ := s.held(w.Ref)
	for _, mark := range []string{wall, w.number, "wallnote", "Has not left the house"} {
		require.NotContains(t, js, mark, "it was erased")
	}
	exports := 0
	for _, service := range after.Services {
		for _, l := range service.Looks {
			if l.Verb == "export" {
				exports++
				require.Equal(t, exporter, l.Who, "the trail names who had it collected")
			}
		}
	}
	require.Equal(t, len(schemas.Speakers), exports, "that it was collected before stands in every trail")
	status, _ = officer.asks(t, http.MethodGet, "/case/removals/"+id.New(), "", "")
	require.Equal(t, http.StatusNotFound, status)
}
