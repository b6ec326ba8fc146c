package app

import (
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/mdt/internal/store"
)

// What pages and programs name of the rooms below and of the copies.
type (
	MeetingQuery  = store.MeetingQuery
	MeetingPlace  = store.MeetingPlace
	ActionQuery   = store.ActionQuery
	ActionPlace   = store.ActionPlace
	ReferralQuery = store.ReferralQuery
	ReferralPlace = store.ReferralPlace
	Happened      = store.Happened
	Step          = store.Step
	Case          = store.Case
	Counts        = store.Counts
	Receiver      = directory.Receiver
	Service       = directory.Found
	Team          = directory.Team
	TeamRefusal   = directory.Refusal
	Role          = who.Role
	Organisation  = who.Organisation
)
