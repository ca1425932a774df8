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
		"a package that is renamed, with an update": {
			own: []edit{{"app-misc/uno: rename from one" + signed, func(t tree) {
				t.put("app-misc/uno/uno-1.ebuild", t.files[ebuild(one, "1")].Text)
				t.put("app-misc/uno/metadata.xml", t.files[one+"/metadata.xml"].Text)
				t.drop(ebuild(one, "1"))
				t.drop(one + "/metadata.xml")
				t.put("profiles/updates/1Q-2026", "move app-misc/one app-misc/uno\n")
			}}},
			want: []string{"1 BadCommitSummary", "1 DroppedStableKeywords! app-misc/one", "1 DroppedUnstableKeywords! app-misc/one"},
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

// TestCommitsOnAnOldBase: the target branch went on with the same package and with an eclass, so that neither base nor merge has the metadata of
// the pull request's own tree. What is found is the same whatever is scanned of the trees.
func TestCommitsOnAnOldBase(t *testing.T) {
	t.Parallel()
	eclass := ""
	for name := range startTree(t) {
		if strings.HasPrefix(name, "eclass/") && (eclass == "" || name < eclass) {
			eclass = name
		}
	}
	p := propose(t, []edit{
		{"describe one", func(t tree) { t.edit(one+"/one-1.ebuild", "Package of", "One package of") }},
		{"change an eclass", func(t tree) { t.put(eclass, t.files[eclass].Text+"\n# A remark.\n") }},
	}, []edit{
		{one + ": add 2", func(t tree) { t.ebuild(one, "2", "") }},
		{three + ": need two" + signed, func(t tree) { t.ebuild(three, "1", "RDEPEND=\"app-misc/two\"\n") }},
	})
	want := []string{"1 DirectStableKeywords! app-misc/one", "1 MissingSignOff!", "2 RdependChange! app-misc/three"}
	for _, kind := range []plan.ScopeKind{plan.ScopeAuto, plan.ScopeFull} {
		r := p.run(t, "gentoo", plan.CommitsAuto)
		r.Plan.Scope.Kind = kind
		v := judged(t, r)
		if v.Reason != "" || v.Commits == nil || v.Commits.Count != 2 || v.Commits.Base != p.start || len(v.Commits.Checks) != 3 {
			t.Fatalf("%s: %s: %s: %s: %+v", kind, v.Conclusion, v.Reason, v.Message, v.Commits)
		}
		if diff := cmp.Diff(want, p.ofCommits(v)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		if kind == plan.ScopeAuto && v.Scope.Kind != plan.ScopePackages {
			t.Errorf("the scope is %s: %s", v.Scope.Kind, v.Scope.Reason)
		}
	}
}

// TestMergeInThePullRequest merges the target branch into the pull request: what it brings is not the pull request's.
func TestMergeInThePullRequest(t *testing.T) {
	t.Parallel()
	p := propose(t, []edit{{"unsigned, and not the pull request's", func(t tree) { t.ebuild(two, "2", "") }}},
		[]edit{{one + ": need two" + signed, func(t tree) { t.ebuild(one, "1", "RDEPEND=\"app-misc/two\"\n") }}})
	files := startTree(t)
	tree{files}.ebuild(two, "2", "")
	tree{files}.ebuild(one, "1", "RDEPEND=\"app-misc/two\"\n")
	p.head = p.repository.CommitMessage(t, "Merge the target branch", files, p.head, p.tip)
	v := judged(t, p.run(t, "gentoo", plan.CommitsAuto))
	if diff := cmp.Diff([]string{"1 RdependChange! app-misc/one"}, p.ofCommits(v)); diff != "" || v.Reason != "" {
		t.Errorf("%s: %s (-want +got):\n%s", v.Reason, v.Message, diff)
	}
	if v.Commits.Base != p.tip || v.Commits.Count != 2 {
		t.Errorf("%+v", v.Commits)
	}
}

// TestWishesForCommits: a pull request without commits has nothing to check; elsewhere than in ::gentoo a profile can ask for everything.
func TestWishesForCommits(t *testing.T) {
	t.Parallel()
	p := propose(t, nil, []edit{{one + ": need two", func(t tree) { t.ebuild(one, "1", "RDEPEND=\"app-misc/two\"\n") }}})
	for name, c := range map[string]struct {
		asked plan.CommitChecks
		state plan.CommitState
		want  []string
	}{
		"on":   {plan.CommitsOn, plan.CommitsChecked, []string{"1 MissingSignOff!", "1 RdependChange! app-misc/one"}},
		"auto": {plan.CommitsAuto, plan.CommitsUnused, []string{}},
	} {
		v := judged(t, p.run(t, "demo", c.asked))
		if diff := cmp.Diff(c.want, p.ofCommits(v)); diff != "" || v.Reason != "" || v.Commits.State != c.state {
			t.Errorf("%s: %s: %s: %+v (-want +got):\n%s", name, v.Reason, v.Message, v.Commits, diff)
		}
	}
	p.head = p.start
	r := stages.New(t, "gentoo", p.repository, p.start, p.start)
	r.Plan.Snapshot.CommitChecks, r.Plan.Scope = plan.CommitsAuto, plan.Scope{Kind: plan.ScopeAuto}
	if v := judged(t, r); v.Conclusion != finding.ConclusionSuccess || v.Commits.State != plan.CommitsNone {
		t.Errorf("a head that is the base: %s: %s: %+v", v.Conclusion, v.Message, v.Commits)
	}
}
