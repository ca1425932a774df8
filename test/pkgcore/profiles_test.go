// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcore

import (
	"path"
	"slices"
	"testing"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// listed are atoms in the profiles of testdata/odd that pkgcore refuses and internal/ebuild reads, with the reason. The planner then knows of
// more than there is, which is safe.
var listed = map[string]string{
	"dev-b/lib::odd":                "what an EAPI does not have is read all the same: ::repository, which none has",
	"~dev-b/lib-1.0:0/1[-x(+),ssl]": "what an EAPI does not have is read all the same: EAPI 0 has no slots",
}

// testListed fails for listed atoms that did not occur.
func testListed(t *testing.T, seen map[string]bool) {
	t.Helper()
	for text, reason := range listed {
		if !seen[text] {
			t.Errorf("%s does not differ: take it out of the list (%s)", text, reason)
		}
	}
}

// profiles compares every folder below profiles/ that pkgcore found.
func (c *comparison) profiles() {
	l := must[ebuild.Layout](c)(ebuild.ReadLayout(c.tree))
	got := map[string]ebuild.Profile{}
	for _, p := range must[[]ebuild.Profile](c)(ebuild.ReadProfiles(c.tree)) {
		got[path.Join(".", p.Path)] = p
	}
	for name, want := range c.want.Profiles {
		p, ok := got[name]
		if !ok {
			c.Errorf("profiles/%s is missing", name)
			continue
		}
		c.profile(name, want, p, l)
	}
	if len(got) != len(c.want.Profiles) {
		c.Errorf("%d folders below profiles, pkgcore has %d", len(got), len(c.want.Profiles))
	}
}

func (c *comparison) profile(name string, want dumpedProfile, p ebuild.Profile, l ebuild.Layout) {
	for file, w := range map[string]tried[[][]string]{
		"package.mask": want.Mask, "package.unmask": want.Unmask, "package.deprecated": want.Deprecated, "package.provided": want.Provided, "packages": want.System,
	} {
		if w.Error == "" {
			c.equal("profiles/"+name+"/"+file, w.Value, c.negatable(p.Lines[file], file, w.Value))
		}
	}
	for file, w := range map[string]tried[[][2]any]{"package.keywords": want.Keywords, "package.accept_keywords": want.AcceptKeywords} {
		if w.Error == "" {
			c.equal("profiles/"+name+"/"+file, w.Value, withWords(p.Lines[file]))
		}
	}
	for file, w := range map[string]tried[[]string]{"package.use.mask": want.UseMask, "package.use.force": want.UseForce} {
		if w.Error == "" {
			c.equal("profiles/"+name+"/"+file, w.Value, keys(p.Lines[file]))
		}
	}
	texts, paths := []string{}, []string{}
	for _, parent := range p.Parents {
		if parent.Repo != "" && parent.Repo != c.want.Name {
			continue // pkgcore, too, leaves those out that it cannot find
		}
		texts, paths = append(texts, parent.Text), append(paths, path.Join(".", parent.Path))
	}
	if want.Parents.Error == "" && !slices.Equal(l.ProfileFormats, []string{"pms"}) {
		c.equal("profiles/"+name+"/parent", want.Parents.Value, texts)
		c.equal("profiles/"+name+"/parent", want.ParentPaths.Value, paths)
	}
}

// negatable sorts the lines of a file into those that take away and those that add. Listed atoms that pkgcore does not have are left out.
func (c *comparison) negatable(lines []ebuild.ProfileLine, file string, want [][]string) [][]string {
	lists := [][]string{{}, {}}
	for _, line := range lines {
		text := line.Atom.String()
		if line.Err != nil || line.Atom.Package == "" || file == "packages" && !line.System {
			continue
		}
		if file == "package.provided" {
			text = text[1:]
		}
		if listed[text] != "" && !slices.Contains(want[1], text) {
			c.listed[text] = true
			continue
		}
		if line.Removes {
			lists[0] = append(lists[0], text)
		} else {
			lists[1] = append(lists[1], text)
		}
	}
	slices.Sort(lists[0])
	slices.Sort(lists[1])
	return lists
}

func withWords(lines []ebuild.ProfileLine) [][2]any {
	list := [][2]any{}
	for _, line := range lines {
		if line.Err != nil {
			continue
		}
		words := []any{}
		for _, w := range line.Words {
			if !slices.Contains(words, any(w)) {
				words = append(words, w)
			}
		}
		list = append(list, [2]any{line.Atom.String(), words})
	}
	slices.SortFunc(list, func(a, b [2]any) int { return slices.Compare([]string{a[0].(string)}, []string{b[0].(string)}) })
	return list
}

func keys(lines []ebuild.ProfileLine) []string {
	list := []string{}
	for _, line := range lines {
		if line.Err == nil {
			list = append(list, line.Atom.Key())
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
