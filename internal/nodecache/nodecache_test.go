// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package nodecache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/trees"
)

// world is a repository that is fetched from, and a node's cache.
type world struct {
	git    gitops.Git
	origin string
	dir    string
	clock  *testclock.FakePassiveClock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	who := []string{"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t"}
	w := &world{
		git: gitops.Git{Protocols: []string{"file"}, Env: who}, origin: t.TempDir(), dir: t.TempDir(),
		clock: testclock.NewFakePassiveClock(time.Now()),
	}
	must(t, w.git.InitBare(t.Context(), w.origin))
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commit adds a commit with one package of that content, and a large file that never changes.
func (w *world) commit(t *testing.T, parent, content string) string {
	t.Helper()
	large := w.line(t, strings.Repeat("0123456789abcdef", 1<<14), "hash-object", "-w", "--stdin")
	blob := w.line(t, content, "hash-object", "-w", "--stdin")
	pkg := w.line(t, "100644 blob "+blob+"\tb-1.ebuild\n", "mktree")
	category := w.line(t, "040000 tree "+pkg+"\tb\n", "mktree")
	tree := w.line(t, "040000 tree "+category+"\ta\n100644 blob "+large+"\tlarge\n", "mktree")
	args := []string{"commit-tree", "-m", content, tree}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	id := w.line(t, "", args...)
	w.line(t, "", "update-ref", "refs/heads/"+id, id)
	return id
}

func (w *world) line(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, err := w.git.RunInput(t.Context(), w.origin, strings.NewReader(input), args...)
	must(t, err)
	return strings.TrimSpace(out)
}

func (w *world) open(t *testing.T) *Cache {
	t.Helper()
	c, err := Open(w.dir, w.git, w.clock)
	must(t, err)
	return c
}

// run does what a run does with the cache, and returns the content of the package in its tree.
func (w *world) run(t *testing.T, c *Cache, from, commit string) string {
	t.Helper()
	run := t.TempDir()
	must(t, c.Provide(t.Context(), "guru", from, run+"/target.git", commit))
	store, err := trees.Open(Stores(w.dir, "guru")["guru"], w.git)
	must(t, err)
	_, err = store.Farm(t.Context(), run+"/tree", trees.Side{Repo: run + "/target.git", Commit: commit, Branch: "main"})
	must(t, err)
	data, err := os.ReadFile(run + "/tree/a/b/b-1.ebuild")
	must(t, err)
	return string(data)
}

func TestALaterRunFetchesTheChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(t)
	first := w.commit(t, "", "1")
	if got := w.run(t, c, w.origin, first); got != "1" {
		t.Errorf("%q", got)
	}
	second := w.commit(t, first, "2")
	// Of the first commit nothing is asked for again: the large file could not be had any more.
	large := w.line(t, "", "rev-parse", first+":large")
	must(t, os.Remove(filepath.Join(w.origin, "objects", large[:2], large[2:])))
	if got := w.run(t, c, w.origin, second); got != "2" {
		t.Errorf("%q", got)
	}
	// What is there needs no server.
	if got := w.run(t, c, "/nowhere", second); got != "2" {
		t.Errorf("%q", got)
	}
	if err := c.Provide(t.Context(), "guru", "/nowhere", t.TempDir()+"/x", strings.Repeat("1", 40)); err == nil {
		t.Error("a commit came from nowhere")
	}
	if got := w.run(t, c, "/nowhere", first); got != "1" {
		t.Errorf("a server that cannot be reached cost the cache: %q", got)
	}
}

func TestADamagedRepositoryIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, repo string){
		"an object that is gone": func(t *testing.T, repo string) {
			t.Helper()
			must(t, os.RemoveAll(filepath.Join(repo, "objects")))
			must(t, os.Mkdir(filepath.Join(repo, "objects"), 0o755))
		},
		"a ref that names nothing": func(t *testing.T, repo string) {
			t.Helper()
			refs, err := filepath.Glob(filepath.Join(repo, refPrefix, "*"))
			must(t, err)
			must(t, os.WriteFile(refs[0], []byte("x\n"), 0o644))
		},
		"no repository at all": func(t *testing.T, repo string) {
			t.Helper()
			must(t, os.RemoveAll(repo))
			must(t, os.Mkdir(repo, 0o755))
		},
		"a pack with other bytes": func(t *testing.T, repo string) {
			t.Helper()
			packs, err := filepath.Glob(filepath.Join(repo, "objects", "??", "*"))
			must(t, err)
			more, err := filepath.Glob(filepath.Join(repo, "objects", "pack", "*.pack"))
			must(t, err)
			for _, path := range append(packs, more...) {
				must(t, os.Chmod(path, 0o644))
				data, err := os.ReadFile(path)
				must(t, err)
				for i := len(data) / 3; i < len(data)*2/3; i++ {
					data[i] ^= 0x55
				}
				must(t, os.WriteFile(path, data, 0o444))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.open(t)
			first := w.commit(t, "", "1")
			w.run(t, c, w.origin, first)
			damage(t, bare(w.dir, "guru"))
			second := w.commit(t, first, "2")
			// The cache itself notices what its own work meets; the rest is what a fetch does that failed with it.
			run := t.TempDir()
			if err := c.Provide(t.Context(), "guru", w.origin, run+"/target.git", second, first); err == nil {
				if _, err := w.git.Run(t.Context(), run+"/target.git", "rev-list", "--objects", second, first); err == nil {
					if _, err := w.git.Run(t.Context(), run+"/target.git", "cat-file", "blob", second+":large"); err == nil {
						return
					}
				}
			}
			if sound, err := c.Sound(t.Context(), "guru"); sound || err != nil {
				t.Fatalf("%t, %v", sound, err)
			}
			must(t, c.Discard("guru"))
			if got := w.run(t, c, w.origin, second); got != "2" {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestManyRunsFetchAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.commit(t, "", "0")
	commits := []string{}
	for i := range 8 {
		commits = append(commits, w.commit(t, first, fmt.Sprint(i)))
	}
	var runs sync.WaitGroup
	for i, commit := range commits {
		c := w.open(t)
		runs.Go(func() {
			if got := w.run(t, c, w.origin, commit); got != fmt.Sprint(i) {
				t.Errorf("%d: %q", i, got)
			}
		})
	}
	runs.Wait()
}

func TestAFolderThatCannotBeWrittenIsNoCache(t *testing.T) {
	t.Parallel()
	if _, err := Open(filepath.Join(t.TempDir(), "none"), gitops.Git{}, nil); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

func TestKeeperForgetsOldRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	node := t.TempDir()
	must(t, Prepare(node, os.Getuid(), []string{"team"}))
	w.dir = filepath.Join(node, "team", "overlay")
	must(t, os.Mkdir(w.dir, 0o700)) // as the kubelet made it, before the folder had its mode
	must(t, Prepare(node, os.Getuid(), []string{"team"}))
	if info, err := os.Stat(w.dir); err != nil || info.Mode().Perm() != 0o777 {
		t.Fatalf("%v, %v", info, err)
	}
	if info, err := os.Stat(node); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v", info, err)
	}
	c := w.open(t)
	base := w.commit(t, "", "1")
	old, current := w.commit(t, base, "2"), w.commit(t, base, "3")
	for _, id := range []string{base, old, current} {
		w.run(t, c, w.origin, id)
	}
	ref := func(id string) string { return filepath.Join(bare(w.dir, "guru"), refPrefix, id) }
	weeks := w.clock.Now().Add(-30 * 24 * time.Hour)
	must(t, os.Chtimes(ref(old), weeks, weeks))
	k := Keeper{Git: w.git, Clock: w.clock, Limits: DefaultLimits}
	if pruned, err := k.Prune(t.Context(), node); err != nil || pruned.Kept == 0 {
		t.Errorf("%+v, %v", pruned, err)
	}
	if _, err := os.Stat(ref(old)); err == nil {
		t.Error("a ref that nobody used for weeks is still there")
	}
	if _, err := os.Stat(ref(current)); err != nil {
		t.Error(err)
	}
	if got := w.run(t, c, "/nowhere", current); got != "3" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"", "..", "a/b"} {
		if Prepare(node, os.Getuid(), []string{bad}) == nil {
			t.Errorf("%q was taken for a namespace", bad)
		}
	}
}
