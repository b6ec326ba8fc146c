package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/mdt/internal/domain"
)

const itemColumns = `i.id::text, i.meeting_id::text, i.organisation_id::text, i.series_id::text, i.patient_ref::text, i.reason, i.need, i.why, coalesce(i.put_by::text, ''), i.put_by_org::text,
	i.put_at, coalesce(i.request_id::text, ''), i.state, i.decision, coalesce(i.discussed_by::text, ''), i.discussed_at, i.present::text[], i.apologies::text[], i.invited::text[], i.people::text[],
	coalesce(i.changed_by::text, ''), i.changed_at, i.did, i.version, i.withdrawn_at, coalesce(t.narrative, ''), coalesce(t.note, '')`

const itemFrom = ` from item i left join item_text t on t.item_id = i.id `

func scanItem(row pgx.CollectableRow) (i domain.Item, err error) {
	var discussed, withdrawn *time.Time
	err = row.Scan(&i.ID, &i.MeetingID, &i.OrganisationID, &i.SeriesID, &i.PatientRef, &i.Reason, &i.Need, &i.Why, &i.PutBy, &i.PutByOrg,
		&i.PutAt, &i.RequestID, &i.State, &i.Decision, &i.DiscussedBy, &discussed, &i.Present, &i.Apologies, &i.Invited, &i.People,
		&i.ChangedBy, &i.ChangedAt, &i.Did, &i.Version, &withdrawn, &i.Narrative, &i.Note)
	i.DiscussedAt, i.WithdrawnAt = timeOf(discussed), timeOf(withdrawn)
	return i, err
}

// Item reads one case on an agenda. The error is domain.ErrNoItem.
func Item(ctx context.Context, tx pgx.Tx, id string) (domain.Item, error) {
	return one(ctx, tx, "read item", domain.ErrNoItem, scanItem, `select `+itemColumns+itemFrom+`where i.id = $1`, id)
}

// LockItem is Item, held until the transaction ends.
func LockItem(ctx context.Context, tx pgx.Tx, id string) (domain.Item, error) {
	return one(ctx, tx, "lock item", domain.ErrNoItem, scanItem, `select `+itemColumns+itemFrom+`where i.id = $1 for update of i`, id)
}

// OnAgenda finds the item of a patient on a meeting's agenda; ok is false when there is none.
func OnAgenda(ctx context.Context, tx pgx.Tx, meeting, ref string) (i domain.Item, ok bool, err error) {
	all, err := many(ctx, tx, "look on agenda", scanItem, `select `+itemColumns+itemFrom+`where i.meeting_id = $1 and i.patient_ref = $2 and i.state <> 'removed'`, meeting, ref)
	if err != nil || len(all) == 0 {
		return i, false, err
	}
	return all[0], true, nil
}

// Agenda lists the cases of a meeting in the order in which they were put there.
func Agenda(ctx context.Context, tx pgx.Tx, meeting string) ([]domain.Item, error) {
	return many(ctx, tx, "list agenda", scanItem, `select `+itemColumns+itemFrom+`where i.meeting_id = $1 and i.state <> 'removed' order by i.put_at, i.id`, meeting)
}

// ItemsOf lists the agendas that a patient was on, latest first.
func ItemsOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Item, error) {
	return many(ctx, tx, "list items of patient", scanItem, `select `+itemColumns+itemFrom+`where i.patient_ref = $1 and i.state <> 'removed' order by i.put_at desc, i.id limit 50`, ref)
}

// AddItem puts a case on an agenda; added is false when it is there already.
func AddItem(ctx context.Context, tx pgx.Tx, i domain.Item) (added bool, err error) {
	n, err := exec(ctx, tx, "put on agenda", `insert into item (id, meeting_id, organisation_id, series_id, patient_ref, first_ref, reason, need, why, put_by, put_by_org, put_at, request_id, state,
			invited, people, changed_by, changed_at, did)
		values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::uuid[], $15::uuid[], $16, $17, $18) on conflict do nothing`,
		i.ID, i.MeetingID, i.OrganisationID, i.SeriesID, i.PatientRef, i.Reason, i.Need, i.Why, orNull(i.PutBy), i.PutByOrg, i.PutAt, orNull(i.RequestID), i.State,
		list(i.Invited), list(i.People), orNull(i.ChangedBy), i.ChangedAt, i.Did)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = exec(ctx, tx, "put on agenda", `insert into item_text (item_id, organisation_id, put_by_org, narrative, note) values ($1, $2, $3, $4, $5)`,
		i.ID, i.OrganisationID, i.PutByOrg, i.Narrative, i.Note)
	return true, err
}

// SaveItem writes what was decided or changed, from the version it was loaded with.
func SaveItem(ctx context.Context, tx pgx.Tx, i domain.Item) error {
	n, err := exec(ctx, tx, "save item", `update item set state = $2, decision = $3, discussed_by = $4, discussed_at = $5, present = $6::uuid[], apologies = $7::uuid[],
			people = $8::uuid[], changed_by = $9, changed_at = $10, did = $11, version = version + 1 where id = $1 and version = $12`,
		i.ID, i.State, i.Decision, orNull(i.DiscussedBy), timeOrNull(i.DiscussedAt), list(i.Present), list(i.Apologies), list(i.People), orNull(i.ChangedBy), i.ChangedAt, i.Did, i.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return domain.ErrChanged
	}
	return pg.Later(ctx, tx, "save item", `update item_text set note = $2 where item_id = $1`, i.ID, i.Note)
}

// LetSee lets a person see the cases and details of a patient that the actor's organisation has; TakeSight ends it.
func LetSee(ctx context.Context, tx pgx.Tx, ref, person string) error {
	for _, table := range []string{"item", "patient"} {
		if _, err := exec(ctx, tx, "let see", `update `+table+` set people = array_append(people, $2) where patient_ref = $1 and not $2 = any(people)`, ref, person); err != nil {
			return err
		}
	}
	return nil
}

// TakeSight ends LetSee, once the person has no part in the case any more. It is done as the matcher: nobody can write a row
// so that they do not see it any more themselves.
func TakeSight(ctx context.Context, tx pgx.Tx, ref, person string) error {
	return asMatcher(ctx, tx, "end sight", func() error {
		for _, table := range []string{"patient", "item"} {
			if _, err := exec(ctx, tx, "end sight", `update `+table+` set people = array_remove(people, $2) where patient_ref = $1 and $2 = any(people)
				and not exists (select from case_holder h where h.patient_ref = $1 and h.person_id = $2 and h.state in ('offered', 'holds') and h.left_at is null)
				and not exists (select from key_worker k where k.patient_ref = $1 and k.person_id = $2 and k.released_at is null)`, ref, person); err != nil {
				return err
			}
		}
		return nil
	})
}

// asMatcher does something as the matcher, within the transaction of whoever acts.
func asMatcher(ctx context.Context, tx pgx.Tx, what string, do func() error) error {
	var role string
	if err := tx.QueryRow(ctx, `select current_user`).Scan(&role); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if _, err := exec(ctx, tx, what, `set local role mdt_matcher`); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := exec(ctx, tx, what, `set local role `+pgx.Identifier{role}.Sanitize())
	return err
}

// Standings tells how every case of a series stands before a meeting.
func Standings(ctx context.Context, tx pgx.Tx, m domain.Meeting, now time.Time) ([]domain.Standing, error) {
	type row = domain.Standing
	return many(ctx, tx, "read standings", func(r pgx.CollectableRow) (s row, err error) {
		var over string
		s.Last, err = scanItem(tail{r, []any{&over, &s.Actions, &s.CaseClosed, &s.OnNext, &s.HolderLeft, &s.Unanswered, &s.Reopened, &s.Unheld}})
		s.PatientRef, s.LastHeld = s.Last.PatientRef, over == "held"
		return s, err
	}, `select distinct on (i.patient_ref) `+itemColumns+`, m.status,
			(select count(*) from action a where a.series_id = i.series_id and a.patient_ref = i.patient_ref and a.state = 'open'),
			exists (select from patient_case c where c.patient_ref = i.patient_ref) and not exists (select from patient_case c where c.patient_ref = i.patient_ref and c.open),
			exists (select from item n where n.meeting_id = $2 and n.patient_ref = i.patient_ref),
			exists (select from case_holder h join patient_case c on c.case_id = h.case_id where h.patient_ref = i.patient_ref and c.open and h.state = 'holds' and h.left_at is not null),
			exists (select from case_holder h join patient_case c on c.case_id = h.case_id where h.patient_ref = i.patient_ref and c.open and h.state = 'offered' and h.due_at < $4),
			exists (select from patient_case c where c.patient_ref = i.patient_ref and c.open and c.reopened_at > coalesce(i.discussed_at, i.put_at)),
			exists (select from patient_case c where c.patient_ref = i.patient_ref and c.open
				and not exists (select from case_holder h where h.case_id = c.case_id and h.state in ('offered', 'holds'))
				and exists (select from case_holder h where h.case_id = c.case_id and h.state in ('refused', 'taken_back') and h.answered_at > greatest(c.reopened_at, i.discussed_at, i.put_at)))
		from item i join meeting m on m.id = i.meeting_id left join item_text t on t.item_id = i.id
		where i.series_id = $1 and i.state <> 'removed' and i.meeting_id <> $2 and m.starts_at < $3 and (m.status <> 'planned' or m.ends_at < $4)
		order by i.patient_ref, m.starts_at desc, i.put_at desc`, m.SeriesID, m.ID, m.StartsAt, now)
}

// tail scans the columns after a thing's own.
type tail struct {
	pgx.CollectableRow
	more []any
}

func (t tail) Scan(dest ...any) error { return t.CollectableRow.Scan(append(dest, t.more...)...) }

// Looked notes that a person looks at a thing now, and tells when they did before; zero for never.
func Looked(ctx context.Context, tx pgx.Tx, person, thing string, now time.Time) (before time.Time, err error) {
	all, err := many(ctx, tx, "note a look", pgx.RowTo[time.Time], `select at from looked where person_id = $1 and thing_id = $2`, person, thing)
	if err != nil {
		return before, err
	}
	if len(all) > 0 {
		before = all[0]
	}
	_, err = exec(ctx, tx, "note a look", `insert into looked (person_id, thing_id, at) values ($1, $2, $3) on conflict (person_id, thing_id) do update set at = excluded.at`, person, thing, now)
	return before, err
}
