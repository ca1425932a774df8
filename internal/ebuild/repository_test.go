// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// texts makes a tree of files.
func texts(files map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// written writes a package as "key: versions".
func written(packages []Package) []string {
	list := []string{}
	for _, p := range packages {
		line := p.Key() + ":"
		for _, v := range p.Versions {
			line += " " + v.String()
		}
		list = append(list, line)
	}
	return list
}

func TestPackages(t *testing.T) {
	tree := texts(map[string]string{
		"a/b/b-10.ebuild": "", "a/b/b-9.ebuild": "", "a/b/b-9-r1.ebuild": "", "a/b/b-x.ebuild": "", "a/b/c-1.ebuild": "", "a/b/b-1.ebuild.bak": "", "a/b/b-1-2.ebuild": "",
		"a/empty/metadata.xml": "", "a/file": "", "a/.hid/.hid-1.ebuild": "", "a/b-1/b-1-1.ebuild": "", "z/y/y-1.ebuild": "", "a/d/d-1.ebuild/x": "", "unlisted/p/p-1.ebuild": "",
		"a/equal/equal-1.0.ebuild": "", "a/equal/equal-1.00.ebuild": "", "a/equal/equal-1.0-r0.ebuild": "",
	})
	got, err := Packages(tree, []string{"z", "a", "../x", "gone"})
	want := []string{"a/b: 9 9-r1 10", "a/equal: 1.0 1.0-r0 1.00", "z/y: 1"}
	if diff := cmp.Diff(want, written(got)); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestLinkedPackages(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"tree/a/b", "store/c"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"tree/a/b/b-1.ebuild", "store/c/c-1.ebuild"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"tree/a/c": "../../store/c", "tree/l": "a", "tree/a/b/b-2.ebuild": "b-1.ebuild", "tree/a/b/b-3.ebuild": "gone", "tree/a/gone": "gone"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tree := os.DirFS(filepath.Join(dir, "tree"))
	categories, err := Categories(tree)
	if diff := cmp.Diff([]string{"a", "l"}, categories); diff != "" || err != nil {
		t.Error(err, diff)
	}
	got, err := Packages(tree, categories)
	want := []string{"a/b: 1 2", "a/c: 1", "l/b: 1 2", "l/c: 1"}
	if diff := cmp.Diff(want, written(got)); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestCategories(t *testing.T) {
	listed := texts(map[string]string{"profiles/categories": "b\r\n  a  \n# no comment\na\n", "c/x/y": ""})
	unlisted := texts(map[string]string{"eclass/x": "", "profiles/x": "", "metadata/x": "", "licenses/x": "", ".git/x": "", "d/x": "", "e": "", "skel.ebuild": ""})
	for why, test := range map[string]struct {
		trees []fs.FS
		want  []string
	}{
		"the repository lists them":                {[]fs.FS{listed}, []string{"a", "b"}},
		"a master lists them":                      {[]fs.FS{unlisted, listed}, []string{"a", "b"}},
		"folders are categories where nobody does": {[]fs.FS{unlisted, unlisted}, []string{"d"}},
		"an empty list is none":                    {[]fs.FS{texts(map[string]string{"profiles/categories": "", "d/x": ""})}, []string{"d"}},
		"a list of nothing is one":                 {[]fs.FS{texts(map[string]string{"profiles/categories": "\n", "d/x": ""})}, []string{}},
	} {
		got, err := Categories(test.trees...)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", why, err, diff)
		}
	}
}

func TestReadLayout(t *testing.T) {
	for why, test := range map[string]struct {
		files map[string]string
		want  Layout
	}{
		"nothing is there": {nil, Layout{MastersUnset: true, ProfileFormats: []string{"pms"}, Values: map[string]string{}}},
		"all is there": {
			map[string]string{"metadata/layout.conf": "# x\nmasters = a b a # c\nrepo-name = 'n m'\nprofile-formats = portage-2 X Profile-Set\nno setting\n", "profiles/repo_name": "other\n"},
			Layout{
				Name: "n m", Masters: []string{"a", "b"}, ProfileFormats: []string{"portage-2", "profile-set"},
				Values: map[string]string{"masters": "a b a", "repo-name": "n m", "profile-formats": "portage-2 X Profile-Set"},
			},
		},
		"no masters": {
			map[string]string{"metadata/layout.conf": "masters =\n", "profiles/repo_name": " other \nsecond\n"},
			Layout{Name: "other", ProfileFormats: []string{"pms"}, Values: map[string]string{"masters": ""}},
		},
	} {
		got, err := ReadLayout(texts(test.files))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", why, err, diff)
		}
	}
	if (Layout{ProfileFormats: []string{"pms"}}).NestedProfiles() || !(Layout{ProfileFormats: []string{"portage-2"}}).NestedProfiles() {
		t.Error("pms alone forbids folders in place of files")
	}
}

func TestUnreadableFiles(t *testing.T) {
	folder := texts(map[string]string{"profiles/categories/x": "", "metadata/layout.conf/x": ""})
	if _, err := Categories(folder); err == nil || !strings.Contains(err.Error(), "profiles/categories") {
		t.Errorf("a folder is read as categories: %v", err)
	}
	if _, err := ReadLayout(folder); err == nil || !strings.Contains(err.Error(), "layout.conf") {
		t.Errorf("a folder is read as layout.conf: %v", err)
	}
}
