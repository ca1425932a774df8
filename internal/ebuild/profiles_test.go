// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said writes lines as "file:line text", with what was made of them.
func said(lines []ProfileLine) []string {
	list := []string{}
	for _, l := range lines {
		mark := ""
		switch {
		case l.Err != nil:
			mark = "bad "
		case l.Removes:
			mark = "- "
		}
		if l.System {
			mark += "* "
		}
		list = append(list, strings.TrimSpace(l.File+" "+mark+l.Atom.String()+" "+strings.Join(l.Words, ",")))
	}
	return list
}

func TestProfileLines(t *testing.T) {
	for name, test := range map[string][2]string{
		"package.mask":            {"# x\n a/b # c\n-=a/b-1\n-\nno\n>=c/d-1:0[x]", "f a/b|f - =a/b-1|f bad /|f bad /|f >=c/d-1:0[x]"},
		"package.use":             {"a/b x -y # z\na/c\na/b X: y\n-a/b x", "f a/b x,-y|f bad a/c|f bad a/b X:,y|f bad / x"},
		"package.accept_keywords": {"a/b\n~a/b-1 ** ~x", "f a/b|f ~a/b-1 **,~x"},
		"package.provided":        {"a/b-1\n-a/b-2-r1\na/b\n=a/b-1\na/b-1*\na/b-1:0", "f =a/b-1|f - =a/b-2-r1|f bad /|f bad /|f bad =a/b-1*|f bad =a/b-1:0"},
		"packages":                {"*a/b\n-*a/c\na/d\n-a/e\n-*", "f * a/b|f - * a/c|f a/d|f - a/e|f - * /"},
	} {
		got := strings.Join(said(ParseProfileLines(name, "f", test[0])), "|")
		if got != test[1] {
			t.Errorf("%s:\n%s, want\n%s", name, got, test[1])
		}
	}
}

func TestReadProfiles(t *testing.T) {
	got, err := ReadProfiles(texts(map[string]string{
		"profiles/package.mask": "a/top\n", "profiles/eapi": "7\n", "profiles/arch.list": "x", "profiles/updates/1Q-2020": "x", "profiles/desc/x.desc": "x",
		"profiles/one/parent": "../two\n:three/deep # c\nother:x\n..\nrepo:../out\n", "profiles/one/make.defaults": "x",
		"profiles/two/package.use/b": "b/b x\n", "profiles/two/package.use/a/c": "a/c y\n", "profiles/two/package.use/.hid": "no/no z\n", "profiles/two/package.use/old~": "no/no z\n",
		"profiles/three/deep/package.unmask": "a/\xff\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, p := range got {
		line := "[" + p.Path + "] " + p.EAPI
		for _, parent := range p.Parents {
			line += " <" + parent.Repo + ":" + parent.Path + ">"
		}
		for name := range p.Lines {
			line += " " + name + "=" + strings.Join(said(p.Lines[name]), "|")
		}
		for _, err := range p.Errs {
			line += " " + err.Error()
		}
		list = append(list, line+" "+strings.Join(p.Files, ","))
	}
	want := []string{
		"[] 7 package.mask=package.mask a/top arch.list,eapi,package.mask",
		"[one]  <:two> <:three/deep> <other:x> <:> <repo:../out> make.defaults,parent",
		"[three]  ",
		"[three/deep]  reading profiles/three/deep/package.unmask: it is not UTF-8 package.unmask",
		"[two]  package.use=two/package.use/a/c a/c y|two/package.use/b b/b x ",
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

func TestUpdates(t *testing.T) {
	for why, test := range map[string]struct {
		first, second string
		want          map[string]string
		ignored       int
	}{
		"a chain":                           {"move a/a a/b\n", "move a/b a/c\n", map[string]string{"a/a": "a/b", "a/b": "a/c"}, 0},
		"a slot move first hides the move":  {"slotmove a/a 0 1\nmove a/a a/b\n", "", map[string]string{}, 0},
		"the second move does not count":    {"move a/a a/b\nmove a/a a/c\n", "slotmove a/a 0 1\n", map[string]string{"a/a": "a/b"}, 2},
		"what the target did before counts": {"slotmove a/b 0 1\nmove a/a a/b\nmove a/b a/c\n", "", map[string]string{"a/a": "a/b"}, 0},
		"there and back":                    {"move a/a a/b\nmove a/b a/a\n", "", map[string]string{"a/a": "a/b", "a/b": "a/a"}, 0},
		"bad lines":                         {"\nmove a/a\nfoo\nmove >=a/a-1 a/b\nslotmove a/a:0 0 1\n move a/x  a/y \n", "", map[string]string{"a/x": "a/y"}, 5},
	} {
		u, err := ReadUpdates(texts(map[string]string{"profiles/updates/1Q-2020": test.first, "profiles/updates/1Q-2021": test.second, "profiles/updates/5Q-2020": "nonsense"}), "7")
		if diff := cmp.Diff(test.want, u.Moves); diff != "" || err != nil || len(u.Ignored) != test.ignored+1 {
			t.Errorf("%s: %v, %q\n%s", why, err, u.Ignored, diff)
		}
	}
}

func TestUpdatesThatPkgcoreGivesUpOn(t *testing.T) {
	for _, line := range []string{"move a b", "move a/a b", "slotmove a 0 1", "slotmove a/a / 1", "slotmove a/a 0 /"} {
		u, err := ReadUpdates(texts(map[string]string{"profiles/updates/anything": "move x/y x/z\n" + line}), "8")
		var at *LineError
		if !errors.As(err, &at) || at.Line != 2 || at.File != "anything" {
			t.Errorf("%s: %v", line, err)
		}
		if u.Moves["x/y"] != "x/z" {
			t.Errorf("%s: what was read before is lost: %v", line, u.Moves)
		}
	}
}

func TestUpdateNames(t *testing.T) {
	for name, want := range map[string][2]bool{"1Q-2020": {true, true}, "5Q-2020": {false, true}, "1Q-20": {false, true}, "1q-2020": {false, true}, ".x": {}, "1Q-202x": {false, true}} {
		if got := [2]bool{isUpdateName(name, "7"), isUpdateName(name, "8")}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
