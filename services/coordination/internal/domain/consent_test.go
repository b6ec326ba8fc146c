package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// What a part rests on is decided by the newest answer for its purpose, and by whom the person does not want to know of them.
func TestAPartStandsWhileThePersonAgrees(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC) }
	share, meet := terms.ConsentShareToHelp, terms.ConsentDiscussAtMDT
	yes, no := domain.Answer{Purpose: share, At: at(1), Given: true, By: "practice"}, domain.Answer{Purpose: share, At: at(2)}
	cafeAlone := domain.Answer{Purpose: share, At: at(3), Given: true, With: []string{"cafe"}, By: "practice"}
	notTeam := domain.Answer{Purpose: share, At: at(4), With: []string{"team"}}
	meeting, noMeeting := domain.Answer{Purpose: meet, At: at(1), Given: true}, domain.Answer{Purpose: meet, At: at(2)}
	for _, one := range []struct {
		why, part, organisation string
		answers                 []domain.Answer
		notWith                 []string
		want                    bool
	}{
		{"nobody asked", "receiver", "cafe", nil, nil, true},
		{"they said yes", "receiver", "cafe", []domain.Answer{yes}, nil, true},
		{"they said no later", "receiver", "cafe", []domain.Answer{yes, no}, nil, false},
		{"the order they are read in does not matter", "receiver", "cafe", []domain.Answer{no, yes}, nil, false},
		{"yes again, for one", "receiver", "cafe", []domain.Answer{yes, no, cafeAlone}, nil, true},
		{"and not for another", "receiver", "team", []domain.Answer{yes, no, cafeAlone}, nil, false},
		{"who asked is one of those who help", "sender", "practice", []domain.Answer{cafeAlone}, nil, true},
		{"a no to one leaves the others", "receiver", "cafe", []domain.Answer{yes, notTeam}, []string{"team"}, true},
		{"and takes it from that one", "receiver", "team", []domain.Answer{yes, notTeam}, []string{"team"}, false},
		{"a meeting rests on its own question", "meeting", "hospital", []domain.Answer{yes, no, meeting}, nil, true},
		{"a yes and a no at once are a no", "receiver", "cafe", []domain.Answer{yes, {Purpose: share, At: at(1)}}, nil, false},
		{"a holder rests on either", "holder", "hospital", []domain.Answer{no, meeting}, nil, true},
		{"one purpose alone was asked about, and they said no: that the other was never asked gives nothing", "holder", "hospital", []domain.Answer{meeting, noMeeting}, nil, false},
		{"the same the other way round", "key_worker", "team", []domain.Answer{yes, no}, nil, false},
		{"what they said yes to stands whatever else they refused", "key_worker", "team", []domain.Answer{yes, meeting, noMeeting}, nil, true},
		{"nobody asked a holder either", "holder", "hospital", nil, nil, true},
		{"a part that we do not know rests on nothing", "visitor", "cafe", []domain.Answer{yes}, nil, false},
	} {
		require.Equal(t, one.want, domain.Agreed(one.part, one.organisation, one.answers, one.notWith), one.why)
	}
}
