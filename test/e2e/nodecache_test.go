// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// cachedRuns sends pull requests, one after the other, to one node with a cache.
type cachedRuns struct {
	rig      *rig.Rig
	scenario *scenario.Scenario
	dir      string // the repository's part of the cache, as the host sees it
}

// TestNodeCache looks at what a second run fetches, at a damage that heals, and at what the pull request's code can do.
func TestNodeCache(t *testing.T) {
	r := start(t, rig.Options{Name: "e2en", PollInterval: 5 * time.Second})
	ctx := t.Context()
	bare := filepath.Join(t.TempDir(), "repository.git")
	s, err := scenario.Build(ctx, bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Emulator.CreateRepository(ctx, rig.Owner+"/"+rig.Repository, bare); err != nil {
		t.Fatal(err)
	}
	node := r.Cluster.Nodes[0]
	if err := r.Watch(ctx, func(_ *v1alpha1.Repository, p *v1alpha1.CheckProfile) {
		p.Spec.Pod.NodeSelector = map[string]string{corev1.LabelHostname: node}
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.CacheOnNodes(ctx); err != nil {
		t.Fatal(err)
	}
	runs := &cachedRuns{r, s, filepath.Join(r.Cluster.NodeLib(node), "prcheck", "cache", rig.Namespace, rig.Repository)}

	runs.check(t, s.PullRequests[0], githubemu.Content{SHA: s.PullRequests[0].Branch})
	first := runs.size(t, "git")
	entries := runs.entries(t)
	if first == 0 || len(entries) == 0 {
		t.Fatalf("the first run left %d bytes of objects and %d trees", first, len(entries))
	}

	runs.check(t, s.PullRequests[1], githubemu.Content{SHA: s.PullRequests[1].Branch})
	if more := runs.size(t, "git") - first; more > first/4 {
		t.Errorf("the second run fetched %d bytes, the first %d", more, first)
	}
	if more := len(runs.entries(t)) - len(entries); more > len(entries)/10 {
		t.Errorf("the second run made %d trees, the first %d", more, len(entries))
	}

	ebuild, text := runs.damage(t)
	log := runs.check(t, s.PullRequests[2], githubemu.Content{SHA: s.PullRequests[2].Branch})
	if healed, err := os.ReadFile(ebuild); err != nil || string(healed) != text {
		t.Errorf("%s was not healed: %v", ebuild, err)
	}
	if !strings.Contains(log, "damaged entry") {
		t.Errorf("the log of fetch does not tell:\n%s", log)
	}

	before := runs.all(t)
	runs.open(t, "app-misc/grab: new", githubemu.Content{Parent: "main", Message: "app-misc/grab: new", Files: map[string]githubemu.File{
		"app-misc/grab/grab-1.ebuild": {Text: attack},
	}})
	eventually(t, 5*time.Minute, "verdict on the attack", func() bool { return len(runs.finals(t)) == 4 })
	for name := range runs.all(t) {
		if strings.Contains(name, "grabbed") {
			t.Errorf("the pull request's code wrote %s", name)
		}
	}
	for name, content := range before {
		if strings.HasSuffix(name, ".ebuild") && runs.all(t)[name] != content {
			t.Errorf("the pull request's code changed %s", name)
		}
	}
}

// attack tries to write everywhere in the cache while it is sourced.
const attack = `EAPI=8
DESCRIPTION="Grabs what it can"
HOMEPAGE="https://example.org/"
LICENSE="GPL-2"
SLOT="0"
KEYWORDS="~amd64"
touch /prcheck/cache/grabbed /prcheck/cache/trees/grabbed /prcheck/cache/git/grabbed 2>/dev/null
for f in /prcheck/cache/trees/*/trees-1/*/tree/*.ebuild; do
	chmod u+w "${f}" 2>/dev/null
	echo grabbed >> "${f}" 2>/dev/null
	rm -f "${f}" 2>/dev/null
done
`

func (c *cachedRuns) open(t *testing.T, title string, content githubemu.Content) {
	t.Helper()
	_, err := c.rig.Emulator.OpenPull(t.Context(), githubemu.NewPull{
		Repo: rig.Owner + "/" + rig.Repository, Title: title, Author: "nobody", Base: "main", Head: "grab", Content: content,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c *cachedRuns) finals(t *testing.T) (final []githubemu.Status) {
	t.Helper()
	statuses, err := c.rig.Emulator.Statuses(t.Context(), rig.Owner+"/"+rig.Repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range statuses {
		if status.State != "pending" {
			final = append(final, status)
		}
	}
	return final
}

// check opens a pull request, awaits the verdict that it must get, and returns the log of its fetch.
func (c *cachedRuns) check(t *testing.T, pr scenario.PullRequest, content githubemu.Content) string {
	t.Helper()
	done := len(c.finals(t))
	number, err := c.rig.Emulator.OpenPull(t.Context(), githubemu.NewPull{
		Repo: rig.Owner + "/" + rig.Repository, Title: pr.Title, Author: pr.Author, Base: "main", Head: pr.Branch, Content: content,
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Minute, "verdict on "+pr.Title, func() bool { return len(c.finals(t)) > done })
	if got := c.finals(t)[done]; got.State != pr.State {
		t.Errorf("%s: got %s: %s, want %s", pr.Title, got.State, got.Description, pr.State)
	}
	jobs, err := c.rig.Jobs(t.Context(), number)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d Jobs, %v", len(jobs), err)
	}
	kubectl, err := binary.Path("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	log, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig", c.rig.Cluster.Kubeconfig(), "-n", rig.Namespace, "logs", "job/"+jobs[0].Name, "-c", "fetch").CombinedOutput()
	if err != nil {
		t.Fatalf("reading the log of fetch: %v: %s", err, log)
	}
	if strings.Contains(string(log), "without the node's cache") {
		t.Errorf("the cache was not used:\n%s", log)
	}
	return string(log)
}

// all reads the cache: path → content of files up to 64 KiB.
func (c *cachedRuns) all(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() > 64<<10 {
			found[path] = ""
			return err
		}
		data, err := os.ReadFile(path)
		found[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// size is what the files of a part take.
func (c *cachedRuns) size(t *testing.T, part string) int64 {
	t.Helper()
	total := int64(0)
	err := filepath.WalkDir(filepath.Join(c.dir, part), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func (c *cachedRuns) entries(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(c.dir, "trees", "*", "trees-1", "*-*", "seal"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// damage cuts an ebuild short, and returns it and what it held.
func (c *cachedRuns) damage(t *testing.T) (path, text string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(c.dir, "trees", "*", "trees-1", "package-*", "tree", "*.ebuild"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no ebuild in the cache: %v", err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(found[0], int64(len(data)/2)); err != nil {
		t.Fatal(err)
	}
	return found[0], string(data)
}
