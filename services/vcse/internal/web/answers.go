package web

import (
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// forms draws the form of each action on the offer's page.
var forms = map[domain.Action]func(v app.OfferView, t *tried, now time.Time) ui.Component{
	domain.ActionAccept:    acceptForm,
	domain.ActionAsk:       askForm,
	domain.ActionWaitlist:  waitlistForm,
	domain.ActionBounce:    bounceForm,
	domain.ActionAttend:    attendForm,
	domain.ActionEnd:       endForm,
	domain.ActionStandDown: standDownForm,
}

func form(v app.OfferView, verb string, fields []ui.Component, button ui.Button) ui.Form {
	return ui.Form{ID: verb, Action: offerPath(v.ID) + "/" + verb, IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{button}}
}

// folded hides a form that is not the usual next step, and opens it when something in it is wrong.
func folded(id, summary string, open bool, body ui.Component) ui.Component {
	return ui.Details{ID: "fold-" + id, Summary: summary, Open: open, Body: body}
}
