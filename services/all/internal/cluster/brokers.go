package cluster

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"example.org/waypost/deploy/nats"
	"example.org/waypost/pkg/bus"
)

// bootstrapper is the one user who may make streams and consumers.
const bootstrapper = nats.Bootstrapper

// openBrokers gives every broker its place, its ports and the settings that are deployed, and every service its key.
func (c *Cluster) openBrokers() (err error) {
	for _, name := range c.BrokerNames() {
		for _, ports := range []map[string]string{c.ports, c.routes, c.monitors} {
			if ports[name], err = freePort(); err != nil {
				return err
			}
		}
	}
	if err := c.makeUsers(); err != nil {
		return err
	}
	conf, err := c.writeSettings()
	if err != nil {
		return err
	}
	for _, name := range c.BrokerNames() {
		env, err := c.brokerEnvironment(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(c.BrokerFolder(name), 0o700); err != nil {
			return err
		}
		c.processes[name] = &Process{Name: name, binary: filepath.Join(c.Bin, "nats-server"), args: []string{"-c", conf}, env: env, log: c.logOf(name)}
	}
	return nil
}

// writeSettings unpacks the brokers' settings, and says which file is theirs.
func (c *Cluster) writeSettings() (conf string, err error) {
	names, err := fs.Glob(nats.Files, "*.conf")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		b, err := nats.Files.ReadFile(name)
		if err != nil {
			return "", err
		}
		if _, err := c.note(name, b); err != nil {
			return "", err
		}
	}
	if c.Brokers == 1 {
		return filepath.Join(c.Dir, "keys", "one.conf"), nil
	}
	return filepath.Join(c.Dir, "keys", "three.conf"), nil
}

// SetSync says whether brokers wait for their disks, from their next start on.
func (c *Cluster) SetSync(always bool) error {
	c.SyncAlways = always
	for _, name := range c.BrokerNames() {
		env, err := c.brokerEnvironment(name)
		if err != nil {
			return err
		}
		c.processes[name].setEnvironment(env)
	}
	return nil
}

func (c *Cluster) brokerEnvironment(name string) ([]string, error) {
	cert, err := c.issuer.Issue(name, here...)
	if err != nil {
		return nil, err
	}
	sync := "2s"
	if c.SyncAlways {
		sync = "always"
	}
	var routes []string
	for _, other := range c.BrokerNames() {
		if other == name {
			continue
		}
		to, err := c.Via(name, other, c.routes[other])
		if err != nil {
			return nil, err
		}
		routes = append(routes, fmt.Sprintf("%q", "tls://"+to))
	}
	env := []string{"WAYPOST_NATS_SYNC=" + sync, "WAYPOST_NATS_ROUTES=[" + strings.Join(routes, ", ") + "]"}
	for variable, value := range map[string]string{
		"NAME": name, "LISTEN": c.ports[name], "MONITOR": c.monitors[name], "STORE": c.BrokerFolder(name), "CLUSTER_LISTEN": c.routes[name],
		"CA_FILE": cert.CA, "CERT_FILE": cert.Cert, "KEY_FILE": cert.Key,
	} {
		env = append(env, fmt.Sprintf("WAYPOST_NATS_%s=%q", variable, value))
	}
	return append(env, c.publicKeys...), nil
}

// BrokerFolder is where a broker keeps its streams.
func (c *Cluster) BrokerFolder(name string) string { return c.folder(name) }

// Monitor is where a broker answers about itself.
func (c *Cluster) Monitor(name string) string { return "http://" + c.monitors[name] }

func (c *Cluster) logOf(name string) string { return filepath.Join(c.Dir, "log", name+".log") }

// makeUsers makes a key for every user; the brokers are told the public halves.
func (c *Cluster) makeUsers() error {
	names := []string{bootstrapper}
	for _, s := range c.Services {
		names = append(names, s.Name)
	}
	for _, name := range names {
		seed, public, err := bus.NewUser()
		if err != nil {
			return err
		}
		c.keys[name] = seed
		c.publicKeys = append(c.publicKeys, nats.KeyOf(name)+"="+public)
	}
	return nil
}

// brokerURLs are all brokers, as a service is told to reach them.
func (c *Cluster) brokerURLs(from string) (string, error) {
	var urls []string
	for _, name := range c.BrokerNames() {
		to, err := c.Via(from, name, c.ports[name])
		if err != nil {
			return "", err
		}
		urls = append(urls, "tls://"+to)
	}
	return strings.Join(urls, ","), nil
}

// BrokerURL is all brokers, reached directly.
func (c *Cluster) BrokerURL() string {
	var urls []string
	for _, name := range c.BrokerNames() {
		urls = append(urls, "tls://"+c.ports[name])
	}
	return strings.Join(urls, ",")
}

// Seed is the key of a service's user, or of the one who may make streams ("bootstrap").
func (c *Cluster) Seed(user string) []byte { return c.keys[user] }

// Connect connects to the brokers directly as one of their users, with that user's key and certificate.
func (c *Cluster) Connect(user string) (*natsgo.Conn, error) {
	f, err := c.Certificate(user)
	if err != nil {
		return nil, err
	}
	secure, err := f.Config()
	if err != nil {
		return nil, err
	}
	return bus.Connect(bus.Config{URL: c.BrokerURL(), Service: user, Seed: c.keys[user], TLS: secure})
}

// upWithin is how long brokers may take to agree who leads.
const upWithin = 90 * time.Second

// Bootstrap makes the streams and consumers, or updates them, as soon as enough brokers are there: by the program that is deployed.
func (c *Cluster) Bootstrap(ctx context.Context) error {
	seed, err := c.note(bootstrapper+".seed", c.keys[bootstrapper])
	if err != nil {
		return err
	}
	cert, err := c.Certificate(bootstrapper)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.Bin, "bootstrap"),
		"--broker", c.BrokerURL(), "--seed", seed, "--replicas", fmt.Sprint(c.Brokers), "--within", upWithin.String(),
		"--tls-ca", cert.CA, "--tls-cert", cert.Cert, "--tls-key", cert.Key)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the streams: %w: %s: %s", err, out, c.processes["broker-1"].LastWords())
	}
	return nil
}
