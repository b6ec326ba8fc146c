package faults

import (
	"context"
	"time"

	"example.org/waypost/services/all/internal/faults/proxy"
)

// deed is what is done to a site.
type deed = func(c *campaign, ctx context.Context) error

// kind is one way of breaking something: it breaks, holds and heals.
type kind struct {
	name         string
	smoke, whole int  // how often in a round
	root         bool // it needs a disk of its own, and so root
	do           deed
}

// kinds are all, in no order: a round shuffles them.
func kinds() []kind {
	all := []kind{
		{name: "kill -9 a copy of a service", smoke: 28, whole: 60, do: (*campaign).killCopy},
		{name: "kill -9 both copies of a service", smoke: 4, whole: 12, do: (*campaign).killBoth},
		{name: "kill -9 one broker", smoke: 4, whole: 12, do: (*campaign).killBroker},
		{name: "kill -9 all brokers", smoke: 3, whole: 6, do: (*campaign).killBrokers},
		{name: "kill -9 Postgres", smoke: 4, whole: 20, do: (*campaign).killPostgres},
		{name: "power cut of Postgres", smoke: 2, whole: 10, root: true, do: (*campaign).cutPostgres},
		{name: "Postgres restored to an earlier moment", smoke: 2, whole: 2, do: (*campaign).restore},
		{name: "power cut of one broker, another paused", smoke: 2, whole: 8, root: true, do: (*campaign).cutBroker},
		{name: "power cut of all brokers, sync always", smoke: 1, whole: 5, root: true, do: cutBrokers(true)},
		{name: "power cut of all brokers, sync every 2 s", smoke: 1, whole: 5, root: true, do: cutBrokers(false)},
		{name: "all brokers as they were two seconds ago", smoke: 2, whole: 4, do: (*campaign).rollBack},
		{name: "a bit flips in a broker's file", smoke: 3, whole: 8, do: (*campaign).flip},
		{name: "all of JetStream's data deleted", smoke: 2, whole: 4, do: (*campaign).wipe},
		{name: "a full disk: one broker", smoke: 1, whole: 4, root: true, do: (*campaign).fillBroker},
		{name: "a full disk: Postgres", smoke: 1, whole: 4, root: true, do: (*campaign).fillPostgres},
		{name: "service and brokers apart", smoke: 4, whole: 10, do: weather("broker-", proxy.Weather{Cut: true}, false)},
		{name: "service and brokers apart, one way", smoke: 3, whole: 8, do: weather("broker-", proxy.Weather{Cut: true, OneWay: true}, false)},
		{name: "service and database apart", smoke: 4, whole: 8, do: weather("postgres", proxy.Weather{Cut: true}, false)},
		{name: "service and its speakers apart", smoke: 3, whole: 6, do: (*campaign).silence},
		{name: "two brokers apart", smoke: 4, whole: 10, do: (*campaign).partBrokers},
		{name: "a slow link to the brokers", smoke: 4, whole: 8, do: weather("broker-", proxy.Weather{Delay: 300 * time.Millisecond, Jitter: 200 * time.Millisecond}, false)},
		{name: "a slow link to the database", smoke: 3, whole: 6, do: weather("postgres", proxy.Weather{Delay: 20 * time.Millisecond, Jitter: 15 * time.Millisecond}, false)},
		{name: "64 KB a second, in slices", smoke: 3, whole: 6, do: weather("broker-", proxy.Weather{Slice: 64, Rate: 64 << 10}, false)},
		{name: "links reset", smoke: 6, whole: 30, do: (*campaign).reset},
		{name: "a broker that takes connections and never answers", smoke: 3, whole: 6, do: weather("broker-", proxy.Weather{Deaf: true}, true)},
		{name: "the mail server dies and comes back", smoke: 2, whole: 6, do: (*campaign).noMail},
		{name: "a paused relay wakes up after its lease", smoke: 2, whole: 10, do: (*campaign).zombie},
		{name: "a slow reader", smoke: 2, whole: 4, do: (*campaign).slowReader},
		{name: "a transaction that stays open", smoke: 2, whole: 2, do: (*campaign).longTransaction},
		{name: "poison in a stream", smoke: 5, whole: 20, do: (*campaign).poison},
		{name: "everything replayed three times", smoke: 2, whole: 4, do: (*campaign).replay},
		{name: "a copy's clock jumps", smoke: 4, whole: 12, do: (*campaign).jump},
		{name: "four days go by", smoke: 3, whole: 8, do: (*campaign).days},
	}
	for _, point := range failpoints {
		if point == takenBack {
			continue // it is armed when the brokers lose what they had
		}
		all = append(all, kind{name: "kill -9 at " + point, smoke: 2, whole: 10, do: at1(point)})
	}
	return all
}

// failpoints are the places in our own code at which a process may die. Every one must have fired in a round.
var failpoints = []string{
	"relay-numbering", "relay-numbered", "relay-sending", "relay-acknowledged", "relay-marked", takenBack,
	"inbox-applied", "inbox-committed", "command-decided", "command-committed",
}

const takenBack = "relay-taken-back"
