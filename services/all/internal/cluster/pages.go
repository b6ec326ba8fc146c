package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/house"
)

// Hall is what people see of a cluster beside what its services answer: how they sign in, and the sample. It opens every door in
// this process, to know which pages there are and to take the sample in, and runs none of them: the copies do the work.
//
// Provider answers in this process only. No deployed binary has a way to choose who to be.
type Hall struct {
	c     *Cluster
	doors all.Doors
	open  map[string]house.Door
}

// OpenHall opens the doors and has the front show their pages. Close it before the cluster.
func (c *Cluster) OpenHall(ctx context.Context, provider authn.Provider, home func(actor.Actor) string, log *zap.Logger) (_ *Hall, err error) {
	h := &Hall{c: c, open: map[string]house.Door{}}
	defer func() {
		if err != nil {
			h.Close()
			err = fmt.Errorf("show the pages: %w", err)
		}
	}()
	shown := map[string]house.Door{}
	for _, s := range all.Services(&h.doors) {
		config, err := c.doorConfig(s.Name)
		if err != nil {
			return nil, err
		}
		config.Provider, config.Home, config.Log = provider, home, log
		d, err := s.Open(ctx, config)
		if err != nil {
			return nil, err
		}
		h.open[s.Name] = d
		shown[s.Name] = page{d, c.signingIn(d, c.proxy(s.Name))}
	}
	front, err := house.Front(shown)
	if err != nil {
		return nil, err
	}
	c.front.handler.Store(&front)
	return h, nil
}

// page is a door whose requests go to a copy of its service.
type page struct {
	house.Door
	handler http.Handler
}

func (p page) Handler() http.Handler { return p.handler }

// signingIn answers here where people choose who to be, and nothing else.
func (c *Cluster) signingIn(d house.Door, other http.Handler) http.Handler {
	own := d.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == authn.SignInPath || strings.HasPrefix(r.URL.Path, authn.SignInPath+"/") {
			own.ServeHTTP(w, r)
			return
		}
		other.ServeHTTP(w, r)
	})
}

// doorConfig is what a copy of the service is told, for a door of it in this process.
func (c *Cluster) doorConfig(service string) (door.Config, error) {
	main, vaults := c.Databases.Main, c.Databases.Vault
	cert, err := c.Certificate(service)
	if err != nil {
		return door.Config{}, err
	}
	secure, err := cert.Config()
	if err != nil {
		return door.Config{}, err
	}
	config := door.Config{
		Area: c.Area, KeyFile: filepath.Join(c.Dir, "keys", "vault.keys"), TLS: secure, BrokerURL: c.BrokerURL(), BrokerSeed: c.keys[service],
		Token: c.token, Secret: c.secret, Simulated: c.Simulated, MaxConns: 4, Now: c.Now,
	}
	if config.Database, err = pg.As(main, service, ""); err != nil {
		return config, err
	}
	if config.Sessions, err = pg.As(main, authn.LoginRole, ""); err != nil {
		return config, err
	}
	if slices.Contains(vault.Services, service) {
		config.Vault, err = pg.As(vaults, service, "")
	}
	return config, err
}

// Doors are the opened services by name, for what needs one: register knows the people.
func (h *Hall) Doors() *all.Doors { return &h.doors }

// TakeSample takes the sample in, once in a cluster's life. The copies relay what it says.
func (h *Hall) TakeSample(ctx context.Context, out io.Writer) error {
	return h.doors.Sample(ctx, out, h.c.Dir, h.c.Databases, h.c.Services)
}

// Close lets the doors go.
func (h *Hall) Close() {
	for _, d := range h.open {
		d.Close()
	}
}
