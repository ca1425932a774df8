// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// files is a repository in memory: contents by path.
type files map[string]string

// with is a copy with some files set; an empty content removes a file.
func (f files) with(pairs ...string) files {
	out := maps.Clone(f)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			delete(out, pairs[i])
		} else {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

func (f files) fs() fs.FS {
	out := fstest.MapFS{}
	for name, text := range f {
		out[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		if to, ok := strings.CutPrefix(text, linkTo); ok {
			out[name] = &fstest.MapFile{Data: []byte(to), Mode: 0o777 | fs.ModeSymlink}
		}
	}
	return out
}

// linkTo begins the content of a symbolic link.
const linkTo = "-> "

// changes are the paths that differ, as git says it.
func (f files) changes(to files) []Change {
	var out []Change
	for _, name := range slices.Sorted(maps.Keys(maps.Collect(both(f, to)))) {
		before, had := f[name]
		after, has := to[name]
		if had && has && before == after {
			continue
		}
		c := Change{Path: name, Status: 'M', OldMode: 0o100644, NewMode: 0o100644}
		if !had {
			c.Status, c.OldMode = 'A', 0
		}
		if !has {
			c.Status, c.NewMode = 'D', 0
		}
		out = append(out, c)
	}
	return out
}

func both(a, b files) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for _, m := range []files{a, b} {
			for k, v := range m {
				if !yield(k, v) {
					return
				}
			}
		}
	}
}

var (
	assignment = regexp.MustCompile(`(?m)^([A-Z_]+)="([^"]*)"`)
	inherits   = regexp.MustCompile(`(?m)^\s*inherit (.*)$`)
	functions  = regexp.MustCompile(`(?m)^([\w.-]+)\(\)`)
)

// prepared is what prepare would make of the repository: assignments and inherits of ebuilds. An ebuild with a line "die" fails. The
// masters' eclasses are found, too.
func (f files) prepared(masters ...files) fs.FS {
	out := fstest.MapFS{}
	failures := map[string]any{}
	for name, text := range f {
		parts := strings.Split(name, "/")
		if len(parts) != 3 || !strings.HasSuffix(name, ".ebuild") {
			continue
		}
		cpv := parts[0] + "/" + strings.TrimSuffix(parts[2], ".ebuild")
		entry, ok := f.entry(text, masters)
		if !ok {
			failures[cpv] = ebuild.SourcingError{MD5: sum(text), Attr: "data", Error: "failed sourcing ebuild"}
			continue
		}
		out["md5-cache/"+cpv] = &fstest.MapFile{Data: entry, Mode: 0o644}
	}
	out["errors.json"] = document("errors", failures)
	records := map[string]any{}
	for name, text := range f {
		if path.Dir(name) != "eclass" {
			continue
		}
		record := ebuild.EclassRecord{MD5: sum(text), Functions: []string{}, Variables: []string{}}
		for _, m := range functions.FindAllStringSubmatch(text, -1) {
			record.Functions = append(record.Functions, m[1])
		}
		if strings.Contains(text, "PROPERTIES") {
			record.Properties = "live"
		}
		records[strings.TrimSuffix(path.Base(name), ".eclass")] = record
	}
	out["eclasses.json"] = document("eclasses", records)
	return out
}

func document(member string, records map[string]any) *fstest.MapFile {
	data, err := json.Marshal(map[string]any{member: records})
	if err != nil {
		panic(err)
	}
	return &fstest.MapFile{Data: data, Mode: 0o644}
}

func sum(text string) string {
	s := md5.Sum([]byte(text))
	return hex.EncodeToString(s[:])
}

func (f files) entry(text string, masters []files) ([]byte, bool) {
	if strings.Contains(text, "\ndie") {
		return nil, false
	}
	vars := map[string]string{"EAPI": "8", "SLOT": "0"}
	for _, m := range assignment.FindAllStringSubmatch(text, -1) {
		vars[m[1]] = m[2]
	}
	var direct []string
	for _, m := range inherits.FindAllStringSubmatch(text, -1) {
		direct = append(direct, strings.Fields(m[1])...)
	}
	all := map[string]string{}
	for open := slices.Clone(direct); len(open) > 0; {
		name := open[0]
		open = open[1:]
		body, ok := eclassText(name, append([]files{f}, masters...))
		if !ok || strings.Contains(body, "\ndie") {
			return nil, false
		}
		all[name] = sum(body)
		for _, m := range inherits.FindAllStringSubmatch(body, -1) {
			open = append(open, strings.Fields(m[1])...)
		}
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		fmt.Fprintf(&b, "%s=%s\n", name, vars[name])
	}
	if len(direct) > 0 {
		fmt.Fprintf(&b, "INHERIT=%s\n", strings.Join(direct, " "))
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			pairs = append(pairs, name, all[name])
		}
		fmt.Fprintf(&b, "_eclasses_=%s\n", strings.Join(pairs, "\t"))
	}
	fmt.Fprintf(&b, "_md5_=%s\n", sum(text))
	return b.Bytes(), true
}

func eclassText(name string, trees []files) (string, bool) {
	for _, t := range trees {
		if text, ok := t["eclass/"+name+".eclass"]; ok {
			return text, true
		}
	}
	return "", false
}

// index builds the index of a repository with one master, if any.
func (f files) index(tb testing.TB, masters ...files) *Index {
	tb.Helper()
	var list []Master
	for i, m := range masters {
		list = append(list, Master{Name: fmt.Sprintf("master%d", i), Tree: m.fs(), Prepared: m.prepared()})
	}
	x, err := Build(f.fs(), f.prepared(masters...), list)
	if err != nil {
		tb.Fatalf("building the index: %v", err)
	}
	return x
}

// planBetween plans a change of a repository.
func planBetween(tb testing.TB, base, head files, o Options) Result {
	tb.Helper()
	return Plan(base.index(tb), head.index(tb), base.changes(head), nil, o)
}

// inScope are the packages in scope with their reasons; "*" stands for everything.
func inScope(r Result) map[string]string {
	if r.Scope.Kind == "Full" {
		return map[string]string{"*": r.Scope.Reason}
	}
	out := map[string]string{}
	for _, p := range r.Scope.Packages {
		out[p.Category+"/"+p.Package] = p.Reason
	}
	return out
}

// small is a repository with one of each: a library, its users, an eclass, a profile, a virtual.
func small() files {
	return files{
		"profiles/repo_name":                   "small\n",
		"profiles/categories":                  "app-misc\ndev-libs\nvirtual\n",
		"profiles/arch.list":                   "amd64\narm64\n",
		"profiles/profiles.desc":               "amd64 default/amd64 stable\n",
		"profiles/default/amd64/make.defaults": "ARCH=\"amd64\"\n",
		"profiles/default/amd64/package.mask":  "# none\n",
		"profiles/package.mask":                "# none\n",
		"profiles/license_groups":              "FREE MIT\nEULA Evil\n",
		"profiles/thirdpartymirrors":           "gnu https://ftp.example.org/gnu\n",
		"profiles/use.desc":                    "doc - Documentation\n",
		"metadata/layout.conf":                 "masters =\n",
		"licenses/MIT":                         "MIT\n",
		"licenses/Evil":                        "Evil\n",
		"eclass/build.eclass":                  "# @ECLASS: build.eclass\nbuild_all() {\n\t:\n}\n",
		"eclass/other.eclass":                  "# @ECLASS: other.eclass\nother_all() {\n\t:\n}\n",
		"dev-libs/lib/lib-1.ebuild":            "EAPI=\"8\"\nSLOT=\"0/1\"\nKEYWORDS=\"amd64 arm64\"\nIUSE=\"doc ssl\"\nLICENSE=\"MIT\"\nSRC_URI=\"mirror://gnu/lib-1.tar\"\n",
		"dev-libs/lib/lib-2.ebuild":            "EAPI=\"8\"\nSLOT=\"0/2\"\nKEYWORDS=\"~amd64\"\nIUSE=\"doc ssl\"\nLICENSE=\"MIT\"\n",
		"dev-libs/lib/metadata.xml":            "<pkgmetadata></pkgmetadata>\n",
		"dev-libs/lib/Manifest":                "DIST lib-1.tar 10 BLAKE2B aa SHA512 bb\n",
		"dev-libs/alone/alone-1.ebuild":        "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nLICENSE=\"Evil\"\ninherit build\nsrc_compile() {\n\tbuild_all\n}\n",
		"app-misc/user/user-1.ebuild":          "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nRDEPEND=\"dev-libs/lib[ssl]\"\n",
		"app-misc/blocker/blocker-1.ebuild":    "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nRDEPEND=\"!<dev-libs/lib-1\"\n",
		"app-misc/range/range-1.ebuild":        "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nDEPEND=\">=dev-libs/lib-1 <dev-libs/lib-3\"\n",
		"app-misc/old/old-1.ebuild":            "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nDEPEND=\"=dev-libs/lib-1\"\n",
		"app-misc/hints/hints-1.ebuild":        "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\npkg_postinst() {\n\toptfeature \"speed\" dev-libs/lib\n}\n",
		"app-misc/refers/refers-1.ebuild":      "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\n",
		"app-misc/refers/metadata.xml":         "<pkgmetadata><longdescription>See <pkg>dev-libs/lib</pkg>.</longdescription></pkgmetadata>\n",
		"app-misc/caller/caller-1.ebuild":      "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nsrc_compile() {\n\tbuild_new\n}\n",
		"app-misc/broken/broken-1.ebuild":      "EAPI=\"8\"\nSLOT=\"0\"\ninherit other\ndie\n",
		"virtual/lib/lib-0.ebuild":             "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nRDEPEND=\"|| ( dev-libs/lib dev-libs/alone )\"\n",
		"app-misc/anyof/anyof-1.ebuild":        "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\nRDEPEND=\"virtual/lib ssl? ( dev-libs/alone )\"\n",
		"app-misc/quiet/quiet-1.ebuild":        "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\n",
	}
}
