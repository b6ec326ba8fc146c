// Package disk is a disk whose power can be cut: a file system in a file, which forgets what was not synced when it is told to.
package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"
)

// Disk is a mounted file system of its own.
type Disk struct {
	Path  string // where it is mounted
	image string
}

// Possible tells whether such disks can be made here: it takes root, loop devices and mkfs.ext4.
func Possible() bool {
	dir, err := os.MkdirTemp("", "waypost-disk-")
	if err != nil {
		return false
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d, err := Make(context.Background(), dir, 16)
	return err == nil && d.Remove(context.Background()) == nil
}

// Make makes and mounts a disk of so many MiB, image and mount point in dir.
func Make(ctx context.Context, dir string, mib int64) (*Disk, error) {
	d := &Disk{Path: filepath.Join(dir, "mount"), image: filepath.Join(dir, "image")}
	if err := os.MkdirAll(d.Path, 0o755); err != nil { //nolint:gosec // the database's user must get through
		return nil, fmt.Errorf("make a disk: %w", err)
	}
	f, err := os.Create(d.image)
	if err != nil {
		return nil, fmt.Errorf("make a disk: %w", err)
	}
	if err := errors.Join(f.Truncate(mib<<20), f.Close()); err != nil {
		return nil, fmt.Errorf("make a disk: %w", err)
	}
	if err := run(ctx, "mkfs.ext4", "-q", "-F", d.image); err != nil {
		return nil, err
	}
	return d, d.Mount(ctx)
}

func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// Mount brings it back; ext4 replays its journal.
func (d *Disk) Mount(ctx context.Context) error {
	return run(ctx, "mount", "-o", "loop,noatime", d.image, d.Path)
}

// FS_IOC_SHUTDOWN of linux/fs.h, with the flag that leaves the journal unwritten: what was not synced is gone.
const (
	shutdown   = 0x8004587d
	noLogFlush = 2
)

// Cut is the power going: from here on every write fails, and what was not synced is lost. Kill who uses it, then call Restore.
func (d *Disk) Cut() error {
	f, err := os.Open(d.Path)
	if err != nil {
		return fmt.Errorf("cut the power of a disk: %w", err)
	}
	defer func() { _ = f.Close() }()
	how := uint32(noLogFlush)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&how))); e != 0 { //nolint:gosec // the kernel reads a number
		return fmt.Errorf("cut the power of a disk: %w", e)
	}
	return nil
}

// Restore brings it back after a cut, as it was when last synced. Nobody may use it any more.
func (d *Disk) Restore(ctx context.Context) error {
	for end := time.Now().Add(leaving); ; {
		err := run(ctx, "umount", d.Path)
		if err == nil {
			return d.Mount(ctx)
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
}

// leaving is how long the children of a process that was killed may take to see that it is gone.
const leaving = 20 * time.Second

// Fill leaves no room, until free is called.
func (d *Disk) Fill() (free func() error, err error) {
	path := filepath.Join(d.Path, "ballast")
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("fill a disk: %w", err)
	}
	defer func() { _ = f.Close() }()
	var at int64
	for size := int64(64 << 20); size >= 4096; {
		if err := syscall.Fallocate(int(f.Fd()), 0, at, size); err != nil { // in an instant; writing gigabytes would take half a minute
			size /= 2
			continue
		}
		at += size
	}
	return func() error { return errors.Join(os.Remove(path), d.sync()) }, nil
}

// sync keeps what was done to the disk itself: a removal that is not on it yet would be undone by the next cut.
func (d *Disk) sync() error {
	dir, err := os.Open(d.Path)
	if err != nil {
		return fmt.Errorf("sync a disk: %w", err)
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// Remove unmounts it and deletes its image.
func (d *Disk) Remove(ctx context.Context) error {
	if err := run(ctx, "umount", "-l", d.Path); err != nil {
		return err
	}
	return os.Remove(d.image)
}
