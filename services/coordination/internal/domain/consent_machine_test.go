package domain

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/schemas/terms"
)

// person is one patient: their referrals, and whether they agree to sharing.
type person struct {
	t       *rapid.T
	lives   []*life
	agrees  bool
	refused map[string]bool // referrals that began without consent
	now     time.Time
	ends    time.Time // of what they agreed to last; zero without an end
}

// asks is a new referral, sent with what the person says now. What was said for one is not said for another.
func (p *person) asks(t *rapid.T) {
	if len(p.lives) == 4 {
		return
	}
	l := newLife(t)
	l.now = p.now
	l.r.ID, l.r.ConsentGiven = fmt.Sprint("referral-", len(p.lives)), p.agrees
	p.lives = append(p.lives, l)
	p.refused[l.r.ID] = !p.agrees
	l.apply(Event{Kind: KindRequested})
	l.apply(Event{Kind: KindNoDuplicate})
}

// withdraws is the person's word that they no longer agree. It is heard for everything that is open, once or several times.
func (p *person) withdraws(t *rapid.T) {
	p.agrees = false
	for range rapid.IntRange(1, 2).Draw(t, "heard") {
		for _, l := range p.lives {
			l.now = p.now
			l.apply(Event{Kind: KindConsentWithdrawn})
		}
	}
	for _, l := range p.lives {
		require.False(t, l.r.State == New || l.r.State.Open(), "%s is open without consent", l.r.ID)
		require.Nil(t, l.r.Live(), "somebody still has %s in hand", l.r.ID)
	}
}

func (p *person) agreesAgain(*rapid.T) { p.agrees, p.ends = true, time.Time{} }

// agreesUntil is a yes with a last day. It takes the place of what they said before, also of a yes without an end.
func (p *person) agreesUntil(t *rapid.T) {
	day := p.now.AddDate(0, 0, rapid.IntRange(0, 3).Draw(t, "days")).Format(time.DateOnly)
	p.agrees, p.ends = true, Ends(day, time.UTC)
	require.True(t, p.ends.After(p.now), "the day itself is theirs")
}

// timePasses, and with the end of the day the clock ends what was agreed until then: it is as if they had withdrawn.
func (p *person) timePasses(t *rapid.T) {
	p.now = p.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour)
	p.expires(t)
}

func (p *person) expires(t *rapid.T) {
	if p.agrees && !p.ends.IsZero() && !p.now.Before(p.ends) {
		p.ends = time.Time{}
		p.withdraws(t)
	}
}

// somethingHappens to one of the referrals, also an answer that crossed with the withdrawal.
func (p *person) somethingHappens(t *rapid.T) {
	if len(p.lives) == 0 {
		return
	}
	p.now = p.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
	p.expires(t)
	l := rapid.SampledFrom(p.lives).Draw(t, "referral")
	l.now = p.now
	e := l.anything()
	if e.Kind == KindRequested || e.Kind == KindMergeUndone || e.Kind == KindWorkerLeft { // a new life, and consent asked anew, are asks
		return
	}
	l.apply(e)
}

// check is what must hold after every step: without consent nothing is shared, and what ended for want of it stays so.
func (p *person) check(t *rapid.T) {
	for _, l := range p.lives {
		if p.refused[l.r.ID] {
			require.Empty(t, l.r.Offers, "%s was offered although they never agreed", l.r.ID)
			require.False(t, l.r.State.Open())
		}
		if !p.agrees {
			require.False(t, l.r.State.Open(), "%s went on after they had withdrawn", l.r.ID)
			require.Nil(t, l.r.Live())
		}
		for _, o := range l.r.Offers {
			if !l.r.State.Open() {
				require.NotEqual(t, terms.OfferAccepted, o.State, "an ended referral was left with somebody who had accepted")
			}
		}
	}
}

// TestConsentWhateverHappens lets a person agree, for good or until a day, withdraw and agree again while anything happens to their referrals, in any order.
func TestConsentWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &person{t: t, agrees: rapid.Bool().Draw(t, "agrees"), refused: map[string]bool{}, now: now}
		t.Repeat(map[string]func(*rapid.T){
			"asks": p.asks, "withdraws": p.withdraws, "agrees again": p.agreesAgain, "agrees until a day": p.agreesUntil, "time passes": p.timePasses, "something happens": p.somethingHappens, "": p.check,
		})
	})
}
