package stories

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

// Whoever looks at somebody's record leaves their name there: every page and every API answer, of every service, that shows
// anything of the person, to each role that may see it, leaves an audit row about that person before it is shown. And with the
// audit off (a trigger that throws the rows away) this very walk says so.
func TestEveryLookAtAPersonIsWrittenDown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	w := s.whole()
	names := s.names(w)
	shown, unwritten := s.looks(w, names, "")
	require.Greater(t, shown, 60, "too little was shown for this to say much")
	require.Empty(t, unwritten, "these show a person's record and leave no audit row")

	gp := s.practice.Staff[terms.RoleGP].Person.ID
	s.auditOff(gp)
	shown, unwritten = s.looks(w, names, gp)
	require.Greater(t, shown, 10)
	require.NotEmpty(t, unwritten, "with the audit off nothing was missed")
}

// looks asks every GET of every route table for the person, as everybody with a part, and gives how often something was shown, and
// where no row about the person was written by then. only restricts it to one asker.
func (s *scene) looks(w whole, names map[string][]string, only string) (shown int, unwritten []string) {
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
					before := s.written(service, c.who.Person.ID, w.Ref)
					status, body := c.asks(s.t, rt.Method, path, "", "")
					mark := w.shows(body, path)
					if status != http.StatusOK || mark == "" {
						continue
					}
					if shown++; s.written(service, c.who.Person.ID, w.Ref) == before {
						one := fmt.Sprintf("%s shows a %s %q", rt.Pattern, c.who.Grants[0].Role, mark)
						if !slices.Contains(unwritten, one) {
							unwritten = append(unwritten, one)
						}
					}
				}
			}
		}
	}
	slices.Sort(unwritten)
	return shown, unwritten
}

// leaders have no part in the person's care, and a role that shows them some of it, or nothing.
func (s *scene) leaders() []*visitor {
	return []*visitor{
		s.visitor(s.practice, terms.RolePracticeManager), s.visitor(s.team, terms.RoleServiceLead), s.visitor(s.first, terms.RoleServiceLead),
		s.visitor(s.office, terms.RoleCoordinator),
	}
}

// written counts the rows about the patient by somebody, in one service.
func (s *scene) written(service, person, ref string) (n int) {
	s.t.Helper()
	require.NoError(s.t, s.stage.Admin.QueryRow(s.t.Context(), `select count(*) from `+service+`.audit where person_id = $1 and patient_ref = $2`, person, ref).Scan(&n))
	return n
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
