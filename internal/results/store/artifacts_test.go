// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/results/store"
)

// The points at which a child that puts an artifact is killed.
const (
	pointArtifactHalf  = "an artifact is half written"
	pointArtifactNamed = "an artifact is stored, and no row names it"
	pointArtifactDone  = "an artifact is acknowledged"
)

func artifact(key string) store.Artifact {
	return store.Artifact{Namespace: "ns", Repository: "guru", Kind: store.ArtifactKit, Key: key, Line: "line", Branch: "main", Base: "b", Run: hashOf(1)}
}

// putArtifact puts an artifact, up to a point.
func putArtifact(ctx context.Context, dir, point string) error {
	asked := map[string]int{pointArtifactNamed: 1}[point]
	s, err := store.Open(ctx, dir, haltingClock{left: &asked})
	if err != nil {
		return err
	}
	if _, err := s.PutArtifact(ctx, artifact("key"), &slowLog{rest: logText, halt: point == pointArtifactHalf}); err != nil {
		return err
	}
	halt()
	return errors.New("nobody killed this process")
}

// TestKilledWhilePuttingAnArtifact: whenever the server is killed, an artifact is there as a whole or not at all, nothing of it is left
// behind, and the next try succeeds.
func TestKilledWhilePuttingAnArtifact(t *testing.T) {
	t.Parallel()
	for _, point := range []string{pointArtifactHalf, pointArtifactNamed, pointArtifactDone} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			killed(t, dir, point)
			s := open(t, dir)
			_, err := s.Artifact(t.Context(), "ns", "guru", store.ArtifactKit, "key")
			if point == pointArtifactDone && err != nil || point != pointArtifactDone && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("after the kill: %v", err)
			}
			if got, want := len(artifactFiles(t, dir)), map[bool]int{true: 1}[point == pointArtifactDone]; got != want {
				t.Errorf("%d files are left, want %d", got, want)
			}
			if _, err := s.PutArtifact(t.Context(), artifact("key"), strings.NewReader(logText)); err != nil {
				t.Fatal(err)
			}
			if got := content(t, s, "key"); got != logText {
				t.Errorf("the artifact is %q", got)
			}
		})
	}
}

func artifactFiles(t *testing.T, dir string) []string {
	t.Helper()
	files := []string{}
	err := filepath.WalkDir(filepath.Join(dir, "artifacts"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func content(t *testing.T, s *store.Store, key string) string {
	t.Helper()
	a, err := s.Artifact(t.Context(), "ns", "guru", store.ArtifactKit, key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenArtifact(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func put(t *testing.T, s *store.Store, a store.Artifact, text string) *store.Artifact {
	t.Helper()
	got, err := s.PutArtifact(t.Context(), a, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTheFirstArtifactOfAKeyStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	first := put(t, s, artifact("key"), "first")
	if again := put(t, s, artifact("key"), "second"); again.Blob != first.Blob {
		t.Errorf("the second one is %+v, the first %+v", again, first)
	}
	elsewhere := artifact("key")
	elsewhere.Namespace = "other"
	put(t, s, elsewhere, "theirs")
	if got := content(t, s, "key"); got != "first" {
		t.Errorf("got %q", got)
	}
	if n := len(artifactFiles(t, dir)); n != 2 {
		t.Errorf("there are %d files", n)
	}
}

func TestTheNewestArtifactOfALineSeeds(t *testing.T) {
	t.Parallel()
	clk := testclock.NewFakePassiveClock(time.Unix(1_800_000_000, 0))
	s, err := store.Open(t.Context(), t.TempDir(), clk)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	if _, err := s.NewestArtifact(t.Context(), "ns", "guru", store.ArtifactKit, "line"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	for _, key := range []string{"old", "new"} {
		put(t, s, artifact(key), key)
		clk.SetTime(clk.Now().Add(time.Second))
	}
	other := artifact("newer, of another image")
	other.Line = "another"
	put(t, s, other, "x")
	if got, err := s.NewestArtifact(t.Context(), "ns", "guru", store.ArtifactKit, "line"); err != nil || got.Key != "new" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestADamagedArtifactIsForgotten: what the disk changed is noticed while it is read, and another can take its place.
func TestADamagedArtifactIsForgotten(t *testing.T) {
	t.Parallel()
	for sentence, damage := range map[string]func(path string) error{
		"a changed byte":      func(path string) error { return os.WriteFile(path, []byte("hEllo"), 0o600) },
		"a shorter file":      func(path string) error { return os.Truncate(path, 3) },
		"a file that is gone": os.Remove,
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			a := put(t, s, artifact("key"), "hello")
			if err := damage(artifactFiles(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
			r, err := s.OpenArtifact(t.Context(), a)
			if err == nil {
				_, err = io.ReadAll(r)
				_ = r.Close()
			}
			if !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("reading it: %v", err)
			}
			put(t, s, artifact("key"), "hello")
			if got := content(t, s, "key"); got != "hello" {
				t.Errorf("the new one is %q", got)
			}
		})
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	type made struct {
		key, branch string
		day         int // when it was made and used
		size        int
	}
	for sentence, test := range map[string]struct {
		made []made
		used []string // on day 9
		rule store.Retention
		want []string
	}{
		"without a rule everything stays": {
			made: []made{{"a", "main", 0, 10}, {"b", "main", 1, 10}}, want: []string{"a", "b"},
		},
		"what nobody uses goes, the newest of each branch stays": {
			made: []made{{"a", "main", 0, 10}, {"b", "main", 1, 10}, {"c", "stable", 0, 10}}, rule: store.Retention{Unused: 7 * day}, want: []string{"b", "c"},
		},
		"what is used stays": {
			made: []made{{"a", "main", 0, 10}, {"b", "main", 1, 10}}, used: []string{"a"}, rule: store.Retention{Unused: 7 * day}, want: []string{"a", "b"},
		},
		"above the size the last used ones stay": {
			made: []made{{"a", "main", 6, 10}, {"b", "main", 7, 10}, {"c", "main", 8, 10}}, used: []string{"a"}, rule: store.Retention{Bytes: 20}, want: []string{"a", "c"},
		},
		"not even the size removes what was used within a day": {
			made: []made{{"a", "main", 8, 10}, {"b", "main", 10, 10}}, used: []string{"a"}, rule: store.Retention{Bytes: 1}, want: []string{"a", "b"},
		},
		"not even the size removes the newest of a branch": {
			made: []made{{"a", "main", 0, 100}, {"b", "stable", 1, 100}}, rule: store.Retention{Unused: day, Bytes: 10}, want: []string{"a", "b"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			start := time.Unix(1_800_000_000, 0)
			clk := testclock.NewFakePassiveClock(start)
			dir := t.TempDir()
			s, err := store.Open(t.Context(), dir, clk)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range test.made {
				clk.SetTime(start.Add(time.Duration(m.day) * day))
				a := artifact(m.key)
				a.Branch = m.branch
				put(t, s, a, strings.Repeat(m.key, m.size))
			}
			clk.SetTime(start.Add(9*day + time.Hour))
			for _, key := range test.used {
				content(t, s, key)
			}
			clk.SetTime(start.Add(10 * day))
			pruned, err := s.PruneArtifacts(t.Context(), test.rule)
			if err != nil || pruned.Removed != len(test.made)-len(test.want) || pruned.Kept != len(test.want) {
				t.Errorf("pruned %+v, %v", pruned, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
			got := []string{}
			for _, m := range test.made {
				if _, err := s.Artifact(t.Context(), "ns", "guru", store.ArtifactKit, m.key); err == nil {
					got = append(got, m.key)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if n := len(artifactFiles(t, dir)); n != len(test.want) {
				t.Errorf("%d files are left", n)
			}
		})
	}
}

// TestOneFileOfTwoRowsStaysForTheOther: equal contents are one file.
func TestOneFileOfTwoRowsStaysForTheOther(t *testing.T) {
	t.Parallel()
	clk := testclock.NewFakePassiveClock(time.Unix(1_800_000_000, 0))
	s, err := store.Open(t.Context(), t.TempDir(), clk)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	put(t, s, artifact("a"), "same")
	put(t, s, artifact("b"), "same")
	clk.SetTime(clk.Now().Add(48 * time.Hour))
	if pruned, err := s.PruneArtifacts(t.Context(), store.Retention{Bytes: 1}); err != nil || pruned.Removed != 1 {
		t.Fatalf("%+v, %v", pruned, err)
	}
	if got := content(t, s, "b"); got != "same" {
		t.Errorf("got %q", got)
	}
}
