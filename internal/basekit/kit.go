// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package basekit keeps what trusted runs on a base leave for later runs with the same base: its metadata, its masters', the
// tool's caches as they were before any head was looked at, the planner's index, and full findings.
//
// A kit is a folder that is written once, under a temporary name, and then renamed: there are whole kits or none. It is named
// by everything that decides its content (Key), so that a kit can be missing but never stale. Runs read it and copy what they
// may write to; nothing that a head touched goes back. Every file has its digest in the kit's list, and who uses a kit
// verifies it beside its other work: a damaged kit is thrown away, and the run is repeated without it.
package basekit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The parts of a kit.
const (
	Prepared = "prepared" // the base's metadata, as the driver's prepare leaves it
	Masters  = "masters"  // NAME/: the masters' metadata
	Cache    = "cache"    // the tool's caches
	Index    = "index"    // the planner's index of the base
	Tables   = "tables"   // what the tool's checks are
	Findings = "findings" // ID/: a full scan of the base, by profile and day
)

// Files of the kit itself.
const (
	keyFile  = "kit.json"
	listFile = "files"
)

// ErrDamaged says that a kit is not what was written.
var ErrDamaged = errors.New("the kit is damaged")

// Kit is one kit in use.
type Kit struct {
	Key Key
	dir string
	use *lock
}

// record is what kit.json holds.
type record struct {
	Format int       `json:"format"`
	Key    Key       `json:"key"`
	Made   time.Time `json:"made"`
	List   string    `json:"list"` // digest of the list of files
}

// Dir is the kit's folder.
func (k *Kit) Dir() string { return k.dir }

// Path returns a path in the kit.
func (k *Kit) Path(names ...string) string {
	return filepath.Join(append([]string{k.dir}, names...)...)
}

// Close ends the use of the kit. It may be removed from then on.
func (k *Kit) Close() error {
	if k == nil || k.use == nil {
		return nil
	}
	err := k.use.release()
	k.use = nil
	return err
}

// open reads the record of a kit's folder. A folder that is no kit is damaged.
func open(dir string) (record, error) {
	var r record
	data, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil || r.Format != Format {
		return r, fmt.Errorf("%w: %s cannot be read", ErrDamaged, keyFile)
	}
	return r, nil
}

// seal writes the list of a folder's files and the kit's record.
func seal(ctx context.Context, dir string, key Key, made time.Time) error {
	sums, err := digests(ctx, dir)
	if err != nil {
		return err
	}
	list, err := writeList(filepath.Join(dir, listFile), sums)
	if err != nil {
		return err
	}
	data, err := json.Marshal(record{Format: Format, Key: key, Made: made, List: list})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, keyFile), data, 0o644)
}

// Verify compares every file of the kit with what was written. Findings have lists of their own.
func (k *Kit) Verify(ctx context.Context) error {
	r, err := open(k.dir)
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	if r.Key.ID() != k.Key.ID() {
		return fmt.Errorf("%w: it is the kit of another base", ErrDamaged)
	}
	return verify(ctx, k.dir, r.List)
}

// verify compares a folder with its list, whose own digest is given.
func verify(ctx context.Context, dir, digest string) error {
	want, got, err := readList(filepath.Join(dir, listFile))
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	if got != digest {
		return fmt.Errorf("%w: its list of files was changed", ErrDamaged)
	}
	if unchanged(dir, want) {
		return nil
	}
	return compareContents(ctx, dir, want)
}

// digest is a file's size and content.
type digest struct {
	size int64
	sum  [sha256.Size]byte
}

// digests reads the files below dir, but for the kit's own and its findings.
func digests(ctx context.Context, dir string) (map[string]digest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	names, err := listed(root)
	if err != nil {
		return nil, err
	}
	work := runtime.GOMAXPROCS(0)
	found := make([]digest, len(names))
	failed := make([]error, work)
	var wait sync.WaitGroup
	for w := range work {
		wait.Go(func() {
			for i := w; i < len(names) && failed[w] == nil && ctx.Err() == nil; i += work {
				found[i], failed[w] = digestOf(root, names[i])
			}
		})
	}
	wait.Wait()
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return nil, err
	}
	sums := make(map[string]digest, len(names))
	for i, name := range names {
		sums[name] = found[i]
	}
	return sums, nil
}

// listed names the files of a folder that its list has. There is nothing but files and folders in a kit.
func listed(root *os.Root) ([]string, error) {
	names := []string{}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == Findings && d.IsDir():
			return fs.SkipDir
		case d.IsDir(), slices.Contains(own, name), strings.HasPrefix(name, newPrefix):
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is neither file nor folder", name)
		case strings.ContainsAny(name, "\n\r"):
			return fmt.Errorf("%q cannot be the name of a file in a kit", name)
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

func digestOf(root *os.Root, name string) (digest, error) {
	var d digest
	f, err := root.Open(name)
	if err != nil {
		return d, err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	if d.size, err = io.Copy(h, f); err != nil {
		return d, err
	}
	h.Sum(d.sum[:0])
	return d, nil
}

// writeList writes lines "digest size name" and returns the digest of the whole.
func writeList(file string, sums map[string]digest) (string, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	w := bufio.NewWriter(io.MultiWriter(f, h))
	for _, name := range sortedNames(sums) {
		fmt.Fprintf(w, "%x %d %s\n", sums[name].sum, sums[name].size, name)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readList reads what writeList wrote.
func readList(file string) (map[string]digest, string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, "", err
	}
	whole := sha256.Sum256(data)
	sums := map[string]digest{}
	for line := range strings.Lines(string(data)) {
		sum, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		size, name, ok := strings.Cut(rest, " ")
		raw, err := hex.DecodeString(sum)
		n, err2 := strconv.ParseInt(size, 10, 64)
		if !ok || len(raw) != sha256.Size || err != nil || err2 != nil {
			return nil, "", fmt.Errorf("%.100q is no line of a list", line)
		}
		sums[name] = digest{n, [sha256.Size]byte(raw)}
	}
	return sums, hex.EncodeToString(whole[:]), nil
}
