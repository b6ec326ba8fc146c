package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/services/all"
)

// restore puts a vault from a backup in the place of the one that is there, if there is one, and keeps that beside it. Whoever
// was erased since is erased again; whoever was added since keeps their ref.
func restore(ctx context.Context, at *all.Admin, o options, out io.Writer) error {
	if o.from == "" {
		return errors.New("say which backup: -from file")
	}
	fresh, err := at.Beside("restoring")
	if err != nil {
		return err
	}
	if err := at.Drop(ctx, fresh); err != nil { // one that was killed left it
		return err
	}
	aside := ""
	if err = bringBack(ctx, at, fresh, o.from, out); err == nil {
		aside, err = at.Swap(ctx, fresh, time.Now())
	}
	if err != nil {
		return errors.Join(err, at.Drop(context.WithoutCancel(ctx), fresh))
	}
	if aside != "" {
		fmt.Fprintln(out, "What was there before is kept as the database", aside+": drop it when all is well, for it holds keys that were destroyed since")
	}
	fmt.Fprintln(out, "The vault is restored. Start Waypost, and try: vault drill")
	return nil
}

// bringBack fills a new database from a backup, as it must be before a service opens it.
func bringBack(ctx context.Context, at *all.Admin, address, from string, out io.Writer) error {
	if err := vault.Migrate(ctx, address); err != nil {
		return err
	}
	r, err := vault.Restore(ctx, address, from, at.KeyFile)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "backup of %s: %d patients, %d keysets, each of which the key file opens\n", r.TakenAt.Format(time.RFC3339), r.Refs, r.Keysets)
	erased, known, err := fromServices(ctx, at.Main)
	if err != nil {
		return err
	}
	again, err := vault.DestroyAgain(ctx, address, erased)
	if err != nil {
		return err
	}
	learned, err := vault.Relearn(ctx, address, at.KeyFile, known)
	if err == nil {
		fmt.Fprintf(out, "erased since and erased again: %d; added since, whose ref was kept and whose older keys are lost: %d\n", again, learned)
	}
	return err
}

// fromServices reads whom coordination had erased, and every patient that it or a practice knows.
func fromServices(ctx context.Context, main string) (erased []string, known []vault.Known, err error) {
	conn, err := pgx.Connect(ctx, main)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the services: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `select ref::text from coordination.erasure`)
	if err == nil {
		erased, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask who was erased: %w", err)
	}
	rows, err = conn.Query(ctx, `select distinct on (ref) ref::text, number, given_name, born from (
			select ref, nhs_number as number, given_name, date_of_birth as born from coordination.patient where erased_at is null
			union all select ref, coalesce(nhs_number, ''), given_name, date_of_birth::text from primarycare.patient where erased_at is null) p
		order by ref, number desc`)
	if err == nil {
		known, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k vault.Known, err error) {
			return k, row.Scan(&k.Ref, &k.Number, &k.Holder.GivenName, &k.Holder.DateOfBirth)
		})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask who is known: %w", err)
	}
	return erased, known, nil
}

// drill tries what a restore would do, beside what runs and without touching it: a backup is taken or given, brought back into a
// database of its own, opened with the key file, and refused with another; what was last sealed opens. Nothing of it is left.
func drill(ctx context.Context, at *all.Admin, o options, out io.Writer) (err error) {
	if o.from == "" {
		folder, err := os.MkdirTemp("", "waypost-drill-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		if o.from, err = vault.Backup(ctx, at.Vault, folder, vault.LongestKept, time.Now()); err != nil {
			return err
		}
	}
	scratch, err := at.Beside("drill")
	if err != nil {
		return err
	}
	if err := at.Drop(ctx, scratch); err != nil { // one that was killed left it
		return err
	}
	defer func() { err = errors.Join(err, at.Drop(context.WithoutCancel(ctx), scratch)) }()
	if err := otherKeyIsRefused(ctx, scratch, o.from); err != nil {
		return err
	}
	if err := bringBack(ctx, at, scratch, o.from, out); err != nil {
		return err
	}
	opened, err := opens(ctx, at, scratch)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "drill=passed opened=%d other_key_file=refused\n", opened)
	return nil
}

var errOtherKey = errors.New("another key file was not refused")

func otherKeyIsRefused(ctx context.Context, scratch, from string) error {
	folder, err := os.MkdirTemp("", "waypost-drill-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	other := folder + "/other.keys"
	if _, err := vault.CreateKeyFile(other); err != nil {
		return err
	}
	if err := vault.Migrate(ctx, scratch); err != nil {
		return err
	}
	switch _, err := vault.Restore(ctx, scratch, from, other); {
	case errors.Is(err, vault.ErrKeyFile):
		return nil
	case err != nil:
		return err
	}
	return errOtherKey
}

// mostOpened bounds a drill; the newest offers are the ones that are still worked on.
const mostOpened = 200

// opens reads sealed events out of coordination's outbox with the restored keys, as coordination does.
func opens(ctx context.Context, at *all.Admin, scratch string) (n int, err error) {
	url, err := at.As(scratch, "coordination")
	if err != nil {
		return 0, err
	}
	v, err := vault.Open(ctx, vault.Config{URL: url, Service: "coordination", KeyFile: at.KeyFile, Now: time.Now})
	if err != nil {
		return 0, err
	}
	defer v.Close()
	conn, err := pgx.Connect(ctx, at.Main)
	if err != nil {
		return 0, fmt.Errorf("read what was sealed: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `select event_id::text, about::text, body from coordination.outbox o
		where event_type = $1 and not exists (select from coordination.erasure e where e.ref = o.about) order by seq desc limit $2`, coordination.TypeReferralOfferedV1, mostOpened)
	if err != nil {
		return 0, fmt.Errorf("read what was sealed: %w", err)
	}
	said, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sealed])
	if err != nil {
		return 0, fmt.Errorf("read what was sealed: %w", err)
	}
	for _, x := range said {
		if err := x.open(ctx, v); err != nil {
			return n, fmt.Errorf("open event %s: %w", x.ID, err)
		}
		n++
	}
	if n == 0 {
		return 0, errors.New("nothing was sealed yet that could be opened: the drill shows nothing")
	}
	return n, nil
}

type sealed struct {
	ID, About string
	Body      []byte
}

func (x sealed) open(ctx context.Context, v *vault.Vault) error {
	keys, err := v.KeysToOpen(ctx, []string{x.About}, vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message)
	if err != nil {
		return err
	}
	var p coordination.ReferralOfferedV1
	if err := json.Unmarshal(x.Body, &p); err != nil {
		return err
	}
	if err := keys.OpenPayload(x.About, x.ID, &p); err != nil {
		return err
	}
	var c schemas.Contact
	if ok, err := p.Contact.Into(&c); err != nil || !ok || strings.TrimSpace(c.FamilyName) == "" {
		return errors.Join(err, errors.New("it stays closed"))
	}
	return nil
}
