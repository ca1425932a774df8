// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/prcheck/prcheck/internal/basekit"
)

// settled verifies a kit until it is noted that its contents were compared.
func settled(t *testing.T, kit *basekit.Kit) {
	t.Helper()
	for t.Context().Err() == nil {
		if err := kit.Verify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(kit.Path("looked")); err == nil {
			return
		}
	}
}

func TestDamageIsNoticedAfterALook(t *testing.T) {
	folder := filepath.Join(basekit.Prepared, "md5-cache", "cat")
	entry := filepath.Join(folder, "pkg-1")
	for name, damage := range map[string]func(dir string) error{
		"a file of the same size": func(dir string) error { return os.WriteFile(filepath.Join(dir, entry), []byte("two"), 0o644) },
		"a file of the same size and time": func(dir string) error {
			info, err := os.Stat(filepath.Join(dir, entry))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, entry), []byte("two"), 0o644), os.Chtimes(filepath.Join(dir, entry), info.ModTime(), info.ModTime()))
		},
		"another file in its place": func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "new"), []byte("two"), 0o644), os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, entry)))
		},
		"a file more":                   func(dir string) error { return os.WriteFile(filepath.Join(dir, folder, "pkg-2"), []byte("two"), 0o644) },
		"a file more in the top folder": func(dir string) error { return os.WriteFile(filepath.Join(dir, "more"), nil, 0o644) },
		"a lost file":                   func(dir string) error { return os.Remove(filepath.Join(dir, entry)) },
		"a changed list":                func(dir string) error { return os.WriteFile(filepath.Join(dir, "files"), nil, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newStore(t)
			kit := made(t, s, key("b1"), "one")
			settled(t, kit)
			if err := damage(kit.Dir()); err != nil {
				t.Fatal(err)
			}
			if err := kit.Verify(t.Context()); !errors.Is(err, basekit.ErrDamaged) {
				t.Fatalf("it said %v", err)
			}
		})
	}
}

func TestContentsAreComparedOnceABoot(t *testing.T) {
	s, _ := newStore(t)
	kit := made(t, s, key("b1"), "one")
	settled(t, kit)
	entry := kit.Path(basekit.Prepared, "md5-cache", "cat", "pkg-1")
	// What a disk loses changes no time: here the note says that the time of a change was seen.
	if err := os.WriteFile(entry, []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	later := []byte(`{"boot":"` + boot(t) + `","changed":9223372036854775807}`)
	if err := os.WriteFile(kit.Path("looked"), later, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := kit.Verify(t.Context()); err != nil {
		t.Fatalf("within the boot the note counts, but it said %v", err)
	}
	if err := os.WriteFile(kit.Path("looked"), []byte(`{"boot":"another","changed":9223372036854775807}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := kit.Verify(t.Context()); !errors.Is(err, basekit.ErrDamaged) {
		t.Fatalf("after another boot it said %v", err)
	}
}

func boot(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	return string(data[:len(data)-1])
}
