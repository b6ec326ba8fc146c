package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Process is a program that is started again whenever it ends by itself, as whatever looks after processes does. Its
// port stays the same from one start to the next.
type Process struct {
	Name   string
	binary string
	args   []string
	env    []string
	log    string // the file that takes what it says

	mu     sync.Mutex
	now    *run // nil: it should not run
	last   *run
	starts int
}

// run is one life of a process.
type run struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
}

// again is how soon a supervisor starts what has ended.
const again = 100 * time.Millisecond

// Start starts it, unless it runs.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != nil {
		return nil
	}
	return p.start()
}

// start needs mu. The kernel ends the process when the thread that started it ends, so that thread is kept.
func (p *Process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	r := &run{cmd: exec.CommandContext(context.Background(), p.binary, p.args...), gone: make(chan struct{})} // it ends when it is told to
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = p.env, log, log
	r.cmd.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Setpgid: true})
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := r.cmd.Start()
		_ = log.Close() // the process has it
		started <- err
		if err == nil {
			_ = r.cmd.Wait() // why it ended stands in its log
			close(r.gone)
			p.ended(r)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.now, p.last = r, r
	p.starts++
	return nil
}

// ended starts it again, unless it was meant to end.
func (p *Process) ended(r *run) {
	<-time.After(again)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != r {
		return
	}
	if err := p.start(); err != nil {
		p.now = nil
	}
}

// setEnvironment counts from the next start on.
func (p *Process) setEnvironment(env []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.env = env
}

// Starts is how often it was started.
func (p *Process) Starts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starts
}

// PID is the process as the system knows it; 0 when it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return 0
	}
	return p.now.cmd.Process.Pid
}

// Kill is SIGKILL: the process has no last moment. It is started again.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// Pause is SIGSTOP: it keeps its connections and does nothing until Resume.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on where it was.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != nil {
		_ = p.now.cmd.Process.Signal(s) // it may have ended by itself
	}
}

// Down kills it and leaves it down until Start.
func (p *Process) Down() {
	if r := p.leave(); r != nil {
		_ = r.cmd.Process.Kill()
		<-r.gone
	}
}

// leave says that it should not run, and returns what still does.
func (p *Process) leave() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.now
	p.now = nil
	return r
}

// patience is how long a process that was asked to end may take.
const patience = 20 * time.Second

// Stop asks it to end, waits, and leaves it down until Start. It is killed when it takes too long.
func (p *Process) Stop() {
	r := p.leave()
	if r == nil {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGCONT)
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.gone:
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		<-r.gone
	}
}

// LastWords are the end of what it said.
func (p *Process) LastWords() string {
	f, err := os.Open(p.log)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, end-1000), io.SeekStart)
	}
	words, _ := io.ReadAll(f) // as much as there is
	return string(words)
}
