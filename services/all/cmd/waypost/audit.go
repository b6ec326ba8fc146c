package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
)

const auditUse = `say what is to be done with the audit trails:
  waypost audit verify    check every service's chain against the signed checkpoints, and name the first broken link
  waypost audit key       make the key that signs checkpoints, where there is none
  waypost audit restored  sign that the database was put back to an earlier moment (deploy/runbooks/postgres-restored.md)`

// errBroken ends verify with 1; what is broken was printed.
var errBroken = errors.New("the audit trail is not what was sealed and signed: keep the database and the checkpoints as they are, and call the privacy officer")

// audited looks after the audit trails of a Waypost that runs or not.
func audited(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(auditUse)
	}
	var place all.Place
	var area, public, folders string
	var wrong time.Duration
	flags := flag.NewFlagSet("waypost audit "+args[0], flag.ContinueOnError)
	flags.StringVar(&place.Dir, "data", all.DefaultDir(), "data folder of a Waypost on one machine")
	flags.StringVar(&place.Database, "database", "", "instead of it: admin address of the services' database")
	flags.StringVar(&place.Vault, "vault", "", "… and of the vault's")
	flags.StringVar(&place.AuditKey, "key-file", "", "the audit key, where it is not in the data folder")
	flags.StringVar(&folders, "checkpoints", "", "folders with checkpoints, or copies of them, separated by commas, where they are not in the data folder")
	flags.StringVar(&public, "public", "", "verify: public audit keys, separated by commas, from where nobody who looks after the database can change them")
	flags.DurationVar(&wrong, "clock-was-wrong", 0, "verify: by how much a service's clock is known to have been wrong, such as 26h; rows of that time are no finding then")
	flags.StringVar(&area, "area", "greater-manchester", "restored: what this deployment serves")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	place.Checkpoints, _, _ = strings.Cut(folders, ",")
	needs := all.NeedsDatabase
	if args[0] == "key" {
		needs = all.NeedsNothing
	}
	at, err := all.Administer(ctx, place, needs)
	if err != nil {
		return err
	}
	defer at.Close()
	switch args[0] {
	case "verify":
		return verify(ctx, at, listed(folders, at.Checkpoints), listed(public, chain.PublicName(at.AuditKey)), wrong, out)
	case "restored":
		return restored(ctx, at, area, out)
	case "key":
		if err := chain.KeyFor(at.AuditKey, at.Checkpoints); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s signs; give %s to those who verify\n", at.AuditKey, chain.PublicName(at.AuditKey))
		return nil
	}
	return errors.New(auditUse)
}

func listed(said, otherwise string) []string {
	if said == "" {
		return []string{otherwise}
	}
	return strings.Split(said, ",")
}

func verify(ctx context.Context, at *all.Admin, folders, publics []string, wrong time.Duration, out io.Writer) error {
	v := chain.Verifier{Dirs: folders, Now: time.Now, Wrong: wrong}
	for _, file := range publics {
		k, err := chain.ReadPublic(file)
		if err != nil {
			return err
		}
		v.Keys = append(v.Keys, k)
	}
	var broken error
	err := eachTrail(ctx, at, func(db *pg.DB) error {
		r, err := v.Verify(ctx, db)
		if err != nil {
			return err
		}
		if tell(out, r); r.Broken != nil {
			broken = errBroken
		}
		return nil
	})
	return errors.Join(err, broken)
}

func tell(out io.Writer, r chain.Report) {
	if r.Broken != nil {
		fmt.Fprintf(out, "%-12s BROKEN: %s\n", r.Service, r.Broken)
		return
	}
	fmt.Fprintf(out, "%-12s whole: %d rows sealed, %d wait, %d checkpoints", r.Service, r.Sealed, r.Waiting, r.Checkpoints)
	if r.Checkpoints > 0 {
		fmt.Fprintf(out, ", the newest of %s; %d rows since the last that agrees", r.Newest.Format(time.RFC3339), r.Since)
	}
	fmt.Fprintln(out)
	if !r.Restored.IsZero() {
		fmt.Fprintf(out, "%-12s somebody signed at %s that the database had been put back: %d earlier checkpoints hold no more\n", "", r.Restored.Format(time.RFC3339), r.Void)
	}
}

func restored(ctx context.Context, at *all.Admin, area string, out io.Writer) error {
	var k ed25519.PrivateKey
	k, err := chain.ReadKey(at.AuditKey)
	if err != nil {
		return err
	}
	return eachTrail(ctx, at, func(db *pg.DB) error {
		if err := chain.Restore(ctx, db, area, at.Checkpoints, k, time.Now()); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: signed. Whoever verifies is told of it\n", db.Service())
		return nil
	})
}

// eachTrail opens each service's database as the service itself, which may change nothing of its trail.
func eachTrail(ctx context.Context, at *all.Admin, do func(db *pg.DB) error) error {
	return pg.Each(ctx, schemas.Speakers, func(service string) (string, error) { return at.As(at.Main, service) }, do)
}
