// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
)

// tree is a repository's content that a commit edits.
type tree struct{ files ebuildrepo.Tree }

func (t tree) put(name, text string) {
	t.files[name] = ebuildrepo.File{Text: text, Mode: ebuildrepo.ModeFile}
}

func (t tree) edit(name, old, by string) {
	t.put(name, strings.Replace(t.files[name].Text, old, by, 1))
}

func (t tree) drop(name string) { delete(t.files, name) }

// ebuild adds a version of a package with more lines.
func (t tree) ebuild(key, version, more string) {
	t.put(fmt.Sprintf("%s/%s-%s.ebuild", key, path.Base(key), version), "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\nEAPI=8\n\n"+
		"DESCRIPTION=\"Package of a test of commits\"\nHOMEPAGE=\"https://example.org/"+path.Base(key)+"\"\n\nLICENSE=\"MIT\"\nSLOT=\"0\"\nKEYWORDS=\"amd64 ~arm64\"\n"+more)
	t.put(key+"/metadata.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE pkgmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n"+
		"<pkgmetadata>\n\t<maintainer type=\"person\">\n\t\t<email>anna@example.org</email>\n\t\t<name>Anna Example</name>\n\t</maintainer>\n</pkgmetadata>\n")
}

// edit is a commit: its message and what it edits.
type edit struct {
	message string
	do      func(t tree)
}

const signed = "\n\nSigned-off-by: Anna Example <anna@example.org>\n"

// proposal is a pull request with a target branch that may have gone on meanwhile.
type proposal struct {
	repository *stages.Repository
	start      string // where the pull request began
	tip        string // of the target branch
	head       string
	commits    []string // the pull request's, the oldest first
}

const one, two, three = "app-misc/one", "app-misc/two", "app-misc/three"

// startTree is where every proposal begins.
func startTree(t *testing.T) ebuildrepo.Tree {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 5, Ebuilds: ebuildrepo.MinEbuilds, Name: "gentoo"})
	if err != nil {
		t.Fatal(err)
	}
	start := tree{repo.Tree()}
	for _, key := range []string{one, two, three} {
		start.ebuild(key, "1", "")
	}
	if !strings.Contains(start.files["profiles/categories"].Text, "app-misc\n") {
		start.put("profiles/categories", start.files["profiles/categories"].Text+"app-misc\n")
	}
	return start.files
}

// propose makes the commits of a pull request and, where there are some, those that the target branch got meanwhile.
func propose(t *testing.T, target, own []edit) *proposal {
	t.Helper()
	p := &proposal{repository: stages.NewRepository(t, t.TempDir())}
	start := startTree(t)
	p.start = p.repository.CommitMessage(t, "start"+signed, start)
	p.tip, _ = p.on(t, p.start, start, target)
	p.head, p.commits = p.on(t, p.start, start, own)
	return p
}

func (p *proposal) on(t *testing.T, at string, start ebuildrepo.Tree, changes []edit) (tip string, commits []string) {
	t.Helper()
	files := maps.Clone(start)
	for _, c := range changes {
		c.do(tree{files})
		at = p.repository.CommitMessage(t, c.message, files, at)
		commits = append(commits, at)
	}
	return at, commits
}

// run makes a run of the proposal, merged into the target branch.
func (p *proposal) run(t *testing.T, name string, checks plan.CommitChecks) *stages.Run {
	t.Helper()
	git := gitops.Git{}
	merge, err := git.MergeInto(t.Context(), p.repository.Dir, p.tip, p.head)
	if err != nil || merge.Conflict {
		t.Fatalf("merging: %v, conflicts in %v", err, merge.Conflicts)
	}
	if _, err := git.Run(t.Context(), p.repository.Dir, "update-ref", "refs/heads/merge", merge.Commit); err != nil {
		t.Fatal(err)
	}
	r := stages.New(t, name, p.repository, p.tip, merge.Commit)
	r.Plan.Revision.Head, r.Plan.Snapshot.CommitChecks = p.head, checks
	r.Plan.Scope = plan.Scope{Kind: plan.ScopeAuto}
	return r
}

// judged takes a run through all stages.
func judged(t *testing.T, r *stages.Run) *verdict.Verdict {
	t.Helper()
	for _, o := range r.Go(t) {
		if !o.OK() {
			t.Fatalf("%s: %s: %s", o.Stage, o.Reason, o.Message)
		}
	}
	return r.Verdict()
}

// ofCommits lists what checks of commits found: "number of the commit, rule, package", and whether it gates.
func (p *proposal) ofCommits(v *verdict.Verdict) []string {
	found := []string{}
	for _, item := range v.Items {
		f := item.Fact
		if item.Class != finding.ClassNew || f.Commit == "" {
			continue
		}
		gates := ""
		if item.Gates {
			gates = "!"
		}
		found = append(found, strings.TrimSuffix(fmt.Sprintf("%d %s%s %s/%s", slices.Index(p.commits, f.Commit)+1, f.Rule, gates, f.Category, f.Package), " /"))
	}
	slices.Sort(found)
	return found
}

func TestCommits(t *testing.T) {
	t.Parallel()
	ebuild := func(key, version string) string { return key + "/" + path.Base(key) + "-" + version + ".ebuild" }
	bump := func(key string) func(tree) { return func(t tree) { t.ebuild(key, "2", "RDEPEND=\"app-misc/two\"\n") } }
	described := func(key string) func(tree) {
		return func(t tree) { t.edit(ebuild(key, "1"), "Package of", "A package of") }
	}
	cases := map[string]struct {
		target, own []edit
		want        []string
	}{
		"nothing wrong": {own: []edit{{one + ": add 2" + signed, func(t tree) {
			t.put(ebuild(one, "2"), strings.Replace(t.files[ebuild(one, "1")].Text, "\"amd64", "\"~amd64", 1))
		}}}, want: []string{}},
		"a missing sign-off": {
			own:  []edit{{one + ": describe it", described(one)}},
			want: []string{"1 MissingSignOff!"},
		},
		"two missing sign-offs are two problems": {
			own:  []edit{{one + ": describe it", described(one)}, {two + ": describe it", described(two)}},
			want: []string{"1 MissingSignOff!", "2 MissingSignOff!"},
		},
		"a bad summary": {
			own:  []edit{{"describe it" + signed, described(one)}},
			want: []string{"1 BadCommitSummary"},
		},
		"a new version with stable keywords": {
			own:  []edit{{one + ": add 2" + signed, bump(one)}},
			want: []string{"1 DirectStableKeywords! app-misc/one"},
		},
		"dropped keywords": {
			own: []edit{{one + ": drop keywords" + signed, func(t tree) {
				t.drop(ebuild(one, "1"))
				t.ebuild(one, "2", "")
				t.edit(ebuild(one, "2"), "\"amd64 ~arm64\"", "\"~arm64\"")
			}}},
			want: []string{"1 BadCommitSummary", "1 DroppedStableKeywords! app-misc/one"},
		},
		"a missing revision bump": {
			own:  []edit{{one + ": need two" + signed, func(t tree) { t.ebuild(one, "1", "RDEPEND=\"app-misc/two\"\n") }}},
			want: []string{"1 RdependChange! app-misc/one"},
		},
		"a changed slot without a move": {
			own:  []edit{{one + ": change the slot" + signed, func(t tree) { t.edit(ebuild(one, "1"), "SLOT=\"0\"", "SLOT=\"1\"") }}},
			want: []string{"1 MissingSlotmove! app-misc/one"},
		},
		"a package that is renamed without an update": {
			own: []edit{{"app-misc/uno: rename from one" + signed, func(t tree) {
				t.put("app-misc/uno/uno-1.ebuild", t.files[ebuild(one, "1")].Text)
				t.put("app-misc/uno/metadata.xml", t.files[one+"/metadata.xml"].Text)
				t.drop(ebuild(one, "1"))
				t.drop(one + "/metadata.xml")
			}}},
			want: []string{
				"1 BadCommitSummary", "1 DroppedStableKeywords! app-misc/one", "1 DroppedUnstableKeywords! app-misc/one", "1 MissingMove! app-misc/uno",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := propose(t, c.target, c.own)
			v := judged(t, p.run(t, "gentoo", plan.CommitsAuto))
			if v.Reason != "" {
				t.Fatalf("%s: %s: %s", v.Conclusion, v.Reason, v.Message)
			}
			if diff := cmp.Diff(c.want, p.ofCommits(v)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
