// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// categoryName is what a category may be called.
var categoryName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9+_.-]*$`)

// Limits of what is looked at to find renames. Beyond them a rename is not found, and its problems are new: a pull request gains
// nothing by being too large.
const (
	maxRenames      = 2000
	movesLimit      = 1000     // of one package
	updatesLimit    = 8 << 20  // of all files in profiles/updates
	ebuildLimit     = 64 << 10 // of an ebuild that is compared
	ebuildsLimit    = 64 << 20 // of all that are, of a side
	comparisonLines = 8 << 20  // in all
)

// updatesDir holds the package moves of a repository.
const updatesDir = "profiles/updates"

// renamesBetween finds the packages of base that have another name on head: former → present name. A move in head's
// profiles/updates tells, and else the ebuilds do, where they are nearly the same. Only a package that is gone was renamed.
func renamesBetween(base, head fs.FS, onBase, onHead inventory) map[string]string {
	gone, fresh := onBase.without(onHead), onHead.without(onBase)
	renames := map[string]string{}
	if len(gone) == 0 {
		return renames
	}
	moves := readMoves(head)
	for _, old := range gone {
		if name, ok := destination(moves, old, onHead); ok {
			renames[old] = name
			fresh = slices.DeleteFunc(fresh, func(f string) bool { return f == name })
		}
	}
	gone = slices.DeleteFunc(gone, func(old string) bool { return renames[old] != "" })
	if len(gone) > 0 && len(fresh) > 0 {
		alikeEbuilds(readEbuilds(base, gone, onBase), readEbuilds(head, fresh, onHead), renames)
	}
	for _, old := range slices.Sorted(maps.Keys(renames))[min(len(renames), maxRenames):] {
		delete(renames, old)
	}
	return renames
}

// without lists the packages that another inventory does not have, sorted: those with names that can be believed.
func (i inventory) without(other inventory) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(i)), func(name string) bool {
		_, ok := parsePackage(name)
		return !ok || other[name] != nil
	})
}

// readMoves reads the moves in a tree's profiles/updates: former name → present names, in the order of the files. What cannot be
// read says nothing.
func readMoves(tree fs.FS) map[string][]string {
	moves := map[string][]string{}
	files, err := fs.ReadDir(tree, updatesDir)
	if err != nil {
		return moves // few repositories have the folder
	}
	left := int64(updatesLimit)
	for _, f := range files {
		data, err := readFile(tree, path.Join(updatesDir, f.Name()), left)
		if err != nil {
			continue
		}
		left -= int64(len(data))
		for line := range strings.Lines(string(data)) {
			if words := strings.Fields(line); len(words) == 3 && words[0] == "move" {
				moves[words[1]] = append(moves[words[1]], words[2])
			}
		}
	}
	return moves
}

// destination follows the moves of a package to the first name that the tree has.
func destination(moves map[string][]string, from string, exists inventory) (string, bool) {
	seen := map[string]bool{from: true}
	queue := slices.Clone(moves[from][:min(len(moves[from]), movesLimit)])
	for looked := 0; len(queue) > 0 && looked < movesLimit; looked++ {
		name := queue[0]
		queue = queue[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		if _, ok := parsePackage(name); ok && exists[name] != nil {
			return name, true
		}
		queue = append(queue, moves[name][:min(len(moves[name]), movesLimit)]...)
	}
	return "", false
}

// ebuildText is what counts of an ebuild when two are compared: how often it has each line, without comments and blank ones, which
// all ebuilds share.
type ebuildText struct {
	lines map[string]int
	bytes int
}

// readEbuilds reads the ebuilds of packages. One that is too large, or is gone, is like no other.
func readEbuilds(tree fs.FS, names []string, versions inventory) map[string][]ebuildText {
	texts := map[string][]ebuildText{}
	left := int64(ebuildsLimit)
	for _, name := range names {
		for _, version := range versions[name] {
			data, err := readFile(tree, path.Join(name, path.Base(name)+"-"+version+".ebuild"), min(ebuildLimit, left))
			if err != nil {
				continue
			}
			left -= int64(len(data))
			text := ebuildText{lines: map[string]int{}}
			for line := range strings.Lines(string(data)) {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					text.lines[line]++
					text.bytes += len(line)
				}
			}
			texts[name] = append(texts[name], text)
		}
	}
	return texts
}

// common is how many bytes two ebuilds have in common, where that is at least three quarters of each. Git is content with half,
// but half of two Python packages is often the same, and here a wrong guess would excuse what is new.
func common(a, b ebuildText) int {
	if a.bytes > b.bytes {
		a, b = b, a
	}
	if 4*a.bytes < 3*b.bytes {
		return 0
	}
	n := 0
	for line, count := range a.lines {
		n += len(line) * min(count, b.lines[line])
	}
	if 4*n < 3*b.bytes {
		return 0
	}
	return n
}

// pair is a package that is gone and one that is fresh, and how much they have in common.
type pair struct {
	old, name string
	common    int
}

// alikeEbuilds adds the packages to renames that have an ebuild in common with a fresh one, each with the one that is most like it.
func alikeEbuilds(gone, fresh map[string][]ebuildText, renames map[string]string) {
	pairs := []pair{}
	lines := comparisonLines
	for _, old := range slices.Sorted(maps.Keys(gone)) {
		for _, name := range slices.Sorted(maps.Keys(fresh)) {
			if n := mostCommon(gone[old], fresh[name], &lines); n > 0 {
				pairs = append(pairs, pair{old, name, n})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.common, a.common), cmp.Compare(b.kept(), a.kept()))
	})
	taken := map[string]bool{}
	for _, p := range pairs {
		if renames[p.old] == "" && !taken[p.name] {
			renames[p.old], taken[p.name] = p.name, true
		}
	}
}

// kept is 1 where only the category is another.
func (p pair) kept() int {
	if path.Base(p.old) == path.Base(p.name) {
		return 1
	}
	return 0
}

// mostCommon is the most that an ebuild of one package has in common with one of the other, as far as lines may still be compared.
func mostCommon(old, name []ebuildText, lines *int) int {
	most := 0
	for _, a := range old {
		for _, b := range name {
			if *lines -= min(len(a.lines), len(b.lines)) + 1; *lines < 0 {
				return most
			}
			most = max(most, common(a, b))
		}
	}
	return most
}
