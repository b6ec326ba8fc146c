//go:build unix && !linux

package pgserver

import "syscall"

// dieWithParent can not be had here: when we are killed the server stays, and the next start says that it is in use.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
