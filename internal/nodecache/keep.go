// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package nodecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/trees"
)

// Limits say what a cache may keep.
type Limits struct {
	Unused time.Duration // entries and refs that nobody asked for since go
	InUse  time.Duration // longer than any run takes
	Bytes  int64         // of trees, for each repository; 0: no limit
}

// DefaultLimits suit a node with a disk of 100 GB.
var DefaultLimits = Limits{Unused: 14 * 24 * time.Hour, InUse: 24 * time.Hour, Bytes: 4 << 30}

// Keeper prunes all caches of a node.
type Keeper struct {
	Git   gitops.Git
	Clock clock.PassiveClock
	Limits
}

// Prepare makes the folders in which the namespaces' runs find their caches: below a folder that only owner may pass, each open to whoever has
// it mounted. The kubelet gives a repository's folder in it the same mode. It needs root.
func Prepare(dir string, owner int, namespaces []string) error {
	for _, namespace := range namespaces {
		if namespace == "" || strings.ContainsAny(namespace, "/.") {
			return fmt.Errorf("%q is no namespace", namespace)
		}
		path := filepath.Join(dir, namespace)
		if err := os.MkdirAll(path, 0o777); err != nil {
			return fmt.Errorf("making the node's cache: %w", err)
		}
		// Folders of repositories that the kubelet made before this one had its mode.
		made, err := filepath.Glob(filepath.Join(path, "*"))
		if err != nil {
			return fmt.Errorf("making the node's cache: %w", err)
		}
		for _, folder := range append(made, path) {
			if err := os.Chmod(folder, 0o777); err != nil {
				return fmt.Errorf("making the node's cache: %w", err)
			}
		}
	}
	if err := errors.Join(os.Chmod(dir, 0o700), os.Chown(dir, owner, owner)); err != nil {
		return fmt.Errorf("making the node's cache: %w", err)
	}
	return nil
}

// Prune goes once through the caches of all namespaces and repositories in dir, and goes on where one fails.
func (k *Keeper) Prune(ctx context.Context, dir string) (trees.Pruned, error) {
	total := trees.Pruned{}
	stores, err := filepath.Glob(filepath.Join(dir, "*", "*", treesFolder, "*"))
	if err != nil {
		return total, err
	}
	var failed error
	for _, path := range stores {
		pruned, err := k.pruneStore(ctx, path)
		failed = errors.Join(failed, err)
		total.Entries += pruned.Entries
		total.Bytes += pruned.Bytes
		total.Kept += pruned.Kept
		total.KeptBytes += pruned.KeptBytes
	}
	repositories, err := filepath.Glob(filepath.Join(dir, "*", "*", gitFolder, "*.git"))
	if err != nil {
		return total, err
	}
	for _, repo := range repositories {
		if err := k.pruneRepository(ctx, repo); err != nil {
			failed = errors.Join(failed, fmt.Errorf("pruning %s: %w", repo, err))
		}
	}
	return total, errors.Join(failed, ctx.Err())
}

func (k *Keeper) pruneStore(ctx context.Context, dir string) (trees.Pruned, error) {
	store, err := trees.Open(dir, k.Git)
	if err != nil {
		return trees.Pruned{}, err
	}
	return store.Prune(ctx, trees.Limits{Unused: k.Unused, InUse: k.InUse, Bytes: k.Bytes})
}

// pruneRepository removes refs of old runs, and then what no ref keeps and no run can still need. It packs what many fetches have brought.
func (k *Keeper) pruneRepository(ctx context.Context, repo string) error {
	held, err := lock(repo)
	if err != nil {
		return err
	}
	defer held.Close() //nolint:errcheck // nothing was written to it
	if err := k.pruneRefs(ctx, repo); err != nil {
		return err
	}
	seconds := fmt.Sprintf("%d.seconds.ago", int64(k.InUse/time.Second))
	git := k.Git
	// Loose refs keep the time of the run that asked for them.
	git.Config = append(git.Config, gitops.Setting{Key: "gc.packRefs", Value: "false"}, gitops.Setting{Key: "gc.autoDetach", Value: "false"},
		gitops.Setting{Key: "gc.auto", Value: "2000"}, gitops.Setting{Key: "gc.autoPackLimit", Value: "50"})
	_, err = git.Run(ctx, repo, "gc", "--quiet", "--auto", "--cruft", "--prune="+seconds)
	return err
}

// pruneRefs removes refs that are older than the limit, but never all.
func (k *Keeper) pruneRefs(ctx context.Context, repo string) error {
	folder := filepath.Join(repo, refPrefix)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old, newest := []string{}, time.Time{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && k.Clock.Since(info.ModTime()) > k.Unused && info.ModTime().Before(newest) {
			old = append(old, e.Name())
		}
	}
	for _, id := range old {
		if _, err := k.Git.Run(ctx, repo, "update-ref", "-d", refPrefix+id); err != nil {
			return err
		}
	}
	return nil
}
