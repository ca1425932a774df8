// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MainBranch is the branch that NewHistory fills.
const MainBranch = "main"

// History collects commits. Nothing is on disk before Write; object ids follow from what was committed alone.
type History struct {
	commits []commit
	heads   map[string]head
	clock   time.Time
}

type commit struct {
	branch, message string
	author          Maintainer
	when            time.Time
	parent          int // its mark; 0 for none
	changed         Tree
	deleted         []string
}

type head struct {
	mark int
	tree Tree
}

// NewHistory makes the commits that lead to the repository as it is now, on branch main: first what packages rest on,
// then packages, then bumps, then the removal of the packages that are gone.
func NewHistory(r *Repo) *History {
	h := &History{heads: map[string]head{}, clock: r.options.Start}
	final := r.Tree()
	tree := maps.Clone(final)
	maps.DeleteFunc(tree, func(name string, _ File) bool { return r.isPackageFile(name) })
	h.Commit(MainBranch, "", "Add profiles, licences and eclasses", tree)

	keys := r.Keys()
	rounds := max(1, (r.options.Commits-2)/2)
	for i := range rounds {
		part := keys[len(keys)*i/rounds : len(keys)*(i+1)/rounds]
		for _, key := range part {
			first := r.Packages[key].Clone()
			first.Ebuilds = first.Ebuilds[:min(1, len(first.Ebuilds))]
			maps.Copy(tree, first.Tree())
		}
		for _, gone := range r.removed[:min(len(r.removed), i+1)] {
			maps.Copy(tree, gone.Tree())
		}
		h.Commit(MainBranch, MainBranch, fmt.Sprintf("Add %d packages", len(part)), tree)
	}
	for i := range rounds {
		for _, key := range keys[len(keys)*i/rounds : len(keys)*(i+1)/rounds] {
			maps.Copy(tree, r.Packages[key].Tree())
		}
		h.Commit(MainBranch, MainBranch, fmt.Sprintf("Add new versions, part %d", i+1), tree)
	}
	h.Commit(MainBranch, MainBranch, "Remove packages without upstream", final)
	return h
}

func (r *Repo) isPackageFile(name string) bool {
	dir := path.Dir(name)
	for ; strings.Count(dir, "/") > 1; dir = path.Dir(dir) { // files/ and below
	}
	_, ok := r.Packages[dir]
	return ok
}

// Commit adds a commit to a branch: to its tip, or, where the branch is new, on top of the branch from. Where both are
// empty it is a first commit. The author is one of the repository's maintainers and the date two hours after the last.
func (h *History) Commit(branch, from, message string, tree Tree) {
	h.CommitAs(maintainers[len(h.commits)%len(maintainers)], branch, from, message, tree)
}

// CommitAs is Commit with an author.
func (h *History) CommitAs(author Maintainer, branch, from, message string, tree Tree) {
	parent, ok := h.heads[branch]
	if !ok {
		parent = h.heads[from]
	}
	c := commit{branch: branch, message: message, author: author, when: h.clock, parent: parent.mark, changed: Tree{}}
	for name, f := range tree {
		if old, ok := parent.tree[name]; !ok || old != f {
			c.changed[name] = f
		}
	}
	for name := range parent.tree {
		if _, ok := tree[name]; !ok {
			c.deleted = append(c.deleted, name)
		}
	}
	slices.Sort(c.deleted)
	h.clock = h.clock.Add(2 * time.Hour)
	h.commits = append(h.commits, c)
	h.heads[branch] = head{mark: len(h.commits), tree: maps.Clone(tree)}
}

// Tree is the tree at a branch's tip, or nil.
func (h *History) Tree(branch string) Tree { return h.heads[branch].tree }

// Branches are the names of all branches, sorted.
func (h *History) Branches() []string { return slices.Sorted(maps.Keys(h.heads)) }

// Write makes a bare git repository of the history at dir, which must not exist or be empty. HEAD names main.
func (h *History) Write(ctx context.Context, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("writing the history: %s is not empty", dir)
	}
	if _, err := Git(ctx, "", nil, "init", "-q", "--bare", "--template=", "--object-format=sha1", "-b", MainBranch, dir); err != nil {
		return fmt.Errorf("writing the history: %w", err)
	}
	var stream bytes.Buffer
	h.export(&stream)
	if _, err := Git(ctx, dir, &stream, "fast-import", "--quiet", "--done", "--date-format=raw"); err != nil {
		return fmt.Errorf("writing the history: %w", err)
	}
	return nil
}

// export writes the history in the format of git fast-import.
func (h *History) export(w io.Writer) {
	b := bufio.NewWriter(w) // a bytes.Buffer below never fails
	data := func(text string) { _, _ = fmt.Fprintf(b, "data %d\n%s\n", len(text), text) }
	for i, c := range h.commits {
		_, _ = fmt.Fprintf(b, "commit refs/heads/%s\nmark :%d\n", c.branch, i+1)
		who := fmt.Sprintf("%s <%s> %d +0000\n", c.author.Name, c.author.Email, c.when.Unix())
		_, _ = b.WriteString("author " + who + "committer " + who)
		data(c.message + "\n\nSigned-off-by: " + c.author.Name + " <" + c.author.Email + ">\n")
		if c.parent > 0 {
			_, _ = fmt.Fprintf(b, "from :%d\n", c.parent)
		}
		for _, name := range c.deleted {
			_, _ = b.WriteString("D " + name + "\n")
		}
		for _, name := range slices.Sorted(maps.Keys(c.changed)) {
			_, _ = fmt.Fprintf(b, "M %s inline %s\n", c.changed[name].Mode, name)
			data(c.changed[name].Text)
		}
		_ = b.WriteByte('\n')
	}
	_, _ = b.WriteString("done\n")
	_ = b.Flush()
}

// WriteFiles writes a tree into a directory, without git.
func (t Tree) WriteFiles(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		f, target := t[name], filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("writing the tree: %w", err)
		}
		var err error
		switch f.Mode {
		case ModeSymlink:
			err = os.Symlink(f.Text, target)
		case ModeExec:
			err = os.WriteFile(target, []byte(f.Text), 0o755)
		default:
			err = os.WriteFile(target, []byte(f.Text), 0o644)
		}
		if err != nil {
			return fmt.Errorf("writing the tree: %w", err)
		}
	}
	return nil
}

// Git runs git without any configuration of the machine's, in dir where one is given. It returns what git printed.
func Git(ctx context.Context, dir string, stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin = dir, stdin
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Anna Example", "GIT_AUTHOR_EMAIL=anna@example.org", "GIT_AUTHOR_DATE=1767600000 +0000",
		"GIT_COMMITTER_NAME=Anna Example", "GIT_COMMITTER_EMAIL=anna@example.org", "GIT_COMMITTER_DATE=1767600000 +0000")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
