// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package nodecache is what a node keeps of one repository for later runs on it: git objects of the target and its masters, and their stores of
// trees (internal/trees). With it a run's fetch costs what the change costs.
//
//	DIR/git/NAME.git    bare repositories; a run's own borrow their objects
//	DIR/trees/NAME      stores of trees
//
// Only fetch, which runs nothing of a pull request, writes here. The other containers of a pod see the folder read-only, under the same path.
// Everything in it is named by content, so that nothing can be put there under another's name; and everything can be made anew, so that whatever
// is wrong with it ends in its removal, not in a failed run.
package nodecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Cache is the folder of one repository on this node.
type Cache struct {
	dir   string
	git   gitops.Git
	clock clock.PassiveClock
}

// Open returns the cache in dir, or the reason why there is none that can be written.
func Open(dir string, git gitops.Git, at clock.PassiveClock) (*Cache, error) {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return nil, fmt.Errorf("the node's cache %s: %w", dir, err)
	}
	for _, name := range []string{gitFolder, treesFolder} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return nil, fmt.Errorf("the node's cache: %w", err)
		}
	}
	return &Cache{dir, git, at}, nil
}

// The folders of a cache.
const (
	gitFolder   = "git"
	treesFolder = "trees"
)

// Stores returns the folders of the named repositories' stores of trees.
func Stores(dir string, names ...string) map[string]string {
	stores := map[string]string{}
	for _, name := range names {
		stores[name] = filepath.Join(dir, treesFolder, name)
	}
	return stores
}

// Objects returns the folders of the named repositories' git objects.
func Objects(dir string, names ...string) []string {
	folders := []string{}
	for _, name := range names {
		folders = append(folders, filepath.Join(bare(dir, name), "objects"))
	}
	return folders
}

func bare(dir, name string) string { return filepath.Join(dir, gitFolder, name+".git") }

// Provide makes the bare repository dst, which must not exist, with commits of the repository name: it borrows its objects from the cache,
// which gets from the given address what it has not. A cached repository that is damaged is made anew.
func (c *Cache) Provide(ctx context.Context, name, from, dst string, commits ...string) error {
	err := c.provide(ctx, name, from, dst, commits)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if ok, checkErr := c.Sound(ctx, name); ok || checkErr != nil {
		return errors.Join(err, checkErr)
	}
	if err := errors.Join(c.Discard(name), os.RemoveAll(dst)); err != nil {
		return err
	}
	return c.provide(ctx, name, from, dst, commits)
}

func (c *Cache) provide(ctx context.Context, name, from, dst string, commits []string) error {
	repo := bare(c.dir, name)
	if err := c.update(ctx, repo, from, commits); err != nil {
		return fmt.Errorf("bringing the node's copy of %s up to date: %w", name, err)
	}
	if err := c.git.InitBare(ctx, dst); err != nil {
		return err
	}
	info := filepath.Join(dst, "objects", "info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(info, "alternates"), []byte(filepath.Join(repo, "objects")+"\n"), 0o644); err != nil {
		return err
	}
	for _, id := range commits {
		if _, err := c.git.Run(ctx, dst, "update-ref", refPrefix+id, id); err != nil {
			return err
		}
	}
	return nil
}

// refPrefix begins the refs that keep what runs have fetched.
const refPrefix = "refs/prcheck/"

// update fetches what is missing. Runs take turns: the second finds what the first has fetched.
func (c *Cache) update(ctx context.Context, repo, from string, commits []string) error {
	held, err := lock(repo)
	if err != nil {
		return err
	}
	defer held.Close() //nolint:errcheck // nothing was written to it
	if _, err := os.Stat(repo); errors.Is(err, fs.ErrNotExist) {
		if err := c.init(ctx, repo); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", from}
	missing := 0
	for _, id := range commits {
		_, err := c.git.Run(ctx, repo, "rev-parse", "--quiet", "--verify", refPrefix+id+"^{tree}")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			missing++
			args = append(args, "+"+id+":"+refPrefix+id)
			continue
		}
		now := c.clock.Now() // the ref is in use, says its time to the keeper
		if err := os.Chtimes(filepath.Join(repo, refPrefix+id), now, now); err != nil {
			return err
		}
	}
	if missing == 0 {
		return nil
	}
	_, err = c.git.Run(ctx, repo, args...)
	return err
}

// init makes an empty repository in one step, so that a killed run leaves none that is half made.
func (c *Cache) init(ctx context.Context, repo string) error {
	temp, err := os.MkdirTemp(filepath.Dir(repo), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it has gone to its place
	if err := errors.Join(os.Chmod(temp, 0o755), c.git.InitBare(ctx, temp)); err != nil {
		return err
	}
	return os.Rename(temp, repo)
}

// lock waits for the right to change a cached repository; it ends with the process, or when the file is closed.
func lock(repo string) (*os.File, error) {
	f, err := os.OpenFile(repo+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", repo, err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", repo, err), f.Close())
		}
	}
}

// Sound says whether a cached repository's objects are what their names say. It reads them all.
func (c *Cache) Sound(ctx context.Context, name string) (bool, error) {
	repo := bare(c.dir, name)
	if _, err := os.Stat(repo); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	_, err := c.git.Run(ctx, repo, "fsck", "--full", "--no-dangling", "--no-progress")
	var failed *gitops.Error
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil || !errors.As(err, &failed) || failed.ExitCode < 0:
		return false, fmt.Errorf("examining the node's copy of %s: %w", name, err)
	}
	return false, nil
}

// Discard throws a cached repository away. Runs that borrow from it end with an error of git's, which they would soon have met anyhow.
func (c *Cache) Discard(name string) error {
	repo := bare(c.dir, name)
	held, err := lock(repo)
	if err != nil {
		return err
	}
	defer held.Close() //nolint:errcheck // nothing was written to it
	gone, err := os.MkdirTemp(filepath.Dir(repo), ".old-")
	if err != nil {
		return err
	}
	if err := os.Rename(repo, filepath.Join(gone, "git")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("throwing away the node's copy of %s: %w", name, err)
	}
	return os.RemoveAll(gone)
}
