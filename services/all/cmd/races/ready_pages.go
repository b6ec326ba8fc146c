package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

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
func (t *track) begun(ctx context.Context, n int) (demo.Draft, error) {
	var added made
	if err := t.trainee.Make(ctx, "/api/primarycare/v1/patients", id.New(), details(n, nil), &added); err != nil {
		return demo.Draft{}, err
	}
	d, err := demo.Begin(ctx, t.trainee, added.Ref, terms.NeedLoneliness)
	if err != nil {
		return d, err
	}
	return d, d.Ask(ctx, t.trainee, t.clinicians[0].Who().Person.ID)
}

func answers(d demo.Draft, by *demo.Client, answer string) act {
	return func(ctx context.Context) error { return d.Answer(ctx, by, answer) }
}

// signedTwice has one clinician sign what another sends back.
func signedTwice(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	d, err := t.begun(ctx, n)
	return [2]act{answers(d, t.clinicians[0], "signed"), answers(d, t.clinicians[1], "sent_back")}, []any{d.ID}, err
}

// signedMeanwhile has a trainee send what a clinician is just signing.
func signedMeanwhile(ctx context.Context, t *track, n int) (acts [2]act, about []any, err error) {
	d, err := t.begun(ctx, n)
	sends := func(ctx context.Context) error {
		_, err := d.Send(ctx, t.trainee)
		var r *demo.Refusal
		if errors.As(err, &r) && r.Status == http.StatusForbidden && strings.HasSuffix(r.Path, "/send") {
			return nil // it was not signed yet
		}
		return err
	}
	return [2]act{answers(d, t.clinicians[0], "signed"), sends}, []any{d.ID}, err
}
