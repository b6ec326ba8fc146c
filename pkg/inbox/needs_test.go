package inbox

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
)

type letter struct{ sealed []string }

func (letter) EventType() string { return "waypost.alpha.letter_sent.v1" }

func (l letter) EachSealed(fn func(path, class string, b event.Box) error) error {
	for _, class := range l.sealed {
		if err := fn("/"+class, class, nil); err != nil {
			return err
		}
	}
	return nil
}

// A reaction that only reads has keys fetched for what is there and concerns it; one that may seal has all of its classes'.
func TestKeysAreFetchedForWhatIsRead(t *testing.T) {
	t.Parallel()
	reads := handler{classes: []string{"message", "contact"}, reads: true}
	require.Empty(t, reads.needs(letter{}, false))
	require.Empty(t, reads.needs(letter{[]string{"narrative"}}, false))
	require.Equal(t, []string{"contact"}, reads.needs(letter{[]string{"narrative", "contact", "contact"}}, false))
	says := handler{classes: []string{"message", "contact"}}
	require.Equal(t, says.classes, says.needs(letter{}, false))
	passes := handler{classes: []string{"message", "contact"}, passes: true}
	require.Equal(t, []string{"contact"}, passes.needs(letter{[]string{"contact"}}, false))
	require.Equal(t, passes.classes, passes.needs(letter{[]string{"contact"}}, true))
	require.Empty(t, (&handler{}).needs(letter{[]string{"contact"}}, true))
}
