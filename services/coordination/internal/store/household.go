package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/services/coordination/internal/domain"
)

// mostAtAPostcode is how many people of one postcode are looked at; a postcode has some fifteen homes.
const mostAtAPostcode = 200

// WithPostcode reads the others who gave a patient's postcode.
func WithPostcode(ctx context.Context, tx pgx.Tx, p domain.Patient) ([]domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient
		where upper(replace(postcode, ' ', '')) = upper(replace($1, ' ', '')) and postcode <> '' and merged_into is null and erased_at is null and ref <> $2
		order by ref limit $3`, p.Postcode, p.Ref, mostAtAPostcode)
	if err != nil {
		return nil, fmt.Errorf("read a postcode: %w", err)
	}
	there, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("read a postcode: %w", err)
	}
	return there, nil
}
