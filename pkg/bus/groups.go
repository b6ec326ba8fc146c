package bus

import (
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
)

// Groups is into how many groups the partitions of all speakers are put. A group is read by one copy of a service at a time,
// so it is how many copies can share the work of reading. Two, because that is how many are deployed, and because few large
// groups make large batches. To change it, change it here and run the bootstrapper: what the streams hold is filed anew by the
// relays, and readers drop what they had.
const Groups = 2

// GroupOf is the group of a partition: what the broker's own partition function makes of the subject's partition.
func GroupOf(partition int) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, strconv.Itoa(partition)) // a hash never fails
	return int(h.Sum32() % Groups)
}

// Durable is the consumer of a reader for one group on a speaker's stream.
func Durable(reader string, group int) string { return reader + "_" + Share(group) }

// Share names a group among the others: "0of2".
func Share(group int) string { return fmt.Sprintf("%dof%d", group, Groups) }

// An event is published as waypost.<speaker>.<partition>.<fact>.<about> and filed in the stream as
// waypost.<speaker>.of2.<group>.<partition>.<fact>.<about>, so that a group's consumer has a single filter. With a filter for each
// partition nats-server 2.15.2 looked at every subject of a block for each message, as soon as subjects came twice: 1,300 events
// a second where one filter or none gave 20,000 and more.
func published(speaker string) string { return "waypost." + speaker + ".*.>" }

func filed(speaker string) string {
	return fmt.Sprintf("waypost.%s.of%d.{{partition(%[2]d,1)}}.{{wildcard(1)}}.>", speaker, Groups)
}

func filedIn(speaker string, group int) string {
	return fmt.Sprintf("waypost.%s.of%d.%d.>", speaker, Groups, group)
}

// Filed is under what a speaker's stream holds the events of one partition.
func Filed(speaker string, partition int) string {
	return fmt.Sprintf("waypost.%s.of%d.%d.%d.>", speaker, Groups, GroupOf(partition), partition)
}
