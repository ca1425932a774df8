// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/mutation"
)

// version is part of the key of what is kept: count it up when the oracle scans in another way.
const version = 1

// oracle scans whole trees by the driver alone. It shares nothing with internal/engine but the driver and git's check-out, so that
// a mistake there shows as a difference.
type oracle struct {
	tools Tools
	base  *Base
	name  string // that the repository is configured by
	dir   string // the base's folder: repositories, masters, runs
	clock clock.PassiveClock
	kept  bool // nothing is scanned, only looked up
	odd   oddity
	// profiles are the statuses of those that scans look at.
	profiles []string
	patience time.Duration
}

// oddity is what a scan is done wrong by, to show that it matters.
type oddity struct {
	Origin  string    // the commit that origin/HEAD names
	Clock   time.Time // another instant
	Without string    // a file that is taken out of the prepared folder
	Owner   int       // the user whom the tree belongs to; 0: who scans it
}

// ErrUnscannable says that the tool itself does not get through a tree: a full scan gives no verdict either.
var ErrUnscannable = errors.New("the tool does not get through the tree")

// ErrNotKept says that a tree was not scanned before.
var ErrNotKept = errors.New("the tree was not scanned before")

// repository is one repository in the driver's requests.
type repository struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Prepared string `json:"prepared,omitempty"`
}

// inside is where the base's folder is shown to the driver.
const inside = "/prcheck"

// full scans the tree of a commit. The ignore file is that of the base, as for a pull request.
func (o *oracle) full(ctx context.Context, commit string, tree mutation.Tree) (*Scanned, error) {
	key, err := o.key(commit)
	if err != nil {
		return nil, err
	}
	kept, err := cacheDir("scans", key+".json.gz")
	if err != nil {
		return nil, err
	}
	found := &Scanned{}
	if ok, err := loadJSON(kept, found); ok || err != nil {
		return found, err
	}
	if o.kept {
		return nil, ErrNotKept
	}
	began := o.clock.Now()
	run, err := os.MkdirTemp(o.dir, "run-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(run) //nolint:errcheck // a temporary folder below another
	if err := o.scan(ctx, run, commit, tree, found); err != nil {
		return nil, fmt.Errorf("scanning all of %s at %s: %w", o.base.Name, commit, err)
	}
	found.Seconds = o.clock.Since(began).Seconds()
	return found, saveJSON(kept, found)
}

// key names everything that decides a scan.
func (o *oracle) key(commit string) (string, error) {
	_, digest := o.tools.driver()
	parts := []any{o.name, commit, o.base.Commit, o.base.Every, Clock, digest, o.tools.Key, version}
	for _, m := range o.base.Masters {
		parts = append(parts, m.Name, m.Commit)
	}
	if o.odd != (oddity{}) {
		parts = append(parts, o.odd)
	}
	if !slices.Equal(o.profiles, AllProfiles) {
		parts = append(parts, o.profiles)
	}
	data, err := json.Marshal(parts)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16]), err
}

func (o *oracle) scan(ctx context.Context, run, commit string, tree mutation.Tree, into *Scanned) error {
	git := gitops.Git{Protocols: []string{"file"}}
	if err := git.CheckOut(ctx, o.base.store.dir, commit, "main", filepath.Join(run, "tree")); err != nil {
		return err
	}
	if err := tame(filepath.Join(run, "tree"), tree, o.base.Tree); err != nil {
		return err
	}
	if err := o.oddly(ctx, git, filepath.Join(run, "tree")); err != nil {
		return err
	}
	target := repository{Name: o.name, Path: o.in(run, "tree")}
	if err := o.prepare(ctx, run, target, filepath.Join(run, "prepared")); err != nil {
		return err
	}
	var err error
	if into.Prepared, err = folder(filepath.Join(run, "prepared")); err != nil {
		return err
	}
	if o.odd.Without != "" {
		if err := os.Remove(filepath.Join(run, "prepared", o.odd.Without)); err != nil {
			return err
		}
	}
	target.Prepared = o.in(run, "prepared")
	at := Clock
	if !o.odd.Clock.IsZero() {
		at = o.odd.Clock
	}
	request := map[string]any{
		"protocol": driver.Protocol, "target": target, "masters": o.masters(true), "packages": nil, "wholeTree": []string{},
		"profiles": strings.Join(o.profiles, ","), "checks": []string{}, "keywords": o.base.keywords(), "verbose": true,
		"clock": at.Format(time.RFC3339), "work": o.in(run, "scan", "work"), "cache": o.in(run, "scan", "cache"), "jobs": 1, "packageSeconds": 0,
	}
	if into.Stream, err = o.drive(ctx, run, "scan", request); err != nil {
		return err
	}
	stream, err := into.stream()
	if err != nil {
		return err
	}
	return stream.Evidence()
}

// oddly makes of a check-out what is odd about it.
func (o *oracle) oddly(ctx context.Context, git gitops.Git, tree string) error {
	if o.odd.Origin != "" {
		if _, err := git.Run(ctx, tree, "update-ref", "refs/remotes/origin/main", o.odd.Origin); err != nil {
			return err
		}
	}
	if o.odd.Owner != 0 {
		return chown(tree, o.odd.Owner)
	}
	return nil
}

// chown gives a folder with all that is in it to a user.
func chown(dir string, user int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, user, user)) //nolint:gosec // nobody else writes there
	})
}

// prepareMasters lays the masters out and makes their metadata, once for all runs.
func (o *oracle) prepareMasters(ctx context.Context) error {
	git := gitops.Git{Protocols: []string{"file"}}
	for _, m := range o.base.Masters {
		dir := filepath.Join(o.dir, "masters", m.folder())
		if _, err := os.Stat(filepath.Join(dir, "prepared", "eclasses.json")); err == nil {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := git.CheckOut(ctx, m.store.dir, m.Commit, "main", filepath.Join(dir, "tree")); err != nil {
			return err
		}
		tree, err := m.store.read(ctx, m.Commit)
		if err != nil {
			return err
		}
		if err := tame(filepath.Join(dir, "tree"), tree, tree); err != nil {
			return err
		}
		target := repository{Name: m.Name, Path: o.in(dir, "tree")}
		alone := &oracle{tools: o.tools, base: &Base{Name: m.Name}, dir: o.dir, clock: o.clock, patience: o.patience}
		if err := alone.prepare(ctx, dir, target, filepath.Join(dir, "prepared")); err != nil {
			return fmt.Errorf("making the metadata of the master %s: %w", m.Name, err)
		}
	}
	return nil
}

func (o *oracle) prepare(ctx context.Context, run string, target repository, output string) error {
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	_, err := o.drive(ctx, run, "prepare", map[string]any{
		"protocol": driver.Protocol, "target": target, "masters": o.masters(false), "output": o.in(output), "seed": nil,
		"work": o.in(run, "prepare", "work"), "jobs": 1, "ebuildSeconds": 60,
	})
	return err
}

func (o *oracle) masters(prepared bool) []repository {
	list := []repository{}
	for _, m := range o.base.Masters {
		r := repository{Name: m.Name, Path: o.in(o.dir, "masters", m.folder(), "tree")}
		if prepared {
			r.Prepared = o.in(o.dir, "masters", m.folder(), "prepared")
		}
		list = append(list, r)
	}
	return list
}

// in is a path as the driver sees it.
func (o *oracle) in(names ...string) string {
	return inside + strings.TrimPrefix(filepath.Join(names...), o.dir)
}

// drive calls the driver and returns what it wrote.
func (o *oracle) drive(ctx context.Context, run, command string, request any) ([]byte, error) {
	dir := filepath.Join(run, command)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	data, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(run, driver.FileName)
	archive, _ := o.tools.driver()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "request.json"), data, 0o644), os.WriteFile(program, archive, 0o644)); err != nil {
		return nil, err
	}
	var said strings.Builder
	report, err := sandbox.Run(ctx, sandbox.Spec{
		Argv: []string{
			"/opt/pkgcheck/bin/python", "-I", o.in(program), command, "--request", o.in(dir, "request.json"), "--output", o.in(dir, "out"),
		},
		Env: []string{"PATH=/opt/pkgcheck/bin:/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}, Dir: o.in(run),
		Root:       o.tools.Root,
		Mounts:     []sandbox.Mount{{Source: o.dir, Target: inside, ReadOnly: true}, {Source: run, Target: o.in(run)}},
		ReadPaths:  []string{"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/proc", "/dev", inside},
		WritePaths: []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/shm", "/proc/self", o.in(run)},
		Limits:     sandbox.Limits{Timeout: o.patience},
	}, sandbox.Output{Writer: &said})
	if err != nil {
		return nil, err
	}
	if command == "scan" && (report.ExitCode == driver.ExitFailed || report.ExitCode == driver.ExitUnfinished) {
		return nil, fmt.Errorf("%w: %s", ErrUnscannable, said.String())
	}
	if report.TimedOut {
		return nil, fmt.Errorf("the driver's %s took longer than %s", command, o.patience)
	}
	if report.ExitCode != driver.ExitDone {
		return nil, fmt.Errorf("the driver's %s ended with code %d %s %s: %s", command, report.ExitCode, report.Signal, report.Refused, said.String())
	}
	return os.ReadFile(filepath.Join(dir, "out"))
}

// AllProfiles are the statuses of all profiles there are.
var AllProfiles = []string{"stable", "dev", "exp"}

// tame takes out of a check-out what nobody may believe, and gives it the base's ignore file.
func tame(dir string, tree, base mutation.Tree) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	for name, f := range tree {
		if f.Mode != "120000" {
			continue
		}
		if _, err := root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if err := errors.Join(root.Remove(name), root.WriteFile(name, []byte(f.Text), 0o644)); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"metadata/md5-cache", "metadata/pkg_desc_index", "metadata/pkgcheck.conf", "profiles/use.local.desc", ".gitignore"} {
		if err := root.RemoveAll(name); err != nil {
			return err
		}
	}
	if f, ok := base[".gitignore"]; ok {
		return root.WriteFile(".gitignore", []byte(f.Text), 0o644)
	}
	return nil
}
