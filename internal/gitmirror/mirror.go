// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prcheck/prcheck/internal/gitops"
)

// mirror is one bare repository. Fetches and repairs hold its lock; reading needs none.
type mirror struct {
	owner *Mirrors
	dir   string
	host  string // SCHEME://HOST/ of the source

	lock chan struct{} // a mutex that can be given up waiting for

	mu     sync.Mutex
	src    Source
	looked time.Time // when it was last examined for damage
}

// examineEvery keeps a forge that is away from making us read whole mirrors again and again.
const examineEvery = 10 * time.Minute

func (mir *mirror) acquire(ctx context.Context) (func(), error) {
	select {
	case mir.lock <- struct{}{}:
		return func() { <-mir.lock }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the mirror's turn: %w", ctx.Err())
	}
}

// refs asks the source which commits refs name now. A ref that does not exist is missing in the answer.
func (mir *mirror) refs(ctx context.Context, names ...string) (map[string]string, error) {
	git, url, err := mir.remote(ctx)
	if err != nil {
		return nil, err
	}
	out, err := git.Run(ctx, mir.owner.dir, append([]string{"ls-remote", "--quiet", "--", url}, names...)...)
	if err != nil {
		return nil, fmt.Errorf("asking for the refs: %w", err)
	}
	found := map[string]string{}
	for line := range strings.Lines(out) {
		id, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok && gitops.IsCommitID(id) {
			found[name] = id
		}
	}
	return found, nil
}

// fetch brings refspecs in. Where that fails and the mirror turns out to be damaged, it is made anew and fetched again.
func (mir *mirror) fetch(ctx context.Context, refspecs ...string) error {
	release, err := mir.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := mir.create(ctx); err != nil {
		return err
	}
	err = mir.fetchInto(ctx, mir.dir, refspecs)
	if err == nil || ctx.Err() != nil || mir.sound(ctx) {
		return err
	}
	mir.owner.log.WarnContext(ctx, "Rebuilding a damaged mirror", "mirror", mir.name(), "error", err)
	return mir.rebuild(ctx, refspecs)
}

func (mir *mirror) fetchInto(ctx context.Context, dir string, refspecs []string) error {
	git, url, err := mir.remote(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force", "--", url}, refspecs...)
	if _, err := git.Run(ctx, dir, args...); err != nil {
		return fmt.Errorf("fetching: %w", err)
	}
	return nil
}

// create makes the empty repository, in one step that a crash cannot leave half done.
func (mir *mirror) create(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(mir.dir, "HEAD")); err == nil {
		return nil
	}
	fresh, err := os.MkdirTemp(mir.owner.dir, ".new-")
	if err != nil {
		return fmt.Errorf("making a mirror: %w", err)
	}
	if err := mir.initialise(ctx, fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return mir.install(fresh)
}

func (mir *mirror) initialise(ctx context.Context, dir string) error {
	if _, err := (gitops.Git{}).Run(ctx, dir, "init", "--quiet", "--bare", "--template=", "."); err != nil {
		return fmt.Errorf("making a mirror: %w", err)
	}
	return nil
}

// install puts a fresh repository where the mirror is.
func (mir *mirror) install(fresh string) error {
	if err := os.RemoveAll(mir.dir); err != nil {
		return fmt.Errorf("removing a damaged mirror: %w", err)
	}
	if err := os.Rename(fresh, mir.dir); err != nil {
		return fmt.Errorf("making a mirror: %w", err)
	}
	return nil
}

// rebuild fetches into a new repository, and replaces the mirror when that is complete.
func (mir *mirror) rebuild(ctx context.Context, refspecs []string) error {
	fresh, err := os.MkdirTemp(mir.owner.dir, ".new-")
	if err != nil {
		return fmt.Errorf("rebuilding a mirror: %w", err)
	}
	if err := mir.initialise(ctx, fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := mir.fetchInto(ctx, fresh, refspecs); err != nil {
		return errors.Join(fmt.Errorf("rebuilding a mirror: %w", err), os.RemoveAll(fresh))
	}
	return mir.install(fresh)
}

// sound says whether the mirror is undamaged as far as is known: its last examination is not long ago, or it passes one.
func (mir *mirror) sound(ctx context.Context) bool {
	now := mir.owner.clock.Now()
	mir.mu.Lock()
	recent := !mir.looked.IsZero() && now.Sub(mir.looked) < examineEvery
	if !recent {
		mir.looked = now
	}
	mir.mu.Unlock()
	if recent {
		return true
	}
	_, err := (gitops.Git{}).Run(ctx, mir.dir, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")
	return err == nil || ctx.Err() != nil
}

// damaged says whether a failed command in the mirror means that it must be made anew, and if so removes it.
func (mir *mirror) discardIfDamaged(ctx context.Context, cause error) bool {
	release, err := mir.acquire(ctx)
	if err != nil {
		return false
	}
	defer release()
	if mir.sound(ctx) {
		return false
	}
	mir.owner.log.WarnContext(ctx, "Discarding a damaged mirror", "mirror", mir.name(), "error", cause)
	return os.RemoveAll(mir.dir) == nil
}

// resolve returns what a ref of the mirror names, "" where there is none.
func (mir *mirror) resolve(ctx context.Context, ref string) string {
	id, err := (gitops.Git{}).Line(ctx, mir.dir, "rev-parse", "--quiet", "--verify", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return ""
	}
	return id
}

func (mir *mirror) name() string {
	mir.mu.Lock()
	defer mir.mu.Unlock()
	return mir.src.Name + " " + mir.src.URL
}

// Maintain packs the mirrors every interval until ctx ends. Fetches leave a pack each, and git does not tidy by itself here.
func (m *Mirrors) Maintain(ctx context.Context, interval time.Duration) error {
	ticker := m.clock.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
			m.packAll(ctx)
		}
	}
}

func (m *Mirrors) packAll(ctx context.Context) {
	m.mu.Lock()
	all := make([]*mirror, 0, len(m.mirrors))
	for _, mir := range m.mirrors {
		all = append(all, mir)
	}
	m.mu.Unlock()
	for _, mir := range all {
		if err := mir.pack(ctx); err != nil && ctx.Err() == nil {
			m.log.WarnContext(ctx, "Cannot pack a mirror", "mirror", mir.name(), "error", err)
		}
	}
}

func (mir *mirror) pack(ctx context.Context) error {
	release, err := mir.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Stat(filepath.Join(mir.dir, "HEAD")); err != nil {
		return nil // not made yet: nothing to pack
	}
	git := gitops.Git{Config: []gitops.Setting{{Key: "gc.auto", Value: "2000"}, {Key: "gc.autoPackLimit", Value: "20"}, {Key: "gc.autoDetach", Value: "false"}, {Key: "gc.writeCommitGraph", Value: "true"}}}
	_, err = git.Run(ctx, mir.dir, "gc", "--auto", "--quiet")
	return err
}
