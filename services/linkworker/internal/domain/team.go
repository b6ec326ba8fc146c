package domain

import (
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

// Refusal is a need that the team does not take, and whose it is.
type Refusal struct {
	Need terms.Need `json:"need"`
	Why  string     `json:"why,omitempty"`
}

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
		for _, need := range t.Needs {
			if n.Need == need {
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
	ReportedBy   string
	ReportedAt   time.Time
	Version      int64 // 0 when nothing was reported yet
}
