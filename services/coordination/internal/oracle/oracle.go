// Package oracle says a second time, without looking at the first, who may see what of a case: plainly and slowly, one sentence after
// the other. Nothing but a test uses it, to find where the policy or the database says something else.
package oracle

import "time"

// World is everything there is.
type World struct {
	Now       time.Time
	Parts     []Part
	Referrals []Referral
	Workers   []Worker
	Looks     []Look
}

// Person is somebody at an organisation in a role.
type Person struct{ ID, Organisation, Role string }

// Part is what an organisation has to do with a case.
type Part struct {
	Case, Organisation string
	Sent               bool   // it sent something
	Record             string // the record it is about
	PersonAgrees       bool
	NotWanted          bool // the person refused the organisation by name
	Ended              bool
}

// Case is a case, and whose it is.
type Case struct{ ID, Patient string }

// Referral is one on a case.
type Referral struct {
	ID, Case, Record, Sender string
	Sensitive                bool
	Known                    []string // to whom, when it is sensitive
}

// Worker is who holds a case or stays in touch, and the record they were asked under.
type Worker struct{ ID, Case, Record string }

// Look is an emergency that somebody declared.
type Look struct {
	ID, Person, Organisation, Role, Patient string
	SensitiveToo                            bool
	Ends                                    time.Time
}

// SeesCase tells whether somebody sees that there is a case. look is the emergency they come with, "" for none.
func (w World) SeesCase(p Person, c Case, look string) bool {
	if !works(p.Role) {
		return false
	}
	for _, x := range w.Parts {
		if x.Case == c.ID && x.Organisation == p.Organisation && !x.Ended {
			if x.PersonAgrees {
				return true
			}
			if x.Sent {
				return true
			}
		}
	}
	_, ok := w.emergency(p, c, look)
	return ok
}

// SeesReferral tells whether somebody sees a referral on the case.
func (w World) SeesReferral(p Person, c Case, r Referral, look string) bool {
	if !works(p.Role) {
		return false
	}
	if l, ok := w.emergency(p, c, look); ok {
		if !r.Sensitive {
			return true
		}
		if l.SensitiveToo {
			return true
		}
	}
	if r.Sensitive {
		known := false
		for _, k := range r.Known {
			if k == p.Organisation {
				known = true
			}
		}
		if !known {
			return false
		}
	}
	for _, x := range w.Parts {
		if x.Ended || x.Case != c.ID || x.Organisation != p.Organisation {
			continue
		}
		if x.Record != r.Record {
			continue
		}
		if x.PersonAgrees || r.Sender == p.Organisation {
			return true
		}
	}
	return false
}

// SeesPerson tells whether somebody sees who the person is, as one record of theirs says.
func (w World) SeesPerson(p Person, c Case, record, look string) bool {
	if !works(p.Role) {
		return false
	}
	for _, x := range w.Parts {
		if x.Ended || x.Case != c.ID || x.Organisation != p.Organisation || x.Record != record {
			continue
		}
		if x.PersonAgrees {
			return true
		}
		if x.Sent && !x.NotWanted {
			return true
		}
	}
	_, ok := w.emergency(p, c, look)
	return ok
}

// SeesWorker tells whether somebody sees who holds the case, or stays in touch, of whom one record says it.
func (w World) SeesWorker(p Person, c Case, record, look string) bool {
	if !works(p.Role) {
		return false
	}
	for _, x := range w.Parts {
		if !x.Ended && x.Case == c.ID && x.Organisation == p.Organisation && x.Record == record && x.PersonAgrees {
			return true
		}
	}
	_, ok := w.emergency(p, c, look)
	return ok
}

// works tells whether somebody in this role works with cases.
func works(role string) bool {
	switch role {
	case "receptionist", "practice_manager", "gp", "link_worker", "care_coordinator", "health_coach", "provider_worker", "mdt_coordinator", "care_professional", "coordinator":
		return true
	}
	return false // service leads, privacy officers, operators, and whoever we have not heard of
}

func (w World) emergency(p Person, c Case, look string) (Look, bool) {
	if look == "" {
		return Look{}, false
	}
	for _, l := range w.Looks {
		if l.ID != look {
			continue
		}
		mine := l.Person == p.ID && l.Organisation == p.Organisation && l.Role == p.Role
		if mine && l.Patient == c.Patient && w.Now.Before(l.Ends) {
			return l, true
		}
	}
	return Look{}, false
}
