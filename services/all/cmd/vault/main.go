// Command vault looks after the vault of one area: it backs it up and restores it, tries in a drill that a backup opens what was
// sealed, and changes the key-encryption key. deploy/runbooks says when.
//
//	vault backup  -data .waypost -to /somewhere/else
//	vault drill   -data .waypost
//	vault restore -data .waypost -from /somewhere/else/vault-20261128T031500Z.backup
//	vault add-key | use-key | rewrap | drop-keys -data .waypost
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vault:", all.Line(err))
		os.Exit(1)
	}
}

// verb is one thing the command does, with what was said on its line.
type verb struct {
	needs all.Needs
	do    func(ctx context.Context, at *all.Admin, o options, out io.Writer) error
}

type options struct {
	to, from string
	keep     time.Duration
}

var verbs = map[string]verb{
	"backup":    {all.NeedsDatabase, backup},
	"drill":     {all.NeedsDatabase, drill},
	"restore":   {all.NeedsStopped, restore},
	"add-key":   {all.NeedsNothing, addKey},
	"use-key":   {all.NeedsNothing, useKey},
	"rewrap":    {all.NeedsDatabase, rewrap},
	"drop-keys": {all.NeedsDatabase, dropKeys},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	v, ok := verbs[name]
	if !ok {
		return fmt.Errorf("say what is to be done: backup, drill, restore, add-key, use-key, rewrap or drop-keys")
	}
	var o options
	var place all.Place
	flags := flag.NewFlagSet("vault "+name, flag.ContinueOnError)
	flags.StringVar(&place.Dir, "data", all.DefaultDir(), "data folder of a Waypost on one machine")
	flags.StringVar(&place.Database, "database", "", "instead of it: admin address of the services' database")
	flags.StringVar(&place.Vault, "vault", "", "… and of the vault's")
	flags.StringVar(&place.KeyFile, "key-file", "", "the vault's key file, where it is not in the data folder")
	flags.StringVar(&o.to, "to", "", "backup: the folder for backups, on another disk; never where the key file is kept")
	flags.DurationVar(&o.keep, "keep", vault.LongestKept, "backup: how long backups in that folder are kept, at most 336h, which is 14 days")
	flags.StringVar(&o.from, "from", "", "restore, drill: the backup")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	at, err := all.Administer(ctx, place, v.needs)
	if err != nil {
		return err
	}
	defer at.Close()
	return v.do(ctx, at, o, out)
}

func backup(ctx context.Context, at *all.Admin, o options, out io.Writer) error {
	if o.to == "" {
		return fmt.Errorf("say where backups go: -to folder")
	}
	name, err := vault.Backup(ctx, at.Vault, o.to, o.keep, time.Now())
	if err == nil {
		fmt.Fprintln(out, "backed up to", name)
	}
	return err
}

func addKey(_ context.Context, at *all.Admin, _ options, out io.Writer) error {
	if err := vault.AddKey(at.KeyFile); err != nil {
		return err
	}
	return say(at, out, "Copy the file to every process of the area and start them anew. Then: vault use-key")
}

func useKey(_ context.Context, at *all.Admin, _ options, out io.Writer) error {
	if err := vault.UseNewestKey(at.KeyFile); err != nil {
		return err
	}
	return say(at, out, "Copy the file to every process of the area and start them anew. Then: vault rewrap")
}

func rewrap(ctx context.Context, at *all.Admin, _ options, out io.Writer) error {
	n, err := vault.Rewrap(ctx, at.Vault, at.KeyFile)
	fmt.Fprintln(out, "wrapped anew:", n)
	if err != nil {
		return err
	}
	return say(at, out, "Then: vault drop-keys. Keep the file as it is now for 14 days: older backups need it")
}

func dropKeys(ctx context.Context, at *all.Admin, _ options, out io.Writer) error {
	if err := vault.DropOldKeys(ctx, at.Vault, at.KeyFile); err != nil {
		return err
	}
	return say(at, out, "Copy the file to every process of the area")
}

func say(at *all.Admin, out io.Writer, next string) error {
	n, inUse, err := vault.KeysIn(at.KeyFile)
	if err == nil {
		fmt.Fprintf(out, "%s holds %d key-encryption keys; %s is in use. %s\n", at.KeyFile, n, inUse, next)
	}
	return err
}
