package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a Waypost beside us, as make run starts it, without referrals of its own.
type process struct {
	cmd      *exec.Cmd
	address  string
	started  time.Time
	answered time.Time // when it first answered somebody who asked
}

func start(ctx context.Context, program, dir string) (_ *process, err error) {
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(ctx), program, "-dev", "-data", dir, "-addr", "127.0.0.1:0")}
	p.cmd.Env = append(os.Environ(), "DEMO=0")
	p.cmd.Stderr = os.Stderr
	said, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Waypost: %w", err)
	}
	lines := bufio.NewScanner(said)
	for p.address == "" && lines.Scan() { // it says so when its sample is in
		if _, address, ok := strings.Cut(lines.Text(), "answers at "); ok {
			p.address = strings.TrimSpace(address)
		}
	}
	if p.address == "" {
		return nil, errors.Join(errors.New("start Waypost: it ended before it answered"), p.kill())
	}
	if err := p.ask(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start Waypost: %w", err), p.kill())
	}
	p.answered = time.Now()
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return p, nil
}

func (p *process) ask(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end asks it to end, and waits until it has.
func (p *process) end() error {
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("end Waypost: %w", err)
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("end Waypost: %w", err)
	}
	return nil
}

func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill Waypost: %w", err)
	}
	_ = p.cmd.Wait() // says that it was killed
	return nil
}
