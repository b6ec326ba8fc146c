package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// What the public API has no word for goes through the pages.

var (
	versionIn = regexp.MustCompile(`name="version" value="(\d+)"`)
	taskIn    = regexp.MustCompile(`/practice/tasks/([0-9a-f-]{36})`)
)

// shown is the version of the form on a page.
func shown(ctx context.Context, as *demo.Client, page string) (string, error) {
	text, err := as.Page(ctx, page)
	if err != nil {
		return "", err
	}
	v := versionIn.FindStringSubmatch(text)
	if v == nil {
		return "", fmt.Errorf("no form on %s", page)
	}
	return v[1], nil
}

// posts sends a form as it was shown.
func posts(ctx context.Context, as *demo.Client, action, version string, form url.Values) error {
	form.Set("version", version)
	form.Set("idempotency_key", id.New())
	_, err := as.Form(ctx, action, form)
	return err
}

// trains has somebody whose trainings in care navigation ran out yesterday: they may begin a referral and not send it.
func (t *track) trains(ctx context.Context, who *demo.Client) error {
	now := t.on.Now()
	if err := t.on.Say(ctx, &register.CompetencyExpiredV1{PersonID: who.Who().Person.ID, Competency: terms.CompetencyCareNavigation, At: now.UTC()}); err != nil {
		return err
	}
	return t.on.Say(ctx, &register.CompetencyRecordedV1{
		PersonID: who.Who().Person.ID, Competency: terms.CompetencyCareNavigation, Tier: terms.TierEssential,
		FromOn: now.AddDate(-1, 0, 0).Format(time.DateOnly), UntilOn: now.AddDate(0, 0, -1).Format(time.DateOnly), At: now.UTC(),
	})
}

// begun is a referral that a trainee has got ready and asked a clinician to sign.
func (t *track) begun(ctx context.Context, n int) (draft, version string, err error) {
	var added made
	if err := t.trainee.Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return "", "", err
	}
	text, err := t.trainee.Form(ctx, "/practice/patients/"+added.Ref+"/start", url.Values{"idempotency_key": {id.New()}})
	if err != nil {
		return "", "", err
	}
	found := taskIn.FindStringSubmatch(text)
	if found == nil {
		return "", "", errors.New("nothing was begun")
	}
	task := found[0]
	for _, x := range []struct {
		name string
		form url.Values
	}{
		{"red-flags", url.Values{"all": {"no"}}},
		{"consent", url.Values{"given": {"yes"}, "how": {"phone"}}},
		{"need", url.Values{"need": {string(terms.NeedLoneliness)}}},
		{"details", url.Values{"risk": {"no"}, "narrative": {"Simulated."}, "urgency": {"routine"}}},
	} {
		v, err := shown(ctx, t.trainee, task+"/"+x.name)
		if err == nil {
			err = posts(ctx, t.trainee, task+"/"+x.name, v, x.form)
		}
		if err != nil {
			return "", "", err
		}
	}
	if version, err = shown(ctx, t.trainee, task+"/check"); err != nil {
		return "", "", err
	}
	return found[1], version, posts(ctx, t.trainee, task+"/signature", version, url.Values{"supervisor": {t.clinicians[0].Who().Person.ID}})
}

func (t *track) answers(draft, version string, by *demo.Client, answer string) act {
	return func(ctx context.Context) error {
		return posts(ctx, by, "/practice/signatures/"+draft, version, url.Values{"answer": {answer}})
	}
}

// signedTwice has one clinician sign what another sends back.
func signedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	draft, version, err := t.begun(ctx, n)
	return [2]act{t.answers(draft, version, t.clinicians[0], "signed"), t.answers(draft, version, t.clinicians[1], "sent_back")}, []any{draft}, err
}

// signedMeanwhile has a trainee send what a clinician is just signing.
func signedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	draft, version, err := t.begun(ctx, n)
	sends := func(ctx context.Context) error {
		err := posts(ctx, t.trainee, "/practice/tasks/"+draft+"/send", version, url.Values{"overlap": {"none"}})
		var r *demo.Refusal
		if errors.As(err, &r) && r.Status == http.StatusForbidden && strings.HasSuffix(r.Path, "/send") {
			return nil // it was not signed yet
		}
		return err
	}
	return [2]act{t.answers(draft, version, t.clinicians[0], "signed"), sends}, []any{draft}, err
}
