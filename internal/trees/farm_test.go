// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/gitops"
)

// repo is a repository that tests fill with trees.
type repo struct {
	dir string
	git gitops.Git
}

func newRepo(tb testing.TB) *repo {
	tb.Helper()
	who := []string{"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t"}
	r := &repo{filepath.Join(tb.TempDir(), "bare.git"), gitops.Git{Protocols: []string{"file"}, Env: who}}
	if err := r.git.InitBare(tb.Context(), r.dir); err != nil {
		tb.Fatal(err)
	}
	return r
}

// commit commits files as plant takes them, and further entries for the index: "MODE ID\tPATH".
func (r *repo) commit(tb testing.TB, files map[string]string, more ...string) string {
	tb.Helper()
	var fast bytes.Buffer
	fmt.Fprint(&fast, "commit refs/heads/t\ncommitter T <t@t> 1767225600 +0000\ndata 1\nt\ndeleteall\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		mode, content := "100644", files[name]
		if text, ok := strings.CutPrefix(content, "@"); ok {
			mode, content = "120000", text
		} else if text, ok := strings.CutPrefix(content, "!"); ok {
			mode, content = "100755", text
		}
		fmt.Fprintf(&fast, "M %s inline %q\ndata %d\n%s\n", mode, name, len(content), content)
	}
	for _, line := range more {
		fmt.Fprintln(&fast, line)
	}
	cmd := exec.CommandContext(tb.Context(), "git", "fast-import", "--quiet", "--force")
	cmd.Dir, cmd.Stdin, cmd.Env = r.dir, &fast, r.git.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("git fast-import: %v: %s", err, out)
	}
	return r.line(tb, nil, "rev-parse", "refs/heads/t")
}

func (r *repo) line(tb testing.TB, input []byte, args ...string) string {
	tb.Helper()
	out, err := r.git.RunInput(tb.Context(), r.dir, bytes.NewReader(input), args...)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (r *repo) side(commit string, real ...string) Side {
	return Side{Repo: r.dir, Commit: commit, Branch: "main", Ignore: []byte("base's\n"), Real: real}
}

func newStore(tb testing.TB, r *repo) *Store {
	tb.Helper()
	s, err := Open(filepath.Join(tb.TempDir(), "store"), r.git)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// contents tells everything of a tree that anybody can see by way of its FS: kind, whether it may be executed, content, and times where they count.
func contents(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	found := map[string]string{}
	tree := FS(dir)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == ".git" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := d.Type().String()
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			to, err := tree.(fs.ReadLinkFS).ReadLink(name)
			if err != nil {
				return err
			}
			text += to
		case d.Type().IsRegular():
			data, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			text += fmt.Sprintf("%t %q", info.Mode()&0o111 != 0, data)
		}
		top, _, below := strings.Cut(name, "/")
		if below && slices.Contains(stampedFolders, top) && d.Type()&fs.ModeSymlink == 0 {
			text += " " + info.ModTime().UTC().String()
		}
		found[name] = text
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

// same makes a side as a farm and plainly, and compares what the two show.
func same(tb testing.TB, s *Store, side Side) {
	tb.Helper()
	plain := tb.TempDir() + "/plain"
	sameAs(tb, s, side, plain, Plain(tb.Context(), s.git, plain, side))
}

// sameAs makes a side as a farm and compares it with its plain tree, or the failure to make that.
func sameAs(tb testing.TB, s *Store, side Side, plain string, plainErr error) Report {
	tb.Helper()
	farm := tb.TempDir() + "/farm"
	report, err := s.Farm(tb.Context(), farm, side)
	if err != nil || plainErr != nil {
		if err == nil || plainErr == nil {
			tb.Errorf("farm: %v; plain: %v", err, plainErr)
		}
		return report
	}
	if diff := cmp.Diff(contents(tb, plain), contents(tb, farm)); diff != "" {
		tb.Errorf("(-plain +farm, %+v):\n%s", report, diff)
	}
	if diff := cmp.Diff(kernel(tb, plain), kernel(tb, farm)); diff != "" {
		tb.Errorf("by the kernel (-plain +farm, %+v):\n%s", report, diff)
	}
	return report
}

// kernel lists what a program sees that follows links: path → content, to a depth that loops of links cannot pass.
func kernel(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	found := map[string]string{}
	var visit func(at string, depth int)
	visit = func(at string, depth int) {
		entries, err := os.ReadDir(filepath.Join(dir, at))
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range entries {
			name := filepath.Join(at, e.Name())
			info, err := os.Stat(filepath.Join(dir, name))
			switch {
			case name == ".git":
			case err != nil:
				found[name] = "nothing"
			case info.IsDir() && depth < 6:
				found[name] = "folder"
				visit(name, depth+1)
			case !info.IsDir():
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					tb.Fatal(err)
				}
				found[name] = fmt.Sprintf("%t %q", info.Mode()&0o111 != 0, data)
			}
		}
	}
	visit(".", 0)
	return found
}

// ordinary is a small tree with everything that trees have.
func ordinary() map[string]string {
	return map[string]string{
		".gitignore": "head's", "README": "x", "header.txt": "!x",
		"app-a/metadata.xml": "c", "app-a/one/one-1.ebuild": "1", "app-a/one/metadata.xml": "m", "app-a/one/files/p.patch": "p", "app-a/one/files/sub/q": "q",
		"app-a/two/two-1.ebuild": "!1", "app-a/two/two-2.ebuild": "@two-1.ebuild", "app-a/two/files/l": "@../two-1.ebuild", "app-a/two/gone": "@nothing",
		"app-b/one/one-1.ebuild": "1", "app-b/one/metadata.xml": "m", "app-b/one/files/p.patch": "p", "app-b/one/files/sub/q": "q",
		"profiles/repo_name": "r", "profiles/use.local.desc": "forged", "profiles/arch/amd64/package.mask": "m", "profiles/link": "@repo_name", "profiles/arch/dir": "@amd64",
		"eclass/a.eclass": "a", "metadata/layout.conf": "l", "metadata/md5-cache/app-a/one-1": "forged", "metadata/pkgcheck.conf": "x", "metadata/pkg_desc_index": "x",
		"metadata/glsa/x": "x", "licenses/GPL-2": "g", "scripts/deep/er/x": "!x",
	}
}

func with(files map[string]string, more map[string]string) map[string]string {
	all := maps.Clone(files)
	maps.Copy(all, more)
	return all
}

func TestFarmsReadAsPlainTrees(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		files map[string]string
		more  []string // for fast-import
		real  []string
		plain bool
	}{
		"nothing real":               {files: ordinary()},
		"a package":                  {files: ordinary(), real: []string{"app-a/one"}},
		"changed paths":              {files: ordinary(), real: []string{"app-a/two/two-1.ebuild", "app-a/metadata.xml", "README", "nothing/here", "licenses/GPL-2"}},
		"a category":                 {files: ordinary(), real: []string{"app-a"}},
		"profiles and eclass":        {files: ordinary(), real: []string{"profiles/repo_name", "eclass/a.eclass", "metadata"}},
		"names in bytes and spaces":  {files: with(ordinary(), map[string]string{"app-a/\xff\xfe/x y\n": "1", "app-a/one/\xe4": "2", "App-A/one/x": "3", "app-a/ONE/x": "4", " /x": "5", "-c/-p/-f": "6", "app-a/one/.foo": "7", ".hidden/x/y": "8", "app-a/.dot/x": "9"})},
		"an empty file, a large one": {files: with(ordinary(), map[string]string{"app-a/one/e": "", "app-a/one/l": strings.Repeat("0123456789abcdef", 1<<18)})},
		"a submodule": {files: ordinary(), more: []string{
			"M 160000 1111111111111111111111111111111111111111 app-a/sub", "M 160000 1111111111111111111111111111111111111111 sub", "M 160000 1111111111111111111111111111111111111111 app-a/one/files/sub2",
		}, real: []string{"app-a/one"}},
		"a folder of another kind with the same tree": {files: with(ordinary(), map[string]string{
			"dev/p/use.local.desc": "u", "dev/p/layout.conf": "l", "dev/p/md5-cache/x": "m",
			"profiles/dev/p/use.local.desc": "u", "metadata/p/use.local.desc": "u", "metadata/p/layout.conf": "l", "metadata/p/md5-cache/x": "m",
		})},
		"the tree of profiles as a category": {files: map[string]string{"profiles/use.local.desc": "u", "profiles/a/b": "x", "cat/use.local.desc": "u", "cat/a/b": "x", "cat/p/use.local.desc": "u", "cat/p/a/b": "x"}},
		"a file where a folder was":          {files: map[string]string{"profiles": "x", "eclass": "y", "metadata": "z", "app-a/one": "w"}},
		"a link to another package":          {files: with(ordinary(), map[string]string{"app-a/one/l": "@../two/two-1.ebuild"}), plain: true},
		"a link to another package, real":    {files: with(ordinary(), map[string]string{"app-a/one/l": "@../two/two-1.ebuild"}), real: []string{"app-a/one"}, plain: true},
		"a link to another category":         {files: with(ordinary(), map[string]string{"app-a/one/l": "@../../app-b/one/one-1.ebuild"}), plain: true},
		"a package that is a link":           {files: with(ordinary(), map[string]string{"app-a/three": "@one"}), plain: true},
		"a category that is a link":          {files: with(ordinary(), map[string]string{"app-c": "@app-a"}), plain: true},
		"links out of the tree":              {files: with(ordinary(), map[string]string{"app-a/one/abs": "@/etc/passwd", "app-a/one/up": "@../../../x"}), plain: true},
		"a chain of links":                   {files: with(ordinary(), map[string]string{"app-a/one/d": "@files", "app-a/one/x": "@d/../../two/two-1.ebuild"}), plain: true},
		"a chain of links in a package":      {files: with(ordinary(), map[string]string{"app-a/one/d": "@files/sub", "app-a/one/x": "@d/../p.patch", "app-a/one/y": "@x"})},
		"a link up and back":                 {files: with(ordinary(), map[string]string{"app-a/one/x": "@../one/one-1.ebuild"}), plain: true},
		"a loop":                             {files: with(ordinary(), map[string]string{"app-a/one/x": "@y", "app-a/one/y": "@x"}), plain: true},
		"a link into .git":                   {files: with(ordinary(), map[string]string{"app-a/one/x": "@.git/config", "app-a/one/y": "@x"})},
		"a link to where the store may be": {files: with(ordinary(), map[string]string{
			"app-a/one/x": "@../../package-4b825dc642cb6eb9a060e54bf8d69288fbee4904/tree",
		}), plain: true},
		"a link in metadata to what goes":  {files: with(ordinary(), map[string]string{"metadata/x": "@md5-cache/y", "metadata/md5-cache/y": "@/etc/passwd"}), plain: true},
		"a link in profiles to what goes":  {files: with(ordinary(), map[string]string{"profiles/x": "@use.local.desc"})},
		"an ignore file that is a folder":  {files: map[string]string{".gitignore/x/y": "1", "a/b/c": "2"}},
		"an ignore file that is a link":    {files: map[string]string{".gitignore": "@a", "a/b/c": "2"}},
		"generated files that are folders": {files: map[string]string{"profiles/use.local.desc/a": "x", "metadata/md5-cache": "x", "metadata/pkgcheck.conf/x": "y"}},
		"nothing at all":                   {files: map[string]string{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			commit := r.commit(t, c.files, c.more...)
			s := newStore(t, r)
			plain := t.TempDir() + "/plain"
			err := Plain(t.Context(), s.git, plain, r.side(commit))
			for range 2 { // cold and warm
				if report := sameAs(t, s, r.side(commit, c.real...), plain, err); (report.Plain != "") != c.plain {
					t.Errorf("%+v", report)
				}
			}
			master := r.side(commit, c.real...)
			master.Role = Master
			same(t, s, master)
		})
	}
}

func TestWhatGitRefusesIsRefused(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]string{
		".git": "100644 blob %s\t.git", ".GIT": "100644 blob %s\t.GIT", "ignorable characters": "100644 blob %s\t.g\u200cit",
		"a link that git reads": "120000 blob %s\t.gitmodules", "a climbing name": "100644 blob %s\t..",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			blob := r.line(t, []byte("x"), "hash-object", "-w", "--stdin")
			inner := r.line(t, rawTree(t, fmt.Sprintf(entry, blob)), "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
			for _, levels := range []int{0, 1, 2, 3} {
				tree := inner
				for range levels {
					tree = r.line(t, rawTree(t, "40000 tree "+tree+"\ta"), "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
				}
				commit := r.line(t, nil, "commit-tree", "-m", "x", tree)
				if _, err := newStore(t, r).Farm(t.Context(), t.TempDir()+"/farm", r.side(commit)); err == nil {
					t.Errorf("at depth %d it was accepted", levels)
				}
			}
		})
	}
}

// rawTree writes a tree of one line of git ls-tree without any of git's checks.
func rawTree(t *testing.T, line string) []byte {
	t.Helper()
	head, name, _ := strings.Cut(line, "\t")
	words := strings.Fields(head)
	var id []byte
	if _, err := fmt.Sscanf(words[2], "%x", &id); err != nil {
		t.Fatal(err)
	}
	return slices.Concat([]byte(words[0]+" "+name+"\x00"), id)
}

// TestFarmsReadAsPlainTreesProperty edits random trees, and keeps one store over all of them.
func TestFarmsReadAsPlainTreesProperty(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 4711))
			r := newRepo(t)
			s := newStore(t, r)
			files := ordinary()
			for range 4 {
				edit(rng, files, seed%3 == 0)
				commit := r.commit(t, files)
				real := []string{}
				for _, name := range slices.Sorted(maps.Keys(files)) {
					if rng.IntN(12) == 0 {
						real = append(real, name)
					}
				}
				same(t, s, r.side(commit, real...))
			}
			if len(s.Healed()) > 0 {
				t.Errorf("damaged by themselves: %v", s.Healed())
			}
		})
	}
}

// edit changes a few files of a tree; where links is set, links of all kinds come and go.
func edit(rng *rand.Rand, files map[string]string, links bool) {
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	for range 1 + rng.IntN(6) {
		names := slices.Sorted(maps.Keys(files))
		name := names[rng.IntN(len(names))]
		switch rng.IntN(5) {
		case 0:
			if len(names) > 3 {
				delete(files, name)
			}
		case 1, 2:
			files[name] = pick("", "!") + fmt.Sprint(rng.IntN(5))
		default:
			name = pick("app-a", "app-b", "app-c", "profiles", "eclass", "metadata", "licenses") + "/" + pick("one", "two", "three") + "/" + pick("x", "files/x", "files/y/z", "use.local.desc")
			clear := func(other string) bool {
				return !strings.HasPrefix(other, name+"/") && !strings.HasPrefix(name, other+"/")
			}
			for _, other := range names {
				if !clear(other) {
					delete(files, other)
				}
			}
			files[name] = fmt.Sprint(rng.IntN(5))
			if links && rng.IntN(2) == 0 {
				files[name] = "@" + pick("x", "../x", "../../one/x", "/etc/passwd", "files/../x", "../../../README", "../../../../x", "y/z/../../x", ".")
			}
		}
	}
}

func TestFSIsAFileSystem(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	commit := r.commit(t, map[string]string{"a/b/c": "1", "a/d/e/f": "2", "a/m": "3", "profiles/x/y": "4", "top": "5"})
	dir := t.TempDir() + "/farm"
	if _, err := newStore(t, r).Farm(t.Context(), dir, r.side(commit, "a/b")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir + "/.git"); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(FS(dir), "a/b/c", "a/d/e/f", "a/m", "profiles/x/y", "top", ".gitignore"); err != nil {
		t.Error(err)
	}
}
