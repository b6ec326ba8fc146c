package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

func run(ctx context.Context, out io.Writer, s settings, now func() time.Time) (err error) {
	began := now()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	monday, err := time.ParseInLocation(time.DateOnly, s.monday, london)
	if err != nil || monday.Weekday() != time.Monday {
		return fmt.Errorf("-monday must be a Monday, such as 2026-10-05")
	}
	log, err := logger(s.log)
	if err != nil {
		return err
	}
	clock := demo.NewClock(monday.Add(7 * time.Hour))
	open := openOne
	if s.many {
		open = openMany
	}
	on, err := open(ctx, out, clock, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.close()) }()
	rates, err := sample.Assumptions()
	if err != nil {
		return err
	}
	setting, err := cast(ctx, on)
	if err != nil {
		return err
	}
	trainees, err := train(ctx, on, setting)
	if err != nil {
		return err
	}
	plan := demo.Plan(s.seed, setting, rates, monday.Add(9*time.Hour), s.times)
	fmt.Fprintf(out, "%d practices with %d link worker teams and providers to answer them; %d visits planned (seed %d)\n",
		len(setting.Practices), len(setting.Receivers), len(plan), s.seed)
	play := &demo.Play{
		Cast: on.Cast, Setting: setting, Rates: rates, Seed: s.seed, Now: clock.Now, After: demo.WorkingTime, Trouble: troubles(out),
		Seldom: &demo.Seldom{Want: demo.Usual, Trainees: trainees, Close: on.closes},
	}
	play.Expect(plan...)
	bar := progress{out: out, terminal: isTerminal()}
	week := demo.Week{Play: play, Clock: clock, Monday: monday, Weeks: s.weeks, Settle: on.Settle, Tell: func(at time.Time, share float64) { bar.show(at, share, play) }}
	if err := week.Run(ctx); err != nil {
		return err
	}
	bar.done()
	played(out, play, rates, now().Sub(began))
	if err := seldom(out, play.Seldom); err != nil {
		return err
	}
	err = check(ctx, out, s.check, on.URL)
	if failed := on.Cast.Failures(); len(failed) > 0 {
		err = errors.Join(err, fmt.Errorf("a service failed to answer: %s", strings.Join(failed, "; ")))
	}
	return err
}

// closes has an organisation end for good.
func (on *scene) closes(ctx context.Context, organisation string) error {
	var o stage.Organisation
	o.OrganisationID = organisation
	return on.Shut(ctx, o)
}

// cast has somebody join every practice, team and provider, and finds a coordinator who knows them all.
func cast(ctx context.Context, on *scene) (demo.Setting, error) {
	personas, err := on.personas(ctx)
	if err != nil {
		return demo.Setting{}, err
	}
	coordinator, ok := demo.With(personas, terms.RoleCoordinator)
	if !ok {
		return demo.Setting{}, errors.New("the sample has no coordinator")
	}
	as := on.Cast.As(coordinator)
	roles := map[terms.OrganisationKind]terms.Role{
		terms.KindPractice: terms.RoleReceptionist, terms.KindLinkWorkerTeam: terms.RoleLinkWorker, terms.KindProvider: terms.RoleProviderWorker,
	}
	people := map[string]authn.Identity{}
	var joining []stage.Organisation
	var leads []teamLead
	room := meetings{largest: map[string]demo.Organisation{}}
	for kind, role := range roles {
		all, err := demo.Organisations(ctx, as, kind)
		if err != nil {
			return demo.Setting{}, err
		}
		for _, o := range all {
			joined := stage.Join(o, role)
			joining, people[o.ID] = append(joining, joined), joined.Staff[role]
			room.add(o, joined.Staff[role])
			if kind == terms.KindLinkWorkerTeam {
				lead := stage.Join(o, terms.RoleServiceLead)
				joining, leads = append(joining, lead), append(leads, teamLead{o, on.Cast.As(lead.Staff[terms.RoleServiceLead])})
			}
		}
	}
	chairs, seated := room.seat()
	if err := on.Introduce(ctx, append(joining, seated...)...); err != nil {
		return demo.Setting{}, err
	}
	for _, lead := range leads {
		if err := lead.publish(ctx); err != nil {
			return demo.Setting{}, fmt.Errorf("say what %s does: %w", lead.team.Name, err)
		}
	}
	if err := on.Settle(ctx); err != nil {
		return demo.Setting{}, err
	}
	setting, err := demo.Discover(ctx, as, func(o demo.Organisation) (authn.Identity, bool) { who, ok := people[o.ID]; return who, ok })
	setting.Seat(personas, chairs...)
	return setting, err
}

// meetings are the weekly ones: each team's, with its link worker and a GP of the network's largest practice.
type meetings struct {
	teams   []demo.Organisation
	workers []authn.Identity
	largest map[string]demo.Organisation // network → practice
}

func (m *meetings) add(o demo.Organisation, who authn.Identity) {
	switch o.Kind {
	case terms.KindLinkWorkerTeam:
		m.teams, m.workers = append(m.teams, o), append(m.workers, who)
	case terms.KindPractice:
		if largest, ok := m.largest[o.Network]; o.MayRefer && (!ok || o.Patients > largest.Patients) {
			m.largest[o.Network] = o
		}
	}
}

// seat has somebody who prepares the meeting join each team, and a GP its network's largest practice.
func (m *meetings) seat() (chairs []demo.Chair, joining []stage.Organisation) {
	for i, team := range m.teams {
		practice, ok := m.largest[team.Network]
		if !ok {
			continue
		}
		prepares, gp := stage.Join(team, terms.RoleMDTCoordinator), stage.Join(practice, terms.RoleGP)
		joining = append(joining, prepares, gp)
		chairs = append(chairs, demo.Chair{
			Who: prepares.Staff[terms.RoleMDTCoordinator], Invite: []authn.Identity{m.workers[i], gp.Staff[terms.RoleGP]},
		})
	}
	return chairs, joining
}

type teamLead struct {
	team demo.Organisation
	*demo.Client
}

// publish says that the team takes referrals of its network, unless it has said something before.
func (l teamLead) publish(ctx context.Context) error {
	const team = "/api/linkworker/v1/team"
	var now struct {
		Accepts bool `json:"accepts_referrals"`
	}
	etag, err := l.Get(ctx, team, &now)
	if err != nil || now.Accepts {
		return err
	}
	var needs []terms.Need
	for _, n := range terms.Needs {
		if !n.Sensitive {
			needs = append(needs, n.Code)
		}
	}
	err = l.Put(ctx, team, etag, map[string]any{
		"what_we_do": "Simulated: we talk about what matters to you, and find who can help.", "accepts_referrals": true,
		"needs": needs, "network_codes": []string{l.team.Network},
	})
	if err != nil {
		return err
	}
	if etag, err = l.Get(ctx, team+"/capacity", nil); err != nil {
		return err
	}
	return l.Put(ctx, team+"/capacity", etag, map[string]any{"status": terms.CapacityHas})
}

func logger(name string) (*zap.Logger, error) {
	if name == "" {
		return zap.NewNop(), nil
	}
	c := zap.NewProductionConfig()
	c.OutputPaths, c.ErrorOutputPaths = []string{name}, []string{name}
	return c.Build()
}

// troubles prints the first few things that went wrong; they are counted in any case.
func troubles(out io.Writer) func(error) {
	var mu sync.Mutex
	left := 10
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if left--; left >= 0 {
			fmt.Fprintln(out, "\ntrouble:", err)
		}
	}
}

func check(ctx context.Context, out io.Writer, program, database string) error {
	cmd := exec.CommandContext(ctx, program, "-database", database, "-area", stage.Area, "-settle", "60s")
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s says that something is lost, doubled or wrong: %w", program, err)
	}
	return nil
}

type progress struct {
	out      io.Writer
	terminal bool
	day      string
}

const width = 30

func (p *progress) show(at time.Time, share float64, play *demo.Play) {
	line := fmt.Sprintf("%-16s %5d visits %5d requested %5d answers", at.Format("Mon 2 Jan 15:04"), play.Counts.Visits.Load(), play.Counts.Requested.Load(), play.Counts.Answered.Load())
	if p.terminal {
		filled := min(int(share*width), width)
		fmt.Fprintf(p.out, "\r[%s%s] %s", strings.Repeat("#", filled), strings.Repeat(".", width-filled), line)
		return
	}
	if day := at.Format(time.DateOnly); day != p.day {
		p.day = day
		fmt.Fprintf(p.out, "%3.0f%% %s\n", 100*share, line)
	}
}

func (p *progress) done() {
	if p.terminal {
		fmt.Fprintln(p.out)
	}
}

func isTerminal() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// played prints what happened at the desks, and the rates that were played by, each with its source.
func played(out io.Writer, play *demo.Play, rates map[string]sample.Rate, took time.Duration) {
	c := &play.Counts
	fmt.Fprintf(out, "\nPlayed in %.0f s: %d visits, %d declined, %d signposted only, %d referrals sent, %d where somebody helped already, %d answers and steps of receivers, %d decisions of meetings, %d troubles\n",
		took.Seconds(), c.Visits.Load(), c.Declined.Load(), c.Signposted.Load(), c.Requested.Load(), c.Helped.Load(), c.Answered.Load(), c.Discussed.Load(), c.Failed.Load())
	fmt.Fprintf(out, "\nPlayed by %-42s %7s\n", "", "source")
	for _, name := range []string{
		"patient_declines", "signposted_only", "to_link_worker", "urgent", "duplicate", "accepted_at_first", "waitlisted", "more_information_asked", "bounced", "silent", "withdrawn", "attended",
		"another_need_in_the_week", "joins_who_helps", "stops_when_helped", "second_door_has_no_number", "second_door_misspells", "merge_was_wrong", "no_longer_agrees", "asks_to_be_erased",
		"discussed_at_mdt", "case_holder_declines", "key_worker_assigned", "action_agreed", "action_done_in_time",
	} {
		r := rates[name]
		source, _, _ := strings.Cut(r.Source, " (")
		fmt.Fprintf(out, "  %-36s %6.0f%%  %s\n", strings.ReplaceAll(name, "_", " "), 100*r.Value, source)
	}
}
