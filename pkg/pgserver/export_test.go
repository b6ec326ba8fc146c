//go:build unix

package pgserver

import "context"

// StartFromNpm is Start on a machine without an installed Postgres.
func StartFromNpm(ctx context.Context, o Options) (*Server, error) {
	own, err := whoRuns()
	if err != nil {
		return nil, err
	}
	if o.Bin, err = install(ctx, o, own); err != nil {
		return nil, err
	}
	return Start(ctx, o)
}
