package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
)

// Note is what somebody who knows a service says of it, and what others said to that.
type Note struct {
	ID               string
	Kind             terms.NoteKind // note, correct, or a confirm or dispute of the listing itself
	Text             string
	By               string // person id
	ByName           string // "" when the register has not told of them
	OrganisationID   string
	OrganisationName string
	At               time.Time
	Confirmed        int
	Disputed         int
	LastSaidAt       time.Time // when it was last said, confirmed or disputed
}

// Notes lists what was said of a service, the latest first. A note that was corrected gives way to its correction, and what
// confirms or disputes a note is counted with it.
func Notes(ctx context.Context, tx pgx.Tx, service string, limit int) ([]Note, error) {
	of, err := notes(ctx, tx, []string{service}, limit)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	return of[service], nil
}

func addNotes(ctx context.Context, tx pgx.Tx, found []Found) error {
	if len(found) == 0 {
		return nil
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	of, err := notes(ctx, tx, ids, notesShown)
	for i, f := range found {
		found[i].Notes = of[f.ID]
	}
	return err
}

func notes(ctx context.Context, tx pgx.Tx, services []string, limit int) (map[string][]Note, error) {
	rows, err := tx.Query(ctx, `select t.service_id, t.id, t.kind, t.text, t.by_id, coalesce(p.display_name, ''), t.organisation_id, coalesce(o.name, ''),
			t.at, t.confirmed, t.disputed, t.last_said_at
		from (
			select n.*, count(a.id) filter (where a.kind = 'confirm') as confirmed, count(a.id) filter (where a.kind = 'dispute') as disputed,
				greatest(n.at, max(a.at)) as last_said_at, row_number() over (partition by n.service_id order by n.at desc, n.id) as nth
			from note_copy n left join note_copy a on a.service_id = n.service_id and a.about_note_id = n.id
			where n.service_id = any($1) and (n.about_note_id is null or n.kind = 'correct')
			group by n.id having count(a.id) filter (where a.kind = 'correct') = 0
		) t
		left join organisation o on o.id = t.organisation_id
		left join lateral (select display_name from person_role where person_id = t.by_id and granted_at is not null order by granted_at desc limit 1) p on true
		where t.nth <= $2 order by t.service_id, t.nth`, services, limit)
	if err != nil {
		return nil, err
	}
	of := map[string][]Note{}
	var service string
	var n Note
	_, err = pgx.ForEachRow(rows, []any{
		&service, &n.ID, &n.Kind, &n.Text, &n.By, &n.ByName, &n.OrganisationID, &n.OrganisationName,
		&n.At, &n.Confirmed, &n.Disputed, &n.LastSaidAt,
	}, func() error {
		n.At, n.LastSaidAt = n.At.UTC(), n.LastSaidAt.UTC()
		of[service] = append(of[service], n)
		return nil
	})
	return of, err
}
