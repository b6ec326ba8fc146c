package web

import (
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// storyMinutes is the minutes of a held meeting, as its own people or as the hospital may read them.
func storyMinutes(ours bool) app.MinutesView {
	v := app.MinutesView{MeetingView: storyMeetingView(ours), From: app.Organisation{ID: idPractice, Name: "Ardwick Surgery", Address: "1 Ash Street, Manchester", Postcode: "M12 4AA"}}
	v.Status, v.At, v.For = terms.MeetingHeld, storyNow, v.From
	l := v.Lines[0]
	l.State, l.Item.Decision, l.DiscussedAt = domain.ItemDiscussed, terms.MDTKeepUnderReview, storyNow
	c := app.MinutesCase{Line: l, SinceAt: storyNow.AddDate(0, 0, -7), Holder: l.Holder, KeyWorker: &domain.KeyWorker{PersonID: idLee, OrganisationID: idTeam}}
	if ours {
		c.Note, c.Since, c.Agreed, c.Open = "She would like to sing. "+hostile, storyItem(true).Since, storyActions()[:1], storyActions()[:1]
	} else {
		v.For, v.Seats = app.Organisation{ID: idHospital, Name: "Wythenshawe Discharge Team"}, nil
	}
	v.Cases = []app.MinutesCase{c}
	return v
}

func minutesStories(add adds) {
	none := app.MinutesView{MeetingView: app.MeetingView{Meeting: storyMeeting(), Ours: true, Names: storyNames}, At: storyNow}
	add("minutes", "full", storyMaya, func(p ui.Page) sheet { return drawMinutes(p, storyMinutes(true)) })
	add("minutes", "empty", storyMaya, func(p ui.Page) sheet { return drawMinutes(p, none) })
	add("letter", "full", storyMaya, func(p ui.Page) sheet { return drawLetter(p, storyMinutes(true), "Maya Meeting", storyNow) })
	add("letter", "invited", storyNia, func(p ui.Page) sheet { return drawLetter(p, storyMinutes(false), "Nia Nurse", storyNow) })
	add("letter", "empty", storyMaya, func(p ui.Page) sheet { return drawLetter(p, none, "", storyNow) })
}
