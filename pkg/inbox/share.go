package inbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
)

// Run reads until ctx ends. The copies of a service share the groups of partitions out among themselves: each group is one copy's,
// by lease, since order within a case would not hold otherwise. Who dies loses its groups when its leases run out; who comes gets
// its share from those that hold more.
func (r *Reader) Run(ctx context.Context) {
	r.defaults()
	s := &share{r: r, held: map[int]*holding{}}
	defer s.leave()
	loop := r.Watch.Loop("inbox")
	for ctx.Err() == nil {
		loop.Works()
		if err := s.balance(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("inbox: share the groups out", zap.Error(err))
		}
		loop.Waits()
		pause(ctx, r.Lease/10)
	}
}

// share is what one copy has of the groups.
type share struct {
	r    *Reader
	seat Lease     // says that this copy is there; nil when it has none
	name string    // the seat's
	sat  time.Time // when the seat was last renewed
	held map[int]*holding
}

// holding is one group that this copy reads.
type holding struct {
	stop context.CancelFunc
	gone chan struct{} // closed when it is read no more and its lease is free
}

// roll is what the leases say of all copies that are there.
type roll struct {
	seats  map[string]bool
	groups map[int]string // who holds a group
	holds  map[string]int // how many groups each copy holds
}

// balance takes or gives back what differs between what this copy has and what it should have.
func (s *share) balance(ctx context.Context) error {
	for group, h := range s.held {
		select {
		case <-h.gone: // it was lost, or could not be read: it is taken again like any other
			delete(s.held, group)
		default:
		}
	}
	now, err := s.look(ctx)
	if err != nil {
		return err
	}
	if err := s.sit(ctx, now); err != nil {
		return err
	}
	if s.seat == nil {
		return nil // it was taken a moment ago: next time there is another
	}
	may := quota(s.r.Holder, now.holds, bus.Groups)
	for _, group := range slices.Sorted(maps.Keys(s.held)) {
		if len(s.held) <= may {
			break
		}
		h := s.held[group]
		h.stop()
		<-h.gone
		delete(s.held, group)
	}
	for group := range bus.Groups {
		if len(s.held) >= may {
			break
		}
		if s.held[group] != nil || now.groups[group] != "" && now.groups[group] != s.r.Holder {
			continue
		}
		if err := s.take(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// quota is how many groups a copy may hold: all get the same, give or take one. Who holds more already comes first, so that nothing
// moves without need.
func quota(who string, holds map[string]int, groups int) int {
	order := slices.SortedFunc(maps.Keys(holds), func(a, b string) int {
		return cmp.Or(cmp.Compare(holds[b], holds[a]), cmp.Compare(a, b))
	})
	place := slices.Index(order, who)
	if place < 0 {
		return 0
	}
	n := groups / len(order)
	if place < groups%len(order) {
		n++
	}
	return n
}

// What the leases are called. A seat has a number, so that copies that come and go for years leave no rows behind.
func (r *Reader) leases() string             { return "inbox " + r.Consumer + " " }
func (r *Reader) seats() string              { return r.leases() + "copy " }
func (r *Reader) seatName(n int) string      { return r.seats() + strconv.Itoa(n) }
func (r *Reader) groupName(group int) string { return r.leases() + "group " + bus.Share(group) }

func (s *share) look(ctx context.Context) (roll, error) {
	now := roll{seats: map[string]bool{}, groups: map[int]string{}, holds: map[string]int{}}
	holders, err := s.r.Store.Leases(ctx, s.r.leases())
	if err != nil {
		return now, fmt.Errorf("read the leases: %w", err)
	}
	now.holds[s.r.Holder] = 0
	for name, who := range holders {
		if strings.HasPrefix(name, s.r.seats()) {
			now.seats[name], now.holds[who] = true, 0
		}
	}
	for group := range bus.Groups {
		if who := holders[s.r.groupName(group)]; who != "" {
			now.groups[group] = who
			if _, there := now.holds[who]; there {
				now.holds[who]++
			}
		}
	}
	return now, nil
}

// sit says to the others that this copy is there.
func (s *share) sit(ctx context.Context, now roll) error {
	if s.seat != nil && time.Since(s.sat) < s.r.Lease/3 {
		return nil
	}
	name := s.name
	for n := 1; s.seat == nil; n++ {
		if name = s.r.seatName(n); !now.seats[name] {
			break
		}
	}
	s.seat = nil
	seat, ok, err := s.r.Store.Take(ctx, name, s.r.Holder, s.r.Lease)
	if err != nil {
		return err
	}
	if ok {
		s.seat, s.name, s.sat = seat, name, time.Now()
	}
	return nil
}

// take begins to read a group, if nobody else was faster.
func (s *share) take(ctx context.Context, group int) error {
	lease, ok, err := s.r.Store.Take(ctx, s.r.groupName(group), s.r.Holder, s.r.Lease)
	if err != nil || !ok {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	h := &holding{stop: stop, gone: make(chan struct{})}
	s.held[group] = h
	go func() {
		defer close(h.gone)
		defer stop()
		if err := s.r.read(ctx, group, lease); err != nil && ctx.Err() == nil {
			s.r.Log.Warn("inbox", zap.Int("group", group), zap.Error(err))
		}
		s.r.release(lease)
	}()
	return nil
}

// leave gives everything back.
func (s *share) leave() {
	for _, h := range s.held {
		h.stop()
	}
	for _, h := range s.held {
		<-h.gone
	}
	if s.seat != nil {
		s.r.release(s.seat)
	}
}

func (r *Reader) release(lease Lease) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := r.Store.Release(ctx, lease); err != nil {
		r.Log.Info("inbox: the lease runs out by itself", zap.Error(err))
	}
}
