package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// track is where the races are run.
type track struct {
	on      *stage.Stage
	desks   [2]*demo.Client
	service string
	both    string       // a service that helps with food too
	helper  *demo.Client // who works there

	// Who does the steps: two people in each role.
	colleague, beside           *demo.Client // at the provider, and at the second desk
	trainee                     *demo.Client // at the first desk, and may not send alone
	clinicians, chairs, offices [2]*demo.Client
	officers, linkWorkers       [2]*demo.Client
	team                        string
	meeting                     string

	next                *demo.Client // at another provider, who is asked after the helper
	firstLeg, secondLeg string       // what the two do
}

// pair is what two desks sent in one moment.
type pair [2]string

// kind is what a race is about.
type kind string

const (
	oneNumber kind = "one NHS number"
	noNumber  kind = "no number"
	slipEach  kind = "no number, and a slip in each detail by which requests wait for each other"
	overlap   kind = "an overlap with help that is there"
)

// race adds one person at two practices, and has both refer them in one moment.
func (t *track) race(ctx context.Context, n int, about kind) (pair, error) {
	refs, err := t.arrive(ctx, n, about)
	if err != nil {
		return pair{}, err
	}
	if about == overlap {
		return t.raceOverlap(ctx, refs)
	}
	p, err := atOnce(func(i int) (string, error) { return t.refer(ctx, t.desks[i], refs[i]) })
	if err != nil {
		return p, err
	}
	return p, t.decided(ctx, p)
}

// arrive adds one person at both practices.
func (t *track) arrive(ctx context.Context, n int, about kind) (refs [2]string, err error) {
	numbered := about != noNumber && about != slipEach
	if about == overlap {
		n += overlapsFrom
	}
	if about == slipEach {
		n += slipsFrom
	}
	person := demo.Simulated(n)
	if numbered {
		person["nhs_number"] = nhsnumber.Test(n)
	} else {
		maps.Copy(person, unnumbered(n))
	}
	for i, desk := range t.desks {
		if i == 1 && about == slipEach {
			maps.Copy(person, slipped(n))
		}
		var added struct {
			Ref string `json:"ref"`
		}
		if err := desk.Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
			return refs, err
		}
		refs[i] = added.Ref
	}
	if (refs[0] == refs[1]) != numbered {
		return refs, errors.New("one number is one ref, and nobody without a number has another's")
	}
	return refs, nil
}

// overlapsFrom and slipsFrom are where the people of those races begin, who are nobody of the others.
const (
	overlapsFrom = 300_000
	slipsFrom    = 600_000
)

// slipped is the n-th as another desk knows them: another home and phone in the same district, and one digit of the year of birth is another.
func slipped(n int) map[string]any {
	is, other := demo.Simulated(n), demo.Simulated(n+1)
	born := []byte(is["date_of_birth"].(string))
	born[3] = '0' + (born[3]-'0'+1)%10
	return map[string]any{"date_of_birth": string(born), "postcode": other["postcode"], "phone": other["phone"]}
}

// atOnce has two desks send in one moment.
func atOnce(send func(desk int) (string, error)) (p pair, err error) {
	var errs [2]error
	start, ready := make(chan struct{}), make(chan struct{}, 2)
	ended := make(chan struct{}, 2)
	for i := range p {
		go func() {
			ready <- struct{}{}
			<-start
			p[i], errs[i] = send(i)
			ended <- struct{}{}
		}()
	}
	<-ready
	<-ready
	close(start)
	<-ended
	<-ended
	return p, errors.Join(errs[:]...)
}

// decided waits until coordination has taken both in: the next race does not come on top of a backlog of the ones before.
func (t *track) decided(ctx context.Context, p pair) error {
	for {
		var known int
		if err := t.on.Admin.QueryRow(ctx, `select count(*) from coordination.referral where id = any($1) and state <> 'requested'`, p[:]).Scan(&known); err != nil || known == len(p) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// unnumbered is somebody without a number who is like nobody else: no two share a name with a date of birth or a home.
func unnumbered(n int) map[string]any {
	name := func(n int) (name string) {
		for ; n > 0; n /= 10 {
			name += [...]string{"bo", "dri", "fa", "gul", "ke", "li", "mu", "no", "par", "sti"}[n%10]
		}
		return name
	}
	far := func(n int) string { return name(10_000_000 + n*2_654_435_761%89_999_999) } // neighbours, and those a round number apart, share no syllables
	return map[string]any{"given_name": far(n), "family_name": far(n + 500_009), "no_number_reason": "not_known"}
}

func (t *track) refer(ctx context.Context, desk *demo.Client, ref string) (string, error) {
	var sent struct {
		ID string `json:"id"`
	}
	err := desk.Make(ctx, "/api/primarycare/v1/referrals", id.New(), wanted(ref, terms.NeedLoneliness, terms.ReceiverService, t.service), &sent)
	return sent.ID, err
}

// wanted is a referral to one receiver; without one it is the area's to find.
func wanted(ref string, need terms.Need, kind terms.ReceiverKind, receiver string) map[string]any {
	in := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson}}
	if receiver != "" {
		in["receivers"] = []map[string]any{{"kind": kind, "id": receiver}}
	}
	return in
}

// tally is how the races of one kind ended.
type tally struct {
	right int           // one goes on, one is held
	late  int           // of those without a number: held or made one more than five seconds after it was sent
	most  time.Duration // the longest it took
	wrong []string
}

const within = 5 * time.Second

// judge looks at every race in the case's own records, and says what is wrong.
func (t *track) judge(ctx context.Context, out io.Writer, numbered, unnumbered, slips, overlaps []pair, steps [][]outcome, took time.Duration) error {
	with, err := t.tally(ctx, numbered, 1)
	if err != nil {
		return err
	}
	without, err := t.tally(ctx, unnumbered, 1)
	if err != nil {
		return err
	}
	slipped, err := t.tally(ctx, slips, 2) // two cases, until somebody has said that they are one person
	if err != nil {
		return err
	}
	over, err := t.tallyOverlaps(ctx, overlaps)
	if err != nil {
		return err
	}
	stepped, err := t.judgeSteps(ctx, steps)
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(with.wrong, without.wrong, slipped.wrong, over.wrong, stepped) {
		fmt.Fprintln(out, w)
	}
	fmt.Fprintf(out, "Took %.0f s. Without a number the longest until the second was held or made one with the first: %.1f s\n", took.Seconds(), without.most.Seconds())
	wrong := len(with.wrong) + len(without.wrong) + without.late + len(slipped.wrong) + slipped.late + len(over.wrong) + len(stepped)
	fmt.Fprintf(out, "slips=%d held_within_5s=%d longest=%.1fs wrong=%d\n", len(slips), slipped.right-slipped.late, slipped.most.Seconds(), len(slipped.wrong))
	fmt.Fprintf(out, "overlaps=%d joined_to_who_helps=%d held_for_its_sender=%d wrong=%d\n", len(overlaps), over.joined, over.held, len(over.wrong))
	fmt.Fprintf(out, "steps=%d of %d kinds wrong=%d\n", len(slices.Concat(steps...)), len(slices.DeleteFunc(steps, func(o []outcome) bool { return len(o) == 0 })), len(stepped))
	fmt.Fprintf(out, "races=%d one_goes_on_one_held=%d without_number=%d held_or_merged_within_5s=%d wrong=%d\n",
		len(numbered), with.right, len(unnumbered), without.right-without.late, wrong)
	if wrong > 0 {
		return fmt.Errorf("%d races went wrong", wrong)
	}
	return nil
}

// tally counts how pairs ended. wants is how many cases there are: one where they are known to be one person, so that nothing may have been offered twice.
func (t *track) tally(ctx context.Context, pairs []pair, wants int) (out tally, err error) {
	for _, p := range pairs {
		var going, held, cases, offers int
		var until float64
		// When one was first known not to go on is when it was held: the row keeps when it came to where it is, its timeline when it got there.
		err := t.on.Admin.QueryRow(ctx, `select count(*) filter (where r.state = 'offered'), count(*) filter (where r.state = 'held'), count(distinct r.case_id),
				(select count(*) from coordination.offer o where o.referral_id = any($1) and ($2 = 1 or o.state <> 'withdrawn')),
				coalesce(max(extract(epoch from held.at - r.requested_at)) filter (where r.state = 'held'), 0)
			from coordination.referral r
			left join lateral (select min(t.at) as at from coordination.timeline t where t.case_id = r.case_id and t.referral_id = r.id and t.what in ('match_unsure', 'match_late', 'referral_held')) held on true
			where r.id = any($1)`, p[:], wants).Scan(&going, &held, &cases, &offers, &until)
		if err != nil {
			return out, err
		}
		took := time.Duration(until * float64(time.Second))
		out.most = max(out.most, took)
		switch {
		case going+held != 2 || held == 0 || cases != wants || offers != going, wants == 1 && going != 1: // of two known before anybody asked both may wait for the office
			out.wrong = append(out.wrong, fmt.Sprintf("referrals %s and %s: %d go on, %d held, %d cases, %d offers", p[0], p[1], going, held, cases, offers))
		case took > within:
			out.right++
			out.late++
		default:
			out.right++
		}
	}
	return out, nil
}
