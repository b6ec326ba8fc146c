package pg

import "context"

// Each opens the database of one service after the other, at the address that is given for it, and closes it when do is done. It ends with the
// first error.
func Each(ctx context.Context, services []string, address func(service string) (string, error), do func(db *DB) error) error {
	for _, service := range services {
		url, err := address(service)
		if err != nil {
			return err
		}
		db, err := Open(ctx, Config{URL: url, Service: service, MaxConns: 2})
		if err != nil {
			return err
		}
		err = do(db)
		db.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
