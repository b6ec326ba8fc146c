package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
)

// files are what all services read their secrets from.
type files struct{ token, secret, keys, audit string }

// configure makes a process of every copy, with the settings a deployed one has.
func (c *Cluster) configure() error {
	f, err := c.secrets()
	if err != nil {
		return err
	}
	for _, name := range c.Names() {
		if c.ports[name], err = freePort(); err != nil {
			return err
		}
	}
	for _, s := range c.Services {
		env, err := c.environment(s.Name, f)
		if err != nil {
			return err
		}
		for _, name := range c.copies(s.Name) {
			c.processes[name] = &Process{
				Name: name, binary: filepath.Join(c.Bin, s.Name), log: c.logOf(name),
				env: append(slices.Clone(env), "LISTEN="+c.ports[name], "WAYPOST_COPY="+name),
			}
		}
	}
	return nil
}

// secrets are made at the first start and kept: what was sealed or signed by them outlives a start.
func (c *Cluster) secrets() (f files, err error) {
	c.token = random()
	if f.token, err = c.note("token", []byte(c.token)); err != nil {
		return f, err
	}
	f.secret = filepath.Join(c.Dir, "keys", "secret")
	c.secret, err = os.ReadFile(f.secret)
	if errors.Is(err, fs.ErrNotExist) {
		c.secret = []byte(random())
		_, err = c.note("secret", c.secret)
	}
	if err != nil {
		return f, err
	}
	if f.keys, err = c.keyFile(); err != nil {
		return f, err
	}
	f.audit = filepath.Join(c.Dir, "keys", "audit.key")
	return f, chain.KeyFor(f.audit, c.Checkpoints())
}

// Checkpoints is where the services' sealers sign how far their audit trails go.
func (c *Cluster) Checkpoints() string { return filepath.Join(c.Dir, "checkpoints") }

func (c *Cluster) environment(service string, f files) ([]string, error) {
	seed, err := c.note(service+".seed", c.keys[service])
	if err != nil {
		return nil, err
	}
	brokers, err := c.brokerURLs(service)
	if err != nil {
		return nil, err
	}
	replay, err := c.replay(service)
	if err != nil {
		return nil, err
	}
	main, vaults, err := c.databasesFor(service)
	if err != nil {
		return nil, err
	}
	as := func(address, role string) string {
		to, e := pg.As(address, role, "")
		err = errors.Join(err, e)
		return to
	}
	cert, err := c.Certificate(service)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "WAYPOST_TLS_CA_FILE="+cert.CA, "WAYPOST_TLS_CERT_FILE="+cert.Cert, "WAYPOST_TLS_KEY_FILE="+cert.Key, "WAYPOST_AREA="+c.Area, "WAYPOST_DATABASE="+as(main, service),
		"WAYPOST_SESSIONS="+as(main, authn.LoginRole), "WAYPOST_KEY_FILE="+f.keys, "WAYPOST_BROKER="+brokers,
		"WAYPOST_AUDIT_KEY_FILE="+f.audit, "WAYPOST_CHECKPOINTS="+c.Checkpoints(),
		"WAYPOST_BROKER_SEED_FILE="+seed, "WAYPOST_REPLAY="+replay,
		"WAYPOST_TOKEN_FILE="+f.token, "WAYPOST_SECRET_FILE="+f.secret, "WAYPOST_SIMULATED="+c.Simulated)
	if slices.Contains(vault.Services, service) {
		env = append(env, "WAYPOST_VAULT="+as(vaults, service))
	}
	return append(env, c.Extra...), err
}

// databasesFor are both databases, as a service is told to reach them: Via may give the folder of another socket.
func (c *Cluster) databasesFor(service string) (main, vaults string, err error) {
	to, err := c.Via(service, "postgres", c.Socket())
	if err != nil {
		return "", "", err
	}
	through := func(address string) string {
		u, e := url.Parse(address)
		if e != nil {
			err = errors.New("the database address can not be read")
			return ""
		}
		q := u.Query()
		q.Set("host", to)
		u.RawQuery = q.Encode()
		return u.String()
	}
	main, vaults = through(c.Databases.Main), through(c.Databases.Vault)
	return main, vaults, err
}

// Socket is the folder of the database's socket.
func (c *Cluster) Socket() string {
	u, err := url.Parse(c.Databases.Main)
	if err != nil {
		return ""
	}
	return u.Query().Get("host")
}

// replay is where a service asks each of the others for what it has missed: either copy of it.
func (c *Cluster) replay(from string) (string, error) {
	var at []string
	for _, s := range c.Services {
		to, err := c.Via(from, s.Name, c.back.address)
		if err != nil {
			return "", err
		}
		at = append(at, fmt.Sprintf("%s=https://%s%s", s.Name, to, door.ReplayPath(s.Name)))
	}
	return strings.Join(at, ";"), nil
}
