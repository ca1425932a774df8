// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package hostile_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/hostile"
	"github.com/prcheck/prcheck/test/stages"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// users are the ids that hostile runs have for themselves: a fork bomb counts against everything of its user.
const users = 9_000_000

// What the attacks are scaled to.
const (
	processes   = 1100     // the limit is 1024
	outputLimit = 48 << 20 // of a run
	fileSize    = 64 << 20
	floodSize   = 64 << 20
)

// linked is a file outside of the tree, and a word of it that must not be seen.
const (
	linked     = "outside.xml"
	linkedText = "<pkgmetadata><gremlin-was-here/></pkgmetadata>\n"
	linkedWord = "gremlin-was-here"
)

// site is where the attacks happen: a base, and what they need around it.
type site struct {
	repository *stages.Repository
	tree       ebuildrepo.Tree
	base       string
	params     hostile.Params
}

func newSite(t *testing.T) *site {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 7, Ebuilds: 40})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &site{repository: stages.NewRepository(t, t.TempDir()), tree: repo.Tree()}
	s.base = s.repository.Commit(t, "", s.tree)
	s.params = hostile.Params{
		Address: listener.Addr().String(), Processes: processes, Output: floodSize, File: fileSize,
		Folders:    []string{plan.ScannedDir, plan.PreparedDir + "/other"},
		Secrets:    []string{plan.TokenFile},
		LinkTarget: plan.SourceDir + "/" + linked,
	}
	return s
}

// made counts the runs of this process.
var made atomic.Int64

// run makes the run of a pull request.
func (s *site) run(t *testing.T, head string) *stages.Run {
	t.Helper()
	run := stages.New(t, "gremlins", s.repository, s.base, head)
	// A limit on processes counts per user: runs at the same time must not share one.
	run.Engine.Toolchain.FirstUser = users + len(plan.Stages)*int(made.Add(1))
	run.Plan.Snapshot.OutputBytes = outputLimit
	return run
}

// bait puts what attacks look for next to the trees: a token, and a result of another stage.
func bait(t *testing.T, run *stages.Run) {
	t.Helper()
	l := run.Engine.Layout
	for name, text := range map[string]string{
		filepath.Join(l.Root, strings.TrimPrefix(plan.TokenFile, plan.RootDir)): "a token\n",
		l.Scanned("base.jsonl"):      "{\"type\":\"start\"}\n",
		l.Source(linked):             linkedText,
		l.Prepared("other", "entry"): "DEFINED_PHASES=-\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// unconfigured is the driver without the words that keep pkgcheck from reading configuration.
func unconfigured(t *testing.T) []byte {
	t.Helper()
	const guard = `"--config", "no", `
	found := false
	edited := stages.EditDriver(t, func(_ string, text []byte) []byte {
		found = found || bytes.Contains(text, []byte(guard))
		return bytes.ReplaceAll(text, []byte(guard), nil)
	})
	if !found {
		t.Fatalf("the driver has no %q", guard)
	}
	return edited
}

// layer is one control. Where an attack meets several, each is enough.
type layer struct {
	name string
	off  func(t *testing.T, run *stages.Run)
	late bool // after fetch
}

func off(name string, set func(run *stages.Run)) layer {
	return layer{name: name, off: func(_ *testing.T, run *stages.Run) { set(run) }}
}

// controls are what each attack is denied by.
func controls() map[string][]layer {
	folders := off("only a stage's own folders are shown to it", func(r *stages.Run) { r.Engine.Trust.Folders = true })
	landlock := off("Landlock", func(r *stages.Run) { r.Engine.Off.Landlock = true })
	generated := off("generated files are deleted", func(r *stages.Run) { r.Engine.Trust.Generated = true })
	return map[string][]layer{
		"network": {
			off("an empty network", func(r *stages.Run) { r.Engine.Off.Network, r.Engine.Off.Landlock = true, true }),
			off("only AF_UNIX sockets", func(r *stages.Run) { r.Engine.Off.Sockets = true }),
		},
		"token":  {folders, landlock},
		"stages": {folders, landlock},
		"forgery": {
			folders, landlock, off("users of their own", func(r *stages.Run) { r.Engine.Toolchain.FirstUser = 0 }),
		},
		"forkbomb":  {off("rlimits", func(r *stages.Run) { r.Engine.Off.Limits = true })},
		"disk":      {off("the limit of output", func(r *stages.Run) { r.Plan.Snapshot.OutputBytes = 0 })},
		"flood":     {off("the limit of the log", func(r *stages.Run) { r.Engine.Trust.Output = true })},
		"cache":     {generated},
		"gitignore": {off("the ignore file is the base's", func(r *stages.Run) { r.Engine.Trust.Ignore = true })},
		"config": {generated, {name: "pkgcheck reads no configuration", late: true, off: func(t *testing.T, r *stages.Run) {
			t.Helper()
			r.UseDriver(t, unconfigured(t))
		}}},
		"link": {off("links out of the tree are files", func(r *stages.Run) { r.Engine.Trust.Links = true })},
	}
}

// TestAttacks meets each attack with all controls, with each of its controls alone, and with none: only then it succeeds.
func TestAttacks(t *testing.T) {
	s := newSite(t)
	rows := controls()
	for _, a := range hostile.All() {
		layers := rows[a.Name]
		if len(layers) == 0 {
			t.Errorf("nothing is said to deny the %s attack", a.Name)
			continue
		}
		p := s.params
		if a.Name == "disk" {
			p.Folders = []string{plan.PreparedDir + "/head"} // where it may write
		}
		tree := maps.Clone(s.tree)
		hostile.Apply(tree, p, a)
		head := s.repository.Commit(t, s.base, tree)
		attack := func(t *testing.T, missing ...layer) {
			t.Helper()
			run := s.run(t, head)
			if a.Evidence.Output {
				run.Engine.Toolchain.FirstUser = 0 // as in a pod, where the pipe belongs to the tool's user
			}
			v := launch(t, run, missing)
			succeeded, how := evidence(t, run, a, p, v)
			all := len(missing) == len(layers)
			if succeeded != all {
				t.Errorf("succeeded: %v (%s), verdict %s %s %s", succeeded, how, v.Conclusion, v.Reason, v.Message)
			}
			if !all {
				truth(t, a, v)
			}
		}
		t.Run(a.Name+"/all controls", func(t *testing.T) { t.Parallel(); attack(t) })
		t.Run(a.Name+"/no control", func(t *testing.T) { t.Parallel(); attack(t, layers...) })
		for i, l := range layers {
			if len(layers) > 1 {
				t.Run(a.Name+"/only "+l.name, func(t *testing.T) {
					t.Parallel()
					attack(t, slices.Delete(slices.Clone(layers), i, i+1)...)
				})
			}
		}
	}
}

// launch takes a run through its stages, without some controls.
func launch(t *testing.T, run *stages.Run, missing []layer) *verdict.Verdict {
	t.Helper()
	for _, l := range missing {
		if !l.late {
			l.off(t, run)
		}
	}
	if o := run.Fetch(t); !o.OK() {
		t.Fatalf("fetch: %s: %s", o.Reason, o.Message)
	}
	for _, l := range missing {
		if l.late {
			l.off(t, run)
		}
	}
	bait(t, run)
	run.Finish(t)
	return run.Verdict()
}

// truth checks that a verdict is what it would be without the attack: the honest error of its package is found, nothing elsewhere.
func truth(t *testing.T, a hostile.Attack, v *verdict.Verdict) {
	t.Helper()
	if v.Conclusion != finding.ConclusionFailure {
		t.Errorf("the verdict is %s: %s: %s", v.Conclusion, v.Reason, v.Message)
	}
	if !finds(v, a, "UnknownLicense") {
		t.Errorf("the honest error is not found, but %v", v.Of(finding.ClassNew))
	}
	for _, f := range v.Of(finding.ClassNew) {
		if f.Category+"/"+f.Package != a.Package {
			t.Errorf("%s is new in %s/%s", f.Rule, f.Category, f.Package)
		}
	}
}

func finds(v *verdict.Verdict, a hostile.Attack, rule string) bool {
	return slices.ContainsFunc(v.Of(finding.ClassNew), func(f finding.Fact) bool {
		return f.Rule == rule && f.Category+"/"+f.Package == a.Package
	})
}

// evidence says whether an attack succeeded, and what tells it.
func evidence(t *testing.T, run *stages.Run, a hostile.Attack, p hostile.Params, v *verdict.Verdict) (bool, string) {
	t.Helper()
	l := run.Engine.Layout
	switch {
	case a.Evidence.Marker != "":
		entry, err := os.ReadFile(l.Prepared("head", "md5-cache", a.Package+"-1.0"))
		return strings.Contains(string(entry), a.Evidence.Marker), fmt.Sprintf("entry %q, %v", entry, err)
	case a.Evidence.Output:
		log, err := os.Stat(l.Prepared(plan.LogFile))
		return err == nil && log.Size() >= p.Output, fmt.Sprintf("the log: %v, %v", log.Size(), err)
	case a.Evidence.ForgedFile != "":
		text, err := os.ReadFile(l.Scanned(a.Evidence.ForgedFile))
		return err == nil && strings.Contains(string(text), hostile.Forged), fmt.Sprint(err)
	case len(a.Evidence.Hides) > 0:
		for _, rule := range a.Evidence.Hides {
			if finds(v, a, rule) {
				return false, rule + " is found"
			}
		}
		return v.Reason == "", "nothing of what it hides is found"
	}
	for _, f := range v.Of(finding.ClassNew) {
		if strings.Contains(f.Message, linkedWord) {
			return true, f.Message
		}
	}
	return false, "no finding has a word of the linked file"
}
