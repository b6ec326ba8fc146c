package web

import "example.org/waypost/pkg/ui"

func told(heading, body string) *ui.Banner {
	return &ui.Banner{Kind: ui.Success, Heading: heading, Body: ui.Paragraph(body)}
}

// banners say what was done and what the other side was told of it, by the word in the address they are reached with.
var banners = map[string]*ui.Banner{
	"accepted":   told("You accepted this", "The sender will see it in Waypost once it is confirmed, mostly within seconds. Nothing was emailed."),
	"asked":      told("Your question was sent", "The sender will see it in Waypost and it is their turn now. Nothing was emailed."),
	"bounced":    told("You bounced this", "The sender will see your reason and words in Waypost. The referral goes on to the next who can help; it does not go back to a GP by default."),
	"stood-down": told("Stood down", "Nobody else is told: whoever helps the person now was told already."),
	"stopped":    told("Nothing was sent", "Nobody was told anything. You can refer them on at any time."),
	"contact":    told("Contact recorded", "The sender sees that there was a contact and what came of it, not your note."),
	"assessed":   told("Assessment recorded", "The answers stay with your team and the shared case. The person's own copy is theirs to ask for."),
	"plan":       told("Plan agreed", "Those who help on the shared case can see that there is a plan. What it says is for those with a part in the case."),
	"passed":     told("Passed on", "Your colleague is told on their home page and in their list of people until they have looked."),
	"ended":      told("Support ended", "The sender will see how it ended, and your note, in Waypost. Nothing was emailed."),
	"crisis":     told("The crisis is recorded", "The practice gets a red flag, mostly within seconds. It does not replace a phone call: ring now if you have not."),
	"added":      told("The person was added", "Waypost is checking whether somebody helps them already. The offer to your own team is in your tray within seconds, unless it may be a duplicate."),
	"sent":       told("Referral sent", "Waypost is checking it against help that is there already. Whoever is asked will see it in Waypost. A provider may also get an email that names nobody."),
	"answered":   told("Your answer was sent", "The receiver will see it in Waypost and it is their turn now. Nothing was emailed."),
	"withdrawn":  told("Referral withdrawn", "Whoever had it in hand will see that it was taken back. A provider may also get an email that names nobody."),
	"published":  told("Your team's offer was published", "Practices and other teams see it within seconds when they look for help."),
	"capacity":   told("Your team's room was reported", "Practices see it as up to date for 7 days."),
}
