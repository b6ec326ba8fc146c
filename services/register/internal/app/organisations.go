package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// OrganisationQuery says which organisations are looked for.
type OrganisationQuery = store.OrganisationQuery

// OrganisationPlace is where a page of the list ended.
type OrganisationPlace = store.OrganisationPlace

// Organisations lists organisations by name. Everybody who has signed in may.
func (x *App) Organisations(ctx context.Context, a actor.Actor, q OrganisationQuery) (list []domain.Organisation, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		list, err = store.Organisations(ctx, tx, q)
		return err
	})
	return list, err
}

// Organisation finds one.
func (x *App) Organisation(ctx context.Context, a actor.Actor, id string) (o domain.Organisation, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		o, err = store.Organisation(ctx, tx, id)
		return err
	})
	return o, err
}

// saveAndSay writes organisations and says each of them; those that were open and are closed now are said to have closed.
func (x *App) saveAndSay(ctx context.Context, tx pgx.Tx, before map[string]domain.Organisation, list []domain.Organisation) error {
	if err := store.SaveOrganisations(ctx, tx, list, x.now()); err != nil {
		return err
	}
	for _, o := range list {
		if _, err := x.Outbox.Append(ctx, tx, o.ID, registered(o), nil); err != nil {
			return err
		}
		was, known := before[o.ID]
		if !known || was.Status == terms.OrganisationClosed || o.Status != terms.OrganisationClosed {
			continue
		}
		if _, err := x.Outbox.Append(ctx, tx, o.ID, &register.OrganisationClosedV1{OrganisationID: o.ID, ClosedOn: o.ClosedOn, At: x.now()}, nil); err != nil {
			return err
		}
	}
	return nil
}

// registered is what is said of an organisation.
func registered(o domain.Organisation) *register.OrganisationRegisteredV1 {
	e := &register.OrganisationRegisteredV1{
		OrganisationID: o.ID, Kind: o.Kind, Name: o.Name, ODSCode: o.ODSCode, CharityNumber: o.CharityNumber, Status: o.Status,
		MayRefer: o.MayRefer, NetworkCode: o.Network.Code, NetworkName: o.Network.Name, Address: o.Address, Postcode: o.Postcode,
		Phone: o.Phone, Email: o.Email, Simulated: o.Simulated, Version: o.Version,
	}
	if o.ListSize > 0 {
		e.ListSize = &o.ListSize
	}
	return e
}

// open finds an organisation that people can be given roles at.
func open(ctx context.Context, tx pgx.Tx, id string) (domain.Organisation, error) {
	o, err := store.Organisation(ctx, tx, id)
	if err != nil {
		return o, err
	}
	if o.Status == terms.OrganisationClosed {
		return o, domain.ErrClosed
	}
	return o, nil
}

var errTwice = fmt.Errorf("the same organisation stands twice in one batch")
