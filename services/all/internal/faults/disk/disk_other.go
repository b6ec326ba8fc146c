//go:build !linux

// Package disk is a disk whose power can be cut. It can be had on Linux only.
package disk

import (
	"context"
	"errors"
)

var errNotHere = errors.New("disks whose power can be cut can be made on Linux only")

// Disk is a mounted file system of its own.
type Disk struct{ Path string }

// Possible is false here.
func Possible() bool { return false }

// Make can not be done here.
func Make(context.Context, string, int64) (*Disk, error) { return nil, errNotHere }

// Mount can not be done here.
func (*Disk) Mount(context.Context) error { return errNotHere }

// Cut can not be done here.
func (*Disk) Cut() error { return errNotHere }

// Restore can not be done here.
func (*Disk) Restore(context.Context) error { return errNotHere }

// Fill can not be done here.
func (*Disk) Fill() (func() error, error) { return nil, errNotHere }

// Remove can not be done here.
func (*Disk) Remove(context.Context) error { return errNotHere }
