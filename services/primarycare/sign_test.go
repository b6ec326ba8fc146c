package primarycare_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

func (w *house) day(days int) string {
	return w.Now.Now().In(clock.London).AddDate(0, 0, days).Format(time.DateOnly)
}

// sends has somebody send a referral for a need through the API.
func (w *house) sends(t *testing.T, a actor.Actor, ref string, need terms.Need) answer {
	t.Helper()
	return w.call(t, a, http.MethodPost, "/referrals", map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": "phone"},
	})
}

func TestATierGatesWhatAReceptionistMaySend(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.gp, 1)
	refused := func(need terms.Need, words ...string) {
		t.Helper()
		res := w.sends(t, w.newbie, ref, need)
		require.Equal(t, http.StatusForbidden, res.Status, res.Body)
		for _, x := range words {
			require.Contains(t, res.Body, x)
		}
	}
	sent := func(need terms.Need) {
		t.Helper()
		res := w.sends(t, w.newbie, ref, need)
		require.Equal(t, http.StatusCreated, res.Status, res.Body)
	}
	door := "Dr Asha Patel (GP), Dr Tom Hale (GP), Lee Park (Practice manager), Sam Reed (Receptionist)"
	refused(terms.NeedLoneliness, "training in care navigation, tier Essential or higher, and the register has none for you", door, "role_scope")
	w.trainedTo(w.newbie, terms.TierEssential, w.day(30))
	sent(terms.NeedLoneliness)
	refused(terms.NeedAlcoholDrugs, "sensitive needs and services", "tier Enhanced or higher, and yours is Essential", door)
	w.trainedTo(w.newbie, terms.TierEnhanced, w.day(30))
	sent(terms.NeedAlcoholDrugs)
	refused(terms.NeedDomesticAbuse, "tier Expert or higher, and yours is Enhanced", "national domestic abuse helpline")
	w.trainedTo(w.newbie, terms.TierExpert, w.day(30))
	sent(terms.NeedDomesticAbuse)
	for _, tier := range []terms.Tier{terms.TierEssential, terms.TierEnhanced, terms.TierExpert} {
		w.trainedTo(w.newbie, tier, w.day(-1))
	}
	refused(terms.NeedLoneliness, "yours ran out on "+w.Now.Now().In(clock.London).AddDate(0, 0, -1).Format("2 January 2006"), door)

	information := func(need terms.Need) answer {
		return w.call(t, w.newbie, http.MethodPost, "/signposts", map[string]any{"patient_ref": ref, "need": need})
	}
	require.Equal(t, http.StatusCreated, information(terms.NeedFood).Status, "information about what is no secret needs no training")
	res := information(terms.NeedDomesticAbuse)
	require.Equal(t, http.StatusForbidden, res.Status, res.Body)
	require.Contains(t, res.Body, "To give information about sensitive needs and services you need training in care navigation")
}

func TestTheAreaSaysWhatARoleMayDo(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.gp, 1)
	w.trainedTo(w.newbie, terms.TierEssential, w.day(30))
	line := &register.RoleScopeSetV1{
		LineID: id.New(), Role: terms.RoleReceptionist, Act: terms.ActRefer, Of: string(terms.NeedHousing), Allowed: false,
		Door: "The housing office at the town hall takes these from anybody", FromOn: w.day(1), At: w.Now.Now(), Version: 1,
	}
	w.Tell(line.LineID, line)
	require.Equal(t, http.StatusCreated, w.sends(t, w.newbie, ref, terms.NeedHousing).Status, "its first day is tomorrow")
	w.Now.Add(24 * time.Hour)
	res := w.sends(t, w.newbie, ref, terms.NeedHousing)
	require.Equal(t, http.StatusForbidden, res.Status)
	require.Contains(t, res.Body, "Your role, Receptionist, does not do this for housing")
	require.Contains(t, res.Body, "The housing office at the town hall")
	require.Equal(t, http.StatusCreated, w.sends(t, w.newbie, ref, terms.NeedFood).Status, "it is about housing alone")

	older := *line
	over := *line
	over.UntilOn, over.Version = w.day(0), 2
	w.Tell(line.LineID, &over)
	w.Tell(line.LineID, &older)
	require.Equal(t, http.StatusForbidden, w.sends(t, w.newbie, ref, terms.NeedHousing).Status, "its last day is a whole day")
	w.Now.Add(24 * time.Hour)
	require.Equal(t, http.StatusCreated, w.sends(t, w.newbie, ref, terms.NeedHousing).Status, "then the default stands again")
}

// signing is a draft that a trainee has ready, and how far the signature under it is.
type signing struct {
	*house
	path, sign string
}

func (w *house) traineesDraft(t *testing.T) signing {
	t.Helper()
	path := w.readyDraft(t, w.newbie, w.addPatient(t, w.newbie, 1))
	return signing{w, path, strings.Replace(path, "/tasks/", "/signatures/", 1)}
}

func (s signing) asks(t *testing.T, supervisor actor.Actor) answer {
	t.Helper()
	return s.submit(t, s.newbie, s.path+"/check", "/signature", url.Values{"supervisor": {supervisor.Person.ID}})
}

func (s signing) answers(t *testing.T, a actor.Actor, said string) answer {
	t.Helper()
	return s.submit(t, a, s.sign, s.sign, url.Values{"answer": {said}})
}

func TestASupervisorSignsForATrainee(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	s := w.traineesDraft(t)
	check := w.page(t, w.newbie, s.path+"/check")
	require.NotContains(t, check.text(), "Send referral")
	require.Contains(t, check.text(), "Who should sign this with you?")
	require.NotContains(t, check.Body, `value="`+w.newbie.Person.ID+`"`, "nobody signs for themselves")
	require.Equal(t, http.StatusUnprocessableEntity, s.asks(t, w.stranger).Status, "a supervisor is of this practice")

	require.Equal(t, http.StatusSeeOther, s.asks(t, w.gp).Status)
	require.Contains(t, w.page(t, w.newbie, s.path+"/check").text(), "Dr Asha Patel was asked to sign this")
	require.Contains(t, w.page(t, w.gp, "/practice").text(), "1 referral that waits for your signature")
	require.Contains(t, w.page(t, w.gp, "/practice/signatures").text(), "Kit Moss")
	require.Equal(t, http.StatusForbidden, w.post(t, w.newbie, s.path+"/send", url.Values{"version": {"6"}, "overlap": {"none"}}).Status, "not before it is signed")
	require.NotContains(t, w.page(t, w.newbie, s.sign).text(), "Do you sign this?")

	res := s.answers(t, w.gp, "signed")
	require.Equal(t, "/practice/signatures?done=signed", res.Location, res.text())
	require.Contains(t, w.page(t, w.newbie, s.path+"/check").text(), "Signed by Dr Asha Patel")
	res = w.submit(t, w.newbie, s.path+"/check", "/send", url.Values{"overlap": {"none"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	referral := strings.TrimSuffix(res.Location, "/sent")
	page := w.page(t, w.gp, referral).text()
	require.Contains(t, page, "by Kit Moss, signed by Dr Asha Patel")
	require.Contains(t, page, "A supervisor signed it")

	audited := func(verb, person, object string) (n int) {
		require.NoError(t, w.Admin.QueryRow(t.Context(), `select count(*) from audit where verb = $1 and person_id = $2 and ($3 = '' or object_id = nullif($3, '')::uuid)`, verb, person, object).Scan(&n))
		return n
	}
	require.Equal(t, 1, audited("refer", w.newbie.Person.ID, strings.TrimPrefix(referral, "/practice/referrals/")), "who acts is the trainee")
	require.Equal(t, 1, audited("sign", w.gp.Person.ID, strings.TrimPrefix(s.path, "/practice/tasks/")))
	require.Equal(t, 1, audited("signed_by", w.newbie.Person.ID, w.gp.Person.ID), "the supervisor is named beside them")
}

func TestASignatureIsForWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	s := w.traineesDraft(t)
	require.Equal(t, http.StatusSeeOther, s.asks(t, w.gp).Status)
	shown := w.page(t, w.gp, s.sign)
	w.submit(t, w.newbie, s.path+"/details", "/details", url.Values{"narrative": {"Something else."}, "risk": {"no"}})
	res := w.send(t, w.gp, shown, s.sign, url.Values{"answer": {"signed"}})
	require.Equal(t, http.StatusPreconditionFailed, res.Status, res.text())
	require.Contains(t, w.page(t, w.gp, s.sign).text(), "It was changed since")
	require.Contains(t, w.page(t, w.newbie, s.path+"/check").text(), "has to be asked for again")

	require.Equal(t, http.StatusSeeOther, s.asks(t, w.gp).Status)
	require.Equal(t, http.StatusSeeOther, s.answers(t, w.gp, "sent_back").Status)
	require.Contains(t, w.page(t, w.newbie, s.path+"/check").text(), "Dr Asha Patel sent this back")

	require.Equal(t, http.StatusSeeOther, s.asks(t, w.gp).Status)
	require.Equal(t, http.StatusSeeOther, s.answers(t, w.deputy, "signed").Status, "another who may can sign, when who was asked is away")
	ready := w.page(t, w.newbie, s.path+"/check")
	w.submit(t, w.newbie, s.path+"/details", "/details", url.Values{"narrative": {"Changed after it was signed."}, "risk": {"no"}})
	require.Equal(t, http.StatusPreconditionFailed, w.send(t, w.newbie, ready, "/send", url.Values{"overlap": {"none"}}).Status, "what was signed is what is sent")
	require.NotContains(t, w.page(t, w.newbie, s.path+"/check").text(), "Send referral")
}

func TestASignatureNeedsASupervisorWhoStillMay(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	s := w.traineesDraft(t)
	w.trainedTo(w.receptionist, terms.TierEssential, w.day(0))
	require.Equal(t, http.StatusSeeOther, s.asks(t, w.receptionist).Status)
	require.Equal(t, http.StatusSeeOther, s.answers(t, w.receptionist, "signed").Status)
	ready := w.page(t, w.newbie, s.path+"/check")
	w.Tell(w.receptionist.Person.ID, &register.PersonRoleEndedV1{PersonID: w.receptionist.Person.ID, OrganisationID: w.practice, Role: terms.RoleReceptionist, At: w.Now.Now()})
	res := w.send(t, w.newbie, ready, "/send", url.Values{"overlap": {"none"}})
	require.Equal(t, http.StatusConflict, res.Status, res.text())
	require.Contains(t, res.text(), "may not sign any more")
	require.Equal(t, http.StatusSeeOther, w.submit(t, w.gp, s.path+"/check", "/send", url.Values{"overlap": {"none"}}).Status, "a GP sends it without a signature")
}

// Two supervisors sign at once: one does, and the other is told who was first.
func TestTwoSupervisorsSignAtOnce(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	for range 5 {
		path := w.readyDraft(t, w.newbie, w.addPatient(t, w.newbie, 1))
		s := signing{w, path, strings.Replace(path, "/tasks/", "/signatures/", 1)}
		require.Equal(t, http.StatusSeeOther, s.asks(t, w.gp).Status)
		both := []actor.Actor{w.gp, w.deputy}
		shown := []answer{w.page(t, both[0], s.sign), w.page(t, both[1], s.sign)}
		said := []string{"signed", "sent_back"}
		results := make([]answer, 2)
		var wait sync.WaitGroup
		for i, a := range both {
			wait.Go(func() { results[i] = w.send(t, a, shown[i], s.sign, url.Values{"answer": {said[i]}}) })
		}
		wait.Wait()
		first := 0
		if results[1].Status == http.StatusSeeOther {
			first = 1
		}
		require.Equal(t, http.StatusSeeOther, results[first].Status, results[first].text())
		require.Equal(t, http.StatusConflict, results[1-first].Status, results[1-first].text())
		require.Contains(t, results[1-first].text(), both[first].Person.Name+" "+map[int]string{0: "signed this", 1: "sent this back"}[first]+" already")
		var answered string
		require.NoError(t, w.Admin.QueryRow(t.Context(), `select answered_by from signature where draft_id = $1`, strings.TrimPrefix(path, "/practice/tasks/")).Scan(&answered))
		require.Equal(t, both[first].Person.ID, answered)
	}
}
