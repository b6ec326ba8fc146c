//go:build !linux

package cluster

import "syscall"

// dieWithParent can not be had here: when we are killed the processes stay.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }

// childrenOf can not be told here: they see by themselves that it is gone.
func childrenOf(int) []int { return nil }
