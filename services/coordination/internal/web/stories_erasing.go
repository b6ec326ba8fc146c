package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

func storiesOfErasing(add adder, officer actor.Actor, list app.RemovalsView) {
	v := app.CertificateView{Removal: list.Removals[0], AskedBy: officer.Person.Name, Stays: domain.WhatStays, Now: storyNow, KeysAt: storyNow.Add(-50 * time.Minute)}
	v.Erasure = app.Erasure{Ref: storyRef, Why: terms.ErasurePatientAsked, AskedAt: storyNow.Add(-time.Hour), Removed: 4}
	add(pageCertificate, "waiting", certificatePageOf(storyPage(certificateTitle(v), officer), v))
	done := v
	done.Removal.By = list.Removals[1].By
	add(pageCertificate, "full", certificatePageOf(storyPage(certificateTitle(done), officer), done))
	done.Erasure.Why, done.Erasure.Rule = terms.ErasureRetentionEnded, domain.RetainAdult
	add(pageCertificate, "rule", certificatePageOf(storyPage(certificateTitle(done), officer), done))
	consent := app.CertificateView{Removal: list.Removals[1], Now: storyNow}
	add(pageCertificate, "empty", certificatePageOf(storyPage(certificateTitle(consent), officer), consent))
	add(pageCertificate, "error", ui.Shutter{Page: storyPage("There is no such certificate", officer), Body: ui.Paragraph("Check the address, or choose it from the list of what was removed.")})

	rules := app.RetentionView{Names: app.Names{storyRef: officer.Person.Name}, Now: storyNow}
	for i, code := range domain.RetentionCodes {
		rules.Rules = append(rules.Rules, app.Retention{RetentionRule: domain.RetentionRule{Code: code, Years: []int{8, 25, 20, 10}[i]}})
	}
	add(pageRetention, "empty", retentionPageOf(storyPage(retentionTitle, officer), rules, nil))
	wrong := storyPage(retentionTitle, officer)
	wrong.Problems = ui.Problems{{Field: "years", Message: "Enter a whole number from 1 to 100"}}
	add(pageRetention, "error", retentionPageOf(wrong, rules, url.Values{"code": {"adult"}, "years": {"0"}, "on": {"yes"}}))
	rules.Rules[0].On, rules.Rules[0].DecidedBy, rules.Rules[0].DecidedAt = true, storyRef, storyNow.Add(-72*time.Hour)
	add(pageRetention, "full", retentionPageOf(storyPage(retentionTitle, officer), rules, nil))
}
