// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

// project is a bare repository of commits without content.
type project struct {
	t   *testing.T
	dir string
	git gitops.Git
}

func newProject(t *testing.T) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir() + "/run/source/target.git"}
	p.git.Env = []string{"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org"}
	if err := p.git.InitBare(t.Context(), p.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := p.git.RunInput(t.Context(), p.dir, strings.NewReader(""), "hash-object", "-t", "tree", "-w", "--stdin"); err != nil {
		t.Fatal(err)
	}
	return p
}

// commit makes a commit of the empty tree.
func (p *project) commit(message string, parents ...string) string {
	p.t.Helper()
	args := []string{"commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"}
	for _, parent := range parents {
		args = append(args, "-p", parent)
	}
	id, err := p.git.RunInput(p.t.Context(), p.dir, strings.NewReader(message), args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(id)
}

// line makes n commits on top of each other, the first signed of them with a sign-off, and returns them, the oldest first.
func (p *project) line(n, signed int, parents ...string) []string {
	p.t.Helper()
	var stream strings.Builder
	for i := range n {
		message := fmt.Sprintf("commit %d\n", i)
		if i < signed {
			message += "\nSigned-off-by: A <a@example.org>\n"
		}
		fmt.Fprintf(&stream, "commit refs/heads/line\nmark :%d\ncommitter A <a@example.org> %d +0000\ndata %d\n%s\n", i+1, i, len(message), message)
		if i == 0 && len(parents) > 0 {
			fmt.Fprintf(&stream, "from %s\n", parents[0])
		}
	}
	for i := range n {
		fmt.Fprintf(&stream, "get-mark :%d\n", i+1)
	}
	stream.WriteString("done\n")
	out, err := p.git.RunInput(p.t.Context(), p.dir, strings.NewReader(stream.String()), "fast-import", "--quiet", "--done", "--force")
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Fields(out)
}

func (p *project) planned(rev plan.Revision, name string, asked plan.CommitChecks) *plan.Commits {
	p.t.Helper()
	e := &Engine{Layout: Layout{Root: strings.TrimSuffix(p.dir, "/source/target.git")}, Git: p.git, Clock: clocktesting.NewFakePassiveClock(time.Unix(0, 0))}
	s := e.begin(plan.Plan{Repository: name, Revision: rev, Snapshot: plan.Snapshot{CommitChecks: asked}}, plan.StageFetch)
	c, err := s.planCommits(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func newest(ids []string) string { return ids[len(ids)-1] }

func TestWhoseCommitsAreChecked(t *testing.T) {
	t.Parallel()
	messages := []string{messageCheck}
	cases := map[string]struct {
		commits, signed int // of the target branch
		name            string
		asked           plan.CommitChecks
		state           plan.CommitState
		checks          []string
	}{
		"::gentoo":                            {5, 0, "gentoo", plan.CommitsAuto, plan.CommitsChecked, nil},
		"::gentoo, switched off":              {5, 5, "gentoo", plan.CommitsOff, plan.CommitsDisabled, nil},
		"all commits are signed off":          {60, 60, "guru", plan.CommitsAuto, plan.CommitsChecked, messages},
		"nearly all are":                      {60, 54, "guru", plan.CommitsAuto, plan.CommitsChecked, messages},
		"many are":                            {60, 53, "guru", plan.CommitsAuto, plan.CommitsUnused, nil},
		"only the oldest are":                 {150, 50, "guru", plan.CommitsAuto, plan.CommitsUnused, nil},
		"too few to tell":                     {49, 49, "guru", plan.CommitsAuto, plan.CommitsUnused, nil},
		"nobody signs, but the profile wants": {5, 0, "guru", plan.CommitsOn, plan.CommitsChecked, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			base := newest(p.line(c.commits, c.signed))
			head := p.commit("change\n", base)
			got := p.planned(plan.Revision{Base: base, Head: head}, c.name, c.asked)
			if got.State != c.state || !slices.Equal(got.Checks, c.checks) {
				t.Errorf("%+v; want %s of %v", got, c.state, c.checks)
			}
			if got.State != plan.CommitsDisabled && got.Reason == "" {
				t.Error("nobody says why")
			}
		})
	}
}

func TestWhichCommitsAreThePullRequests(t *testing.T) {
	t.Parallel()
	cases := map[string]func(p *project) (base, head string, want plan.Commits){
		"on the newest base": func(p *project) (string, string, plan.Commits) {
			base := p.commit("base")
			return base, newest(p.line(2, 0, base)), plan.Commits{State: plan.CommitsChecked, Base: base, Count: 2}
		},
		"on an old base": func(p *project) (string, string, plan.Commits) {
			old := p.commit("old")
			return newest(p.line(3, 0, old)), newest(p.line(2, 2, old)), plan.Commits{State: plan.CommitsChecked, Base: old, Count: 2}
		},
		"a head that is the base": func(p *project) (string, string, plan.Commits) {
			b := p.commit("base")
			return b, b, plan.Commits{State: plan.CommitsNone}
		},
		"a head that the base has passed": func(p *project) (string, string, plan.Commits) {
			old := p.commit("old")
			return p.commit("new", old), old, plan.Commits{State: plan.CommitsNone}
		},
		"a base that was merged into it": func(p *project) (string, string, plan.Commits) {
			old := p.commit("old")
			base, own := p.commit("base", old), p.commit("own", old)
			return base, p.commit("Merge", own, base), plan.Commits{State: plan.CommitsChecked, Base: base, Count: 2}
		},
		"heads that were merged crosswise": func(p *project) (string, string, plan.Commits) {
			old := p.commit("old")
			a, b := p.commit("a", old), p.commit("b", old)
			base, head := p.commit("Merge b", a, b), p.commit("Merge a", b, a)
			merged, err := p.git.MergeBase(p.t.Context(), p.dir, base, head)
			if err != nil {
				p.t.Fatal(err)
			}
			foreign := a
			if merged == a {
				foreign = b
			}
			return base, head, plan.Commits{State: plan.CommitsChecked, Base: merged, Count: 1, Foreign: []string{foreign}}
		},
		"too many": func(p *project) (string, string, plan.Commits) {
			base := p.commit("base")
			return base, newest(p.line(plan.MaxCommits+1, 0, base)), plan.Commits{State: plan.CommitsTooMany, Base: base, Count: plan.MaxCommits + 1, Reason: "it has more than 1000 commits"}
		},
		"a message without end": func(p *project) (string, string, plan.Commits) {
			base := p.commit("base")
			head := p.commit(strings.Repeat("endless\n", commitLimit/8), base)
			return base, head, plan.Commits{State: plan.CommitsTooMany, Base: base, Count: 1, Reason: "the message of its commit " + head[:12] + " is longer than 256 KiB"}
		},
		"long messages together": func(p *project) (string, string, plan.Commits) {
			base := p.commit("base")
			head := base
			for i := range commitsLimit/(commitLimit-1024) + 1 {
				head = p.commit(fmt.Sprint(i, strings.Repeat(" long", (commitLimit-1024)/5)), head)
			}
			return base, head, plan.Commits{State: plan.CommitsTooMany, Base: base, Count: commitsLimit/(commitLimit-1024) + 1, Reason: "its commits' messages are longer than 16 MiB"}
		},
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			base, head, want := build(p)
			got := p.planned(plan.Revision{Base: base, Head: head}, gentooName, plan.CommitsAuto)
			if got.State == plan.CommitsChecked {
				got.Reason = "" // tested above
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOtherShardsLeaveCommitsToTheFirst(t *testing.T) {
	t.Parallel()
	s := (&Engine{Clock: clocktesting.NewFakePassiveClock(time.Unix(0, 0))}).begin(plan.Plan{Repository: gentooName, Shard: 2}, plan.StageFetch)
	c, err := s.planCommits(t.Context())
	if err != nil || c.State != plan.CommitsElsewhere {
		t.Errorf("%+v, %v", c, err)
	}
}
