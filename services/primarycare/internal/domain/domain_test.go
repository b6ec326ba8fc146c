package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
)

var now = time.Date(2026, 11, 22, 10, 42, 0, 0, time.UTC)

func TestTheLadderOfARedFlag(t *testing.T) {
	t.Parallel()
	both := domain.Duty{ClinicianID: "gp", DeputyID: "deputy"}
	for name, c := range map[string]struct {
		duty  domain.Duty
		after time.Duration
		want  domain.Rung
		due   time.Duration
	}{
		"at once":                 {both, 0, domain.RungDuty, 15 * time.Minute},
		"to the second":           {both, 15 * time.Minute, domain.RungDuty, 15 * time.Minute},
		"late":                    {both, 16 * time.Minute, domain.RungDeputy, 30 * time.Minute},
		"nobody":                  {both, 31 * time.Minute, domain.RungNobody, 30 * time.Minute},
		"after a night":           {both, 12 * time.Hour, domain.RungNobody, 30 * time.Minute},
		"no deputy":               {domain.Duty{ClinicianID: "gp"}, 16 * time.Minute, domain.RungNobody, 15 * time.Minute},
		"only a deputy":           {domain.Duty{DeputyID: "deputy"}, 0, domain.RungDeputy, 15 * time.Minute},
		"nobody set for the day":  {domain.Duty{}, 0, domain.RungNobody, 15 * time.Minute},
		"only a deputy, and late": {domain.Duty{DeputyID: "deputy"}, 16 * time.Minute, domain.RungNobody, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := domain.Raise(domain.Flag{}, c.duty, now).At(now.Add(c.after))
			require.Equal(t, c.want, f.Rung)
			require.Equal(t, now.Add(c.due), f.DueAt)
			again, moved := f.At(now.Add(c.after))
			require.False(t, moved)
			require.Equal(t, f, again)
		})
	}
}

func TestWhoCouldNotReachThePersonKeepsTheClockGoing(t *testing.T) {
	t.Parallel()
	f, _ := domain.Raise(domain.Flag{}, domain.Duty{ClinicianID: "gp", DeputyID: "deputy"}, now).At(now.Add(time.Hour))
	f, err := f.Acted("gp", terms.RedFlagCouldNotReach, now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, f.Open())
	require.Equal(t, domain.RungDuty, f.Rung)
	f, err = f.Acted("gp", terms.RedFlagSeenNow, now.Add(2*time.Hour))
	require.NoError(t, err)
	require.False(t, f.Open())
	require.False(t, f.MayGoOn())
	_, err = f.Acted("gp", terms.RedFlagSeenNow, now)
	require.ErrorIs(t, err, domain.ErrFlagEnded)
}

func TestOnlyNewerProgressMovesAReferral(t *testing.T) {
	t.Parallel()
	r := domain.Sent(domain.Referral{ID: "r"}, now)
	require.Equal(t, []string{domain.ActionWithdraw}, r.AvailableActions())
	r, steps, changed := r.Progressed(domain.Progress{Heard: 2, State: terms.ReferralOffered, OfferID: "one", Receiver: domain.Receiver{ID: "a"}}, now)
	require.True(t, changed)
	require.Len(t, steps, 1)
	_, _, changed = r.Progressed(domain.Progress{Heard: 2, State: terms.ReferralClosed}, now)
	require.False(t, changed)
	_, _, changed = r.Progressed(domain.Progress{Heard: 1, State: terms.ReferralClosed}, now)
	require.False(t, changed)

	r, steps, _ = r.Progressed(domain.Progress{Heard: 3, State: terms.ReferralOffered, OfferID: "two", Bounces: 1, Reason: "no_capacity", Message: "Full", Receiver: domain.Receiver{ID: "b"}}, now)
	require.Equal(t, "bounced", steps[0].What)
	require.Equal(t, "a", steps[0].Receiver.ID, "who bounced it is who was asked before")
	require.Equal(t, "Full", steps[0].Message)
	require.Equal(t, "b", steps[1].Receiver.ID)
	r, steps, _ = r.Progressed(domain.Progress{Heard: 4, State: terms.ReferralOffered, OfferID: "three", Bounces: 1}, now)
	require.Equal(t, "expired", steps[0].What)
	require.Equal(t, "b", steps[0].Receiver.ID)
	r, _, _ = r.Progressed(domain.Progress{Heard: 5, State: terms.ReferralClosed, Bounces: 1, Actions: []string{domain.ActionWithdraw}}, now)
	require.False(t, r.May(domain.ActionWithdraw), "what is over is over, whatever is said to be possible")
	r.Outcome = terms.OutcomePatientDied
	r, _, _ = r.Progressed(domain.Progress{Heard: 6, State: terms.ReferralOffered, Bounces: 1}, now)
	require.True(t, r.Open)
	require.Empty(t, r.Outcome, "it was another person who had died")
}

func TestEveryStateHasATag(t *testing.T) {
	t.Parallel()
	for _, s := range terms.ReferralStates {
		words, tone, _ := domain.Referral{Progress: domain.Progress{State: s.Code}, Open: s.Open}.Status()
		require.Equal(t, s.Sender, words)
		require.NotEmpty(t, tone)
	}
	for _, b := range terms.BounceReasons {
		require.Equal(t, b.Told, domain.ReasonWords(terms.ReferralOffered, string(b.Code)))
	}
}

func TestDetailsAreChecked(t *testing.T) {
	t.Parallel()
	good := domain.Details{GivenName: " Jean ", FamilyName: "Holt", DateOfBirth: now.AddDate(-70, 0, 0), NHSNumber: nhsnumber.Test(1), Postcode: "m145tq", Safe: domain.SafeWays{Letter: true}, Address: "1 Example Road"}
	d, err := good.Checked(now, nhsnumber.Policy{AllowTest: true})
	require.NoError(t, err)
	require.Equal(t, "Jean", d.GivenName)
	require.Equal(t, "M14 5TQ", d.Postcode)
	require.Equal(t, "JH", d.Initials())
	for name, c := range map[string]struct {
		change func(*domain.Details)
		path   string
	}{
		"no name":                {func(d *domain.Details) { d.GivenName = " " }, "given_name"},
		"born tomorrow":          {func(d *domain.Details) { d.DateOfBirth = now.AddDate(0, 0, 1) }, "date_of_birth"},
		"born too long ago":      {func(d *domain.Details) { d.DateOfBirth = now.AddDate(-126, 0, 0) }, "date_of_birth"},
		"all digits the same":    {func(d *domain.Details) { d.NHSNumber = "4444444444" }, "nhs_number"},
		"no number and no why":   {func(d *domain.Details) { d.NHSNumber = "" }, "nhs_number"},
		"half a postcode":        {func(d *domain.Details) { d.Postcode = "M14" }, "postcode"},
		"a safe way without it":  {func(d *domain.Details) { d.Safe.Text = true }, "phone"},
		"a letter to nowhere":    {func(d *domain.Details) { d.Address = "" }, "address"},
		"no phone number at all": {func(d *domain.Details) { d.Phone = "ask her son" }, "phone"},
		"no email":               {func(d *domain.Details) { d.Email = "jean at home" }, "email"},
		"unknown code":           {func(d *domain.Details) { d.Accessibility = []terms.Accessibility{"x"} }, "accessibility"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := good
			c.change(&d)
			_, err := d.Checked(now, nhsnumber.Policy{AllowTest: true})
			f, ok := fault.Of(err)
			require.True(t, ok)
			require.Equal(t, c.path, f.Fields[0].Path)
		})
	}
	_, err = good.Checked(now, nhsnumber.Policy{})
	require.Error(t, err, "the test range only where data is made up")
}

func TestTasksOpenInOrderOnlyWhereTheyMust(t *testing.T) {
	t.Parallel()
	d := domain.Draft{}
	state := func(task domain.Task) domain.TaskState { s, _ := d.Task(task, now); return s }
	require.Equal(t, domain.TaskToDo, state(domain.TaskFlags))
	for _, task := range domain.Tasks[1:] {
		require.Equal(t, domain.TaskBlocked, state(task), task)
	}
	d.FlagsClearAt = now
	require.Equal(t, domain.TaskToDo, state(domain.TaskConsent))
	require.Equal(t, domain.TaskBlocked, state(domain.TaskNeed), "consent comes before what they need")
	d.Consent = domain.Consent{ID: "c", Given: true}
	require.Equal(t, domain.TaskToDo, state(domain.TaskNeed))
	require.Equal(t, domain.TaskToDo, state(domain.TaskDetails))
	require.ErrorIs(t, d.Ready(now), domain.ErrNotReady)
	d.Need, d.DescribedAt = terms.NeedFood, now
	require.NoError(t, d.Ready(now), "without choosing whom to ask")
	require.ErrorIs(t, d.Ready(now.Add(13*time.Hour)), domain.ErrAskFlags, "a person may be worse by then")
	d.Consent.WithdrawnAt = now
	require.ErrorIs(t, d.Ready(now), domain.ErrNoConsent)
	d.FlagID = "f"
	require.ErrorIs(t, d.Ready(now), domain.ErrStopped)
}
