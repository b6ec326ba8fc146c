package domain

import (
	"fmt"
	"slices"
	"strings"

	"example.org/waypost/schemas/terms"
)

// whoSees is the rule, by role, as a service lead reads it; the page "Who sees what" draws it. A role that is not in it, or sees
// nothing, sees no case at all. That the organisation has a part in the case and that the person agrees are the other halves.
//
// Of what is on a case: who the person is and how to reach them; why they are helped; what sender and receiver said to each other;
// what keeps people safe; what was said about them; and what names somebody else, such as their next of kin.
// Of what may be done: ask who already helps; record what they say about sharing; put them on a meeting's agenda; close the case or
// open it again; look without a part in the case in an emergency ("all" means sensitive referrals too); and list who looked. The
// area's office and its privacy officer have work of their own.
const whoSees = `
role               demographics reason messages safeguarding narrative third_party ask consent meet end office emergency looked privacy
receptionist       yes          yes    yes      -            -         -           yes yes     -    -   -      -         -      -
practice_manager   yes          yes    yes      -            -         -           yes yes     -    -   -      -         yes    -
gp                 yes          yes    yes      yes          yes       yes         yes yes     yes  yes -      all       yes    -
link_worker        yes          yes    yes      yes          yes       yes         yes yes     yes  yes -      yes       -      -
care_coordinator   yes          yes    yes      yes          yes       yes         yes yes     yes  -   -      -         -      -
health_coach       yes          yes    yes      yes          yes       -           yes yes     yes  -   -      -         -      -
provider_worker    yes          yes    yes      yes          -         -           -   -       -    -   -      -         -      -
mdt_coordinator    yes          yes    yes      yes          yes       yes         yes yes     yes  yes -      yes       -      -
care_professional  yes          yes    yes      yes          yes       yes         yes yes     yes  yes -      all       -      -
coordinator        yes          yes    yes      yes          yes       yes         yes yes     -    yes yes    yes       -      -
service_lead       -            -      -        -            -         -           -   -       -    -   -      -         -      -
privacy_officer    -            -      -        -            -         -           -   -       -    -   -      -         yes    yes
platform_operator  -            -      -        -            -         -           -   -       -    -   -      -         -      -
`

// Right is a column of the table: a class of what a case holds, or something that may be done.
type Right string

// The columns.
const (
	SeesDemographics Right = "demographics"
	SeesReason       Right = "reason"
	SeesMessages     Right = "messages"
	SeesSafeguarding Right = "safeguarding"
	SeesNarrative    Right = "narrative"
	SeesThirdParty   Right = "third_party"
	MayAskWhoHelps   Right = "ask"
	MayRecordConsent Right = "consent"
	MayMeet          Right = "meet"
	MayEndCase       Right = "end"
	MayFindAWay      Right = "office"
	MayBreakGlass    Right = "emergency"
	MayListLooks     Right = "looked"
	MayGuardPrivacy  Right = "privacy"
)

// Rights is every column in order, with the words that the page heads it with.
var Rights = []struct {
	Code  Right
	Label string
}{
	{SeesDemographics, "Who they are and how to reach them"},
	{SeesReason, "Why they are helped"},
	{SeesMessages, "What sender and receiver wrote to each other"},
	{SeesSafeguarding, "What keeps people safe"},
	{SeesNarrative, "What was said about them"},
	{SeesThirdParty, "Who else is named, such as next of kin"},
	{MayAskWhoHelps, "May ask who already helps"},
	{MayRecordConsent, "May record what they say about sharing"},
	{MayMeet, "May put them on a meeting's agenda"},
	{MayEndCase, "May close a case, or open it again"},
	{MayFindAWay, "Finds a way for what nobody took, and says who is who"},
	{MayBreakGlass, "May look in an emergency, for an hour"},
	{MayListLooks, "May list who looked"},
	{MayGuardPrivacy, "Has records erased, and reviews looks in an emergency"},
}

// What a cell of the table says.
const (
	Never     = "-"
	Always    = "yes"
	Sensitive = "all" // of an emergency: sensitive referrals too
)

// rules is the table read: role → column → cell. A mistake in it ends the program before anybody is let in.
var rules = readWhoSees(whoSees)

func readWhoSees(table string) map[terms.Role]map[Right]string {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	head := strings.Fields(lines[0])[1:]
	if len(head) != len(Rights) {
		panic("who sees what: a column is missing")
	}
	out := map[terms.Role]map[Right]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		if len(cells) != len(head)+1 || !terms.Role(cells[0]).Known() {
			panic(fmt.Sprintf("who sees what: the line %q can not be read", line))
		}
		row := map[Right]string{}
		for i, cell := range cells[1:] {
			if cell != Never && cell != Always && (cell != Sensitive || Right(head[i]) != MayBreakGlass) || Rights[i].Code != Right(head[i]) {
				panic(fmt.Sprintf("who sees what: %q under %s can not be read", cell, head[i]))
			}
			row[Right(head[i])] = cell
		}
		out[terms.Role(cells[0])] = row
	}
	return out
}

// May tells whether the table gives a right to a role. What is not in it is not given.
func May(role terms.Role, right Right) bool {
	cell := Cell(role, right)
	return cell == Always || cell == Sensitive
}

// Cell is what the table says of a role, for the page that draws it.
func Cell(role terms.Role, right Right) string {
	if cell, ok := rules[role][right]; ok {
		return cell
	}
	return Never
}

// classes are the columns that are about what a case holds.
var classes = []Right{SeesDemographics, SeesReason, SeesMessages, SeesSafeguarding, SeesNarrative, SeesThirdParty}

// seesAnything tells whether a role sees cases at all.
func seesAnything(role terms.Role) bool {
	return slices.ContainsFunc(classes, func(r Right) bool { return May(role, r) })
}

// Sees is what somebody may see of a case beyond codes and names of organisations.
type Sees struct {
	Contact      bool // who the patient is, and how to reach them
	Reason       bool // why they are helped
	Messages     bool // what sender and receiver said to each other
	Safeguarding bool
	Narrative    bool // what was said about the patient
	ThirdParty   bool // who else is named
	NotWanted    bool // not the role's: the person refused the organisation by name
}

// Refused is what is left to see for an organisation that the person does not want to know of them: what it sent, and not who they are now.
func (s Sees) Refused() Sees {
	s.Contact, s.ThirdParty, s.NotWanted = false, false, true
	return s
}

func seesOf(role terms.Role) Sees {
	return Sees{
		Contact: May(role, SeesDemographics), Reason: May(role, SeesReason), Messages: May(role, SeesMessages),
		Safeguarding: May(role, SeesSafeguarding), Narrative: May(role, SeesNarrative), ThirdParty: May(role, SeesThirdParty),
	}
}

// Class tells whether text of a sealed class may be shown.
func (s Sees) Class(class string) bool {
	switch class {
	case "":
		return true
	case "message":
		return s.Messages
	case "narrative":
		return s.Narrative
	case "safeguarding":
		return s.Safeguarding
	}
	return false
}
