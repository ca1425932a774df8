// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/test/planted"
)

// one finds the single entry whose key begins with prefix and that has the file.
func one(t *testing.T, s *Store, prefix, file string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, prefix+"*", treeFolder, file))
	if err != nil || len(found) == 0 {
		t.Fatalf("no entry %s* has %s: %v", prefix, file, err)
	}
	return found[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hurt is what a damage is done to.
type hurt struct {
	t *testing.T
	s *Store
}

// damages are what can happen to files; each keeps whatever times it can.
func damages() map[string]func(hurt) {
	edit := func(t *testing.T, path, content string) {
		t.Helper()
		info, err := os.Stat(path)
		must(t, err)
		must(t, os.Chmod(path, 0o644))
		must(t, os.WriteFile(path, []byte(content), 0o644))
		must(t, os.Chmod(path, info.Mode().Perm()))
		must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	const ebuild, pkg = "one-1.ebuild", "package-"
	return map[string]func(h hurt){
		"a missing file":        func(h hurt) { must(h.t, os.Remove(one(h.t, h.s, pkg, ebuild))) },
		"a truncated file":      func(h hurt) { edit(h.t, one(h.t, h.s, pkg, ebuild), "") },
		"a changed byte":        func(h hurt) { edit(h.t, one(h.t, h.s, pkg, ebuild), "2") },
		"a changed mode":        func(h hurt) { must(h.t, os.Chmod(one(h.t, h.s, pkg, ebuild), 0o555)) },
		"a changed mode deeper": func(h hurt) { must(h.t, os.Chmod(one(h.t, h.s, pkg, "files/sub/q"), 0o555)) },
		"another file": func(h hurt) {
			planted.Write(h.t, filepath.Dir(one(h.t, h.s, pkg, ebuild)), map[string]string{"one-2.ebuild": "x"})
		},
		"another file deeper": func(h hurt) {
			planted.Write(h.t, filepath.Dir(one(h.t, h.s, pkg, "files/p.patch")), map[string]string{"x": "x"})
		},
		"a file that is a link": func(h hurt) {
			path := one(h.t, h.s, pkg, ebuild)
			must(h.t, os.Rename(path, path+".x"))
			must(h.t, os.Symlink(filepath.Base(path)+".x", path))
		},
		"a missing package": func(h hurt) {
			must(h.t, os.RemoveAll(filepath.Dir(filepath.Dir(one(h.t, h.s, pkg, ebuild)))))
		},
		"a package without content": func(h hurt) { must(h.t, os.RemoveAll(filepath.Dir(one(h.t, h.s, pkg, ebuild)))) },
		"a category without a link": func(h hurt) { must(h.t, os.Remove(one(h.t, h.s, "category-", "one"))) },
		"a link to another package": func(h hurt) {
			path := one(h.t, h.s, "category-", "two")
			must(h.t, os.Remove(path))
			must(h.t, os.Symlink("one", path))
		},
		"a category's file": func(h hurt) { edit(h.t, one(h.t, h.s, "category-", "metadata.xml"), "x") },
		"a profile":         func(h hurt) { edit(h.t, one(h.t, h.s, "profiles-", "repo_name"), "s") },
		"the time of a profile": func(h hurt) {
			must(h.t, os.Chtimes(one(h.t, h.s, "profiles-", "repo_name"), time.Unix(1, 0), time.Unix(1, 0)))
		},
		"a missing seal":             func(h hurt) { must(h.t, os.Remove(one(h.t, h.s, "category-", "../seal"))) },
		"an empty seal":              func(h hurt) { must(h.t, os.Truncate(one(h.t, h.s, "category-", "../seal"), 0)) },
		"a seal with a changed byte": func(h hurt) { flip(h.t, one(h.t, h.s, "profiles-", "../seal")) },
		"a seal with a missing line": func(h hurt) { cut(h.t, one(h.t, h.s, "metadata-", "../seal")) },
		"a seal and its packages": func(h hurt) {
			must(h.t, os.Remove(one(h.t, h.s, "category-", "../seal")))
			edit(h.t, one(h.t, h.s, pkg, ebuild), "2")
		},
		"an entry that is a file": func(h hurt) {
			dir := filepath.Dir(filepath.Dir(one(h.t, h.s, "metadata-", "layout.conf")))
			must(h.t, os.RemoveAll(dir))
			must(h.t, os.WriteFile(dir, nil, 0o644))
		},
		"all seals":   func(h hurt) { removeAll(h.t, h.s, sealFile) },
		"all content": func(h hurt) { removeAll(h.t, h.s, treeFolder) },
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(path, data, 0o644))
}

func cut(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	at := slices.Index(data, 0)
	must(t, os.WriteFile(path, slices.Delete(data, 0, at+1), 0o644))
}

func removeAll(t *testing.T, s *Store, name string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "*-*", name))
	must(t, err)
	for _, path := range found {
		must(t, os.RemoveAll(path))
	}
}

func TestDamageIsNoticedAndHealed(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	side := r.side(r.commit(t, ordinary()))
	plain := t.TempDir() + "/plain"
	must(t, Plain(t.Context(), r.git, plain, side))
	for name, damage := range damages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, r)
			same := func(t *testing.T, s *Store, side Side) { t.Helper(); sameAs(t, s, side, plain, nil) }
			same(t, s, side)
			again, err := Open(filepath.Dir(s.dir), r.git)
			must(t, err)
			same(t, again, side)
			if len(again.Healed()) > 0 {
				t.Fatalf("undamaged, and yet made anew: %v", again.Healed())
			}
			damage(hurt{t, s})
			again, err = Open(filepath.Dir(s.dir), r.git)
			must(t, err)
			same(t, again, side)
			if len(again.Healed()) == 0 {
				t.Error("nothing was made anew")
			}
			third, err := Open(filepath.Dir(s.dir), r.git)
			must(t, err)
			same(t, third, side)
			if len(third.Healed()) > 0 {
				t.Errorf("made anew again: %v", third.Healed())
			}
		})
	}
}

func TestDamageIsNoticedOnDemand(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	side := r.side(r.commit(t, ordinary()))
	plain := t.TempDir() + "/plain"
	must(t, Plain(t.Context(), r.git, plain, side))
	for name, damage := range damages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, r)
			same := func(t *testing.T, s *Store, side Side) { t.Helper(); sameAs(t, s, side, plain, nil) }
			same(t, s, side)
			if found, err := s.Verify(t.Context()); err != nil || len(found) > 0 {
				t.Fatalf("%v, %v", found, err)
			}
			damage(hurt{t, s})
			found, err := s.Verify(t.Context())
			if err != nil || len(found) == 0 && !strings.HasPrefix(name, "an entry that is") {
				t.Errorf("%v, %v", found, err)
			}
			later, err := Open(filepath.Dir(s.dir), r.git)
			must(t, err)
			same(t, later, side)
		})
	}
}

// TestWhatTheDiskChangedIsNoticedAfterABoot changes a content behind the seal's back: after a crash a file may have its size and not its bytes.
func TestWhatTheDiskChangedIsNoticedAfterABoot(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	side := r.side(r.commit(t, ordinary()))
	s := newStore(t, r)
	same(t, s, side)
	for _, file := range []string{"package-*/tree/one-1.ebuild", "profiles-*/tree/repo_name"} {
		found, err := filepath.Glob(filepath.Join(s.dir, file))
		must(t, err)
		must(t, os.Chmod(found[0], 0o644))
		must(t, os.WriteFile(found[0], []byte("2"), 0o644))
		must(t, os.Chmod(found[0], 0o444))
	}
	seals, err := filepath.Glob(filepath.Join(s.dir, "*-*", sealFile))
	must(t, err)
	for _, path := range seals {
		dir := filepath.Dir(path)
		sealed, err := readSeal(dir)
		must(t, err)
		sealed.changed = time.Now().Add(time.Hour).UnixNano() // no time tells
		must(t, s.writeSeal(dir, sealed))
		if err := compare(filepath.Join(dir, treeFolder), sealed, false); err != nil {
			t.Fatalf("the damage is not what the test is about: %v", err)
		}
	}
	later, err := Open(filepath.Dir(s.dir), r.git)
	must(t, err)
	later.boot = "another"
	same(t, later, side)
	if healed := later.Healed(); len(healed) != 4 { // both categories that have the package, it, and profiles
		t.Errorf("made anew: %v", healed)
	}
	// That boot has seen the contents, and does not look again.
	sealed, err := readSeal(filepath.Dir(one(t, later, "metadata-", "../seal")))
	if err != nil || sealed.boot != "another" {
		t.Errorf("%+v, %v", sealed, err)
	}
}

// TestNothingHalfIsBelieved stops the making of an entry at its worst moments.
func TestNothingHalfIsBelieved(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	side := r.side(r.commit(t, ordinary()))
	s := newStore(t, r)
	must(t, os.MkdirAll(filepath.Join(s.dir, newPrefix+"1", treeFolder, "x"), 0o755)) // killed while it wrote
	same(t, s, side)
	entries, err := filepath.Glob(filepath.Join(s.dir, "*-*"))
	must(t, err)
	for _, dir := range entries {
		if _, err := readSeal(dir); err != nil && !strings.HasPrefix(filepath.Base(dir), newPrefix) {
			t.Errorf("%s is in place without a seal: %v", dir, err)
		}
	}
}

func TestStoreIsUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	files := ordinary()
	commits := []string{}
	for _, name := range []string{"app-a/one/a", "app-a/two/b", "profiles/c", "app-b/one/d"} {
		files[name] = name
		commits = append(commits, r.commit(t, files))
	}
	dir, out := t.TempDir(), t.TempDir()
	want := map[string]map[string]string{}
	for _, commit := range commits {
		must(t, Plain(t.Context(), r.git, filepath.Join(out, commit), r.side(commit)))
		want[commit] = contents(t, filepath.Join(out, commit))
	}
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			s, err := Open(dir, r.git)
			if err != nil {
				t.Error(err)
				return
			}
			for j, commit := range slices.Concat(commits, commits) {
				dst := filepath.Join(out, string(rune('a'+i))+string(rune('a'+j)))
				if _, err := s.Farm(t.Context(), dst, r.side(commit)); err != nil {
					t.Error(err)
					continue
				}
				if _, err := s.Prune(t.Context(), Limits{InUse: time.Hour}); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(want[commit], contents(t, dst)); diff != "" {
					t.Errorf("(-plain +farm):\n%s", diff)
				}
			}
		})
	}
	workers.Wait()
}

func TestFilesOfTheStoreCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	s := newStore(t, r)
	same(t, s, r.side(r.commit(t, ordinary())))
	must(t, filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.Contains(path, "/"+treeFolder+"/") {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o222 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		return nil
	}))
}

func TestPrune(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	s := newStore(t, r)
	start := time.Now()
	times := testclock.NewFakePassiveClock(start)
	s.clock = times
	same := func(t *testing.T, s *Store, side Side) {
		t.Helper()
		s.fresh.Clear() // a minute later
		same(t, s, side)
	}
	first := ordinary()
	old := r.side(r.commit(t, first))
	same(t, s, old)
	age(t, s, start.Add(-72*time.Hour))
	current := r.side(r.commit(t, with(first, map[string]string{"app-a/one/one-1.ebuild": "another", "profiles/repo_name": "other"})))
	same(t, s, current)

	if got, err := s.Prune(t.Context(), Limits{Unused: 30 * 24 * time.Hour}); err != nil || got.Entries != 0 {
		t.Errorf("nothing is due: %+v, %v", got, err)
	}
	if got, err := s.Prune(t.Context(), Limits{Unused: 48 * time.Hour, InUse: 100 * time.Hour}); err != nil || got.Entries != 0 {
		t.Errorf("all is in use: %+v, %v", got, err)
	}
	got, err := s.Prune(t.Context(), Limits{Unused: 48 * time.Hour})
	if err != nil || got.Entries != 2 { // the old app-a and the old profiles; the package is needed by app-b
		t.Errorf("%+v, %v", got, err)
	}
	same(t, s, current)
	same(t, s, old)
	if len(s.Healed()) > 0 {
		t.Errorf("what was gone counts as damaged: %v", s.Healed())
	}

	age(t, s, start.Add(-72*time.Hour))
	same(t, s, current)
	got, err = s.Prune(t.Context(), Limits{Unused: 1000 * time.Hour, Bytes: 1})
	if err != nil || got.Entries != 2 {
		t.Errorf("by size: %+v, %v", got, err)
	}
	times.SetTime(start.Add(time.Hour))
	if got, err := s.Prune(t.Context(), Limits{Every: 2 * time.Hour}); err != nil || got != (Pruned{}) {
		t.Errorf("too early: %+v, %v", got, err)
	}
	times.SetTime(start.Add(1000 * time.Hour))
	must(t, os.Mkdir(filepath.Join(s.dir, newPrefix+"x"), 0o755))
	if got, err := s.Prune(t.Context(), Limits{Unused: time.Hour}); err != nil || got.Kept != 0 || got.Leftovers != 1 {
		t.Errorf("everything: %+v, %v", got, err)
	}
	same(t, s, current)
}

// age gives all entries a time of last use.
func age(t *testing.T, s *Store, to time.Time) {
	t.Helper()
	seals, err := filepath.Glob(filepath.Join(s.dir, "*-*", sealFile))
	must(t, err)
	for _, path := range seals {
		must(t, os.Chtimes(path, to, to))
	}
}

func TestRealize(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	side := r.side(r.commit(t, ordinary()))
	s := newStore(t, r)
	dir := t.TempDir()
	must(t, Plain(t.Context(), r.git, dir+"/plain", side))
	want := contents(t, dir+"/plain")
	for name, paths := range map[string][]string{
		"a package": {"app-a/one/one-1.ebuild"}, "a category": {"app-a"}, "profiles": {"profiles/x"}, "two steps": {"app-a/one", "app-a/two", "eclass", "nothing/at/all", "README"},
	} {
		farm := filepath.Join(dir, name)
		_, err := s.Farm(t.Context(), farm, side)
		must(t, err)
		for _, path := range paths { // one after the other, and again
			must(t, s.Realize(farm, []string{path}))
			must(t, s.Realize(farm, []string{path}))
		}
		if diff := cmp.Diff(want, contents(t, farm)); diff != "" {
			t.Errorf("%s (-plain +farm):\n%s", name, diff)
		}
		for _, path := range paths {
			if _, ok := strings.CutPrefix(path, "nothing"); ok {
				continue
			}
			if real, err := filepath.EvalSymlinks(filepath.Join(farm, strings.TrimSuffix(path, "/x"))); err != nil || !strings.HasPrefix(real, farm) {
				t.Errorf("%s is at %s: %v", path, real, err)
			}
		}
	}
	farm := filepath.Join(dir, "damaged")
	_, err := s.Farm(t.Context(), farm, side)
	must(t, err)
	path := one(t, s, "package-", "one-1.ebuild")
	must(t, os.Chmod(path, 0o644))
	must(t, os.WriteFile(path, []byte("2"), 0o444))
	var damaged *damageError
	if err := s.Realize(farm, []string{"app-a/one"}); !errors.As(err, &damaged) {
		t.Errorf("a changed content was copied: %v", err)
	}
}

// TestADamagedRepositoryIsRefused swaps two objects' files: git reads what is there and says nothing.
func TestADamagedRepositoryIsRefused(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	one := r.line(t, []byte("1"), "hash-object", "-w", "--stdin")
	other := r.line(t, []byte("2"), "hash-object", "-w", "--stdin")
	tree := r.line(t, []byte("100644 blob "+one+"\tx\n"), "mktree")
	commit := r.line(t, nil, "commit-tree", "-m", "x", tree)
	file := func(id string) string { return filepath.Join(r.dir, "objects", id[:2], id[2:]) }
	must(t, os.Rename(file(other), file(one)))
	if _, err := newStore(t, r).Farm(t.Context(), t.TempDir()+"/farm", r.side(commit)); err == nil {
		t.Error("another content was taken for it")
	}
}

// TestHistory asks git about a farm as pkgcheck does.
func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	commit := r.commit(t, ordinary())
	dir := t.TempDir() + "/farm"
	_, err := newStore(t, r).Farm(t.Context(), dir, r.side(commit))
	must(t, err)
	for want, args := range map[string][]string{
		commit:                     {"rev-parse", "origin/HEAD"},
		"main":                     {"rev-parse", "--abbrev-ref", "HEAD"},
		"refs/remotes/origin/main": {"symbolic-ref", "refs/remotes/origin/HEAD"},
		"A\tREADME":                {"log", "--format=", "--name-status", "--", "README"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Env = dir, r.git.Environ()
		if out, err := cmd.Output(); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("git %v: %q, %v", args, out, err)
		}
	}
}
