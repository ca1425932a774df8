// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// staging is where the new root is put together: any folder that exists everywhere will do, for only this mount namespace
// sees what is mounted there.
const staging = "/tmp"

// own are folders of the new root that are made anew; what the given root has there is not shown.
var own = map[string]bool{"proc": true, "sys": true, "dev": true, "tmp": true, "run": true, "prcheck": true}

// devices are all that /dev holds.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// enterRoot makes spec.Root, read-only, with spec.Mounts, a fresh /proc, /dev and /tmp the root of this process. It needs a
// mount and a process namespace of its own. The root's own folder is not touched.
func enterRoot(spec Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	old, err := os.Open("/") // keeps sources reachable where staging covers them
	if err != nil {
		return err
	}
	defer old.Close() //nolint:errcheck // a folder
	sources, err := openSources(spec)
	if err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", staging, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=16m"); err != nil {
		return fmt.Errorf("mounting the new root: %w", err)
	}
	if err := bindRoot(sources.root, hidden(spec.Mounts)); err != nil {
		return err
	}
	if err := makeSystem(); err != nil {
		return err
	}
	for i, m := range spec.Mounts {
		if err := bind(sources.mounts[i], filepath.Join(staging, m.Target), m.ReadOnly); err != nil {
			return err
		}
	}
	return pivot()
}

// sources are the outside's files and folders, opened before anything covers them.
type sources struct {
	root   *os.File
	mounts []*os.File
}

func openSources(spec Spec) (sources, error) {
	open := func(name string) (*os.File, error) {
		fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return os.NewFile(uintptr(fd), name), nil
	}
	var s sources
	var err error
	if s.root, err = open(spec.Root); err != nil {
		return s, err
	}
	for _, m := range spec.Mounts {
		f, err := open(m.Source)
		if err != nil {
			return s, err
		}
		s.mounts = append(s.mounts, f)
	}
	return s, nil
}

// system are folders of the root that are always shown: nothing else can be mounted in them.
var system = []string{"bin", "etc", "lib", "lib32", "lib64", "opt", "sbin", "usr"}

// hidden are the root's folders in which something of the outside is mounted. They are made anew, because the root's cannot be written to.
func hidden(mounts []Mount) map[string]bool {
	names := map[string]bool{}
	for _, m := range mounts {
		top, _, _ := strings.Cut(strings.TrimPrefix(m.Target, "/"), "/")
		if !slices.Contains(system, top) {
			names[top] = true
		}
	}
	return names
}

// bindRoot shows each entry of the root read-only in the new one, but for those to hide.
func bindRoot(root *os.File, hide map[string]bool) error {
	dir, err := os.Open(self(root))
	if err != nil {
		return err
	}
	defer dir.Close() //nolint:errcheck // a folder
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if own[e.Name()] || hide[e.Name()] {
			continue
		}
		show := bindEntry
		if e.Type()&os.ModeSymlink != 0 {
			show = copyLink
		}
		if err := show(root, e, staged(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copyLink makes a link at target that leads where the root's entry leads.
func copyLink(root *os.File, e os.DirEntry, target string) error {
	link, err := os.Readlink(filepath.Join(self(root), e.Name()))
	if err != nil {
		return err
	}
	return os.Symlink(link, target)
}

func bindEntry(root *os.File, e os.DirEntry, target string) error {
	fd, err := unix.Openat(int(root.Fd()), e.Name(), unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: e.Name(), Err: err}
	}
	f := os.NewFile(uintptr(fd), e.Name())
	defer f.Close() //nolint:errcheck // a path
	return bind(f, target, true)
}

func self(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// bind shows source at target, which is made. Flags that the source's file system is locked to are kept.
func bind(source *os.File, target string, readOnly bool) error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(source.Fd()), &stat); err != nil {
		return err
	}
	if err := mountPoint(target, stat.Mode&unix.S_IFMT == unix.S_IFDIR); err != nil {
		return err
	}
	if err := unix.Mount(self(source), target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting %s at %s: %w", source.Name(), strings.TrimPrefix(target, staging), err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(target, &fs); err != nil {
		return err
	}
	flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_NOSUID)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	for st, ms := range map[int64]uintptr{unix.ST_RDONLY: unix.MS_RDONLY, unix.ST_NODEV: unix.MS_NODEV, unix.ST_NOEXEC: unix.MS_NOEXEC} {
		if fs.Flags&st != 0 {
			flags |= ms
		}
	}
	if err := unix.Mount("", target, "", flags, ""); err != nil {
		return fmt.Errorf("protecting the mount at %s: %w", strings.TrimPrefix(target, staging), err)
	}
	return nil
}

func mountPoint(target string, dir bool) error {
	if dir {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// makeSystem makes /proc, /dev and /tmp.
func makeSystem() error {
	for _, name := range []string{"proc", "dev", "tmp", "run", "sys"} {
		if err := os.MkdirAll(staged(name), 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("proc", staged("proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := makeDevices(); err != nil {
		return err
	}
	for name, size := range map[string]string{"dev/shm": "256m", "tmp": "64m"} {
		if err := os.MkdirAll(staged(name), 0o755); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", staged(name), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777,size="+size); err != nil {
			return fmt.Errorf("mounting /%s: %w", name, err)
		}
	}
	return nil
}

// staged is where a path of the new root is while it is built.
func staged(name string) string { return filepath.Join(staging, name) }

// makeDevices fills /dev.
func makeDevices() error {
	for _, name := range devices {
		fd, err := unix.Open("/dev/"+name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: "/dev/" + name, Err: err}
		}
		f := os.NewFile(uintptr(fd), "/dev/"+name)
		if err := errors.Join(bind(f, staged("dev/"+name), false), f.Close()); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		if err := os.Symlink(target, staged("dev/"+name)); err != nil {
			return err
		}
	}
	return nil
}

// pivot makes staging the root and leaves nothing of the old one in this namespace.
func pivot() error {
	if err := os.Chdir(staging); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("changing the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the old root: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=16m"); err != nil && !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("protecting the new root: %w", err)
	}
	return os.Chdir("/")
}
