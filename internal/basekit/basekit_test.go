// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/basekit"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T) (*basekit.Store, *testclock.FakePassiveClock) {
	t.Helper()
	clk := testclock.NewFakePassiveClock(noon)
	return &basekit.Store{Dir: filepath.Join(t.TempDir(), "kits"), Clock: clk}, clk
}

func key(base string) basekit.Key {
	return basekit.Key{Repository: "heath", Base: base, Branch: "main", Toolchain: "t1", Driver: "d1"}
}

func fill(text string) func(string) error {
	return func(dir string) error {
		return errors.Join(
			os.MkdirAll(filepath.Join(dir, basekit.Prepared, "md5-cache", "cat"), 0o755),
			os.WriteFile(filepath.Join(dir, basekit.Prepared, "md5-cache", "cat", "pkg-1"), []byte(text), 0o644),
			os.WriteFile(filepath.Join(dir, basekit.Index), []byte("index"), 0o644),
		)
	}
}

func made(t *testing.T, s *basekit.Store, k basekit.Key, text string) *basekit.Kit {
	t.Helper()
	kit, err := s.Make(t.Context(), k, fill(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kit.Close() })
	return kit
}

func TestAKitIsFoundByItsWholeKeyOnly(t *testing.T) {
	s, _ := newStore(t)
	if _, err := s.Open(t.Context(), key("b1")); !errors.Is(err, basekit.ErrNone) {
		t.Fatalf("an empty store said %v", err)
	}
	kit := made(t, s, key("b1"), "one")
	if err := kit.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := s.Open(t.Context(), key("b1"))
	if err != nil || found.Dir() != kit.Dir() {
		t.Fatalf("found %v, %v", found, err)
	}
	others := map[string]basekit.Key{}
	for name, change := range map[string]func(*basekit.Key){
		"another base":       func(k *basekit.Key) { k.Base = "b2" },
		"another branch":     func(k *basekit.Key) { k.Branch = "dev" },
		"another repository": func(k *basekit.Key) { k.Repository = "moor" },
		"another toolchain":  func(k *basekit.Key) { k.Toolchain = "t2" },
		"another driver":     func(k *basekit.Key) { k.Driver = "d2" },
		"a master":           func(k *basekit.Key) { k.Masters = []basekit.Master{{Name: "gentoo", Commit: "c"}} },
	} {
		k := key("b1")
		change(&k)
		others[name] = k
	}
	for name, k := range others {
		if _, err := s.Open(t.Context(), k); !errors.Is(err, basekit.ErrNone) {
			t.Errorf("%s: the kit was found, or %v", name, err)
		}
	}
}

func TestAKitIsMadeOnce(t *testing.T) {
	s, _ := newStore(t)
	made(t, s, key("b1"), "one")
	kit, err := s.Make(t.Context(), key("b1"), func(string) error { t.Error("it was filled twice"); return nil })
	if err != nil {
		t.Fatal(err)
	}
	_ = kit.Close()
	if _, err := s.Make(t.Context(), key("b2"), func(string) error { return errors.New("no") }); err == nil {
		t.Fatal("a kit that could not be filled was made")
	}
	if _, err := s.Open(t.Context(), key("b2")); !errors.Is(err, basekit.ErrNone) {
		t.Fatalf("half a kit is there: %v", err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	entry := filepath.Join(basekit.Prepared, "md5-cache", "cat", "pkg-1")
	for name, damage := range map[string]func(dir string) error{
		"a changed file": func(dir string) error { return os.WriteFile(filepath.Join(dir, entry), []byte("two"), 0o644) },
		"a lost file":    func(dir string) error { return os.Remove(filepath.Join(dir, entry)) },
		"a file more":    func(dir string) error { return os.WriteFile(filepath.Join(dir, basekit.Prepared, "x"), nil, 0o644) },
		"a link for a file": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, entry)), os.Symlink("/etc/passwd", filepath.Join(dir, entry)))
		},
		"a changed list": func(dir string) error { return os.WriteFile(filepath.Join(dir, "files"), nil, 0o644) },
		"no record":      func(dir string) error { return os.Remove(filepath.Join(dir, "kit.json")) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newStore(t)
			kit := made(t, s, key("b1"), "one")
			if err := damage(kit.Dir()); err != nil {
				t.Fatal(err)
			}
			if err := kit.Verify(t.Context()); !errors.Is(err, basekit.ErrDamaged) {
				t.Fatalf("it said %v", err)
			}
			if err := s.Discard(kit.Key); err != nil {
				t.Fatal(err)
			}
			if err := kit.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Open(t.Context(), key("b1")); !errors.Is(err, basekit.ErrNone) {
				t.Fatalf("after it was thrown away: %v", err)
			}
			if err := made(t, s, key("b1"), "one").Verify(t.Context()); err != nil {
				t.Fatalf("made anew: %v", err)
			}
		})
	}
}

func TestTheNewestKitOfALineSeeds(t *testing.T) {
	s, clk := newStore(t)
	if _, err := s.Newest(t.Context(), key("b3")); !errors.Is(err, basekit.ErrNone) {
		t.Fatalf("an empty store said %v", err)
	}
	made(t, s, key("b1"), "one")
	clk.SetTime(noon.Add(time.Hour))
	second := made(t, s, key("b2"), "two")
	clk.SetTime(noon.Add(2 * time.Hour))
	other := key("b9")
	other.Toolchain = "t2"
	made(t, s, other, "other")
	kit, err := s.Newest(t.Context(), key("b3"))
	if err != nil || kit.Dir() != second.Dir() {
		t.Fatalf("found %v, %v", kit, err)
	}
	_ = kit.Close()
}

func TestPruneLeavesWhatIsInUseOrNew(t *testing.T) {
	s, clk := newStore(t)
	for i, base := range []string{"b1", "b2", "b3"} {
		clk.SetTime(noon.Add(time.Duration(i) * time.Hour))
		kit := made(t, s, key(base), "text")
		if base != "b1" {
			_ = kit.Close()
		}
	}
	has := func(base string) bool {
		_, err := os.Stat(filepath.Join(s.Dir, key(base).Line()+"-"+key(base).ID()))
		return err == nil
	}
	s.MaxBytes = 1
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !has("b1") || has("b2") || !has("b3") {
		t.Fatalf("by size: in use %t, older %t, newest %t", has("b1"), has("b2"), has("b3"))
	}
	s.MaxBytes, s.MaxAge = 0, time.Hour
	clk.SetTime(noon.Add(48 * time.Hour))
	if err := s.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !has("b1") || has("b3") {
		t.Fatalf("by age: in use %t, newest %t", has("b1"), has("b3"))
	}
}

func TestWaitingForAKitEndsWithTheContext(t *testing.T) {
	s, _ := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Make(t.Context(), key("b1"), func(string) error {
		cancel()
		_, err := s.Open(ctx, key("b1"))
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it said %v", err)
	}
}

func TestFindingsAreKeptByProfileAndDay(t *testing.T) {
	const id = "0123456789abcdef"
	s, _ := newStore(t)
	kit := made(t, s, key("b1"), "one")
	if _, err := kit.FullFindings(t.Context(), id); !errors.Is(err, basekit.ErrNone) {
		t.Fatalf("none were there: %v", err)
	}
	put := func() {
		if err := kit.PutFindings(t.Context(), id, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "base.jsonl"), []byte("{}\n"), 0o644)
		}); err != nil {
			t.Fatal(err)
		}
	}
	put()
	put() // the second is no mistake
	dir, err := kit.FullFindings(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := kit.Verify(t.Context()); err != nil {
		t.Fatalf("findings count as damage: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "base.jsonl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := kit.FullFindings(t.Context(), id); !errors.Is(err, basekit.ErrNone) {
		t.Fatalf("damaged findings: %v", err)
	}
	if _, err := kit.FullFindings(t.Context(), "../x"); err == nil || errors.Is(err, basekit.ErrNone) {
		t.Fatalf("a name that leads out: %v", err)
	}
}
