package domain

import (
	"slices"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Team is what a link worker team does, for whom, and what it does not do.
type Team struct {
	ID, Name     string
	NetworkCodes []string
	PracticeIDs  []string
	Needs        []terms.Need
	WhatWeDo     string
	NotHere      []Refusal
	Accepts      bool
	Phone        string
	ChangedBy    string
	ChangedAt    time.Time
	Version      int64 // 0 when nothing was said yet
}

// Refusal is a need that the team does not take, and whose it is: in one neighbourhood, named by its network, or everywhere.
type Refusal struct {
	Need        terms.Need `json:"need"`
	Why         string     `json:"why,omitempty"`
	NetworkCode string     `json:"network_code,omitempty"`
}

// Here is what the team does and does not do in one neighbourhood.
type Here struct {
	NetworkCode string // "" for practices that it names and that are in none of its networks
	Does        []terms.Need
	Not         []Refusal
}

// Offer is the list of what the team does and does not do, one entry for each neighbourhood.
func (t Team) Offer() []Here {
	networks := t.NetworkCodes
	if len(networks) == 0 {
		networks = []string{""}
	}
	var out []Here
	for _, code := range networks {
		h := Here{NetworkCode: code}
		for _, n := range t.NotHere {
			if n.NetworkCode == "" || n.NetworkCode == code {
				h.Not = append(h.Not, n)
			}
		}
		for _, need := range t.Needs {
			if !slices.ContainsFunc(h.Not, func(n Refusal) bool { return n.Need == need }) {
				h.Does = append(h.Does, need)
			}
		}
		out = append(out, h)
	}
	return out
}

// Refuses tells whether the team says that it does not take the need in a neighbourhood, and whose it is.
func (t Team) Refuses(need terms.Need, network string) (why string, refused bool) {
	i := slices.IndexFunc(t.NotHere, func(n Refusal) bool { return n.Need == need && (n.NetworkCode == "" || n.NetworkCode == network) })
	if i < 0 {
		return "", false
	}
	return t.NotHere[i].Why, true
}

// Works tells whether the team says that it works in a neighbourhood.
func (t Team) Works(network string) bool { return slices.Contains(t.NetworkCodes, network) }

// Takes tells whether the need is among those that the team takes.
func (t Team) Takes(need terms.Need) bool { return slices.Contains(t.Needs, need) }

// Check tells what is missing of what a team says.
func (t Team) Check() error {
	var f fault.Fields
	if t.WhatWeDo == "" {
		f.Add("what_we_do", "Enter what your team does, in words that a patient would use")
	}
	if len(t.Needs) == 0 && t.Accepts {
		f.Add("needs", "Select at least one need that your team takes")
	}
	for _, n := range t.NotHere {
		if n.NetworkCode != "" && !slices.Contains(t.NetworkCodes, n.NetworkCode) {
			f.Add("not_here", "What you do not do in one neighbourhood must be in one of your networks: "+n.NetworkCode+" is not among them")
		}
		for _, need := range t.Needs {
			if n.Need == need && n.NetworkCode == "" {
				f.Add("not_here", need.Label()+" is in both lists: take it out of one")
			}
		}
	}
	return f.Err()
}

// Capacity is how much room a team has.
type Capacity struct {
	TeamID       string
	Status       terms.CapacityStatus // "" when nothing was reported yet
	PlacesFree   *int
	Waiting      *int
	NextReviewOn string
	UntilOn      string // with no room: the day from which there may be some; 2006-01-02, or ""
	ReportedBy   string
	ReportedAt   time.Time
	Version      int64 // 0 when nothing was reported yet
}
