// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

// engineResult is what the engine's own run said.
type engineResult struct {
	Scope   plan.Scope `json:"scope"`
	Changes changes    `json:"changes"`
	Seconds float64    `json:"seconds"`
}

// engineRun takes a pair through the engine's stages with the automatic scope. Results are kept by everything that decides them.
func (l *Lab) engineRun(ctx context.Context, p *Pair) (*engineResult, error) {
	digest, err := l.engineDigest()
	if err != nil {
		return nil, err
	}
	key, err := l.oracle(p.Base, p.Configured).key(p.HeadCommit)
	if err != nil {
		return nil, err
	}
	file, err := cacheDir("runs", digest, key+".json.gz")
	if err != nil {
		return nil, err
	}
	found := &engineResult{}
	if ok, err := loadJSON(file, found); ok || err != nil {
		return found, err
	}
	if found, err = l.stages(ctx, p, plan.Scope{Kind: plan.ScopeAuto}, tampering{}); err != nil {
		return nil, err
	}
	return found, saveJSON(file, found)
}

// tampering is what a test does to a run of the engine, to see what comes of it.
type tampering struct {
	trust engine.Trust
	// fetched is called with the run's folder when the trees are laid out.
	fetched func(dir string) error
}

// stages takes a pair through the engine's stages.
func (l *Lab) stages(ctx context.Context, p *Pair, scope plan.Scope, with tampering) (*engineResult, error) {
	dir, err := os.MkdirTemp(l.dir, "engine-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder below another
	began := l.Clock.Now()
	e, planned, from, err := l.engine(p, scope, dir)
	if err != nil {
		return nil, err
	}
	e.Trust = with.trust
	if e.Kit, err = l.kit(ctx, p); err != nil {
		return nil, fmt.Errorf("making the kit of the base: %w", err)
	}
	if planned.Changed, err = l.changed(ctx, e, p); err != nil {
		return nil, err
	}
	if err := done(e.Fetch(ctx, planned, from)); err != nil {
		return nil, err
	}
	if with.fetched != nil {
		if err := with.fetched(dir); err != nil {
			return nil, err
		}
	}
	if err := done(e.Prepare(ctx, planned)); err != nil {
		return nil, err
	}
	if err := done(e.Scan(ctx, planned)); err != nil {
		return nil, err
	}
	v := engine.Evaluate(e.Layout.Bundle(), planned)
	if v.Reason != "" {
		return nil, fmt.Errorf("the verdict is %s: %s: %s", v.Conclusion, v.Reason, v.Message)
	}
	return &engineResult{v.Scope, changesIn(v), l.Clock.Since(began).Seconds()}, nil
}

// done fails where a stage did not complete.
func done(o plan.Outcome, err error) error {
	if err == nil && !o.OK() {
		err = fmt.Errorf("the %s stage: %s: %s", o.Stage, o.Reason, o.Message)
	}
	return err
}

// kit makes the kit of a pair's base, once, as trusted runs of the base do.
func (l *Lab) kit(ctx context.Context, p *Pair) (string, error) {
	l.mu.Lock()
	s := l.bases[p.Base.key]
	l.mu.Unlock()
	if s == nil {
		return "", nil // a base that is not shared
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if dir := s.kits[p.Configured]; dir != "" {
		return dir, nil
	}
	dir := filepath.Join(l.dir, "kits", p.Base.key+"-"+p.Configured)
	e, planned, from, err := l.engine(p, plan.Scope{Kind: plan.ScopePackages}, dir+"-work")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := e.MakeKit(ctx, planned, from, dir); err != nil {
		return "", err
	}
	s.kits[p.Configured] = dir
	return dir, os.RemoveAll(dir + "-work")
}

// engine makes an engine and a plan for a pair.
func (l *Lab) engine(p *Pair, scope plan.Scope, dir string) (*engine.Engine, plan.Plan, engine.Remote, error) {
	from := engine.Remote{Target: p.Base.store.dir, Masters: map[string]string{}}
	chain, err := engine.RootToolchain(l.Tools.Root, "rootfs")
	if err != nil {
		return nil, plan.Plan{}, from, err
	}
	e := &engine.Engine{
		Layout: engine.Layout{Root: filepath.Join(dir, "run"), Temporary: filepath.Join(dir, "tmp")}, Toolchain: chain,
		Git: gitops.Git{Protocols: []string{"file"}}, Clock: l.Clock,
	}
	planned := plan.Plan{
		Version: plan.Version, Repository: p.Configured, Scope: scope, Clock: Clock,
		Revision: plan.Revision{Base: p.Base.Commit, Head: p.HeadCommit, Merge: p.HeadCommit, Branch: "main"},
		Masters:  []plan.Master{},
		Snapshot: plan.Snapshot{
			Name: "soundness", Image: "rootfs", Profiles: l.Profiles, Jobs: 1, Keywords: p.Base.keywords(),
			Gate:        []finding.Level{finding.LevelError, finding.LevelWarning},
			Timeouts:    plan.Timeouts{Prepare: l.Patience, Scan: l.Patience},
			OutputBytes: 256 << 20, CommitChecks: plan.CommitsOff, // what they find has no base side
		},
	}
	for _, m := range p.Base.Masters {
		planned.Masters = append(planned.Masters, plan.Master{Name: m.Name, Commit: m.Commit, Branch: "main"})
		from.Masters[m.Name] = m.store.dir
	}
	return e, planned, from, e.Layout.Make()
}

func (l *Lab) changed(ctx context.Context, e *engine.Engine, p *Pair) ([]string, error) {
	changes, err := e.Git.Changes(ctx, p.Base.store.dir, p.Base.Commit, p.HeadCommit)
	return gitops.Paths(changes), err
}

// decidingFolders hold the source that decides what a run says.
var decidingFolders = []string{
	"internal/basekit", "internal/checker", "internal/compare", "internal/ebuild", "internal/engine", "internal/gitops", "internal/plan",
	"internal/scope", "internal/trees",
}

// engineDigest names the source of everything that decides a run.
func (l *Lab) engineDigest() (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, driver.Digest(), l.Tools.Key)
	for _, folder := range decidingFolders {
		err := filepath.WalkDir(filepath.Join(l.Tools.Source, folder), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || d != nil && (d.IsDir() || strings.HasSuffix(path, "_test.go")) {
				return nil
			}
			if err != nil {
				return err
			}
			data, err := os.ReadFile(path) //nolint:gosec // our own source
			fmt.Fprintf(sum, "%s %d\n%s", strings.TrimPrefix(path, l.Tools.Source), len(data), data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// folders writes both sides' trees, as the driver sees them. done removes the head's.
func (l *Lab) folders(_ context.Context, p *Pair) (base, head string, done func(), err error) {
	base = filepath.Join(filepath.Dir(p.Base.store.dir), "plain")
	l.mu.Lock()
	if _, serr := os.Stat(base); errors.Is(serr, fs.ErrNotExist) {
		err = write(p.Base.Tree, p.Base.Tree, base)
	}
	l.mu.Unlock()
	if err != nil {
		return "", "", nil, err
	}
	if head, err = os.MkdirTemp(l.dir, "head-"); err != nil {
		return "", "", nil, err
	}
	done = func() { _ = os.RemoveAll(head) } // a temporary folder below another
	return base, head, done, write(p.HeadTree, p.Base.Tree, head)
}

// masterTree is where a master's tree is laid out.
func (l *Lab) masterTree(b *Base, m Master) string {
	return filepath.Join(filepath.Dir(b.store.dir), "masters", m.folder(), "tree")
}
