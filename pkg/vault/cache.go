package vault

import (
	"container/list"
	"sync"
	"time"
)

// slot is the place of one key.
type slot struct{ ref, class string }

// cache remembers keys for a few minutes. All live equally long, so the one that came first is the first to go, whether it is
// its age or the number of them that makes it go.
type cache struct {
	now      func() time.Time
	max      int
	keep     time.Duration
	mu       sync.Mutex
	slots    map[slot]*list.Element
	order    *list.List // of cached, oldest first
	eviction uint64     // counts evictions: what was on its way from the vault during one is not kept
}

type cached struct {
	at  slot
	key *key
	due time.Time
}

func newCache(now func() time.Time, max int, keep time.Duration) *cache {
	if max <= 0 {
		max = defaultCached
	}
	if keep <= 0 || keep > maxAge {
		keep = maxAge
	}
	if now == nil {
		now = time.Now
	}
	return &cache{now: now, max: max, keep: keep, slots: map[slot]*list.Element{}, order: list.New()}
}

// take finds what is known of refs and classes and says which refs are not wholly known. The mark goes to put.
func (c *cache) take(refs []string, classes []Class, into *Keys) (missing []string, mark uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire()
	for _, ref := range refs {
		whole := true
		for _, class := range classes {
			if e, ok := c.slots[slot{ref, class}]; ok {
				into.set(ref, class, e.Value.(*cached).key)
			} else {
				whole = false
			}
		}
		if !whole {
			missing = append(missing, ref)
		}
	}
	return missing, c.eviction
}

// put keeps keys that were fetched after mark was given, unless something was evicted since: it may have been them.
func (c *cache) put(mark uint64, asked time.Time, keys map[slot]*key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.eviction != mark {
		return
	}
	for at, k := range keys {
		if !k.keepable() {
			continue
		}
		c.remove(at)
		c.slots[at] = c.order.PushBack(&cached{at: at, key: k, due: asked.Add(c.keep)})
	}
	c.expire()
	for len(c.slots) > c.max {
		c.remove(c.order.Front().Value.(*cached).at)
	}
}

func (c *cache) evict(ref string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.eviction++
	for _, class := range []Class{Contact, Narrative, Safeguarding, Message} {
		c.remove(slot{ref, class})
	}
}

// expire drops what is too old. Fetches that overlap may stand out of order by as long as one of them took.
func (c *cache) expire() {
	for now := c.now(); c.order.Len() > 0; {
		oldest := c.order.Front().Value.(*cached)
		if now.Before(oldest.due) {
			return
		}
		c.remove(oldest.at)
	}
}

func (c *cache) remove(at slot) {
	if e, ok := c.slots[at]; ok {
		c.order.Remove(e)
		delete(c.slots, at)
	}
}

func (c *cache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.slots)
}
