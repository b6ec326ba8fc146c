package web

import (
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

func storiesOfOverdue(add adder) {
	ago := func(h int) time.Time { return storyNow.Add(-time.Duration(h) * time.Hour) }
	id := func(n string) string { return storyRef[:len(storyRef)-len(n)] + n }
	rows := []app.Owed{
		{Kind: app.OwedRedFlag, ID: id("51"), Party: domain.Sender, Organisation: storyPractice, Since: ago(30), DueAt: ago(29)},
		{Kind: app.OwedReferral, ID: id("52"), Reference: "C7K49MXC", State: domain.Escalated, Party: domain.Coordinator, Organisation: storyOffice, Person: storyCora, Since: ago(90), DueAt: ago(20), Escalation: terms.EscalationSilent, Bounces: 2},
		{Kind: app.OwedReferral, ID: id("53"), Reference: "H4P29WQR", State: domain.Offered, Party: domain.ReceiverSide, Organisation: storyProvider, Person: storyLiam, Since: ago(80), DueAt: ago(3)},
		{Kind: app.OwedReservation, ID: id("54"), Party: domain.ReceiverSide, Organisation: storyProvider, Since: ago(80), DueAt: ago(3)},
		{Kind: app.OwedAnswer, ID: id("62"), Reference: "C7K49MXC", Party: domain.ReceiverSide, Organisation: storyTeam, Person: storyLiam, Since: ago(90), DueAt: ago(3)},
		{Kind: app.OwedSignpost, ID: id("63"), Party: domain.Sender, Organisation: storyPractice, Since: ago(90), DueAt: ago(3)},
		{Kind: app.OwedNotice, ID: id("58"), Reference: "H4P29WQR", Party: domain.Sender, Organisation: storyPractice, Since: ago(60), DueAt: ago(3)},
		{Kind: app.OwedAction, ID: id("55"), Party: domain.ReceiverSide, Organisation: storyTeam, Person: storyLiam, Since: ago(200), DueAt: ago(2)},
		{Kind: app.OwedAction, ID: id("61"), State: app.OwnerLeft, Party: domain.ReceiverSide, Organisation: storyOffice, Person: storyLiam, Since: ago(200), DueAt: ago(2)},
		{Kind: app.OwedReferral, ID: id("56"), Reference: "K2M48TXN", State: domain.InformationAsked, Party: domain.Sender, Hidden: true, Since: ago(50), DueAt: ago(1)},
		{Kind: app.OwedConsent, ID: id("59"), Reference: "C7K49MXC", Party: domain.Sender, Organisation: storyPractice, Since: ago(300), DueAt: ago(1)},
		{Kind: app.OwedParked, ID: id("60"), Party: domain.Coordinator, Service: "vcse", Behind: 2, Since: ago(6), DueAt: ago(2)},
		{Kind: app.OwedRemoval, ID: id("57"), Party: domain.ReceiverSide, Since: ago(30), DueAt: ago(1)},
	}
	full := app.OverdueView{Rows: rows, Area: true, Ours: map[string]bool{id("52"): true, id("53"): true, id("58"): true}, Calls: map[string]string{id("58"): id("53")}, Names: storyNames, Now: storyNow, Reader: storyOffice}
	add(pageOverdue, "full", overduePageOf(storyPage(overdueTitle, storyCoordinator), full))
	add(pageOverdue, "empty", overduePageOf(storyPage(overdueTitle, storyReceptionist), app.OverdueView{Names: storyNames, Now: storyNow, Reader: storyPractice}))
	partly := full
	partly.Unread, partly.Cut = []string{"mdt"}, []string{"vcse"}
	add(pageOverdue, "not complete", overduePageOf(storyPage(overdueTitle, storyCoordinator), partly))
	soon := full
	soon.Soon, soon.Now = true, storyNow.Add(-96*time.Hour)
	add(pageOverdue, "due soon", overduePageOf(storyPage(overdueTitle, storyCoordinator), soon))
	v := app.ReferralView{Referral: storyReferral(1, domain.Escalated, terms.NeedLoneliness), Case: storyCase, Patient: storyPatient, Names: storyNames, Now: storyNow, Sees: storySees}
	takers := []domain.Named{{Person: storyCora, Organisation: storyOffice}, {Person: storyGwen, Organisation: storyPractice}}
	add(pageReassign, "full", reassignPageOf(storyPage(reassignTitle, storyCoordinator), v, takers, storyNames, ""))
	add(pageReassign, "empty", reassignPageOf(storyPage(reassignTitle, storyCoordinator), v, nil, storyNames, ""))
	bad := storyPage(reassignTitle, storyCoordinator)
	bad.Problems = ui.Problems{{Field: "person", Message: "Select who takes the step"}}
	add(pageReassign, "error", reassignPageOf(bad, v, takers, storyNames, ""))
	storiesOfCalls(add)
}

func storiesOfCalls(add adder) {
	o := domain.Offer{
		ID: storyRef, Receiver: domain.Receiver{Kind: terms.ReceiverService, ID: storyCafe, Organisation: storyProvider}, State: terms.OfferOffered,
		OfferedAt: storyNow.Add(-30 * time.Hour), NoticeKind: terms.NoticeNew, Notice: terms.NoticeNoAddress, NoticeAt: storyNow.Add(-29 * time.Hour),
	}
	view := func() app.ReferralView {
		r := storyReferral(1, domain.Offered, terms.NeedLoneliness)
		r.Offers = []domain.Offer{o}
		return storyReferralView(r, domain.Sender)
	}
	add(pageReferral, "to phone", referralPageOf(storyPage("Referral C7K4 9MXC", storyReceptionist), view(), ""))
	add(pageCall, "full", callPageOf(storyPage(callTitle, storyReceptionist), view(), o, nil))
	bad := storyPage(callTitle, storyReceptionist)
	bad.Problems = ui.Problems{{Field: "result", Message: "Select what came of the call"}, {Field: "phoned_at", Message: domain.ErrCallAhead.Fields[0].Message}}
	add(pageCall, "error", callPageOf(bad, view(), o, nil))
	o.Notice, o.NoticeAt = terms.NoticePhoned, storyNow.Add(-2*time.Hour)
	add(pageCall, "empty", callPageOf(storyPage(callTitle, storyReceptionist), view(), o, nil))
	add(pageReferral, "phoned", referralPageOf(storyPage("Referral C7K4 9MXC", storyReceptionist), view(), doneReached))
}
