package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/services/all/internal/broker"
)

// ground is a private Postgres and a broker as Waypost on one machine has them, in a folder of their own.
type ground struct {
	dir      string
	postgres *pgserver.Server
	broker   *broker.Broker
}

func openGround(ctx context.Context, users []broker.User) (_ *ground, err error) {
	g := &ground{}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.dir, err = os.MkdirTemp("", "waypost-bench-"); err != nil {
		return nil, err
	}
	if err = os.Chmod(g.dir, 0o711); err != nil { //nolint:gosec // the database's user must get through to its own folder below
		return nil, err
	}
	g.postgres, err = pgserver.Start(ctx, pgserver.Options{Dir: g.dir + "/postgres", Install: g.dir + "/npm", MaxConnections: 200, SharedBuffers: "256MB"})
	if err != nil {
		return nil, err
	}
	g.broker, err = broker.Start(ctx, broker.Options{Dir: g.dir + "/broker", Users: users, Log: zap.NewNop()})
	return g, err
}

func (g *ground) close() {
	if g.broker != nil {
		g.broker.Stop()
	}
	if g.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = g.postgres.Stop(ctx) // the folder goes anyway
	}
	if g.dir != "" {
		_ = os.RemoveAll(g.dir)
	}
}

// machine is where the figures come from, because without it they mean nothing.
type machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	System    string `json:"system"`
	Go        string `json:"go"`
	Load      string `json:"load_before"` // what else was running: the average of the last minute
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s; load of the last minute %s", m.Processor, m.Cores, m.System, m.Go, m.Load)
}

func describe() (machine, error) {
	m := machine{Processor: "unknown processor", Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Load: "unknown"}
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, err
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.Processor = strings.TrimSpace(value)
			break
		}
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(b), " ")
	}
	return m, nil
}
