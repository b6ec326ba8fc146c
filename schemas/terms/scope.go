package terms

import "slices"

// Act is something that a role may or may not do with a person's need.
type Act string

// The acts.
const (
	ActSignpost Act = "signpost"
	ActRefer    Act = "refer"
	ActTake     Act = "take"
)

// Acts is every act.
var Acts = []Term[Act]{
	{ActSignpost, "Give information"},
	{ActRefer, "Send a referral"},
	{ActTake, "Take a referral"},
}

// Label is the act in plain English.
func (a Act) Label() string { return labelOf(Acts, a) }

// Known tells whether the list has the code.
func (a Act) Known() bool { _, ok := find(Acts, a); return ok }

// What a line of the scope table is about, when it is not one need.
const (
	OfAny       = "any"       // every need that no other line is about
	OfSensitive = "sensitive" // every need, and every service, that tells something which must not be learnt by accident
)

// ScopeOf is what a line is about, in plain English.
func ScopeOf(of string) string {
	switch of {
	case OfAny:
		return "Any need"
	case OfSensitive:
		return "Sensitive needs and services"
	}
	return labelOf(Needs, Need(of))
}

// ScopeOfKnown tells whether a line can be about this.
func ScopeOfKnown(of string) bool { return of == OfAny || of == OfSensitive || Need(of).Known() }

// ScopeLine is one line of what roles may do and take. It counts from its first to its last day.
type ScopeLine struct {
	ID         string // "" for a default
	Role       Role
	Act        Act
	Of         string // a need, OfAny or OfSensitive
	Allowed    bool
	Competency Competency // what must be in date, "" for nothing
	Tier       Tier       // the lowest tier of it
	Door       string     // who or what is right instead, in words for the person who was refused
	From       string     // 2006-01-02
	Until      string     // the last day, "" without an end
}

// Stands tells whether the line counts on a day.
func (l ScopeLine) Stands(day string) bool {
	return l.From <= day && (l.Until == "" || l.Until >= day)
}

// Enough tells whether a tier of the line's competency is enough.
func (l ScopeLine) Enough(have Tier) bool { return have.Reaches(l.Tier) }

// Reaches tells whether a tier is as high as another.
func (t Tier) Reaches(other Tier) bool { return t.Height() >= other.Height() }

// Height is the tier's place from the lowest, 0, upwards. A training without a tier is the lowest.
func (t Tier) Height() int {
	return max(slices.IndexFunc(Tiers, func(k Term[Tier]) bool { return k.Code == t }), 0)
}

// defaultsFrom is the first day of the defaults: they are older than any record.
const defaultsFrom = "2020-01-01"

func may(r Role, a Act, of string) ScopeLine {
	return ScopeLine{Role: r, Act: a, Of: of, Allowed: true, From: defaultsFrom}
}

func trained(r Role, a Act, of string, c Competency, t Tier, door string) ScopeLine {
	l := may(r, a, of)
	l.Competency, l.Tier, l.Door = c, t, door
	return l
}

const (
	doorNavigator = "Ask a colleague who has it to sign with you, or a GP or the practice manager to send it"
	doorColleague = "Ask a colleague who has it to send it, or at a practice to sign with you"
	doorTeam      = "Ask a link worker of the team to take it"
	doorAbuse     = "Ask a GP or the practice manager, or give the number of the national domestic abuse helpline, which any person may ring day and night"
)

// ScopeDefaults are what roles may do and take where an area has said nothing else. Health Education England's three tiers
// do not say which need belongs to which; that is our choice, and an area's office changes it in the register.
var ScopeDefaults = []ScopeLine{
	may(RoleReceptionist, ActSignpost, OfAny),
	trained(RoleReceptionist, ActSignpost, OfSensitive, CompetencyCareNavigation, TierEssential, "Ask a trained colleague, a GP or the practice manager to give it"),
	trained(RoleReceptionist, ActRefer, OfAny, CompetencyCareNavigation, TierEssential, doorNavigator),
	trained(RoleReceptionist, ActRefer, OfSensitive, CompetencyCareNavigation, TierEnhanced, doorNavigator),
	trained(RoleReceptionist, ActRefer, string(NeedDomesticAbuse), CompetencyCareNavigation, TierExpert, doorAbuse),
	may(RoleGP, ActSignpost, OfAny),
	may(RoleGP, ActRefer, OfAny),
	may(RolePracticeManager, ActSignpost, OfAny),
	may(RolePracticeManager, ActRefer, OfAny),
	may(RoleCareCoordinator, ActSignpost, OfAny),
	trained(RoleCareCoordinator, ActRefer, OfAny, CompetencyCareNavigation, TierEssential, doorColleague),
	trained(RoleCareCoordinator, ActRefer, OfSensitive, CompetencyCareNavigation, TierEnhanced, doorColleague),
	trained(RoleCareCoordinator, ActRefer, string(NeedDomesticAbuse), CompetencyCareNavigation, TierExpert, doorAbuse),
	may(RoleHealthCoach, ActSignpost, OfAny),
	trained(RoleHealthCoach, ActRefer, OfAny, CompetencyCareNavigation, TierEssential, doorColleague),
	trained(RoleHealthCoach, ActRefer, OfSensitive, CompetencyCareNavigation, TierEnhanced, doorColleague),
	trained(RoleHealthCoach, ActRefer, string(NeedDomesticAbuse), CompetencyCareNavigation, TierExpert, doorAbuse),
	may(RoleLinkWorker, ActRefer, OfAny), // on, whom they support
	may(RoleServiceLead, ActRefer, OfAny),
	may(RoleCareProfessional, ActRefer, OfAny),
	may(RoleMDTCoordinator, ActRefer, OfAny),
	may(RoleLinkWorker, ActTake, OfAny),
	may(RoleCareCoordinator, ActTake, OfAny),
	trained(RoleCareCoordinator, ActTake, OfSensitive, CompetencySensitiveNeeds, "", doorTeam),
	may(RoleHealthCoach, ActTake, OfAny),
	trained(RoleHealthCoach, ActTake, OfSensitive, CompetencySensitiveNeeds, "", doorTeam),
	may(RoleProviderWorker, ActTake, OfAny),
	may(RoleCareProfessional, ActTake, OfAny), // as key worker of a case
	may(RoleServiceLead, ActTake, OfAny),      // answers for whoever works there
}

// senders are the roles that send referrals, by the kind of organisation that they send from: no line lets a role send from elsewhere.
var senders = map[OrganisationKind][]Role{
	KindPractice:       {RoleReceptionist, RoleGP, RolePracticeManager, RoleCareCoordinator, RoleHealthCoach},
	KindLinkWorkerTeam: {RoleLinkWorker, RoleCareCoordinator, RoleHealthCoach, RoleServiceLead},
	KindOtherCare:      {RoleCareProfessional, RoleMDTCoordinator},
}

// SendsFrom tells whether a role sends referrals from this kind of organisation; what its lines and training say is asked besides.
func (r Role) SendsFrom(k OrganisationKind) bool { return slices.Contains(senders[k], r) }

// ScopeIn finds the line that counts for an act on a day: of the area's own lines and the defaults the one closest to the need
// (the need itself, then sensitive, then any), of those the area's own, of those the one that began last. Without one it is denied.
func ScopeIn(own []ScopeLine, r Role, a Act, need Need, sensitive bool, day string) (ScopeLine, bool) {
	for _, of := range scopeOrder(need, sensitive) {
		if l, ok := ScopeLineFor(own, r, a, of, day); ok {
			return l, true
		}
	}
	return ScopeLine{}, false
}

// ScopeLineFor finds, of the lines about just this, the one that counts on a day.
func ScopeLineFor(own []ScopeLine, r Role, a Act, of, day string) (ScopeLine, bool) {
	if l, ok := latest(own, r, a, of, day); ok {
		return l, true
	}
	return latest(ScopeDefaults, r, a, of, day)
}

func scopeOrder(need Need, sensitive bool) []string {
	var order []string
	if need != "" {
		order = append(order, string(need))
	}
	if sensitive || need.Sensitive() {
		order = append(order, OfSensitive)
	}
	return append(order, OfAny)
}

func latest(lines []ScopeLine, r Role, a Act, of, day string) (best ScopeLine, ok bool) {
	for _, l := range lines {
		if l.Role != r || l.Act != a || l.Of != of || !l.Stands(day) {
			continue
		}
		if !ok || l.From > best.From || l.From == best.From && l.ID > best.ID {
			best, ok = l, true
		}
	}
	return best, ok
}
