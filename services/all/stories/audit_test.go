package stories

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// Whoever looks at somebody's record leaves their name there: every page and every API answer, of every service, that shows
// anything of the person, to each role that may see it, leaves one audit row about that person before it is shown, which names who
// looked, in which role and for which organisation; and one that is refused leaves none. With the audit off (a trigger that throws the
// rows away) this very walk says so.
func TestEveryLookAtAPersonIsWrittenDown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w := s.whole()
	names := s.names(w)
	shown, refused, unwritten := s.looks(w, names, "")
	require.Greater(t, shown, 60, "too little was shown for this to say much")
	require.Greater(t, refused, 60, "too little was refused for this to say much")
	require.Empty(t, unwritten, "these show a person's record and do not leave one audit row, or refuse to and leave some")

	gp := s.practice.Staff[terms.RoleGP].Person.ID
	s.auditOff(gp)
	shown, _, unwritten = s.looks(w, names, gp)
	require.Greater(t, shown, 10)
	require.NotEmpty(t, unwritten, "with the audit off nothing was missed")
}

// looks asks every GET of every route table for the person, as everybody with a part, and gives how often something was shown and refused,
// and where other than one row about the person was written by then. only restricts it to one asker.
func (s *scene) looks(w whole, names map[string][]string, only string) (shown, refused int, unwritten []string) {
	s.t.Helper()
	for service, routes := range s.stage.Routes() {
		for _, rt := range routes {
			if rt.Method != http.MethodGet || rt.Face == httpx.FaceLive || !walked(rt) {
				continue
			}
			paths := []string{rt.Pattern}
			if strings.Contains(rt.Pattern, "{") {
				paths = nil
				for _, id := range names[upTo(rt.Pattern)] {
					paths = append(paths, placeholder.ReplaceAllString(rt.Pattern, id))
				}
			}
			for _, path := range paths {
				for _, c := range append(s.inside()[service], s.leaders()...) {
					if only != "" && c.who.Person.ID != only {
						continue
					}
					before := s.newest(service)
					status, body := c.asks(s.t, rt.Method, path, "", "")
					mark := w.shows(body, path)
					rows := s.written(service, c, w.Ref, before)
					wrong := ""
					switch {
					case status == http.StatusOK && mark != "":
						shown++
						wrong = oneLook(rows)
					case status == http.StatusForbidden || status == http.StatusNotFound:
						if refused++; len(rows) > 0 {
							wrong = fmt.Sprintf("is refused, and leaves %v", rows)
						}
					}
					if one := fmt.Sprintf("%s, a %s: %s %s", rt.Pattern, c.who.Grants[0].Role, mark, wrong); wrong != "" && !slices.Contains(unwritten, one) {
						unwritten = append(unwritten, one)
					}
				}
			}
		}
	}
	slices.Sort(unwritten)
	return shown, refused, unwritten
}

// oneLook says what is wrong with the rows that a look left. The first time that somebody's practice opens their record in another service it
// is taken in: a write, with a row in its own transaction.
func oneLook(rows []row) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Verb == "take in" && r.Alone })
	if len(rows) != 1 || !rows[0].Alone || !rows[0].Named || rows[0].Outcome != "done" {
		return fmt.Sprintf("leaves %v", rows)
	}
	return ""
}

// row is an audit row about the patient: what was done, whether it names the asker's role and organisation and why, and whether it is the
// only one about them in its transaction.
type row struct {
	Verb, Object, Outcome string
	Named, Alone          bool
}

// leaders have no part in the person's care, and a role that shows them some of it, or nothing.
func (s *scene) leaders() []*visitor {
	return []*visitor{
		s.visitor(s.practice, terms.RolePracticeManager), s.visitor(s.team, terms.RoleServiceLead), s.visitor(s.first, terms.RoleServiceLead),
		s.visitor(s.office, terms.RoleCoordinator),
	}
}

// newest is where a service's trail ends.
func (s *scene) newest(service string) (seq int64) {
	s.t.Helper()
	require.NoError(s.t, s.stage.Admin.QueryRow(s.t.Context(), `select coalesce(max(seq), 0) from `+service+`.audit`).Scan(&seq))
	return seq
}

// written are the rows about the patient by somebody, in one service, after a place in its trail.
func (s *scene) written(service string, by *visitor, ref string, after int64) []row {
	s.t.Helper()
	g := by.who.Grants[0]
	rows, err := s.stage.Admin.Query(s.t.Context(), `select verb, object, outcome, organisation_id = $3 and role = $4 and purpose <> '' and correlation_id is not null,
		count(*) over (partition by xmin::text) = 1 from `+service+`.audit where seq > $5 and person_id = $1 and patient_ref = $2 order by seq`,
		by.who.Person.ID, ref, g.Organisation, g.Role, after)
	require.NoError(s.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	require.NoError(s.t, err)
	return all
}

// auditOff throws away what one person would leave, in every service.
func (s *scene) auditOff(person string) {
	s.t.Helper()
	for _, service := range s.stage.Services() {
		for _, sql := range []string{
			`create function ` + service + `.forget_` + strings.ReplaceAll(person, "-", "") + `() returns trigger language plpgsql as $$ begin return null; end $$`,
			`create trigger forget_` + strings.ReplaceAll(person, "-", "") + ` before insert on ` + service + `.audit for each row when (new.person_id = '` + person + `')
				execute function ` + service + `.forget_` + strings.ReplaceAll(person, "-", "") + `()`,
		} {
			_, err := s.stage.Admin.Exec(s.t.Context(), sql)
			require.NoError(s.t, err)
		}
	}
}

// wroteDown finds the commands of all stories that committed without an audit row in the same transaction.
func wroteDown(ctx context.Context, s *stage.Stage) error {
	commands := 0
	var missing []string
	for _, service := range s.Services() {
		n, verbs, err := pgtest.Unwritten(ctx, s.Admin, service)
		if err != nil {
			return err
		}
		commands += n
		for _, v := range verbs {
			missing = append(missing, service+": "+v)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("of %d commands these were done without an audit row in their transaction: %s", commands, strings.Join(missing, ", "))
	}
	return nil
}
