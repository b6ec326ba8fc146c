package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/mdt/internal/domain"
)

const meetingColumns = `m.id::text, m.organisation_id::text, m.series_id::text, m.name, m.starts_at, m.ends_at, m.place, m.status, m.weekly,
	coalesce(m.next_id::text, ''), m.invited::text[], m.changed_by::text, m.changed_at, m.version`

func scanMeeting(row pgx.CollectableRow) (m domain.Meeting, err error) {
	err = row.Scan(&m.ID, &m.OrganisationID, &m.SeriesID, &m.Name, &m.StartsAt, &m.EndsAt, &m.Place, &m.Status, &m.Weekly,
		&m.NextID, &m.Invited, &m.ChangedBy, &m.ChangedAt, &m.Version)
	m.StartsAt, m.EndsAt = m.StartsAt.UTC(), m.EndsAt.UTC()
	return m, err
}

// Meeting reads one. The error is domain.ErrNoMeeting.
func Meeting(ctx context.Context, tx pgx.Tx, id string) (domain.Meeting, error) {
	return one(ctx, tx, "read meeting", domain.ErrNoMeeting, scanMeeting, `select `+meetingColumns+` from meeting m where m.id = $1`, id)
}

// LockMeeting is Meeting of the actor's own organisation, held until the transaction ends.
func LockMeeting(ctx context.Context, tx pgx.Tx, id string) (domain.Meeting, error) {
	return one(ctx, tx, "lock meeting", domain.ErrNoMeeting, scanMeeting, `select `+meetingColumns+` from meeting m where m.id = $1 for update`, id)
}

// SaveMeeting writes a meeting as it stands now.
func SaveMeeting(ctx context.Context, tx pgx.Tx, m domain.Meeting) error {
	return pg.Later(ctx, tx, "save meeting", `insert into meeting as m (id, organisation_id, series_id, name, starts_at, ends_at, place, status, weekly, next_id, invited, changed_by, changed_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], $12, $13, $14)
		on conflict (id) do update set name = excluded.name, starts_at = excluded.starts_at, ends_at = excluded.ends_at, place = excluded.place,
			status = excluded.status, weekly = excluded.weekly, next_id = excluded.next_id, invited = excluded.invited,
			changed_by = excluded.changed_by, changed_at = excluded.changed_at, version = excluded.version`,
		m.ID, m.OrganisationID, m.SeriesID, m.Name, m.StartsAt, m.EndsAt, m.Place, m.Status, m.Weekly, orNull(m.NextID), list(m.Invited), m.ChangedBy, m.ChangedAt, m.Version)
}

// Series finds the series that meetings of this name at the organisation belong to; "" when it is the first.
func Series(ctx context.Context, tx pgx.Tx, organisation, name string) (string, error) {
	all, err := many(ctx, tx, "find series", pgx.RowTo[string],
		`select series_id::text from meeting where organisation_id = $1 and lower(name) = lower($2) order by starts_at desc limit 1`, organisation, name)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}

// NextMeeting is the first planned meeting of the series that has not ended. The error is domain.ErrNoMeeting.
func NextMeeting(ctx context.Context, tx pgx.Tx, series string, now time.Time) (domain.Meeting, error) {
	return one(ctx, tx, "find next meeting", domain.ErrNoMeeting, scanMeeting, `select `+meetingColumns+` from meeting m
		where m.series_id = $1 and m.status = 'planned' and m.ends_at > $2 order by m.starts_at limit 1`, series, now)
}

// NextMeetings are the first planned meetings of every series, for the clock.
func NextMeetings(ctx context.Context, tx pgx.Tx, now time.Time) ([]domain.Meeting, error) {
	return many(ctx, tx, "find next meetings", scanMeeting, `select distinct on (m.series_id) `+meetingColumns+` from meeting m
		where m.status = 'planned' and m.ends_at > $1 order by m.series_id, m.starts_at`, now)
}

// MeetingPlace is where a list of meetings ended.
type MeetingPlace struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// MeetingQuery says which meetings: those to come first to last, or those that are over, latest first.
type MeetingQuery struct {
	Status string // "" is every status
	Over   bool
	Own    string // organisation: only its own
	Now    time.Time
	After  *MeetingPlace
	Limit  int
}

// Meetings lists the meetings that the actor may see.
func Meetings(ctx context.Context, tx pgx.Tx, q MeetingQuery) ([]domain.Meeting, error) {
	where, order, cmp := `m.status = 'planned' and m.ends_at > @now`, `m.starts_at, m.id`, `>`
	if q.Over {
		where, order, cmp = `(m.status <> 'planned' or m.ends_at <= @now)`, `m.starts_at desc, m.id desc`, `<`
	}
	args := pgx.NamedArgs{"now": q.Now, "limit": q.Limit, "status": q.Status, "own": orNull(q.Own)}
	where += ` and (@status = '' or m.status = @status) and (@own::uuid is null or m.organisation_id = @own)`
	if q.After != nil {
		where += ` and (m.starts_at, m.id) ` + cmp + ` (@at, @id)`
		args["at"], args["id"] = q.After.At, q.After.ID
	}
	return many(ctx, tx, "list meetings", scanMeeting, `select `+meetingColumns+` from meeting m where `+where+` order by `+order+` limit @limit`, args)
}

const invitationColumns = `i.id::text, i.meeting_id::text, i.guest_id::text, coalesce(i.person_id::text, ''), i.role, i.must, i.attendance, coalesce(i.said_by::text, ''), i.said_at`

func scanInvitation(row pgx.CollectableRow) (i domain.Invitation, err error) {
	var at *time.Time
	err = row.Scan(&i.ID, &i.MeetingID, &i.GuestID, &i.PersonID, &i.Role, &i.Must, &i.Attendance, &i.SaidBy, &at)
	i.SaidAt = timeOf(at)
	return i, err
}

// Invitations lists who is asked to a meeting, of those the actor may see.
func Invitations(ctx context.Context, tx pgx.Tx, meeting string) ([]domain.Invitation, error) {
	return many(ctx, tx, "list invitations", scanInvitation, `select `+invitationColumns+` from invitation i where i.meeting_id = $1 order by not i.must, i.id`, meeting)
}

// LockInvitations is Invitations, held until the transaction ends: what is said of who was there and the meeting's end wait for each other.
// A guest can not lock the meeting itself.
func LockInvitations(ctx context.Context, tx pgx.Tx, meeting string) ([]domain.Invitation, error) {
	return many(ctx, tx, "lock invitations", scanInvitation, `select `+invitationColumns+` from invitation i where i.meeting_id = $1 order by i.id for update`, meeting)
}

// AddInvitation asks somebody; added is false when they are asked already.
func AddInvitation(ctx context.Context, tx pgx.Tx, organisation string, i domain.Invitation) (added bool, err error) {
	n, err := exec(ctx, tx, "add invitation", `insert into invitation (id, meeting_id, organisation_id, guest_id, person_id, role, must, attendance, said_by, said_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
		where not exists (select from invitation where meeting_id = $2 and guest_id = $4 and person_id is not distinct from $5::uuid)`,
		i.ID, i.MeetingID, organisation, i.GuestID, orNull(i.PersonID), i.Role, i.Must, i.Attendance, orNull(i.SaidBy), timeOrNull(i.SaidAt))
	return n == 1, err
}

// SaveAttendance writes whether somebody comes or was there.
func SaveAttendance(ctx context.Context, tx pgx.Tx, i domain.Invitation) error {
	return pg.Later(ctx, tx, "save attendance", `update invitation set attendance = $2, said_by = $3, said_at = $4 where id = $1`, i.ID, i.Attendance, orNull(i.SaidBy), timeOrNull(i.SaidAt))
}

// DropInvitation takes an invitation back.
func DropInvitation(ctx context.Context, tx pgx.Tx, meeting, id string) error {
	return pg.Later(ctx, tx, "drop invitation", `delete from invitation where meeting_id = $1 and id = $2`, meeting, id)
}

// SetInvited writes which organisations may see that a case is on the meeting's agenda.
func SetInvited(ctx context.Context, tx pgx.Tx, meeting string) error {
	return pg.Later(ctx, tx, "set invited", `with guests as (select coalesce(array_agg(distinct i.guest_id) filter (where i.guest_id <> i.organisation_id), '{}') g from invitation i where i.meeting_id = $1),
			m as (update meeting set invited = g from guests where id = $1 returning invited)
		update item set invited = m.invited from m where item.meeting_id = $1`, meeting)
}
