package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
)

//go:embed broker.conf
var brokerConf string

var brokerTemplate = template.Must(template.New("broker.conf").Funcs(template.FuncMap{"list": list}).Parse(brokerConf))

// list writes strings as the broker's settings take them. They are subjects and addresses of ours, in which nothing need be escaped.
func list(all []string) string { return `["` + strings.Join(all, `", "`) + `"]` }

// bootstrapper is the one user who may make streams and consumers.
const bootstrapper = "bootstrap"

// settings of one broker, as its template takes them.
type settings struct {
	Name, Listen, Store string
	Sync                string
	ClusterListen       string
	Routes              []string
	Users               []user
}

type user struct {
	Public             string
	All                bool
	Publish, Subscribe []string
}

// openBrokers gives every broker its place, its port and its settings, and every service its key.
func (c *Cluster) openBrokers() (err error) {
	for _, name := range c.BrokerNames() {
		if c.ports[name], err = freePort(); err != nil {
			return err
		}
		if c.routes[name], err = freePort(); err != nil {
			return err
		}
	}
	users, err := c.users()
	if err != nil {
		return err
	}
	for _, name := range c.BrokerNames() {
		if err := c.openBroker(name, users); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) openBroker(name string, users []user) error {
	s := settings{
		Name: name, Listen: c.ports[name], Store: c.BrokerFolder(name), Sync: "2s",
		ClusterListen: c.routes[name], Users: users,
	}
	if c.SyncAlways {
		s.Sync = "always"
	}
	for _, other := range c.BrokerNames() {
		if other == name {
			continue
		}
		to, err := c.Via(name, other, c.routes[other])
		if err != nil {
			return err
		}
		s.Routes = append(s.Routes, "nats://"+to)
	}
	var conf bytes.Buffer
	if err := brokerTemplate.Execute(&conf, s); err != nil {
		return fmt.Errorf("write the settings of %s: %w", name, err)
	}
	path, err := c.note(name+".conf", conf.Bytes())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Store, 0o700); err != nil {
		return err
	}
	c.processes[name] = &Process{Name: name, binary: filepath.Join(c.Bin, "nats-server"), args: []string{"-c", path}, log: c.logOf(name)}
	return nil
}

// BrokerFolder is where a broker keeps its streams.
func (c *Cluster) BrokerFolder(name string) string { return c.folder(name) }

func (c *Cluster) logOf(name string) string { return filepath.Join(c.Dir, "log", name+".log") }

func (c *Cluster) users() (users []user, err error) {
	add := func(name string, u user) error {
		if c.keys[name], u.Public, err = bus.NewUser(); err != nil {
			return err
		}
		users = append(users, u)
		return nil
	}
	if err := add(bootstrapper, user{All: true}); err != nil {
		return nil, err
	}
	for _, s := range c.Services {
		u := user{}
		u.Publish, u.Subscribe = bus.Permissions(s.Name, s.Listens)
		if err := add(s.Name, u); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// brokerURLs are all brokers, as a service is told to reach them.
func (c *Cluster) brokerURLs(from string) (string, error) {
	var urls []string
	for _, name := range c.BrokerNames() {
		to, err := c.Via(from, name, c.ports[name])
		if err != nil {
			return "", err
		}
		urls = append(urls, "nats://"+to)
	}
	return strings.Join(urls, ","), nil
}

// BrokerURL is all brokers, reached directly.
func (c *Cluster) BrokerURL() string {
	var urls []string
	for _, name := range c.BrokerNames() {
		urls = append(urls, "nats://"+c.ports[name])
	}
	return strings.Join(urls, ",")
}

// Seed is the key of a service's user, or of the one who may make streams ("bootstrap").
func (c *Cluster) Seed(user string) []byte { return c.keys[user] }

// upWithin is how long brokers may take to agree who leads, and attempt how long an answer is waited for until then.
const (
	upWithin = 90 * time.Second
	attempt  = 3 * time.Second
)

// Bootstrap makes the streams and consumers, or updates them, as soon as enough brokers are there.
func (c *Cluster) Bootstrap(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	nc, err := bus.Connect(bus.Config{URL: c.BrokerURL(), Service: bootstrapper, Seed: c.keys[bootstrapper]})
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("make the streams: %w", err)
	}
	var speakers []string
	listens := map[string][]string{}
	for _, s := range c.Services {
		speakers, listens[s.Name] = append(speakers, s.Name), s.Listens
	}
	slices.Sort(speakers)
	for {
		// What is asked before there is a leader is not answered.
		once, cancel := context.WithTimeout(ctx, attempt)
		err := bus.Bootstrap(once, js, speakers, listens, bus.Storage{Replicas: c.Brokers})
		cancel()
		if err == nil {
			return nil
		}
		if wait(ctx, 200*time.Millisecond) != nil {
			return fmt.Errorf("make the streams: %w: %s", err, c.processes["broker-1"].LastWords())
		}
	}
}
