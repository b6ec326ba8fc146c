package cluster

import "syscall"

// dieWithParent has the kernel end the process when we are killed, so that none is left behind.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGKILL
	return a
}
