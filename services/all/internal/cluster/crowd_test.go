package cluster_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// crowd is sixteen clients, each at a practice of its own with a desk and a GP; a link between them is only the person they know. Half of
// them ask the first copy of every service, half the second.
type crowd struct {
	*testing.T
	casts   map[string]*demo.Cast // by process
	on      *stage.Stage
	surgery []stage.Organisation
}

const clients = 16

func newCrowd(t *testing.T, c *cluster.Cluster) *crowd {
	t.Helper()
	on, err := stage.Attach(t.Context(), c.Databases.Main, c.Address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close()) })
	x := &crowd{T: t, on: on, casts: map[string]*demo.Cast{}}
	urls, _ := c.Inside()
	for _, process := range c.Names() {
		x.casts[process] = &demo.Cast{Base: urls[process], HTTP: c.Client(30 * time.Second), Sessions: on.Cast.Sessions, Now: time.Now}
	}
	for i := range clients {
		x.surgery = append(x.surgery, stage.Organise(terms.KindPractice, fmt.Sprintf("Surgery %d of sixteen (simulated)", i), "U99016", terms.RoleReceptionist, terms.RoleGP))
	}
	require.NoError(t, on.Introduce(t.Context(), x.surgery...))
	return x
}

// as is somebody as the copy of a service knows them that a client asks.
func (x *crowd) as(client int, service string, who authn.Identity) *demo.Client {
	return x.casts[fmt.Sprintf("%s-%d", service, 1+client%2)].As(who)
}

func (x *crowd) desk(client int) *demo.Client {
	return x.as(client, "primarycare", x.surgery[client].Staff[terms.RoleReceptionist])
}

// all has every client do the same at once.
func (x *crowd) all(do func(client int)) {
	x.Helper()
	var all sync.WaitGroup
	start := make(chan struct{})
	for client := range clients {
		all.Go(func() { <-start; do(client) })
	}
	close(start)
	all.Wait()
	if x.Failed() {
		x.FailNow()
	}
}

// told is "ok", or "refused" where somebody was quicker or something is owed; anything else fails the test.
func (x *crowd) told(err error) string {
	x.Helper()
	if err == nil {
		return "ok"
	}
	var r *demo.Refusal
	if !errors.As(err, &r) || !slices.Contains([]int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusNotFound}, r.Status) {
		x.Error(err)
	}
	return refusedHere
}

// step takes a step on what is there, again as long as it had changed since it was read.
func (x *crowd) step(as *demo.Client, at, what string, in any) string {
	x.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		etag, err := as.Get(x.Context(), at, nil)
		if err == nil {
			err = as.Change(x.Context(), at+what, etag, in, nil)
		}
		var r *demo.Refusal
		if !errors.As(err, &r) || r.Status != http.StatusPreconditionFailed || time.Now().After(end) {
			return x.told(err)
		}
	}
}

// seen is a referral as coordination tells its sender's desk.
type seen struct {
	CaseID string `json:"case_id"`
	State  string `json:"state"`
}

// comes reads a referral until it is as it should be.
func (x *crowd) comes(client int, referral string, is func(seen) bool) (r seen) {
	x.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		r = seen{}
		_, err := x.as(client, "coordination", x.surgery[client].Staff[terms.RoleReceptionist]).Get(x.Context(), "/api/coordination/v1/referrals/"+referral, &r)
		if err == nil && is(r) {
			return r
		}
		if time.Now().After(end) {
			x.Errorf("the referral %s is %v, %v", referral, r, err)
			return r
		}
		x.breathe()
	}
}

func (x *crowd) breathe() {
	select {
	case <-x.Context().Done():
	case <-time.After(30 * time.Millisecond):
	}
}

// known is one person whom every practice has, by their NHS number.
func (x *crowd) known(n int) (ref string) {
	x.Helper()
	var mu sync.Mutex
	x.all(func(client int) {
		person := demo.Simulated(n)
		person["nhs_number"] = nhsnumber.Test(n)
		var added struct {
			Ref string `json:"ref"`
		}
		if err := x.desk(client).Make(x.Context(), "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
			x.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		ref = added.Ref
	})
	return ref
}

func (x *crowd) refer(client int, ref string, need terms.Need, services ...string) (referral string) {
	x.Helper()
	in := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson}}
	if len(services) > 0 {
		var to []map[string]any
		for _, s := range services {
			to = append(to, map[string]any{"kind": terms.ReceiverService, "id": s})
		}
		in["receivers"] = to
	}
	var sent struct {
		ID string `json:"id"`
	}
	if err := x.desk(client).Make(x.Context(), "/api/primarycare/v1/referrals", id.New(), in, &sent); err != nil {
		x.Error(err)
	}
	return sent.ID
}

func (x *crowd) withdraw(client int, referral string) {
	x.Helper()
	if out := x.step(x.desk(client), "/api/primarycare/v1/referrals/"+referral, "/withdraw", map[string]any{"reason": terms.WithdrawalNoLongerNeeded}); out != "ok" {
		x.Errorf("%s was not withdrawn", referral)
	}
	x.comes(client, referral, func(r seen) bool { return r.State == string(terms.ReferralWithdrawn) })
}
