//go:build unix

package pgserver

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a program we started; done is closed when it has ended, and err says how.
type child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// launch starts cmd as own, in a process group of its own so that Ctrl-C in our terminal does not reach it before we say so.
//
// The kernel's "tell the child when the parent dies" means the thread that started it, so that thread is kept until the
// child has ended.
func launch(cmd *exec.Cmd, own owner) (*child, error) {
	cmd.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Setpgid: true})
	if own.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(own.uid), Gid: uint32(own.gid), Groups: []uint32{}}
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// signal tells the program, unless it has ended.
func (c *child) signal(s syscall.Signal) {
	select {
	case <-c.done:
	default:
		_ = c.cmd.Process.Signal(s) // it may end at this very moment, which is what we want
	}
}

// stop signals and waits, then kills. It tells whether the signal was enough.
func (c *child) stop(s syscall.Signal, within time.Duration) bool {
	c.signal(s)
	select {
	case <-c.done:
		return true
	case <-time.After(within):
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // the whole group; gone already is fine
	<-c.done
	return false
}
