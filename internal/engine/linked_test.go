// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/trees"
	"github.com/prcheck/prcheck/test/planted"
)

func TestLinkedPackagesAreListed(t *testing.T) {
	t.Parallel()
	const ebuild = "EAPI=8\n"
	cases := map[string]struct {
		files map[string]string // as plant has them
		want  []string          // that are there through links only
	}{
		"a category that is a link": {
			map[string]string{"two": "@one"},
			[]string{"two/pkg-1", "two/pkg-2"},
		},
		"a package that is a link": {
			map[string]string{"two/pkg": "@../one/pkg", "two/metadata.xml": "x"},
			[]string{"two/pkg-1", "two/pkg-2"},
		},
		"a link to a link": {
			map[string]string{"two": "@three", "three": "@one"},
			[]string{"three/pkg-1", "three/pkg-2", "two/pkg-1", "two/pkg-2"},
		},
		"a package of a linked category that is a link": {
			map[string]string{"two": "@three", "three/pkg": "@../one/pkg"},
			[]string{"three/pkg-1", "three/pkg-2", "two/pkg-1", "two/pkg-2"},
		},
		"a package whose name is not that of its ebuilds": {map[string]string{"two/other": "@../one/pkg"}, nil},
		"a category that nobody knows":                    {map[string]string{"four": "@one"}, nil},
		"a link out of the tree":                          {map[string]string{"two": "@../.."}, nil},
		"a link to nothing":                               {map[string]string{"two": "@nothing"}, nil},
		"a link to itself":                                {map[string]string{"two": "@two"}, nil},
		"a link to the tree":                              {map[string]string{"two": "@."}, nil},
		"a link to a folder in a package":                 {map[string]string{"one/pkg/files/more": "@../../pkg"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			planted.Write(t, dir, map[string]string{"one/pkg/pkg-1.ebuild": ebuild, "one/pkg/pkg-2.ebuild": ebuild, "one/pkg/files/x-1.ebuild": ebuild})
			planted.Write(t, dir, c.files)
			listed := &listing{categories: map[string]bool{"one": true, "two": true, "three": true}}
			for file, content := range c.files {
				listed.files = append(listed.files, listedFile{file, strings.HasPrefix(content, "@")})
			}
			if err := listed.follow(trees.FS(dir)); err != nil {
				t.Fatal(err)
			}
			var found []string
			listed.ebuilds(trees.FS(dir), func(category, name, version string) { found = append(found, category+"/"+name+"-"+version) })
			slices.Sort(found)
			if diff := cmp.Diff(c.want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinksDoNotMultiplyATree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	planted.Write(t, dir, map[string]string{"one/pkg/pkg-1.ebuild": "EAPI=8\n", "two/pkg": "@../one/pkg"})
	listed := &listing{categories: map[string]bool{"two": true}, files: []listedFile{{"two/pkg", true}}, linked: maxLinked}
	if err := listed.follow(trees.FS(dir)); err == nil || !strings.Contains(err.Error(), "two/pkg") {
		t.Errorf("%v: more files than may be are no error that names the link", err)
	}
}
