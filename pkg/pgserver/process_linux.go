package pgserver

import "syscall"

// dieWithParent makes the kernel switch the server off, cleanly, when we are killed.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGINT
	return a
}
