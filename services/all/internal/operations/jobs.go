package operations

import (
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/standing"
)

// job is something that only one may do at a time, or what is shared out in parts of which each only one may do.
type job struct {
	name                    string
	here, elsewhere, nobody int
	since                   time.Time // from when on nobody has done the part that was dropped first; zero when it was given back
}

func (j job) all() int { return j.here + j.elsewhere + j.nobody }

// jobsOf gathers a service's leases. The seats of the inbox's copies are none: one that has run out tells of a copy that is gone.
func jobsOf(st standing.State) (all []job) {
	for _, l := range st.Leases {
		if strings.Contains(l.Job, " copy ") || l.Job == "inbox "+st.Service { // the latter was its name before it was shared out
			continue
		}
		name := l.Job
		if before, _, ok := strings.Cut(name, " group "); ok {
			name = before
		}
		if of, ok := strings.CutPrefix(name, "inbox "); ok && of == st.Service {
			name = "inbox"
		}
		i := slices.IndexFunc(all, func(j job) bool { return j.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, job{name: name})
		}
		j := &all[i]
		switch {
		case l.Over:
			j.nobody++
			if !l.Until.IsZero() && (j.since.IsZero() || l.Until.Before(j.since)) {
				j.since = l.Until
			}
		case l.Ours:
			j.here++
		default:
			j.elsewhere++
		}
	}
	return all
}
