// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package trees gives each side of a comparison its tree at a cost of the change: a content-addressed store of directories, named by
// git tree ids, and farms, which are trees that consist of symbolic links into it but for what must be real.
//
//	store, err := trees.Open(dir, git)
//	report, err := store.Farm(ctx, "/run/base", trees.Side{Repo: bare, Commit: base, Branch: "main", Ignore: ignore})
//	tree := trees.FS("/run/base") // an io/fs view in which links into the store are the folders that they stand for
//
// An entry is written once, by trusted code, from git objects, and never changed. Its name says its whole content: the tree's id and what
// was done to it (kind). What a farm shows is what Plain, a check-out of everything, would hold: links out of the tree are plain files,
// generated files are gone, times below profiles/ and eclass/ come from git ids. Where that cannot be said of a part by itself (a
// link from one package into another, a name that git refuses), Farm makes the plain tree.
//
// A store belongs to one repository: whoever may read one of its trees may read all. It is used by any number of processes at once.
package trees

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Store is a folder of entries. The zero value is of no use: see Open.
type Store struct {
	dir    string
	git    gitops.Git
	clock  clock.PassiveClock
	shared bool // others of the folder's group write here, too
	boot   string

	making sync.Map // key → *sync.Mutex
	fresh  sync.Map // key → time.Time of the last comparison
	mu     sync.Mutex
	healed []string
}

// format is the store's own folder; another layout gets another name.
const format = "trees-1"

// lockFile is held shared while entries are taken into use, and exclusively while entries are taken away.
const lockFile = ".lock"

// newPrefix and oldPrefix begin the names of entries that are being made, and thrown away.
const (
	newPrefix = ".new-"
	oldPrefix = ".old-"
)

// Open makes or opens the store in dir, an absolute path at which links lead into it: whoever is to read a farm must see the store there.
// A folder that its group may write to is shared: everything in it stays writable for the group.
func Open(dir string, git gitops.Git) (*Store, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the store of trees needs an absolute path, not %q", dir)
	}
	s := &Store{dir: filepath.Join(filepath.Clean(dir), format), git: git, clock: clock.RealClock{}, boot: bootID()}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the store of trees: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	s.shared = info.Mode()&0o020 != 0
	if err := s.mkdir(s.dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the store of trees: %w", err)
	}
	return s, nil
}

// Dir is the folder that links into the store in dir lead into.
func Dir(dir string) string { return filepath.Join(filepath.Clean(dir), format) }

// Dir is the folder that a farm's links lead into.
func (s *Store) Dir() string { return s.dir }

// Healed lists the entries that were found damaged and made anew since the store was opened.
func (s *Store) Healed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.healed...)
}

// bootID names this boot of the machine; empty where the system does not tell. What was written before a crash need not have
// reached the disk, whatever its size.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// mkdir makes a folder that the store's other writers can change, where there are any.
func (s *Store) mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil || !s.shared {
		return err
	}
	return os.Chmod(dir, 0o775|os.ModeSetgid)
}

// lock waits for the store's lock; unlock by closing the file.
func (s *Store) lock(how int) (*os.File, error) {
	mode := fs.FileMode(0o644)
	if s.shared {
		mode = 0o664
	}
	name := filepath.Join(s.dir, lockFile)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, mode)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(name) // another user's: reading is enough to lock it
	}
	if err != nil {
		return nil, fmt.Errorf("locking the store of trees: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking the store of trees: %w", err), f.Close())
		}
	}
}

// Role says whose tree it is; the times in it differ.
type Role int

// Roles of repositories in a run.
const (
	Target Role = iota
	Master
)

// Times of files below profiles/ and eclass/ are made from git ids, so that pkgcheck's caches, which believe times, are used for the same
// content and for no other. Only the newest file of a stack of profiles counts there, so the target's times are later than any master's.
const (
	masterEpoch = 900_000_000
	targetEpoch = 1_200_000_000
	stampBits   = 28
)

// stampedFolders are those whose times the tool believes.
var stampedFolders = []string{"profiles", eclassFolder}

// stampOf is the time of files in a folder that git calls id.
func stampOf(role Role, id string) (time.Time, error) {
	var n int64
	if len(id) < 8 {
		return time.Time{}, fmt.Errorf("%q is no git id", id)
	}
	if _, err := fmt.Sscanf(id[:8], "%08x", &n); err != nil {
		return time.Time{}, fmt.Errorf("%q is no git id: %w", id, err)
	}
	epoch := int64(targetEpoch)
	if role == Master {
		epoch = masterEpoch
	}
	return time.Unix(epoch+n&(1<<stampBits-1), 0), nil
}

// kind is what is done to a git tree to make an entry of it. It is part of the entry's name, so that the same git tree in another place of
// a repository, where other rules hold, is another entry.
type kind struct {
	name  string
	links bool // its folders are links to entries of packages
	// refused says that no link may be in it, because generated files are left out before links are looked at.
	refused bool
	before  []string // left out
	after   []string // taken away when links have been judged
	stamped bool
	role    Role
}

var (
	packageKind  = kind{name: "package"}
	categoryKind = kind{name: "category", links: true}
	metadataKind = kind{name: "metadata", refused: true, before: []string{"md5-cache", "pkg_desc_index", "pkgcheck.conf"}}
)

// kindOf is the kind of a top folder of a repository.
func kindOf(top string, role Role) kind {
	suffix := ""
	if role == Master {
		suffix = "-master"
	}
	switch top {
	case "metadata":
		return metadataKind
	case "profiles":
		return kind{name: "profiles" + suffix, after: []string{"use.local.desc"}, stamped: true, role: role}
	case eclassFolder:
		return kind{name: "eclass" + suffix, stamped: true, role: role}
	}
	return categoryKind
}

// key is the name of an entry.
func (k kind) key(id string) string { return k.name + "-" + id }

// treeFolder holds an entry's content, beside its seal.
const treeFolder = "tree"

// path is where an entry's content is.
func (s *Store) path(key string) string { return filepath.Join(s.dir, key, treeFolder) }

// Tree returns the folder with the content of a git tree: that of a package, or of any other folder that needs no rules but those for
// links. It is made where it is not there, and made anew where it is damaged.
func (s *Store) Tree(ctx context.Context, repo, id string) (string, error) {
	if !gitops.IsCommitID(id) {
		return "", fmt.Errorf("%q is no whole git id", id)
	}
	held, err := s.lock(unix.LOCK_SH)
	if err != nil {
		return "", err
	}
	defer held.Close() //nolint:errcheck // nothing was written to it
	objects := newObjects(ctx, s.git, repo)
	defer objects.close()
	if _, err := s.take(objects, packageKind, id); err != nil {
		return "", fmt.Errorf("making tree %s of %s: %w", id, repo, err)
	}
	return s.path(packageKind.key(id)), nil
}
