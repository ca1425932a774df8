// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/planted"
)

// committed makes the bare repository dir of two commits with these files, and returns their ids.
func committed(t *testing.T, dir string, base, head map[string]string) plan.Revision {
	t.Helper()
	git := gitops.Git{}
	if err := git.InitBare(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := git.Line(t.Context(), dir, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ids := []string{}
	for _, files := range []map[string]string{base, head} {
		tree := t.TempDir()
		planted.Write(t, tree, files)
		run("--work-tree="+tree, "read-tree", "--empty")
		run("--work-tree="+tree, "add", "--all", "--force", ".")
		id := run("-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", "-m", "x", run("write-tree"))
		ids = append(ids, id)
	}
	return plan.Revision{Base: ids[0], Merge: ids[1], Head: ids[1], Branch: "main"}
}

func TestPackagesOfACommit(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a/b/b-1.ebuild": "", "a/b/b-2-r1.ebuild": "", "a/b/metadata.xml": "",
		"a/empty/metadata.xml": "", "a/odd/other-1.ebuild": "", "a/odd2/odd2-x.ebuild": "",
		"a/link/link-1.ebuild": "@../b/b-1.ebuild", "a/out/out-1.ebuild": "@/etc/passwd",
		"unlisted/c/c-1.ebuild": "", "eclass/x/x-1.ebuild": "", ".hidden/x/x-1.ebuild": "",
		"m/d/d-1_p20260101.ebuild": "", "a/b/files/b-3.ebuild": "",
	}
	cases := map[string]struct {
		target, master string
		want           []string
	}{
		"without a list, every folder": {"", "", []string{"a/b", "a/link", "m/d", "unlisted/c"}},
		"with a list, those":           {"# all\na\n", "", []string{"a/b", "a/link"}},
		"a master's list counts, too":  {"a\n", "m # more\n", []string{"a/b", "a/link", "m/d"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, master := t.TempDir(), t.TempDir()
			planted.Write(t, tree, files)
			if c.target != "" {
				planted.Write(t, tree, map[string]string{"profiles/categories": c.target})
			}
			if c.master != "" {
				planted.Write(t, master, map[string]string{"profiles/categories": c.master})
			}
			if got := slices.Sorted(maps.Keys(inventoryOf(t, tree, master))); !slices.Equal(got, c.want) {
				t.Errorf("%v; want %v", got, c.want)
			}
		})
	}
}

// inventoryOf lists a folder's packages, as those of a commit with the folder's files.
func inventoryOf(t *testing.T, tree string, masters ...string) inventory {
	t.Helper()
	l := Layout{Root: t.TempDir()}
	files := planted.Read(t, tree)
	planted.Write(t, l.Tree(Base), files)
	p := plan.Plan{Revision: committed(t, l.Target(), files, files)}
	for i, master := range masters {
		p.Masters = append(p.Masters, plan.Master{Name: "m" + strconv.Itoa(i)})
		if err := errors.Join(os.MkdirAll(l.Source("masters"), 0o755), os.Rename(master, l.MasterTree(p.Masters[i].Name))); err != nil {
			t.Fatal(err)
		}
	}
	s := &stage{engine: &Engine{Layout: l, known: newKnown()}, plan: p}
	found, err := s.listing(t.Context(), Base)
	if err != nil {
		t.Fatal(err)
	}
	return found.inventory(treeFS(l.Tree(Base)))
}

func TestStageLogKeepsBothEnds(t *testing.T) {
	t.Parallel()
	var live bytes.Buffer
	l := newStageLog(&live, Trust{})
	chunk := bytes.Repeat([]byte("0123456789abcde\n"), 1000)
	total := 0
	for total < logFirst+logLast+50_000 {
		n, err := l.Write(chunk)
		if n != len(chunk) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		total += n
	}
	if _, err := l.Write([]byte("the end\n")); err != nil {
		t.Fatal(err)
	}
	data, truncated := l.contents()
	if want := int64(total + 8 - logFirst - logLast); truncated != want {
		t.Errorf("%d bytes left out, want %d", truncated, want)
	}
	if !bytes.HasPrefix(data, chunk) || !bytes.HasSuffix(data, []byte("e\nthe end\n")) || !bytes.Contains(data, []byte("bytes left out]")) {
		t.Errorf("the log begins %q and ends %q", data[:30], data[len(data)-30:])
	}
	if live.Len() != logFirst {
		t.Errorf("%d bytes live", live.Len())
	}
	if tail := l.tail(12); tail != "the end\n" {
		t.Errorf("tail %q", tail)
	}
}

func TestCgroup(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		files     map[string]string
		kills     int64
		peakBytes int64
	}{
		"version 2": {map[string]string{"memory.events": "low 0\noom 2\noom_kill 3\n", "memory.peak": "4096\n"}, 3, 4096},
		"version 1": {map[string]string{"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "memory/memory.max_usage_in_bytes": "8192\n"}, 1, 8192},
		"neither":   {map[string]string{}, -1, 0},
		"no number": {map[string]string{"memory.events": "oom_kill many\n"}, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			planted.Write(t, dir, c.files)
			g := cgroup{dir}
			if name == "no number" {
				c.kills = -1
			}
			if g.oomKills() != c.kills || g.peakBytes() != c.peakBytes {
				t.Errorf("%d, %d; want %d, %d", g.oomKills(), g.peakBytes(), c.kills, c.peakBytes)
			}
		})
	}
}

func TestParseEntry(t *testing.T) {
	t.Parallel()
	const sum = "0123456789abcdef0123456789abcdef"
	cases := map[string]struct {
		text string
		ok   bool
	}{
		"an entry":               {"DEFINED_PHASES=-\nEAPI=8\nSLOT=0\n_eclasses_=a\t" + sum + "\n_md5_=" + sum + "\n", true},
		"without a sum":          {"EAPI=8\n", false},
		"an unknown key":         {"EVIL=1\n_md5_=" + sum + "\n", false},
		"a key twice":            {"EAPI=8\nEAPI=7\n_md5_=" + sum + "\n", false},
		"a line without a key":   {"hello\n_md5_=" + sum + "\n", false},
		"control characters":     {"DESCRIPTION=a\x1b[31mb\n_md5_=" + sum + "\n", false},
		"bytes that are no text": {"DESCRIPTION=\xff\n_md5_=" + sum + "\n", false},
		"half a pair":            {"_eclasses_=a\n_md5_=" + sum + "\n", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := parseEntry([]byte(c.text))
			if (err == nil) != c.ok || (c.ok && (e.md5 != sum || e.eclasses["a"] != sum)) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte("EAPI=8\n_md5_=0123456789abcdef0123456789abcdef\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := parseEntry(data); err == nil && !hexMD5.MatchString(e.md5) {
			t.Errorf("accepted without a sum: %q", data)
		}
	})
}

func TestPlansWhoseNamesLeadAstrayAreRefused(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("1", 40)
	good := func() plan.Plan {
		return plan.Plan{Version: plan.Version, Repository: "guru", Revision: plan.Revision{Base: id, Merge: id}, Masters: []plan.Master{{Name: "gentoo", Commit: id}}}
	}
	if err := checkPlan(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*plan.Plan){
		"another version":            func(p *plan.Plan) { p.Version++ },
		"a name that climbs":         func(p *plan.Plan) { p.Masters[0].Name = "../x" },
		"an empty name":              func(p *plan.Plan) { p.Repository = "" },
		"a name that is an option":   func(p *plan.Plan) { p.Repository = "-x" },
		"two of one name":            func(p *plan.Plan) { p.Masters[0].Name = "guru" },
		"a commit that is a ref":     func(p *plan.Plan) { p.Revision.Merge = "main" },
		"a commit that is an option": func(p *plan.Plan) { p.Masters[0].Commit = "--upload-pack=x" },
	} {
		p := good()
		change(&p)
		if err := checkPlan(p); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestBundleHoldsRegularFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := Layout{Root: dir}
	planted.Write(t, dir, map[string]string{
		"source/outcome.json": "{}", "prepared/outcome.json": "@/etc/passwd", "scanned/base.jsonl": "x", "scanned/log": "@base.jsonl", "scanned/other": "x",
	})
	got := map[string]bool{}
	for _, name := range append(BundleNames(), "scan/other", "../etc/passwd") {
		if data, err := readFile(l.Bundle(), name, 100); err == nil {
			got[name] = len(data) > 0
		}
	}
	want := map[string]bool{"outcome/fetch.json": true, "scan/base.jsonl": true, "log/scan": true}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
