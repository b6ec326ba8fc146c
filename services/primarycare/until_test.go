package primarycare_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// At the desk a day until which somebody agrees is refused when it is over or years away, is kept, and is shown before sending.
func TestUntilWhenSomebodyAgreesAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.startDraft(t, w.receptionist, ref)
	answer := func(day, month, year string) answer {
		return w.submit(t, w.receptionist, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}, "until_on-day": {day}, "until_on-month": {month}, "until_on-year": {year}})
	}
	for year, words := range map[string]string{"2020": "Enter a day that is not over, or leave it empty", "2999": "Enter a day within two years, or leave it empty"} {
		res := answer("1", "1", year)
		require.Equal(t, http.StatusUnprocessableEntity, res.Status, res.text())
		require.Contains(t, res.text(), words)
	}
	end := w.Now.Now().AddDate(0, 1, 0)
	res := answer(end.Format("2"), end.Format("1"), end.Format("2006"))
	require.Equal(t, path+"/need", res.Location, res.text())
	require.Contains(t, w.page(t, w.receptionist, "/practice/patients/"+ref).text(), "Agreed to sharing what is needed with those who help, until")
	shown := w.page(t, w.receptionist, path+"/consent")
	_, form := shown.form("/consent")
	require.Equal(t, end.Format("2006"), form.Get("until_on-year"), "it is on the form again")
}
