// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	asContainer()
	os.Exit(m.Run())
}

// site is a repository with a package that faults strike, and another one that changes. All runs have its base, and the base's kit.
type site struct {
	repo       *ebuildrepo.Repo
	repository *stages.Repository
	base, kit  string
	heads      map[change]string
	// struck is the package that faults strike; the files are ebuilds of it and of the one that changes.
	struck, struckFile, changedFile string
}

// change is what a pull request does besides a remark in some package.
type change struct {
	bad     bool // a problem in that package
	touched bool // a remark in the struck package
}

func newSite(t *testing.T) *site {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 31, Ebuilds: ebuildrepo.MinEbuilds})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{repo: repo, repository: stages.NewRepository(t, t.TempDir()), heads: map[change]string{}, kit: t.TempDir()}
	files := []string{}
	for _, key := range repo.Keys() {
		// Neither of the two is reached by a change of the other.
		if p := repo.Packages[key]; len(repo.Dependents(key)) == 0 {
			files = append(files, key+"/"+p.Name+"-"+p.Ebuilds[0].Version+".ebuild")
		}
	}
	s.struckFile, s.changedFile = files[0], files[len(files)-1]
	s.struck = path.Dir(s.struckFile)
	s.base = s.repository.Commit(t, "", repo.Tree())
	for _, c := range []change{{}, {bad: true}, {touched: true}} {
		s.heads[c] = s.repository.Commit(t, s.base, s.tree(c))
	}
	stages.New(t, repo.Name, s.repository, s.base, s.base).MakeKit(t, s.kit)
	return s
}

func (s *site) tree(c change) ebuildrepo.Tree {
	tree := s.repo.Tree()
	add := func(file, text string) {
		f := tree[file]
		f.Text += text + "\n"
		tree[file] = f
	}
	add(s.changedFile, "# A remark.")
	if c.bad {
		add(s.changedFile, "SRC_URI=\"mirror://nowhere/a.tar.gz\"")
	}
	if c.touched {
		add(s.struckFile, "# A remark.")
	}
	return tree
}

// run makes a run of a change that looks at both packages.
func (s *site) run(t *testing.T, c change) *stages.Run {
	t.Helper()
	run := stages.New(t, s.repo.Name, s.repository, s.base, s.heads[c])
	run.Engine.Kit = s.kit
	run.Plan.Scope = plan.Scope{Kind: plan.ScopePackages}
	for _, file := range []string{s.struckFile, s.changedFile} {
		category, name := path.Split(path.Dir(file))
		run.Plan.Scope.Packages = append(run.Plan.Scope.Packages, plan.ScopePackage{Category: path.Clean(category), Package: name, Reason: "of the test"})
	}
	return run
}

// finish takes a run through its stages, and strikes.
func (s *site) finish(t *testing.T, run *stages.Run, sides map[string]string) *verdict.Verdict {
	t.Helper()
	if o := run.Fetch(t); !o.OK() {
		t.Fatalf("fetch: %s: %s", o.Reason, o.Message)
	}
	run.UseDriver(t, plant(t, strike{s.struck, sides}))
	run.Finish(t)
	return run.Verdict()
}

// fault is what happens, and what must come of it.
type fault struct {
	sides   map[string]string
	change  change
	arrange func(t *testing.T, run *stages.Run)

	conclusion finding.Conclusion
	reason     string
	says       []string // parts of the message
	culprit    string   // its kind; empty: none
}

const (
	scanLimit    = 2 * time.Minute
	packageLimit = 5 * time.Second
)

func budget(_ *testing.T, run *stages.Run) { run.Plan.Snapshot.Timeouts.Package = packageLimit }

// faults are all that a scan can meet, by what happens.
var faults = map[string]fault{
	"a worker dies on head": {
		sides: map[string]string{engine.Head: "kill 0"}, conclusion: finding.ConclusionError, reason: plan.ReasonIncomplete, says: []string{"{struck} of the head", "SIGKILL"}, culprit: "worker",
	},
	"a worker dies on base alone": {
		sides:      map[string]string{engine.Base: "kill 0"},
		conclusion: finding.ConclusionError, reason: plan.ReasonIncomplete, says: []string{"{struck} of the base", "SIGKILL"}, culprit: "worker",
	},
	"a worker dies on both": {
		sides:      map[string]string{engine.Base: "kill 0", engine.Head: "kill 0"},
		conclusion: finding.ConclusionError, reason: plan.ReasonIncomplete, says: []string{"{struck} of the head", "SIGKILL"}, culprit: "worker",
	},
	"a worker dies, and there is a problem elsewhere": {
		sides: map[string]string{engine.Head: "kill 0"}, change: change{bad: true}, conclusion: finding.ConclusionFailure, culprit: "worker",
	},
	"the scan of the head dies": {
		sides: map[string]string{engine.Head: "kill 1"}, conclusion: finding.ConclusionError, reason: plan.ReasonToolFailed, says: []string{"scan of the head was ended by SIGKILL"},
	},
	"the scan of the base dies": {
		sides:      map[string]string{engine.Base: "kill 1"},
		conclusion: finding.ConclusionError, reason: plan.ReasonToolFailed, says: []string{"scan of the base was ended by SIGKILL"},
	},
	"the driver dies": {
		sides: map[string]string{engine.Head: "kill 2"}, conclusion: finding.ConclusionError, reason: plan.ReasonToolFailed, says: []string{"tool was ended by SIGKILL"},
	},
	"the disk is full on head": {
		sides: map[string]string{engine.Head: "disk"}, arrange: smallDisk(64 << 20),
		conclusion: finding.ConclusionError, reason: plan.ReasonDiskFull, says: []string{"more disk space", "No space left on device"},
	},
	"the disk is full on both": {
		sides: map[string]string{engine.Base: "disk", engine.Head: "disk"}, arrange: smallDisk(64 << 20),
		conclusion: finding.ConclusionError, reason: plan.ReasonDiskFull, says: []string{"more disk space"},
	},
	"a check raises on head": {
		sides: map[string]string{engine.Head: "raise"}, conclusion: finding.ConclusionError, reason: plan.ReasonCulprit, says: []string{"{struck} of the head", "the planted fault"}, culprit: "check",
	},
	"a check raises on head, and there is a problem elsewhere": {
		sides: map[string]string{engine.Head: "raise"}, change: change{bad: true}, conclusion: finding.ConclusionFailure, culprit: "check",
	},
	"a check raises as ever": {
		sides: map[string]string{engine.Base: "raise", engine.Head: "raise"}, conclusion: finding.ConclusionSuccess, culprit: "check",
	},
	"a check raises as ever, and there is a problem elsewhere": {
		sides: map[string]string{engine.Base: "raise", engine.Head: "raise"}, change: change{bad: true}, conclusion: finding.ConclusionFailure, culprit: "check",
	},
	"a check raises as ever where the change is": {
		sides: map[string]string{engine.Base: "raise", engine.Head: "raise"}, change: change{touched: true},
		conclusion: finding.ConclusionNeutral, reason: plan.ReasonBrokenBase, says: []string{"{struck} of the target branch", "the planted fault"}, culprit: "check",
	},
	"a package is too slow on head": {
		sides: map[string]string{engine.Head: "sleep"}, arrange: budget,
		conclusion: finding.ConclusionError, reason: plan.ReasonCulprit, says: []string{"{struck} of the head", "took longer than 5 s"}, culprit: "time",
	},
	"a package is too slow as ever": {
		sides: map[string]string{engine.Base: "sleep", engine.Head: "sleep"}, arrange: budget, conclusion: finding.ConclusionSuccess, culprit: "time",
	},
	"a package is too slow on base alone": {
		sides: map[string]string{engine.Base: "sleep"}, arrange: budget,
		conclusion: finding.ConclusionError, reason: plan.ReasonIncomplete, says: []string{"{struck} of the base"}, culprit: "time",
	},
	"the scan is too slow": {
		sides: map[string]string{engine.Head: "sleep"}, arrange: func(_ *testing.T, run *stages.Run) { run.Plan.Snapshot.Timeouts.Scan = 5 * time.Second },
		conclusion: finding.ConclusionError, reason: plan.ReasonTimeout, says: []string{"longer than the 5s"},
	},
}

// served are the faults that are also taken through a driver that was started ahead, and is asked for one side after the other.
var served = []string{
	"a worker dies on head", "a worker dies on base alone", "the scan of the head dies", "the scan of the base dies", "the driver dies", "the disk is full on head",
	"a check raises on head", "the scan is too slow",
}

// nothingKept keeps no results of bases.
type nothingKept struct{}

func (nothingKept) FullFindings(context.Context, string) (string, error) { return "", basekit.ErrNone }

func (nothingKept) PutFindings(context.Context, string, func(string) error) error { return nil }

// TestFaults takes each fault through the engine's stages.
func TestFaults(t *testing.T) {
	s := newSite(t)
	for name, f := range faults {
		s.meet(t, name, f, nil)
	}
	for _, name := range served {
		s.meet(t, name+", and the driver was started ahead", faults[name], nothingKept{})
	}
}

func (s *site) meet(t *testing.T, name string, f fault, findings engine.Findings) {
	t.Helper()
	run := s.run(t, f.change)
	run.Plan.Snapshot.Timeouts.Scan, run.Engine.Findings = scanLimit, findings
	if f.arrange != nil {
		f.arrange(t, run)
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		f.judge(t, s, s.finish(t, run, f.sides))
	})
}

func (f fault) judge(t *testing.T, s *site, v *verdict.Verdict) {
	t.Helper()
	if v.Conclusion != f.conclusion || v.Reason != f.reason {
		t.Errorf("%s %s: %s; want %s %s", v.Conclusion, v.Reason, v.Message, f.conclusion, f.reason)
	}
	for _, part := range f.says {
		if part = strings.ReplaceAll(part, "{struck}", s.struck); !strings.Contains(v.Message, part) {
			t.Errorf("the message does not say %q: %s", part, v.Message)
		}
	}
	kinds := []string{}
	for _, c := range v.Culprits {
		kinds = append(kinds, c.Kind)
		if c.Package != s.struck || c.Kind == "check" && !strings.Contains(c.Traceback, "the planted fault") {
			t.Errorf("the culprit is %+v", c)
		}
	}
	slices.Sort(kinds)
	if kinds = slices.Compact(kinds); strings.Join(kinds, " ") != f.culprit {
		t.Errorf("culprits of kind %q, want %q", kinds, f.culprit)
	}
	for _, f := range v.Of(finding.ClassNew) {
		if f.Category+"/"+f.Package == s.struck {
			t.Errorf("new in the struck package: %s %s", f.Rule, f.Message)
		}
	}
}
