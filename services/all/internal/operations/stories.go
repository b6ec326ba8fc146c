package operations

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas"
)

// A Sunday morning, as in the services' stories.
var storyNow = time.Date(2026, time.November, 22, 10, 42, 0, 0, time.UTC)

// Stories are the states of the page.
func Stories() []ui.Story {
	page := func() ui.Page {
		p := base("Operations")
		p.Person = &ui.SignedIn{Name: "Gareth Pryce", Role: "Platform operator", Organisation: "The area's office", SignOut: "/sign-out"}
		p.Simulated = "Everything on this page is made up."
		return p
	}
	story := func(state string, f Flow, c Compared) ui.Story {
		d := draw(page(), f, c, "", storyNow)
		d.Flow.Events, d.Ledgers.Events = "", "" // nothing changes in a storybook
		return ui.Story{Page: pageOperations, State: state, Data: d}
	}
	ended := Compared{Ended: storyNow.Add(-20 * time.Minute), Said: 48211, Heard: 120877, Parked: 2}
	differs := ended
	differs.Differences = []string{
		"stream of vcse: 12 events are missing, 0 were altered, 0 messages are no events of it",
		"mdt: of vcse's partition 7 it heard 311 events up to 311; 312 were said, up to 312",
	}
	unanswered := Compared{Ended: storyNow.Add(-time.Minute), Failed: true}
	running := Compared{Running: true, Began: storyNow.Add(-4 * time.Second), Read: []string{"register", "mdt"}, Of: 6, Tries: 2}
	stories := []ui.Story{
		story("empty", storyFlow(nil), Compared{}),
		story("full", storyFlow(storyCalm()), ended),
		story("trouble", storyFlow(storyTrouble()), running),
		story("differences", storyFlow(storyCalm()), differs),
		story("unanswered", storyFlow(storyCalm()), unanswered),
	}
	return ui.WithRefusals(stories,
		refusal(page(), http.StatusForbidden, fault.Forbidden("Your role does not include this. If it should, ask the service lead of your organisation to give you a role that does, or choose another of your roles")),
		refusal(page(), http.StatusServiceUnavailable, fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")))
}

// storyFlow is what one sees of services that stand like this, having watched for an hour.
func storyFlow(states map[string]standing.State) Flow {
	c := Config{Names: schemas.Speakers, Listens: schemas.Listens, Parked: map[string]string{
		"primarycare": "/practice/parked", "linkworker": "/link-worker/parked", "vcse": "/provider/parked", "mdt": "/mdt/parked", "coordination": "/case/parked",
	}}
	var s sightings
	if states == nil {
		return s.flow(c)
	}
	earlier := map[string]standing.State{}
	for name, st := range states {
		st.Heard = append([]standing.Heard(nil), st.Heard...)
		for i := range st.Heard {
			st.Heard[i].Position -= int64(7 * (i + len(name)) % 90)
		}
		earlier[name] = st
	}
	s.note(storyNow.Add(-time.Hour), earlier)
	s.note(storyNow, states)
	return s.flow(c)
}

func storyCalm() map[string]standing.State {
	up := storyNow.Add(-26 * time.Hour)
	states := map[string]standing.State{}
	for i, name := range schemas.Speakers {
		st := standing.State{
			Service: name, At: storyNow, Since: up, Broker: standing.Broker{Connected: true, Since: up},
			Stream: bus.Health{At: storyNow.Add(-20 * time.Second), Messages: uint64(3120 * (i + 1)), MaxBytes: -1, Replicas: 1},
			Leases: []standing.Lease{{Job: "relay", Ours: true}},
		}
		for _, speaker := range schemas.Listens[name] {
			st.Heard = append(st.Heard, standing.Heard{Speaker: speaker, Asked: true, Position: 3120})
		}
		if len(st.Heard) > 0 {
			for _, part := range []string{"a", "b", "c", "d"} {
				st.Leases = append(st.Leases, standing.Lease{Job: "inbox " + name + " group " + part, Ours: true})
			}
			st.Leases = append(st.Leases, standing.Lease{Job: "inbox " + name + " copy 2", Over: true, Until: up})
		}
		states[name] = st
	}
	return states
}

func storyTrouble() map[string]standing.State {
	states := storyCalm()
	change := func(name string, fn func(st *standing.State)) {
		st := states[name]
		fn(&st)
		states[name] = st
	}
	change("coordination", func(st *standing.State) {
		st.Heard[3].Behind, st.Heard[3].Oldest = 14, storyNow.Add(-12*time.Minute)
		st.Heard[3].Holes = []standing.Hole{{Partition: 7, Since: storyNow.Add(-12 * time.Minute)}}
		st.Repairs.Streams = map[string]standing.Mended{"vcse": {Fetched: 3, Resubscribed: 1}}
	})
	change("vcse", func(st *standing.State) {
		st.Stream.Faults = []bus.Fault{{Kind: bus.FaultDeleted, Words: "2 messages are gone from the middle"}}
		st.Heard[1].Parked = standing.Parked{Count: 3, Due: 1, Oldest: storyNow.Add(-5 * time.Hour)}
	})
	change("linkworker", func(st *standing.State) {
		st.Broker = standing.Broker{Since: storyNow.Add(-3 * time.Minute)}
		st.Said.Unpublished, st.Said.Oldest = 2, storyNow.Add(-2*time.Minute)
		st.Stream.Unseen = "the broker does not answer"
		st.Leases[0].Ours, st.Leases[1].Ours = false, false
	})
	change("primarycare", func(st *standing.State) { st.Heard[0].Asked = false })
	delete(states, "mdt")
	return states
}
