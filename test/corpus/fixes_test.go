// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/local"
	"github.com/prcheck/prcheck/test/toolchain"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// fixes is how many of the cases have a patch; the test below must not shrink unseen.
const fixes = 194

// sideBySide is how many runs go on at a time.
const sideBySide = 2

// scannedTree is one state of one repository, and what a scan of it found.
type scannedTree struct {
	commit   string
	stream   []byte
	packages []string
	plan     plan.Plan // of the run that scanned it
}

// repository is one of the test data's repositories, with a commit for its base and one for each fix on top of it.
type repository struct {
	name  string
	bare  string
	base  *scannedTree
	fixed map[string]*scannedTree // by case name
	seed  string
}

// TestFixes scans each tree once and compares each mended one with its base in both directions: the case's keyword must be fixed, or
// new.
func TestFixes(t *testing.T) {
	t.Parallel()
	testdata := toolchain.Corpus(t)
	all, err := Cases(testdata)
	if err != nil {
		t.Fatal(err)
	}
	repositories, count := map[string]*repository{}, 0
	for _, c := range all {
		if c.Fix() == "" {
			continue
		}
		count++
		r, ok := repositories[c.Repository]
		if !ok {
			r = commitBase(t, testdata, c.Repository)
			repositories[c.Repository] = r
		}
		r.fixed[c.Name()] = &scannedTree{commit: r.commitFix(t, c)}
	}
	if count != fixes {
		t.Errorf("%d fixes, want %d", count, fixes)
	}
	scanAll(t, testdata, repositories)
	known := exceptions(t)
	for _, c := range all {
		if c.Fix() == "" {
			continue
		}
		r := repositories[c.Repository]
		problem := r.judge(t, c)
		reason, excepted := known[c.Name()]
		delete(known, c.Name())
		switch {
		case problem != "" && !excepted:
			t.Errorf("%s: %s", c.Name(), problem)
		case problem == "" && excepted:
			t.Errorf("%s works; take it out of testdata/exceptions.txt (%s)", c.Name(), reason)
		}
	}
	for name := range known {
		t.Errorf("testdata/exceptions.txt names %s, which is no fix of the test data", name)
	}
}

// judge says what is wrong with the comparisons of one case.
func (r *repository) judge(t *testing.T, c Case) string {
	t.Helper()
	for _, d := range []struct {
		what       string
		base, head *scannedTree
		class      finding.Class
	}{
		{"mended", r.base, r.fixed[c.Name()], finding.ClassFixed},
		{"broken", r.fixed[c.Name()], r.base, finding.ClassNew},
	} {
		v := evaluate(t, d.base, d.head)
		if v.Reason != "" {
			return d.what + ": " + v.Reason + ": " + v.Message
		}
		if !slices.ContainsFunc(v.Of(d.class), func(f finding.Fact) bool { return f.Rule == c.Keyword }) {
			seen := []string{}
			for _, item := range v.Items {
				if item.Class != finding.ClassExisting {
					seen = append(seen, string(item.Class)+" "+item.Fact.Rule)
				}
			}
			slices.Sort(seen)
			return d.what + ": no such fact is " + string(d.class) + " (" + strings.Join(slices.Compact(seen), ", ") + ")"
		}
	}
	return ""
}

// evaluate compares two scans as if one run had made both.
func evaluate(t *testing.T, base, head *scannedTree) *verdict.Verdict {
	t.Helper()
	p := base.plan
	p.Revision = plan.Revision{Base: base.commit, Head: head.commit, Merge: head.commit, Branch: "main"}
	bundle := fstest.MapFS{
		engine.StreamName(engine.Base): {Data: base.stream},
		engine.StreamName(engine.Head): {Data: head.stream},
	}
	for _, s := range []plan.Stage{plan.StageFetch, plan.StagePrepare, plan.StageScan} {
		data, err := json.Marshal(plan.Outcome{Stage: s, Packages: map[string][]string{engine.Base: base.packages, engine.Head: head.packages}})
		if err != nil {
			t.Fatal(err)
		}
		bundle[engine.OutcomeName(s)] = &fstest.MapFile{Data: data}
	}
	return engine.Evaluate(bundle, p)
}

// identity makes the commits' ids the same each time.
var identity = []string{
	"GIT_AUTHOR_NAME=corpus", "GIT_AUTHOR_EMAIL=corpus@example.org", "GIT_AUTHOR_DATE=@1700000000 +0000",
	"GIT_COMMITTER_NAME=corpus", "GIT_COMMITTER_EMAIL=corpus@example.org", "GIT_COMMITTER_DATE=@1700000000 +0000",
}

func git(t *testing.T, g gitops.Git, dir string, args ...string) string {
	t.Helper()
	out, err := g.Line(t.Context(), dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// commitBase makes a bare repository of one of the test data's trees.
func commitBase(t *testing.T, testdata, name string) *repository {
	t.Helper()
	r := &repository{name: name, bare: filepath.Join(t.TempDir(), name+".git"), fixed: map[string]*scannedTree{}}
	if err := (gitops.Git{}).InitBare(t.Context(), r.bare); err != nil {
		t.Fatal(err)
	}
	g := r.index(t)
	git(t, g, r.bare, "--work-tree="+filepath.Join(testdata, "repos", name), "add", "--all", "--force", ".")
	r.base = &scannedTree{commit: git(t, g, r.bare, "commit-tree", git(t, g, r.bare, "write-tree"), "-m", "base")}
	git(t, g, r.bare, "update-ref", "refs/heads/main", r.base.commit)
	return r
}

// index is git with an index of its own.
func (r *repository) index(t *testing.T) gitops.Git {
	t.Helper()
	return gitops.Git{Env: append(slices.Clone(identity), "GIT_INDEX_FILE="+filepath.Join(t.TempDir(), "index"))}
}

// commitFix applies a fix to a fresh copy of the base. Some need the fuzz that only patch allows.
func (r *repository) commitFix(t *testing.T, c Case) string {
	t.Helper()
	g, tree := r.index(t), t.TempDir()
	git(t, g, r.bare, "read-tree", r.base.commit)
	git(t, g, r.bare, "--work-tree="+tree, "checkout-index", "--all")
	out, err := exec.CommandContext(t.Context(), "patch", "--directory", tree, "--strip=1", "--silent", "--no-backup-if-mismatch", "--input", c.Fix()).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: patch (make setup installs it): %v: %s", c.Name(), err, out)
	}
	git(t, g, r.bare, "--work-tree="+tree, "add", "--all", "--force", ".")
	commit := git(t, g, r.bare, "commit-tree", git(t, g, r.bare, "write-tree"), "-p", r.base.commit, "-m", c.Name())
	git(t, g, r.bare, "update-ref", "refs/prcheck/"+commit, commit)
	return commit
}

// scanAll scans every tree once, two a run. The first run of each repository makes the metadata that the others start from.
func scanAll(t *testing.T, testdata string, repositories map[string]*repository) {
	t.Helper()
	overlayed := commitBase(t, testdata, "overlayed")
	var rest []func()
	for _, r := range repositories {
		trees := []*scannedTree{r.base}
		for _, c := range slices.Sorted(maps.Keys(r.fixed)) {
			trees = append(trees, r.fixed[c])
		}
		if len(trees)%2 == 1 {
			trees = append(trees, &scannedTree{commit: r.base.commit})
		}
		r.scan(t, overlayed, trees[0], trees[1])
		for pair := range slices.Chunk(trees[2:], 2) {
			rest = append(rest, func() { r.scan(t, overlayed, pair[0], pair[1]) })
		}
	}
	var group sync.WaitGroup
	work := make(chan func())
	for range sideBySide {
		group.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	for _, do := range rest {
		work <- do
	}
	close(work)
	group.Wait()
}

// scan runs the engine on two trees.
func (r *repository) scan(t *testing.T, overlayed *repository, base, head *scannedTree) {
	t.Helper()
	run := local.Pair(t, r.bare, r.name, base.commit, head.commit)
	run.Plan.Snapshot.Profiles = []string{"stable", "dev", "exp"}
	run.Plan.Snapshot.Jobs = 1
	if r.seed != "" {
		run.Engine.Seeds = map[string]string{r.name: r.seed}
	}
	if r.name == "overlay" {
		run.Master(overlayed.name, overlayed.bare, "main")
	}
	o := run.Stages()
	if !o.OK() {
		t.Errorf("%s: %s stage: %s: %s", r.name, o.Stage, o.Reason, o.Message)
		return
	}
	base.packages, head.packages = o.Packages[engine.Base], o.Packages[engine.Head]
	base.stream, head.stream = run.Stream(engine.Base), run.Stream(engine.Head)
	base.plan, head.plan = run.Plan, run.Plan
	if r.seed == "" {
		r.seed = run.Engine.Layout.Prepared(engine.Base)
	}
}

// exceptions reads the list of cases that cannot work: name, then the reason.
func exceptions(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "exceptions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	list := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, reason, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if !ok {
			t.Errorf("testdata/exceptions.txt: %s lacks a reason", name)
		}
		list[name] = strings.TrimSpace(reason)
	}
	return list
}
