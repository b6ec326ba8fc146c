package cluster

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// health is which copies said that they are ready when they were asked last.
type health struct {
	mu    sync.Mutex
	ready map[string]bool
	stop  context.CancelFunc
	done  chan struct{}
}

// asked is how often each copy is asked.
const asked = time.Second

// watchHealth asks all copies until stop is called.
func (c *Cluster) watchHealth(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.health.stop, c.health.done = stop, make(chan struct{})
	client := c.Client(2 * time.Second)
	go func() {
		defer close(c.health.done)
		for {
			c.askAll(ctx, client)
			if wait(ctx, asked) != nil {
				return
			}
		}
	}()
}

func (c *Cluster) askAll(ctx context.Context, client *http.Client) {
	var all sync.WaitGroup
	for _, name := range c.Names() {
		all.Go(func() {
			ok := answers(ctx, client, "https://"+c.ports[name]+"/readyz")
			c.health.mu.Lock()
			defer c.health.mu.Unlock()
			c.health.ready[name] = ok
		})
	}
	all.Wait()
}

// bad is 0 for a copy that is ready, and more for another.
func (h *health) bad(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready[name] {
		return 0
	}
	return 1
}

func (h *health) end() {
	if h.stop != nil {
		h.stop()
		<-h.done
	}
}
