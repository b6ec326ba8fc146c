package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Helping is one thing that somebody already does for a patient.
type Helping struct {
	ReferralID string
	Need       terms.Need // "" where it came under another record of the person, of which the asker is not to know more than that help is there
	State      domain.State
	With       string // the receiver's name, "" while nobody has it in hand
	Since      time.Time
	Same       bool // it is the need that was asked about, and what is sent for it is held
	Covers     bool // whoever has it in hand says that they help with that need too
	Joinable   bool // and said yes to this one, so that they can be asked to
	Also       []AlsoAsked
}

// AlsoAsked is something that whoever helps already was asked to help with too.
type AlsoAsked struct {
	Need  terms.Need
	By    string // the organisation's name
	Since time.Time
}

// Working is a person who holds the case, or stays in touch.
type Working struct {
	Name  string // "" where they were asked under another record of the person, as with a need
	At    string // the organisation's name
	Role  terms.Role
	Stays bool
	Helps bool // whatever the need: another should not be sent without asking them

	Also     []AlsoAsked
	PersonID string
	Joinable bool // and can be asked to do this too, instead of sending another
}

// Panel answers "who already helps?" before sending.
type Panel struct {
	PatientRef string
	CaseID     string // only when the person may see the case
	Need       terms.Need
	Helping    []Helping
	Working    []Working
	Household  []string // who helps somebody that lives with them, where both agreed that it may be told
	Failed     []Failed // who is not asked again for this need yet, the latest first
	Now        time.Time

	InEmergency bool // the person may look at the case in an emergency
}

// Failed is a receiver that was asked for the person and the need within thirty days and did not help.
type Failed struct {
	Name string
	On   time.Time
}

// Overlaps counts who helps already and may help with the need too.
func (p Panel) Overlaps() (n int) {
	if p.Need == "" {
		return 0
	}
	for _, h := range p.Helping {
		if h.Covers {
			n++
		}
	}
	for _, w := range p.Working {
		if w.Helps {
			n++
		}
	}
	return n
}

// WhoHelps looks for what is open for a patient, whoever sent it. It looks as the matcher, because the person may not see the
// case yet, and answers with no more than that help is there: nothing sensitive, nothing that was said.
func (a *App) WhoHelps(ctx context.Context, by actor.Actor, ref string, need terms.Need) (p Panel, err error) {
	// Who may refer may ask before. Others may when their organisation has a part in the person's case already.
	if !domain.MayAsk(terms.Role(by.Role)) {
		if _, err := domain.SeesCase(terms.Role(by.Role)); err != nil {
			return p, err
		}
		if _, err := a.CaseOfPatient(ctx, by, ref); err != nil {
			return p, err
		}
	}
	p = Panel{PatientRef: ref, Need: need, Now: a.Now(), InEmergency: domain.May(terms.Role(by.Role), domain.MayBreakGlass)}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "ask who helps", Object: "patient", ObjectID: ref, PatientRef: ref}); err != nil {
			return err
		}
		var c domain.Case
		err := store.AsMatcher(ctx, tx, func() (err error) {
			c, err = p.look(ctx, tx, ref, domain.Asks{Need: need, Organisation: by.Organisation, Onward: by.OrganisationKind == string(terms.KindLinkWorkerTeam)})
			return err
		})
		if err != nil || c.ID == "" {
			return err
		}
		if _, err := store.CaseByID(ctx, tx, c.ID); err == nil {
			p.CaseID = c.ID
		}
		return nil
	})
	if err != nil {
		return Panel{}, fmt.Errorf("ask who helps: %w", err)
	}
	return p, nil
}

// knows is by which of a person's records an organisation may know what for somebody helps, and who works with them. Whoever asks knows the one they ask
// about, and of somebody with one record everybody may know all.
func knows(ctx context.Context, tx pgx.Tx, c domain.Case, patient domain.Patient, asked, organisation string) (func(record string) bool, error) {
	if patient.OneSince.IsZero() {
		return func(string) bool { return true }, nil
	}
	all, err := store.KnowsOf(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	known := []string{asked}
	for _, k := range all {
		if k.Organisation == organisation {
			known = append(append(known, k.Refs...), k.Shared...)
		}
	}
	said, err := store.SharingAnswers(ctx, tx, patient.Ref)
	if err != nil {
		return nil, err
	}
	answers := sharing(said)
	return func(record string) bool {
		return slices.Contains(known, record) || domain.MaySeeRecord(answers, record, patient.OneSince, organisation)
	}, nil
}

func (p *Panel) look(ctx context.Context, tx pgx.Tx, ref string, asks domain.Asks) (domain.Case, error) {
	asked := ref
	aliases, err := store.Aliases(ctx, tx, []string{ref})
	if err != nil {
		return domain.Case{}, err
	}
	if into := aliases[ref]; into != "" {
		ref = into
	}
	patient, err := store.PatientByRef(ctx, tx, ref)
	if errors.Is(err, domain.ErrNoCase) || err == nil && slices.Contains(patient.NotWith, asks.Organisation) {
		return domain.Case{}, nil // whom the person does not want to know of them learns as much as of somebody nobody knows
	}
	if err != nil {
		return domain.Case{}, err
	}
	if p.Household, err = household(ctx, tx, ref); err != nil {
		return domain.Case{}, err
	}
	if err := p.failed(ctx, tx, patient); err != nil {
		return domain.Case{}, err
	}
	c, err := store.OpenCaseOf(ctx, tx, ref)
	if errors.Is(err, domain.ErrNoCase) {
		return domain.Case{}, nil
	}
	if err != nil {
		return c, err
	}
	may, err := knows(ctx, tx, c, patient, asked, asks.Organisation)
	if err != nil {
		return c, err
	}
	return c, p.lookAt(ctx, tx, c, asks, may)
}

// lookAt reads who helps in an open case, and who works with the person, as far as the asker may know.
func (p *Panel) lookAt(ctx context.Context, tx pgx.Tx, c domain.Case, asks domain.Asks, may func(record string) bool) error {
	all, err := store.ReferralsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	people, err := store.CasePeople(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	overlaps, err := overlapping(ctx, tx, question{asks, asks.Organisation, p.Now}, all, people)
	if err != nil {
		return err
	}
	one := CaseView{Case: c, Referrals: all, People: people}
	called, err := names(ctx, tx, one.ids())
	if err != nil {
		return err
	}
	for _, x := range workers(people) {
		works := p.working(x, all, overlaps, called)
		if !slices.ContainsFunc(people, func(o store.CasePerson) bool { return o.Person == x.Person && may(o.FirstRef) }) {
			works.Name, works.Also = "", nil
		}
		p.Working = append(p.Working, works)
	}
	for _, r := range all {
		if !shown(r) {
			continue
		}
		h := p.helping(r, asks, all, overlaps, called)
		if !may(r.FirstRef) && r.Need != p.Need {
			h.Need, h.Also = "", nil
		}
		p.Helping = append(p.Helping, h)
	}
	return nil
}

func (p *Panel) working(x domain.Worker, all []domain.Referral, overlaps []domain.Overlap, called Names) Working {
	w := Working{Name: called[x.Person], At: called[x.Organisation], Role: x.Role, Stays: x.Stays, PersonID: x.Person}
	w.Helps = slices.ContainsFunc(overlaps, func(o domain.Overlap) bool { return o.Worker.Person == x.Person && o.Worker.Stays == x.Stays })
	w.Joinable = p.Need != "" && !p.Need.Sensitive() && slices.ContainsFunc(overlaps, func(o domain.Overlap) bool { return o.Worker.Person == x.Person && o.Joinable() })
	for _, r := range all {
		if r.State == domain.Joined && r.JoinedPerson == x.Person && x.Stays && !r.Sensitive {
			w.Also = append(w.Also, AlsoAsked{Need: r.Need, By: called[r.SenderOrganisation], Since: r.RequestedAt})
		}
	}
	return w
}

// failed names who is passed over should the sender choose them, also when their case has ended. Of sensitive needs nobody is named, and
// nobody of whom the person does not agree that it is told.
func (p *Panel) failed(ctx context.Context, tx pgx.Tx, patient domain.Patient) error {
	if p.Need == "" || p.Need.Sensitive() {
		return nil
	}
	answers, err := store.Answers(ctx, tx, patient.Ref)
	if err != nil {
		return err
	}
	refs, err := store.SameRefs(ctx, tx, []string{patient.Ref})
	if err != nil {
		return err
	}
	all, err := store.Failures(ctx, tx, refs, p.Need, "", p.Now.Add(-domain.NotAgainWithin))
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(f domain.Failure) bool {
		return f.Sensitive || !domain.Agreed("receiver", f.Receiver.Organisation, answers, patient.NotWith)
	})
	ids := make([]string, len(all))
	for i, f := range all {
		ids[i] = f.Receiver.ID
	}
	called, err := names(ctx, tx, ids)
	for _, f := range all {
		if name := called[f.Receiver.ID]; name != "" {
			p.Failed = append(p.Failed, Failed{name, f.OfferedAt})
		}
	}
	return err
}

// shown tells whether a referral counts as help that others are told of.
func shown(r domain.Referral) bool {
	return r.State.Open() && !r.Sensitive && !hidden(r) && r.State != domain.Held && r.State != domain.Requested
}

func (p *Panel) helping(r domain.Referral, asks domain.Asks, all []domain.Referral, overlaps []domain.Overlap, called Names) Helping {
	h := Helping{ReferralID: r.ID, Need: r.Need, State: r.State, Since: r.RequestedAt, Same: asks.Doubles(r)}
	if o := r.Live(); o != nil {
		h.With = called[o.Receiver.ID]
	}
	if i := slices.IndexFunc(overlaps, func(o domain.Overlap) bool { return o.ReferralID == r.ID }); i >= 0 {
		h.Covers, h.Joinable = true, overlaps[i].Taken && !p.Need.Sensitive()
	}
	for _, x := range all {
		if x.State == domain.Joined && x.DuplicateOf == r.ID && x.Need != r.Need && !x.Sensitive {
			h.Also = append(h.Also, AlsoAsked{Need: x.Need, By: called[x.SenderOrganisation], Since: x.RequestedAt})
		}
	}
	return h
}
