// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/stages"
	"github.com/prcheck/prcheck/test/toolchain"
)

// scanned is what a run left of one tree.
type scanned struct {
	Stream   []byte
	Packages []string // that the runner counted
}

// newRun makes the run in which two trees of a repository are scanned. Every keyword is asked for, which turns on the
// checks that are off by default.
func newRun(tb testing.TB, name string, t *trees, base, head string) *stages.Run {
	tb.Helper()
	run := stages.New(tb, name, t.repository, base, head, t.masters...)
	for _, k := range pkgcheck.DefaultTables().Keywords {
		run.Plan.Snapshot.Keywords = append(run.Plan.Snapshot.Keywords, k.Name)
	}
	return run
}

// scan scans two trees as the sides of one run. seed is a prepared folder to start from, or empty; where there is none yet, keep is
// where the run's own is copied to.
func scan(tb testing.TB, name string, t *trees, base, head, seed, keep string) (*scanned, *scanned) {
	tb.Helper()
	run := newRun(tb, name, t, base, head)
	if seed != "" {
		run.Engine.Seeds = map[string]string{name: seed}
	}
	outcomes := run.Go(tb)
	last := outcomes[len(outcomes)-1]
	if !last.OK() {
		tb.Fatalf("%s ended with %s: %s", last.Stage, last.Reason, last.Message)
	}
	sides := map[string]*scanned{}
	for _, side := range engine.Sides {
		data, err := os.ReadFile(run.Engine.Layout.Scanned(side + ".jsonl"))
		if err != nil {
			tb.Fatal(err)
		}
		stream, err := pkgcheck.Parse(bytes.NewReader(data), pkgcheck.DefaultLimits)
		if err == nil {
			err = stream.Evidence()
		}
		if err != nil {
			tb.Fatalf("the scan of %s: %v", run.Plan.Revision, err)
		}
		sides[side] = &scanned{data, last.Packages[side]}
	}
	if keep != "" {
		if err := os.CopyFS(keep, os.DirFS(run.Engine.Layout.Prepared(engine.Base))); err != nil {
			tb.Fatal(err)
		}
	}
	return sides[engine.Base], sides[engine.Head]
}

// judge compares two trees that were scanned, maybe in different runs: their results are put together to the bundle of one.
func judge(tb testing.TB, p plan.Plan, base, head *scanned) *verdict.Verdict {
	tb.Helper()
	bundle := fstest.MapFS{
		engine.StreamName(engine.Base): {Data: base.Stream},
		engine.StreamName(engine.Head): {Data: head.Stream},
	}
	for _, s := range []plan.Stage{plan.StageFetch, plan.StagePrepare, plan.StageScan} {
		o := plan.Outcome{Stage: s, OOMKills: -1}
		switch s {
		case plan.StageFetch:
			o.Commits = &plan.Commits{State: plan.CommitsDisabled}
		case plan.StageScan:
			o.Packages = map[string][]string{engine.Base: base.Packages, engine.Head: head.Packages}
		default: // prepare has no more to say
		}
		data, err := json.Marshal(o)
		if err != nil {
			tb.Fatal(err)
		}
		bundle[engine.OutcomeName(s)] = &fstest.MapFile{Data: data}
	}
	return engine.Evaluate(bundle, p)
}

// store keeps scans between tests, by everything that they are made of: tree, driver, toolchain, and the source of the stages.
type store struct{ dir string }

// deciding are the sources of the stages that decide what a scan says.
var deciding = []string{
	"internal/engine/assemble.go", "internal/engine/fetch.go", "internal/engine/metadata.go", "internal/engine/prepare.go",
	"internal/engine/scan.go", "internal/engine/tree.go", "internal/gitops/checkout.go",
}

func newStore(tb testing.TB, p plan.Plan) store {
	tb.Helper()
	sum := sha256.New()
	p.Repository, p.Revision, p.Changed, p.Masters = "", plan.Revision{}, nil, nil
	digest, err := plan.Digest(p)
	if err != nil {
		tb.Fatal(err)
	}
	fmt.Fprintln(sum, digest, driver.Digest(), toolchain.Key(tb))
	for _, file := range deciding {
		data, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			tb.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", file, len(data), data)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	return store{filepath.Join(cache, "prcheck", "corpus-scans", hex.EncodeToString(sum.Sum(nil))[:32])}
}

func (s store) file(repository string, t *trees, commit string) string {
	names := []string{repository, commit}
	for _, m := range t.masters {
		names = append(names, m.Commit)
	}
	return filepath.Join(s.dir, strings.Join(names, "-")+".gz")
}

// load returns a scan that is kept; nil where there is none.
func (s store) load(repository string, t *trees, commit string) (*scanned, error) {
	f, err := os.Open(s.file(repository, t, commit))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	found := &scanned{}
	return found, json.Unmarshal(data, found)
}

// save keeps a scan. The file gets its name when it is whole.
func (s store) save(repository string, t *trees, commit string, made *scanned) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, ".new-")
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(f)
	err = json.NewEncoder(packed).Encode(made)
	if err = errors.Join(err, packed.Close(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), s.file(repository, t, commit))
}
