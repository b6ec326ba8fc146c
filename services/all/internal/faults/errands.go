package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// errand is something that people do now and then. It may fail at any step, and is then left as it is.
type errand struct {
	name string
	do   func(n *neighbours, ctx context.Context) error
}

var errands = []errand{
	{"a red flag that a clinician takes", (*neighbours).flagTaken},
	{"a red flag that nobody takes", (*neighbours).flagLeft},
	{"other ways to reach somebody", (*neighbours).reaches},
	{"a crisis on the telephone", (*neighbours).crisis},
	{"a note about a service", (*neighbours).noted},
	{"a service that is taken out of the directory", (*neighbours).ends},
	{"a team that says what it does anew", (*neighbours).opens},
	{"a signpost, and how it went", (*neighbours).signposted},
	{"a worker who refers on, is asked, and takes it back", (*neighbours).refersOn},
	{"a meeting that refers, is asked, and takes it back", (*neighbours).meetingRefers},
	{"a case that is closed and opened again", (*neighbours).caseEnds},
	{"a yes, a no, and a yes", (*neighbours).agreesAgain},
	{"a desk that is asked, and takes it back", (*neighbours).deskRefers},
	{"a second door, joined", (*neighbours).joins},
	{"a second door that is right", (*neighbours).confirms},
	{"a merge that is undone", (*neighbours).undoes},
	{"a place on a waiting list", (*neighbours).waitlists},
	{"a look in an emergency", (*neighbours).emergency},
	{"a colleague who comes and goes, and what their role may do", (*neighbours).registers},
	{"an organisation that closes for good", (*neighbours).shuts},
	{"a yes until a day", (*neighbours).agreesUntil},
	{"a role and a training until a day", (*neighbours).lasts},
}

// errandTakes is how long an errand may take: in between there is always something broken.
const errandTakes = time.Minute

// errand does the next one.
func (n *neighbours) errand(ctx context.Context) {
	n.run(ctx, errands[int(n.begun.Add(1)-1)%len(errands)])
}

func (n *neighbours) run(ctx context.Context, e errand) {
	once, cancel := context.WithTimeout(ctx, errandTakes)
	defer cancel()
	err := e.do(n, once)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		n.done[e.name]++
	} else if ctx.Err() == nil {
		n.failed[e.name] = err
	}
}

// runAll does some of them beside each other: each waits for others most of its time.
func (n *neighbours) runAll(ctx context.Context, some []errand) {
	var all sync.WaitGroup
	for _, e := range some {
		all.Go(func() { n.run(ctx, e) })
	}
	all.Wait()
}

// unfinished are the errands that nobody has come to the end of.
func (n *neighbours) unfinished() (left []errand) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range errands {
		if n.done[e.name] == 0 {
			left = append(left, e)
		}
	}
	return left
}

// undone names them, and why the last try ended.
func (n *neighbours) undone() (names []string) {
	for _, e := range n.unfinished() {
		n.mu.Lock()
		names = append(names, fmt.Sprintf("%s (%v)", e.name, n.failed[e.name]))
		n.mu.Unlock()
	}
	return names
}

// errandsFrom is where the numbers of their people begin, who are nobody else.
const errandsFrom = 820_000

// somebody new.
func (n *neighbours) somebody() map[string]any {
	at := errandsFrom + int(n.people.Add(1)%80_000)
	person := demo.Simulated(at)
	person["nhs_number"] = nhsnumber.Test(at)
	return person
}

// patient has the desk write down somebody new.
func (n *neighbours) patient(ctx context.Context) (ref string, person map[string]any, err error) {
	person = n.somebody()
	var made thing
	err = n.as(n.north, terms.RoleReceptionist).Make(ctx, "/api/primarycare/v1/patients", id.New(), person, &made)
	return made.Ref, person, err
}

type thing struct {
	ID  string `json:"id"`
	Ref string `json:"ref"`
}

// refer has the desk refer somebody new.
func (n *neighbours) refer(ctx context.Context, kind terms.ReceiverKind, to string) (ref, referral string, person map[string]any, err error) {
	if ref, person, err = n.patient(ctx); err != nil {
		return "", "", nil, err
	}
	referral, err = n.request(ctx, ref, kind, to)
	return ref, referral, person, err
}

func (n *neighbours) request(ctx context.Context, ref string, kind terms.ReceiverKind, to string) (string, error) {
	return n.requestAs(ctx, ref, kind, to, agreed)
}

func (n *neighbours) requestAs(ctx context.Context, ref string, kind terms.ReceiverKind, to string, consent map[string]any) (string, error) {
	var made thing
	err := n.as(n.north, terms.RoleReceptionist).Make(ctx, "/api/primarycare/v1/referrals", id.New(), map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "urgency": terms.UrgencyRoutine,
		"receivers": []map[string]any{{"kind": kind, "id": to}}, "consent": consent,
	}, &made)
	return made.ID, err
}

var agreed = map[string]any{"given": true, "how": terms.ConsentInPerson}

// waits asks again until it finds something, as whoever waits for something to appear on a page does.
func waits(ctx context.Context, ask func() (string, error)) (string, error) {
	for {
		found, err := ask()
		if found != "" && err == nil {
			return found, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("it did not come: %w", cmp.Or(err, ctx.Err()))
		case <-time.After(10 * betweens):
		}
	}
}

// offerOf waits until a receiver has an offer of a referral. It looks where it is without opening the tray: each look at a list is a row of audit for
// everybody on it.
func (n *neighbours) offerOf(ctx context.Context, service, referral string) (string, error) {
	return waits(ctx, func() (offer string, err error) {
		err = n.on.Admin.QueryRow(ctx, `select id::text from `+service+`.offer where referral_id = $1 limit 1`, referral).Scan(&offer)
		return offer, err
	})
}

// step changes something as it is now. When somebody else was quicker one looks again.
func step(ctx context.Context, as *demo.Client, at, what string, in any) error {
	for {
		etag, err := as.Get(ctx, at, nil)
		if err != nil {
			return err
		}
		err = as.Change(ctx, at+what, etag, in, nil)
		if no := (*demo.Refusal)(nil); !errors.As(err, &no) || no.Status != http.StatusPreconditionFailed {
			return err
		}
	}
}

func (n *neighbours) flag(ctx context.Context) (string, error) {
	ref, _, err := n.patient(ctx)
	if err != nil {
		return "", err
	}
	var made thing
	err = n.as(n.north, terms.RoleReceptionist).Make(ctx, "/api/primarycare/v1/red-flags", id.New(),
		map[string]any{"patient_ref": ref, "question_codes": []terms.RedFlagQuestion{terms.RedFlagChestOrBreathing}}, &made)
	return made.ID, err
}

func (n *neighbours) flagTaken(ctx context.Context) error {
	flag, err := n.flag(ctx)
	if err != nil {
		return err
	}
	return n.as(n.north, terms.RoleGP).Make(ctx, "/api/primarycare/v1/red-flags/"+flag+"/acknowledge", id.New(), map[string]any{"action": terms.RedFlagCrisisTeam}, nil)
}

func (n *neighbours) flagLeft(ctx context.Context) error { _, err := n.flag(ctx); return err }

func (n *neighbours) reaches(ctx context.Context) error {
	ref, _, person, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	person["safe_ways"] = map[string]bool{"phone": false, "text": true, "email": false, "letter": false}
	desk, at := n.as(n.north, terms.RoleReceptionist), "/api/primarycare/v1/patients/"+ref
	etag, err := desk.Get(ctx, at, nil)
	if err != nil {
		return err
	}
	return desk.Put(ctx, at, etag, person)
}

func (n *neighbours) crisis(ctx context.Context) error {
	offer, err := n.supported(ctx)
	if err != nil {
		return err
	}
	return n.as(n.team, terms.RoleLinkWorker).Make(ctx, "/api/linkworker/v1/offers/"+offer+"/crisis", id.New(), map[string]any{"whom_rung": terms.RungCrisisTeam, "note": "Simulated"}, nil)
}

func (n *neighbours) noted(ctx context.Context) error {
	return n.as(n.team, terms.RoleLinkWorker).Make(ctx, "/api/vcse/v1/services/"+n.service+"/notes", id.New(), map[string]any{"kind": "note", "text": "Simulated: the bell does not ring"}, nil)
}

func (n *neighbours) ends(ctx context.Context) error {
	helper := n.as(n.helper, terms.RoleProviderWorker)
	service, err := publish(ctx, helper, terms.NeedPhysicalActivity)
	if err != nil {
		return err
	}
	return step(ctx, helper, "/api/vcse/v1/services/"+service, "/withdraw", nil)
}

func (n *neighbours) signposted(ctx context.Context) error {
	ref, _, err := n.patient(ctx)
	if err != nil {
		return err
	}
	var made thing
	desk := n.as(n.north, terms.RoleReceptionist)
	err = desk.Make(ctx, "/api/primarycare/v1/signposts", id.New(), map[string]any{
		"patient_ref": ref, "need": needs[0], "service_id": n.service, "follow_up_on": n.on.Now().AddDate(0, 0, 14).Format(time.DateOnly),
	}, &made)
	if err != nil {
		return err
	}
	return step(ctx, desk, "/api/primarycare/v1/signposts/"+made.ID, "/follow-up", map[string]any{"result": terms.SignpostHelped})
}

func (n *neighbours) agreesAgain(ctx context.Context) error {
	ref, _, _, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	desk := n.as(n.north, terms.RoleReceptionist)
	if _, err := waits(ctx, func() (string, error) {
		return ref, desk.Make(ctx, "/api/coordination/v1/patients/"+ref+"/consent/withdraw", id.New(), map[string]any{"purpose": terms.ConsentShareToHelp, "how": terms.ConsentByPhone}, nil)
	}); err != nil {
		return err
	}
	_, err = n.request(ctx, ref, terms.ReceiverService, n.service)
	return err
}

func (n *neighbours) emergency(ctx context.Context) error {
	ref, _, _, err := n.refer(ctx, terms.ReceiverService, n.service)
	if err != nil {
		return err
	}
	var look thing
	if _, err := waits(ctx, func() (string, error) {
		return ref, n.as(n.south, terms.RoleGP).Make(ctx, "/api/coordination/v1/patients/"+ref+"/emergency", id.New(), map[string]any{"reason": "life_at_risk", "words": "Simulated"}, &look)
	}); err != nil {
		return err
	}
	return n.as(n.office, terms.RolePrivacyOfficer).Make(ctx, "/api/coordination/v1/emergencies/"+look.ID+"/review", id.New(), map[string]any{"outcome": "right", "note": "Simulated"}, nil)
}

// registers says, as the register does, that a colleague came, was trained and left, and what a role may do.
func (n *neighbours) registers(ctx context.Context) error {
	colleague := stage.Beside(n.helper, terms.RoleProviderWorker)
	if err := n.on.Announce(ctx, colleague); err != nil {
		return err
	}
	who, now := colleague.Staff[terms.RoleProviderWorker].Person.ID, n.on.Now().UTC()
	return n.on.Tell(ctx,
		&register.CompetencyExpiredV1{PersonID: who, Competency: terms.CompetencyRedFlags, At: now},
		&register.PersonRoleEndedV1{PersonID: who, OrganisationID: n.helper.OrganisationID, Role: terms.RoleProviderWorker, At: now},
		&register.RoleScopeSetV1{
			LineID: id.FromName("faults", "line"), Role: terms.RoleProviderWorker, Act: terms.ActSignpost, Of: "any", Allowed: true, FromOn: now.Format(time.DateOnly), At: now, Version: int(n.begun.Load()),
		})
}

// shuts has a provider close for good that somebody has just been referred to.
func (n *neighbours) shuts(ctx context.Context) error {
	o := stage.Organise(terms.KindProvider, fmt.Sprintf("Last orders %d", n.people.Add(1)), "", terms.RoleProviderWorker)
	n.mu.Lock()
	n.who = append(n.who, o.OrganisationID)
	n.mu.Unlock()
	if err := n.on.Announce(ctx, o); err != nil {
		return err
	}
	service, err := waits(ctx, func() (string, error) { // until it is known who works there
		return publish(ctx, n.on.Cast.As(o.Staff[terms.RoleProviderWorker]), terms.NeedLoneliness)
	})
	if err != nil {
		return err
	}
	if _, err := waits(ctx, func() (string, error) { // until the desk has heard of it
		_, referral, _, err := n.refer(ctx, terms.ReceiverService, service)
		return referral, err
	}); err != nil {
		return err
	}
	return n.on.Tell(ctx, &register.OrganisationClosedV1{OrganisationID: o.OrganisationID, ClosedOn: n.on.Now().Format(time.DateOnly), At: n.on.Now().UTC()})
}
