// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// small is a repository with a little of everything wrong in it.
func small(t *testing.T) *ebuildrepo.Repo {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{
		Seed: 1, Ebuilds: 40,
		Breakage: &ebuildrepo.Breakage{UnavailableDeps: 1, MissingDescription: 1, Unsourceable: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// planted is a package in which breakage was planted, and its newest version.
func planted(t *testing.T, repo *ebuildrepo.Repo, kind string) (key, version string) {
	t.Helper()
	keys := repo.Planted[kind]
	if len(keys) == 0 {
		t.Fatalf("the generator planted no %s; it planted %v", kind, repo.Planted)
	}
	p, err := repo.Package(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return keys[0], p.Ebuilds[len(p.Ebuilds)-1].Version
}

// sound is a package without planted breakage that names no eclass.
func sound(t *testing.T, repo *ebuildrepo.Repo) (key, version string) {
	t.Helper()
	broken := []string{}
	for _, keys := range repo.Planted {
		broken = append(broken, keys...)
	}
	for _, key := range repo.Keys() {
		p, err := repo.Package(key)
		if err != nil {
			t.Fatal(err)
		}
		if e := p.Ebuilds[len(p.Ebuilds)-1]; !slices.Contains(broken, key) && len(e.Inherit) == 0 && !strings.HasPrefix(key, "virtual/") {
			return key, e.Version
		}
	}
	t.Fatal("the generator made no sound package")
	return "", ""
}

func edit(t *testing.T, r *ebuildrepo.Repo, key, version string, change func(*ebuildrepo.Ebuild)) {
	t.Helper()
	if err := r.EditEbuild(key, version, change); err != nil {
		t.Fatal(err)
	}
}

// text appends to an ebuild's text.
func appended(e *ebuildrepo.Ebuild, text string) { e.Text = e.Render() + text }

func TestVerdicts(t *testing.T) {
	t.Parallel()
	repo := small(t)
	good, goodVersion := sound(t, repo)
	lacking, lackingVersion := planted(t, repo, "UnavailableDeps")
	unsourceable, unsourceableVersion := planted(t, repo, "Unsourceable")
	cases := map[string]struct {
		change     func(t *testing.T, r *ebuildrepo.Repo)
		conclusion finding.Conclusion
		new        []string // "package-version Rule"; of the gating levels
		fixed      []string
	}{
		"a change that breaks nothing": {
			change: func(t *testing.T, r *ebuildrepo.Repo) {
				t.Helper()
				edit(t, r, good, goodVersion, func(e *ebuildrepo.Ebuild) { appended(e, "\n# A remark.\n") })
			},
			conclusion: finding.ConclusionSuccess,
		},
		"two more unavailable dependencies in a package that has many": {
			change: func(t *testing.T, r *ebuildrepo.Repo) {
				t.Helper()
				edit(t, r, lacking, lackingVersion, func(e *ebuildrepo.Ebuild) {
					e.RDepend = append(e.RDepend, "dev-libs/gone-one", "dev-libs/gone-two")
				})
			},
			conclusion: finding.ConclusionFailure,
			new:        []string{"NonexistentDeps dev-libs/gone-one", "NonexistentDeps dev-libs/gone-two"},
		},
		"an ebuild that does not source any more": {
			change: func(t *testing.T, r *ebuildrepo.Repo) {
				t.Helper()
				edit(t, r, good, goodVersion, func(e *ebuildrepo.Ebuild) { appended(e, "\ndie \"not today\"\n") })
			},
			conclusion: finding.ConclusionFailure,
			new:        []string{"SourcingError"},
		},
		"an ebuild that sources at last": {
			change: func(t *testing.T, r *ebuildrepo.Repo) {
				t.Helper()
				edit(t, r, unsourceable, unsourceableVersion, func(e *ebuildrepo.Ebuild) {
					e.Text = regexp.MustCompile(`(?m)^.*\bdie\b.*$`).ReplaceAllString(e.Render(), "")
				})
			},
			conclusion: finding.ConclusionSuccess,
			fixed:      []string{"SourcingError"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare := local.Change(t, repo, func(r *ebuildrepo.Repo) { c.change(t, r) })
			v := local.New(t, bare, repo.Name, "main", "topic").Verdict()
			if v.Conclusion != c.conclusion {
				t.Errorf("conclusion %s, want %s; new: %v", v.Conclusion, c.conclusion, local.Rules(v, finding.ClassNew))
			}
			if diff := cmp.Diff(c.new, named(v.Of(finding.ClassNew), c.new)); diff != "" {
				t.Errorf("new (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.fixed, named(v.Of(finding.ClassFixed), c.fixed)); diff != "" {
				t.Errorf("fixed (-want +got):\n%s", diff)
			}
			for _, o := range v.Outcomes {
				if o.Stage != plan.StageFetch && !slices.Contains(o.Sandbox, "seccomp") {
					t.Errorf("%s ran without its sandbox: %v", o.Stage, o.Sandbox)
				}
			}
		})
	}
}

// named lists facts by rule and, for missing dependencies, the dependency: those of the rules that are wanted, or every error.
func named(facts []finding.Fact, want []string) []string {
	var names []string
	for _, f := range facts {
		name := f.Rule
		if list, ok := f.Attributes["nonexistent"].([]any); ok {
			for _, x := range list {
				name += " " + x.(string)
			}
		}
		wanted := slices.ContainsFunc(want, func(w string) bool { return strings.Split(w, " ")[0] == f.Rule })
		if wanted || (f.Level == finding.LevelError && !strings.HasPrefix(f.Rule, "NonsolvableDeps")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// What a pull request brings along to be believed, or to hide something, changes nothing.
func TestTricks(t *testing.T) {
	t.Parallel()
	repo := small(t)
	good, version := sound(t, repo)
	category, name, _ := strings.Cut(good, "/")
	pf := name + "-" + version
	bad := func(r *ebuildrepo.Repo) {
		p, err := r.Package(good)
		if err != nil {
			t.Fatal(err)
		}
		p.Ebuild(version).License = "No-Such-Licence"
		if p.Extra == nil {
			p.Extra = ebuildrepo.Tree{}
		}
		p.Extra["files/bad name"] = ebuildrepo.File{Text: "x", Mode: ebuildrepo.ModeFile}
	}
	honest := local.New(t, local.Change(t, repo, bad), repo.Name, "main", "topic").Verdict()
	if rules := local.Rules(honest, finding.ClassNew); honest.Conclusion != finding.ConclusionFailure || len(rules) < 2 {
		t.Fatalf("%s: %v; want an unknown licence and a bad file name", honest.Conclusion, rules)
	}
	cases := map[string]func(r *ebuildrepo.Repo){
		"a forged md5-cache entry": func(r *ebuildrepo.Repo) {
			r.EditFile("metadata/md5-cache/"+category+"/"+pf, func(string) string { return "DEFINED_PHASES=-\nDESCRIPTION=good\nEAPI=8\nSLOT=0\n_md5_=0\n" })
		},
		"an ignore file that hides everything": func(r *ebuildrepo.Repo) { r.EditFile(".gitignore", func(string) string { return "*\n" }) },
		"a configuration that turns checks off": func(r *ebuildrepo.Repo) {
			r.EditFile("metadata/pkgcheck.conf", func(string) string { return "[DEFAULT]\nkeywords = -UnknownLicense,-BannedCharacter\n" })
		},
		"a folder of metadata that is a link": func(r *ebuildrepo.Repo) {
			r.Files["metadata/md5-cache"] = ebuildrepo.File{Text: "/etc", Mode: "120000"}
		},
		"an ignore file that is a link outwards": func(r *ebuildrepo.Repo) { r.Files[".gitignore"] = ebuildrepo.File{Text: "/etc/passwd", Mode: "120000"} },
	}
	for name, trick := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare := local.Change(t, repo, func(r *ebuildrepo.Repo) { bad(r); trick(r) })
			v := local.New(t, bare, repo.Name, "main", "topic").Verdict()
			if diff := cmp.Diff(local.Rules(honest, finding.ClassNew), local.Rules(v, finding.ClassNew)); diff != "" {
				t.Errorf("new (-without +with the trick):\n%s", diff)
			}
			if v.Conclusion != honest.Conclusion {
				t.Errorf("conclusion %s, want %s", v.Conclusion, honest.Conclusion)
			}
		})
	}
}

func TestALinkOutOfTheTreeIsNotFollowed(t *testing.T) {
	t.Parallel()
	repo := small(t)
	good, _ := sound(t, repo)
	bare := local.Change(t, repo, func(r *ebuildrepo.Repo) {
		p, err := r.Package(good)
		if err != nil {
			t.Fatal(err)
		}
		p.Extra = ebuildrepo.Tree{
			"files/outside":                    {Text: "/etc/passwd", Mode: "120000"},
			"files/up":                         {Text: "../../../../../../../../etc/passwd", Mode: "120000"},
			filepath.Base(good) + "-99.ebuild": {Text: "/etc/passwd", Mode: "120000"},
		}
	})
	r := local.New(t, bare, repo.Name, "main", "topic")
	v := r.Verdict()
	if v.Conclusion != finding.ConclusionFailure || !slices.Contains(named(v.Of(finding.ClassNew), []string{"SourcingError"}), "SourcingError") {
		t.Errorf("%s: %v; want the link that is no ebuild to be reported", v.Conclusion, local.Rules(v, finding.ClassNew))
	}
	if bytes.Contains(r.Stream(engine.Head), []byte("root:x:0")) {
		t.Error("the file that the link names was read")
	}
}

// The number of workers and repetition change nothing but times.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	repo := small(t)
	bare := local.Write(t, ebuildrepo.NewHistory(repo))
	var streams [][]byte
	for _, jobs := range []int{1, 3} {
		r := local.New(t, bare, repo.Name, "main", "main")
		r.Plan.Snapshot.Jobs = jobs
		v := r.Verdict()
		if v.Conclusion != finding.ConclusionSuccess || v.Counts.New+v.Counts.Fixed+v.Counts.Inherited+v.Counts.Unveiled+v.Counts.Hidden != 0 || v.Counts.Existing == 0 {
			t.Errorf("with %d workers: %s, %+v", jobs, v.Conclusion, v.Counts)
		}
		for _, side := range engine.Sides {
			streams = append(streams, withoutTimes(r.Stream(side)))
		}
	}
	// Base and head are different commits of one tree; their histories differ, their findings do not.
	for i := range streams {
		if diff := cmp.Diff(findings(streams[0]), findings(streams[i])); diff != "" {
			t.Errorf("scan %d differs from the first:\n%s", i, diff)
		}
	}
	if !bytes.Equal(streams[0], streams[2]) || !bytes.Equal(streams[1], streams[3]) {
		t.Error("the streams of one side differ between numbers of workers")
	}
}

var times = regexp.MustCompile(`"seconds": ?[0-9.e-]+`)

func withoutTimes(stream []byte) []byte { return times.ReplaceAll(stream, []byte(`"seconds":0`)) }

func findings(stream []byte) []string {
	var lines []string
	for line := range bytes.Lines(stream) {
		if bytes.Contains(line, []byte(`"type":"finding"`)) || bytes.Contains(line, []byte(`"type": "finding"`)) {
			lines = append(lines, string(line))
		}
	}
	return lines
}

// A stage that meets a limit ends in an error with that reason, and the later ones do nothing.
func TestLimits(t *testing.T) {
	t.Parallel()
	repo := small(t)
	bare := local.Write(t, ebuildrepo.NewHistory(repo))
	for name, c := range map[string]struct {
		limit  func(*plan.Snapshot)
		stage  plan.Stage
		reason string
	}{
		"the time of prepare": {func(s *plan.Snapshot) { s.Timeouts.Prepare = 50 * time.Millisecond }, plan.StagePrepare, plan.ReasonTimeout},
		"the time of scan":    {func(s *plan.Snapshot) { s.Timeouts.Scan = 300 * time.Millisecond }, plan.StageScan, plan.ReasonTimeout},
		"output":              {func(s *plan.Snapshot) { s.OutputBytes = 1000 }, plan.StagePrepare, plan.ReasonOutputLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := local.New(t, bare, repo.Name, "main", "main")
			c.limit(&r.Plan.Snapshot)
			v := r.Verdict()
			last := v.Outcomes[len(v.Outcomes)-1]
			if v.Conclusion != finding.ConclusionError || v.Reason != c.reason || last.Stage != c.stage {
				t.Errorf("%s, %s after %s (%s); want an error, %s after %s", v.Conclusion, v.Reason, last.Stage, v.Message, c.reason, c.stage)
			}
		})
	}
}
