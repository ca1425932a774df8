// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Limits of ReadFiles: a page shows a few lines of some files.
const (
	maxReadPaths = 500
	maxReadBytes = 1 << 20
)

// ReadFiles returns the contents of regular files of a tree or commit. Links are not followed, and what is missing, no
// regular file or bigger than 1 MiB is left out, as is everything past the first 500 paths.
func (m *Mirrors) ReadFiles(ctx context.Context, src Source, tree string, paths []string) (map[string][]byte, error) {
	mir, err := m.of(src)
	if err != nil {
		return nil, err
	}
	if !gitops.IsCommitID(tree) {
		return nil, fmt.Errorf("reading files: %q is not an object id", tree)
	}
	paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		return !fs.ValidPath(p) || p == "." || len(p) > 1024 || strings.ContainsRune(p, 0)
	})
	slices.Sort(paths)
	paths = slices.Compact(paths)
	paths = paths[:min(len(paths), maxReadPaths)]
	if len(paths) == 0 {
		return nil, nil
	}
	blobs, err := mir.regular(ctx, tree, paths)
	if err != nil {
		return nil, err
	}
	return mir.contents(ctx, blobs)
}

type blob struct {
	path, id string
	size     int64
}

// regular lists those paths that are regular files of bearable size.
func (mir *mirror) regular(ctx context.Context, tree string, paths []string) ([]blob, error) {
	git := gitops.Git{Env: []string{"GIT_LITERAL_PATHSPECS=1"}}
	out, err := git.Run(ctx, mir.dir, append([]string{"ls-tree", "-z", "-l", "--full-tree", tree, "--"}, paths...)...)
	if err != nil {
		return nil, fmt.Errorf("reading files: %w", err)
	}
	var blobs []blob
	for entry := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		meta, path, ok := strings.Cut(entry, "\t")
		words := strings.Fields(meta)
		if !ok || len(words) != 4 || (words[0] != "100644" && words[0] != "100755") {
			continue
		}
		size, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil || size > maxReadBytes {
			continue
		}
		blobs = append(blobs, blob{path: path, id: words[2], size: size})
	}
	return blobs, nil
}

// contents reads blobs through one git process.
func (mir *mirror) contents(ctx context.Context, blobs []blob) (map[string][]byte, error) {
	var ids strings.Builder
	for _, b := range blobs {
		ids.WriteString(b.id + "\n")
	}
	out, err := (gitops.Git{}).RunInput(ctx, mir.dir, strings.NewReader(ids.String()), "cat-file", "--batch=%(objectname) %(objectsize)")
	if err != nil {
		return nil, fmt.Errorf("reading files: %w", err)
	}
	files := map[string][]byte{}
	rest := []byte(out)
	for _, b := range blobs {
		header, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok || string(header) != b.id+" "+strconv.FormatInt(b.size, 10) || int64(len(after)) < b.size+1 {
			return nil, fmt.Errorf("reading %s of the merged tree: git answered %.100q", b.path, header)
		}
		files[b.path] = after[:b.size:b.size]
		rest = after[b.size+1:]
	}
	return files, nil
}
