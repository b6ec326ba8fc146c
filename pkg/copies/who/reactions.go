package who

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
)

// Every reaction is one statement that gives the same rows in whatever order facts arrive: newer versions replace older ones,
// and of a beginning and an ending the one that was said later counts. Facts said at the same instant count as they arrive.

func keep[P any, PP interface {
	*P
	event.Payload
}](r *inbox.Reader, except []string, typ string, fn func(ctx context.Context, tx pgx.Tx, e *event.Event, p PP) error) {
	if !slices.Contains(except, typ) {
		inbox.On(r, nil, fn)
	}
}

// OnOrganisationRegistered keeps the newest version. It opens what was closed before.
func OnOrganisationRegistered(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.OrganisationRegisteredV1) error {
	return pg.Later(ctx, tx, "keep organisation", `insert into organisation as o (id, version, kind, name, ods_code, charity_number, status, may_refer, network_code,
			network_name, address, postcode, phone, email, list_size, simulated, registered_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		on conflict (id) do update set version = excluded.version, kind = excluded.kind, name = excluded.name, ods_code = excluded.ods_code,
			charity_number = excluded.charity_number, status = excluded.status, may_refer = excluded.may_refer,
			network_code = excluded.network_code, network_name = excluded.network_name, address = excluded.address,
			postcode = excluded.postcode, phone = excluded.phone, email = excluded.email, list_size = excluded.list_size,
			simulated = excluded.simulated, registered_at = excluded.registered_at,
			closed_at = case when o.closed_at > excluded.registered_at then o.closed_at end,
			closed_on = case when o.closed_at > excluded.registered_at then o.closed_on end
		where o.version <= excluded.version`,
		p.OrganisationID, p.Version, p.Kind, p.Name, p.ODSCode, p.CharityNumber, p.Status, p.MayRefer, p.NetworkCode,
		p.NetworkName, p.Address, p.Postcode, p.Phone, p.Email, p.ListSize, p.Simulated, e.Time)
}

// OnOrganisationClosed closes it, unless it was registered again after that.
func OnOrganisationClosed(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.OrganisationClosedV1) error {
	return pg.Later(ctx, tx, "close organisation", `insert into organisation as o (id, closed_at, closed_on) values ($1, $2, $3)
		on conflict (id) do update set closed_at = excluded.closed_at, closed_on = excluded.closed_on
		where (o.registered_at is null or o.registered_at <= excluded.closed_at) and (o.closed_at is null or o.closed_at <= excluded.closed_at)`,
		p.OrganisationID, e.Time, date(p.ClosedOn))
}

// OnPersonRoleGranted keeps who has which role where. It begins anew what was ended before.
func OnPersonRoleGranted(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleGrantedV1) error {
	return pg.Later(ctx, tx, "keep role", `insert into person_role as r (person_id, organisation_id, role, issuer, subject, display_name, from_on, until_on, simulated, granted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (person_id, organisation_id, role) do update set issuer = excluded.issuer, subject = excluded.subject,
			display_name = excluded.display_name, from_on = excluded.from_on, until_on = excluded.until_on, simulated = excluded.simulated,
			granted_at = excluded.granted_at, ended_at = case when r.ended_at > excluded.granted_at then r.ended_at end
		where r.granted_at is null or r.granted_at <= excluded.granted_at`,
		p.PersonID, p.OrganisationID, p.Role, p.Issuer, p.Subject, p.DisplayName, date(p.FromOn), date(p.UntilOn), p.Simulated, e.Time)
}

// OnPersonRoleEnded ends the role, unless it was granted again after that. The row stays: what somebody did keeps their name.
func OnPersonRoleEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleEndedV1) error {
	return pg.Later(ctx, tx, "end role", `insert into person_role as r (person_id, organisation_id, role, ended_at) values ($1, $2, $3, $4)
		on conflict (person_id, organisation_id, role) do update set ended_at = excluded.ended_at
		where (r.granted_at is null or r.granted_at <= excluded.ended_at) and (r.ended_at is null or r.ended_at <= excluded.ended_at)`,
		p.PersonID, p.OrganisationID, p.Role, e.Time)
}

// OnCompetencyRecorded keeps what somebody may do, and until when, beside what they may do by other trainings.
func OnCompetencyRecorded(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.CompetencyRecordedV1) error {
	err := pg.Later(ctx, tx, "keep training", `insert into training as t (person_id, competency, tier, from_on, until_on, recorded_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (person_id, competency, tier, from_on) do update set until_on = excluded.until_on, recorded_at = excluded.recorded_at
		where t.recorded_at <= excluded.recorded_at`,
		p.PersonID, p.Competency, p.Tier, date(p.FromOn), date(p.UntilOn), e.Time)
	if err != nil {
		return err
	}
	return pg.Later(ctx, tx, "keep competency", `insert into competency as c (person_id, competency, tier, from_on, until_on, recorded_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (person_id, competency) do update set tier = excluded.tier, from_on = excluded.from_on, until_on = excluded.until_on,
			recorded_at = excluded.recorded_at, expired_at = case when c.expired_at > excluded.recorded_at then c.expired_at end
		where c.recorded_at is null or c.recorded_at <= excluded.recorded_at`,
		p.PersonID, p.Competency, p.Tier, date(p.FromOn), date(p.UntilOn), e.Time)
}

// OnCompetencyExpired ends every training in it, but those that were recorded after that.
func OnCompetencyExpired(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.CompetencyExpiredV1) error {
	return pg.Later(ctx, tx, "end competency", `insert into competency as c (person_id, competency, expired_at, over_at) values ($1, $2, $3, $3)
		on conflict (person_id, competency) do update set over_at = greatest(c.over_at, excluded.over_at),
			expired_at = case when c.recorded_at > excluded.expired_at then c.expired_at else greatest(c.expired_at, excluded.expired_at) end`,
		p.PersonID, p.Competency, e.Time)
}

// date is NULL for the empty date.
func date(s string) any {
	if s == "" {
		return nil
	}
	return s
}
