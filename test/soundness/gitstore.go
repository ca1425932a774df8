// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// gitStore is a bare repository.
type gitStore struct{ dir string }

func (g gitStore) run(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	return ebuildrepo.Git(ctx, g.dir, stdin, args...)
}

// initStore makes an empty bare repository.
func initStore(ctx context.Context, dir string) (gitStore, error) {
	_, err := ebuildrepo.Git(ctx, "", nil, "init", "--quiet", "--bare", "--template=", "-b", "main", dir)
	return gitStore{dir}, err
}

// commit puts a tree on top of a parent (none: the first commit), of which it need not differ much. Equal input gives equal ids.
func (g gitStore) commit(ctx context.Context, parent string, before, tree mutation.Tree, when time.Time) (string, error) {
	var in bytes.Buffer
	who := fmt.Sprintf("Anna Example <anna@example.org> %d +0000", when.Unix())
	message := "Change what a test wants\n\nSigned-off-by: Anna Example <anna@example.org>\n"
	fmt.Fprintf(&in, "commit refs/prcheck/new\nmark :1\nauthor %s\ncommitter %s\ndata %d\n%s\n", who, who, len(message), message)
	if parent != "" {
		fmt.Fprintf(&in, "from %s\n", parent)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := tree[name]; !ok {
			fmt.Fprintf(&in, "D %s\n", quote(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if f := tree[name]; before[name] != f {
			fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", f.Mode, quote(name), len(f.Text), f.Text)
		}
	}
	in.WriteString("\nget-mark :1\ndone\n")
	out, err := g.run(ctx, &in, "fast-import", "--quiet", "--done", "--date-format=raw", "--force")
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(out)
	_, err = g.run(ctx, nil, "update-ref", "refs/heads/c"+id, id)
	return id, err
}

func quote(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}

// read returns all files of a commit. Submodules are left out.
func (g gitStore) read(ctx context.Context, commit string) (mutation.Tree, error) {
	list, err := g.run(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	type entry struct{ mode, id, name string }
	entries, ids := []entry{}, strings.Builder{}
	for line := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		head, name, ok := strings.Cut(line, "\t")
		words := strings.Fields(head)
		if ok && len(words) == 3 && words[1] == "blob" {
			entries = append(entries, entry{words[0], words[2], name})
			ids.WriteString(words[2] + "\n")
		}
	}
	out, err := g.run(ctx, strings.NewReader(ids.String()), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	tree := mutation.Tree{}
	in := bufio.NewReader(strings.NewReader(out))
	for _, e := range entries {
		text, err := nextBlob(in)
		if err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", e.name, commit, err)
		}
		tree[e.name] = ebuildrepo.File{Text: text, Mode: e.mode}
	}
	return tree, nil
}

// nextBlob reads one answer of git cat-file --batch.
func nextBlob(in *bufio.Reader) (string, error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	words := strings.Fields(head)
	size, err := strconv.Atoi(words[len(words)-1])
	if err != nil {
		return "", fmt.Errorf("git says %q: %w", head, err)
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(in, data); err != nil {
		return "", err
	}
	return string(data[:size]), nil
}
