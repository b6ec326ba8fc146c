package house

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
)

// Databases are where the house keeps everything: admin addresses of a database for the services, one schema each, and of
// one for the vault. Both are made if they are not there.
type Databases struct {
	Main, Vault string
	// Passwords says that the server asks for them. They are derived from the house's secret and set at every start.
	Passwords bool
}

// DatabasesOf are the two databases of a cluster; adminURL may name any database of it.
func DatabasesOf(adminURL, main string, passwords bool) (Databases, error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return Databases{}, errors.New("the database address can not be read") // the reason would quote it, password and all
	}
	u.Path = "/" + main
	d := Databases{Main: u.String(), Passwords: passwords}
	u.Path = "/" + main + "_vault"
	d.Vault = u.String()
	return d, nil
}

// Given are the databases of a server that somebody else runs: the one adminURL names, and one beside it for the vault.
func Given(adminURL string) (Databases, error) {
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil || cc.Database == "" {
		return Databases{}, errors.New("the database address can not be read: it must be like postgres://admin:password@host/waypost")
	}
	return DatabasesOf(adminURL, cc.Database, true)
}

// Migrate brings everything up to date: all at once, since each waits for the database most of the time.
func (d Databases) Migrate(ctx context.Context, services []Service, secret []byte) error {
	if err := create(ctx, d.Main); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	steps := []func() error{
		func() error { return vault.Migrate(ctx, d.Vault) },
		func() error { return authn.Migrate(ctx, d.Main) },
	}
	for _, s := range services {
		steps = append(steps, func() error { return s.Migrate(ctx, d.Main) })
	}
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() { errs[i] = step() })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if d.Passwords {
		return d.setPasswords(ctx, services, secret)
	}
	return nil
}

// create makes the database that adminURL names, if it is missing.
func create(ctx context.Context, adminURL string) error {
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return errors.New("the database address can not be read")
	}
	name := cc.Database
	cc.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	return err
}

func (d Databases) setPasswords(ctx context.Context, services []Service, secret []byte) error {
	conn, err := pgx.Connect(ctx, d.Main)
	if err != nil {
		return fmt.Errorf("set the services' passwords: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	roles := []string{authn.LoginRole}
	for _, s := range services {
		roles = append(roles, s.Name)
	}
	for _, role := range roles {
		sql := fmt.Sprintf("alter role %s password '%s'", pgx.Identifier{role}.Sanitize(), Password(secret, role)) // hex needs no quoting
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("set the password of %s: %w", role, err)
		}
	}
	return nil
}

// Password is what a role signs in with where the server asks for one.
func Password(secret []byte, role string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("database password of " + role))
	return hex.EncodeToString(mac.Sum(nil))
}

// addresses are where one service signs in; vault is "" for one that holds no patient.
type addresses struct{ main, vault, sessions string }

func (d Databases) as(service string, secret []byte) (a addresses, err error) {
	sign := func(adminURL, role string) string {
		word := ""
		if d.Passwords {
			word = Password(secret, role)
		}
		to, e := pg.As(adminURL, role, word)
		err = errors.Join(err, e)
		return to
	}
	a.main, a.sessions = sign(d.Main, service), sign(d.Main, authn.LoginRole)
	if slices.Contains(vault.Services, service) {
		a.vault = sign(d.Vault, service)
	}
	return a, err
}
