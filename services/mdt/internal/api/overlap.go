package api

import "example.org/waypost/schemas/terms"

// overlapBody is what a sender was shown of who helps already, and what is to be done about them.
type overlapBody struct {
	SeenHelping  *int                `json:"seen_helping,omitempty" minimum:"0" maximum:"1000" doc:"How many were shown as helping already"`
	SeenOverlaps *int                `json:"seen_overlaps,omitempty" minimum:"0" maximum:"1000" doc:"How many coordination said help already and may do this too. When it is not 0, send overlap"`
	Overlap      terms.OverlapChoice `json:"overlap,omitempty" enum:"join,send" doc:"join: whoever helps is asked to do this too, and nothing new is sent; send: it is sent, with send_reason"`
	JoinWith     string              `json:"join_referral_id,omitempty" format:"uuid" doc:"With join: the referral of whoever is asked"`
	JoinWorker   string              `json:"join_worker_id,omitempty" format:"uuid" doc:"With join: who works with the person already, such as their key worker, instead of a referral"`
	SendReason   terms.SendReason    `json:"send_reason,omitempty" maxLength:"60" doc:"Why it is sent although somebody helps already"`
	SendNote     string              `json:"send_note,omitempty" maxLength:"500"`
}

func (b overlapBody) answer() terms.OverlapAnswer {
	return terms.OverlapAnswer{Helping: b.SeenHelping, Shown: b.SeenOverlaps, Choice: b.Overlap, With: b.JoinWith, Worker: b.JoinWorker, Reason: b.SendReason, Note: b.SendNote}
}
