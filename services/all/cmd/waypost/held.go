package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/held"
)

// holds writes everything that all services hold about one patient into a folder that only its owner may read.
func holds(ctx context.Context, args []string, out io.Writer) error {
	var place all.Place
	var ref, by, to string
	flags := flag.NewFlagSet("waypost held", flag.ContinueOnError)
	flags.StringVar(&place.Dir, "data", all.DefaultDir(), "data folder of a Waypost on one machine")
	flags.StringVar(&place.Database, "database", "", "instead of it: admin address of the services' database")
	flags.StringVar(&place.Vault, "vault", "", "… and of the vault's")
	flags.StringVar(&ref, "ref", "", "the patient's ref, as it stands in the address of their page at the practice")
	flags.StringVar(&by, "by", "", "the id of the person who hands it out, as it stands in the address of their page among the register's staff")
	flags.StringVar(&to, "to", "", "the folder to write held.json and held.html into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if ref == "" || by == "" || to == "" {
		return errors.New("say whose, who hands it out, and where to: waypost held -ref … -by … -to folder")
	}
	at, err := all.Administer(ctx, place, all.NeedsDatabase)
	if err != nil {
		return err
	}
	defer at.Close()
	conn, err := pgx.Connect(ctx, at.Main)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	h, err := held.Collect(ctx, conn, schemas.Speakers, ref, by, time.Now())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(h.Services, func(s held.Service) bool { return s.Rows() > 0 }) { // an empty answer would be handed out as one
		return errors.New("no service holds anything under this ref: it stands in the address of the patient's page at their practice, and is not the id of their case")
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for name, write := range map[string]func(w io.Writer) error{
		"held.json": func(w io.Writer) error { e := json.NewEncoder(w); e.SetIndent("", "  "); return e.Encode(h) },
		"held.html": func(w io.Writer) error { return held.Page(w, h) },
	} {
		f, err := os.OpenFile(filepath.Join(to, name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return err
		}
	}
	for _, s := range h.Services {
		fmt.Fprintf(out, "%-12s %d records, looked at or changed %d times\n", s.Name, s.Rows(), len(s.Looks))
	}
	fmt.Fprintf(out, "Written to %s. Read it before it is handed out\n", to)
	return nil
}
