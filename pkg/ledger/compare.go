package ledger

import (
	"fmt"
	"slices"
)

// Difference is one thing that is not as it should be, in words for whoever looks after the machines.
type Difference string

// Compare says where books do not agree. listens maps a reader to the speakers it listens to. While events are on their way
// there are differences: compare again, they must go away.
func Compare(books map[string]Book, listens map[string][]string) (out []Difference) {
	say := func(format string, args ...any) { out = append(out, Difference(fmt.Sprintf(format, args...))) }
	for _, name := range sorted(books) {
		b := books[name]
		if b.Unnumbered > 0 {
			say("%s: %d events were committed and have no position yet", name, b.Unnumbered)
		}
		if b.Broken > 0 {
			say("%s: at %d places the chain of its events is broken", name, b.Broken)
		}
		for _, r := range b.Said {
			if r.First != 1 || r.Count != r.Last {
				say("%s: its own positions in partition %d of epoch %d are not 1 to %d", name, r.Partition, r.Epoch, r.Last)
			}
		}
		if s := b.Stream; !s.OK() {
			say("stream of %s: %d events are missing, %d were altered, %d messages are no events of it", name, s.Missing, s.Altered, s.Strange)
		}
		for _, speaker := range listens[name] {
			if of, ok := books[speaker]; ok {
				unlike(of.Said, b.Heard[speaker], func(said, heard Run) {
					r := max(said.Partition, heard.Partition)
					say("%s: of %s's partition %d it heard %d events up to %d; %d were said, up to %d", name, speaker, r, heard.Count, heard.Last, said.Count, said.Last)
				})
			}
		}
	}
	return out
}

// unlike calls fn for each run that is not the same in both.
func unlike(said, heard []Run, fn func(said, heard Run)) {
	type place struct{ epoch, partition int }
	at := map[place]Run{}
	for _, r := range heard {
		at[place{r.Epoch, r.Partition}] = r
	}
	for _, r := range said {
		p := place{r.Epoch, r.Partition}
		if at[p] != r {
			fn(r, at[p])
		}
		delete(at, p)
	}
	for _, r := range heard { // heard, and never said
		if _, ok := at[place{r.Epoch, r.Partition}]; ok {
			fn(Run{Epoch: r.Epoch, Partition: r.Partition}, r)
		}
	}
}

func sorted(books map[string]Book) []string {
	var names []string
	for name := range books {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
