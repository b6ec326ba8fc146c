package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Erasure is what was asked about a record.
type Erasure = store.Erasure

// CertificateView is what can be shown of one removal: who asked, who has said that they removed it, what stays and why.
type CertificateView struct {
	Removal Removal
	Erasure Erasure   // of a record that was erased; empty for anything else that is removed
	KeysAt  time.Time // when its keys were destroyed
	AskedBy string
	Stays   []domain.Stays
	Now     time.Time
}

// Done is when the last one said that it was removed; zero while somebody has not.
func (v CertificateView) Done() (at time.Time) {
	if v.Removal.Missing() > 0 {
		return time.Time{}
	}
	for _, b := range v.Removal.By {
		if b.At.After(at) {
			at = b.At
		}
	}
	return at
}

// SeeCertificate is the certificate of what everybody was told to remove because of an event. What it says of others is what they
// acknowledged, each in an event of their own.
func (a *App) SeeCertificate(ctx context.Context, by actor.Actor, event string) (v CertificateView, err error) {
	if err := a.MayErase(ctx, by); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		var ok bool
		if v.Removal, ok, err = store.RemovalByEvent(ctx, tx, event); err != nil {
			return err
		}
		if !ok {
			return fault.NotFound("certificate")
		}
		if v.Removal.Because == terms.RemovalPatientErased {
			if v.Erasure, v.KeysAt, _, err = store.ErasureOf(ctx, tx, v.Removal.PatientRef); err != nil {
				return err
			}
			known, err := names(ctx, tx, []string{v.Erasure.By})
			if err != nil {
				return err
			}
			v.AskedBy, v.Stays = known.Of(v.Erasure.By, "A privacy officer"), domain.WhatStays
		}
		ref := v.Removal.PatientRef
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "certificate", ObjectID: event, PatientRef: ref})
	})
	if err != nil {
		return CertificateView{}, fmt.Errorf("see certificate: %w", err)
	}
	return v, nil
}
