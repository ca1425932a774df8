// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Change is one path that differs between two trees. Renames show as one path gone and one added.
type Change struct {
	Path             string
	OldMode, NewMode string // six octal digits; 000000 where the path does not exist
	OldID, NewID     string // object ids; zeroes where the path does not exist
}

// Added says that the path is new.
func (c Change) Added() bool { return c.OldMode == noMode }

// Deleted says that the path is gone.
func (c Change) Deleted() bool { return c.NewMode == noMode }

const noMode = "000000"

// Changes lists the paths that differ between two commits or trees, by content, kind or mode, sorted by path.
func (g Git) Changes(ctx context.Context, repo, from, to string) ([]Change, error) {
	out, err := g.Run(ctx, repo, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv",
		"--ignore-submodules=none", from, to, "--")
	if err != nil {
		return nil, fmt.Errorf("listing changes: %w", err)
	}
	changes, err := parseRaw(out)
	if err != nil {
		return nil, fmt.Errorf("listing changes between %s and %s: %w", from, to, err)
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

// Touched lists the paths that the commits of to, but not of from, touch, sorted: also those that one changes and another changes back.
// Like the tool's own reading of the history it counts no merge.
func (g Git) Touched(ctx context.Context, repo, from, to string) ([]string, error) {
	out, err := g.Run(ctx, repo, "log", "-z", "--format=", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", from+".."+to, "--")
	if err != nil {
		return nil, fmt.Errorf("listing what the commits touch: %w", err)
	}
	paths := slices.DeleteFunc(strings.Split(out, "\x00"), func(path string) bool { return path == "" })
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// Paths returns the paths of changes, in their order.
func Paths(changes []Change) []string {
	paths := make([]string, 0, len(changes))
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	return paths
}

// parseRaw reads the output of diff-tree -z --raw: ":oldmode newmode oldid newid status NUL path NUL".
func parseRaw(out string) ([]Change, error) {
	changes := []Change{}
	for out != "" {
		head, rest, ok := strings.Cut(out, "\x00")
		path, rest, ok2 := strings.Cut(rest, "\x00")
		words := strings.Fields(strings.TrimPrefix(head, ":"))
		if !ok || !ok2 || len(words) != 5 || !strings.HasPrefix(head, ":") || path == "" {
			return nil, fmt.Errorf("git printed a line that is not understood: %.200q", head)
		}
		changes = append(changes, Change{Path: path, OldMode: words[0], NewMode: words[1], OldID: words[2], NewID: words[3]})
		out = rest
	}
	return changes, nil
}
