// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const plain = "EAPI=\"8\"\nSLOT=\"0\"\nKEYWORDS=\"amd64\"\n"

// grown is the small repository with data files, a system set, account packages and local flags.
func grown() files {
	return small().with(
		"profiles/categories", "acct-user\napp-misc\ndev-libs\nvirtual\n",
		"acct-user/b/b-1.ebuild", plain,
		"metadata/projects.xml", "<projects><project><email>old@example.org</email></project></projects>\n",
		"metadata/glsa/glsa-1.xml", "<glsa><package name=\"dev-libs/lib\" auto=\"yes\"></package></glsa>\n",
		"metadata/stabilization-groups/one.group", "dev-libs/alone\n",
		"metadata/qa-policy.conf", "[user-group-ids]\nuid-range = 1-100\n",
		"profiles/packages", "*app-misc/quiet\n",
		"profiles/updates/1Q-2025", "move app-misc/gone app-misc/quiet\n",
		"profiles/default/amd64/package.use", "dev-libs/lib doc\n",
		"profiles/default/amd64/package.provided", "dev-libs/lib-7\n",
		"app-misc/quiet/metadata.xml", "<pkgmetadata><maintainer type=\"project\"><email>old@example.org</email></maintainer></pkgmetadata>\n",
		"app-misc/cat/cat-1.ebuild", plain,
		"app-misc/cat/metadata.xml", "<pkgmetadata><longdescription>See <cat>virtual</cat>.</longdescription></pkgmetadata>\n",
		"app-misc/metadata.xml", "<catmetadata><longdescription>See <pkg>app-misc/old</pkg>.</longdescription></catmetadata>\n",
	)
}

// The rules that the repository of TestThePackagesInScope has nothing for.
func TestOtherRules(t *testing.T) {
	base := grown()
	unlisted := base.with("profiles/categories", "")
	for name, tc := range map[string]struct {
		base, head files
		want       string
	}{
		"R3: a category that came": {unlisted, unlisted.with("dev-new/a/a-1.ebuild", plain), "dev-new/a"},
		"R3: a category that went": {unlisted, unlisted.with("virtual/lib/lib-0.ebuild", ""), "app-misc/anyof app-misc/cat virtual/lib"},
		"R6: package.use of a profile": {
			base, base.with("profiles/default/amd64/package.use", "dev-libs/alone doc\n"),
			"app-misc/anyof app-misc/blocker app-misc/old app-misc/range app-misc/user dev-libs/alone dev-libs/lib virtual/lib",
		},
		"R6: the order of lines for one package": {
			base.with("profiles/package.use", "dev-libs/alone a\ndev-libs/alone -a\napp-misc/quiet b\n"),
			base.with("profiles/package.use", "app-misc/quiet b\ndev-libs/alone -a\ndev-libs/alone a\n"),
			"app-misc/anyof dev-libs/alone virtual/lib",
		},
		"R6: a provided package": {
			base, base.with("profiles/default/amd64/package.provided", ""),
			"app-misc/blocker app-misc/old app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R6: a line that cannot be read is everything": {base, base.with("profiles/package.mask", "*/*\n"), "*"},
		"R3: a package of which nothing sources any more": {
			base, base.with("dev-libs/lib/lib-1.ebuild", plain+"die\n", "dev-libs/lib/lib-2.ebuild", plain+"die\n"),
			"app-misc/hints app-misc/old app-misc/range app-misc/refers app-misc/user dev-libs/lib virtual/lib",
		},
		"R12: a GLSA": {
			base, base.with("metadata/glsa/glsa-1.xml", "<glsa><package name=\"dev-libs/alone\" auto=\"yes\"></package></glsa>\n"),
			"dev-libs/alone dev-libs/lib",
		},
		"R12: a GLSA without a name is everything": {base, base.with("metadata/glsa/glsa-2.xml", "<glsa>\n"), "*"},
		"R13: a project": {
			base, base.with("metadata/projects.xml", "<projects><project><email>new@example.org</email></project></projects>\n"), "app-misc/quiet",
		},
		"R13: no projects are everything": {base, base.with("metadata/projects.xml", ""), "*"},
		"R5a: what an eclass provides": {
			base.with("eclass/build.eclass", "# @ECLASS: build.eclass\n# @PROVIDES: other\n"),
			base.with("eclass/build.eclass", "# @ECLASS: build.eclass\n# @PROVIDES: other\n",
				"eclass/other.eclass", "# @ECLASS: other.eclass\n# @PROVIDES: more\nother_all() {\n\t:\n}\n"),
			"app-misc/broken dev-libs/alone",
		},
		"R5b: a variable that users set": {
			base.with("app-misc/quiet/quiet-1.ebuild", plain+"x=${OTHER_OPT-a}\n",
				"eclass/other.eclass", "# @ECLASS: other.eclass\n\n# @ECLASS_VARIABLE: OTHER_OPT\n# @DESCRIPTION:\n# X\n"),
			base.with("app-misc/quiet/quiet-1.ebuild", plain+"x=${OTHER_OPT-a}\n",
				"eclass/other.eclass", "# @ECLASS: other.eclass\n\n# @ECLASS_VARIABLE: OTHER_OPT\n# @USER_VARIABLE\n# @DESCRIPTION:\n# X\n"),
			"app-misc/broken app-misc/quiet",
		},
		"R5b: an eclass that became live": {
			base, base.with("eclass/build.eclass", base["eclass/build.eclass"]+"PROPERTIES=\"live\"\n"),
			"app-misc/broken dev-libs/alone",
		},
		"a package that is no category's": {base, base.with("scripts/a/b", "x\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			result := planBetween(t, tc.base, tc.head, Options{})
			if got := strings.Join(slices.Sorted(maps.Keys(inScope(result))), " "); got != tc.want {
				t.Errorf("in scope is %q, want %q\n%v", got, tc.want, inScope(result))
			}
		})
	}
}

func TestWholeTreeChecks(t *testing.T) {
	base := grown()
	lib2 := base["dev-libs/lib/lib-2.ebuild"]
	for name, tc := range map[string]struct {
		change []string
		want   string
	}{
		"a text":                                 {[]string{"dev-libs/lib/lib-2.ebuild", lib2 + "# x\n"}, ""},
		"a revision bump":                        {[]string{"dev-libs/lib/lib-2.ebuild", "", "dev-libs/lib/lib-2-r1.ebuild", lib2}, ""},
		"a distfile of its own":                  {[]string{"dev-libs/lib/Manifest", "DIST lib-1.tar 11 BLAKE2B ac SHA512 bc\n"}, ""},
		"a distfile that another has":            {[]string{"dev-libs/alone/Manifest", "DIST lib-1.tar 11 BLAKE2B ac SHA512 bc\n"}, checkCollision},
		"checksums that another has":             {[]string{"dev-libs/alone/Manifest", "DIST x.tar 10 BLAKE2B aa SHA512 bb\n"}, checkCollision},
		"a Manifest that is damaged":             {[]string{"dev-libs/alone/Manifest", "DIST x.tar\n"}, checkCollision},
		"the last user of a licence":             {[]string{"dev-libs/alone/alone-1.ebuild", strings.Replace(base["dev-libs/alone/alone-1.ebuild"], "Evil", "MIT", 1)}, checkUnusedLicences},
		"the last user of an eclass":             {[]string{"dev-libs/alone/alone-1.ebuild", strings.Replace(base["dev-libs/alone/alone-1.ebuild"], "inherit build\n", "", 1)}, checkUnusedEclasses},
		"the last user of a mirror":              {[]string{"dev-libs/lib/lib-1.ebuild", strings.Replace(base["dev-libs/lib/lib-1.ebuild"], "mirror://gnu", "https://x", 1)}, checkUnusedMirrors},
		"keywords in the system set":             {[]string{"app-misc/quiet/quiet-1.ebuild", strings.Replace(plain, "amd64", "arm64", 1)}, checkProfiles + " " + checkRepoProfiles},
		"flags that a profile names":             {[]string{"dev-libs/lib/lib-1.ebuild", strings.Replace(base["dev-libs/lib/lib-1.ebuild"], "doc ssl", "ssl", 1), "dev-libs/lib/lib-2.ebuild", strings.Replace(lib2, "doc ssl", "ssl", 1)}, checkGlobalUse + " " + checkProfiles},
		"a package that updates name":            {[]string{"app-misc/quiet/quiet-1.ebuild", plain + "die\n"}, checkProfiles + " " + checkRepoProfiles + " " + checkUpdates},
		"a package that a category's text names": {[]string{"app-misc/old/old-1.ebuild", ""}, checkCategoryMetadata},
		"a category's text":                      {[]string{"app-misc/metadata.xml", "<catmetadata></catmetadata>\n"}, checkCategoryMetadata + " " + checkRepoDir},
		"keywords in a stabilization group":      {[]string{"dev-libs/alone/alone-1.ebuild", strings.Replace(base["dev-libs/alone/alone-1.ebuild"], "amd64", "~amd64", 1)}, checkStabilization},
		"an account package":                     {[]string{"acct-user/a/a-1.ebuild", plain, "profiles/repo_name", base["profiles/repo_name"]}, checkAcct},
		"a patch":                                {[]string{"app-misc/old/files/x.patch", "x\n"}, checkRepoDir},
		"a mapping of licences":                  {[]string{"metadata/license-mapping.conf", "x\n"}, checkLicenceGroups + " " + checkRepoDir},
		"updates":                                {[]string{"profiles/updates/1Q-2025", "move app-misc/gone app-misc/old\n"}, checkProfiles + " " + checkRepoDir + " " + checkRepoProfiles + " " + checkUpdates},
		"an eclass": {
			[]string{"eclass/other.eclass", base["eclass/other.eclass"] + "# x\n"},
			strings.Join([]string{checkEclass, checkEclassHeader, checkEclassParse, checkEclassReserved, checkEclassUnquoted, checkRepoDir, checkUnusedEclasses}, " "),
		},
		"a local flag": {[]string{"app-misc/old/metadata.xml", "<pkgmetadata><use><flag name=\"x\">y</flag></use></pkgmetadata>\n"}, checkProfiles},
	} {
		t.Run(name, func(t *testing.T) {
			head := base.with(tc.change...)
			result := Plan(base.index(t), head.index(t), base.changes(head), installed(), Options{})
			want := strings.Fields(tc.want)
			slices.Sort(want)
			if diff := cmp.Diff(want, append([]string{}, result.Scope.WholeTree...)); diff != "" && result.Scope.Kind != "Full" {
				t.Errorf("whole-tree checks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReasonsCanBeRead(t *testing.T) {
	base := small()
	for name, tc := range map[string]struct {
		change []string
		pkg    string
		want   string
	}{
		"removed":    {[]string{"dev-libs/lib/lib-1.ebuild", "", "dev-libs/lib/lib-2.ebuild", ""}, "app-misc/user", "depends on dev-libs/lib, which was removed"},
		"a version":  {[]string{"dev-libs/lib/lib-1.ebuild", ""}, "app-misc/old", "depends on dev-libs/lib, of which 1 was removed"},
		"a blocker":  {[]string{"dev-libs/lib/lib-0.1.ebuild", plain}, "app-misc/blocker", "blocks dev-libs/lib, of which 0.1 was added"},
		"itself":     {[]string{"app-misc/quiet/quiet-1.ebuild", ""}, "app-misc/quiet", "was removed"},
		"an eclass":  {[]string{"eclass/build.eclass", "x\n"}, "dev-libs/alone", "inherits build.eclass, which changed"},
		"a function": {[]string{"eclass/other.eclass", base["eclass/other.eclass"] + "build_new() {\n}\n"}, "app-misc/caller", "names build_new, which other.eclass gained"},
		"a mask":     {[]string{"profiles/package.mask", "dev-libs/lib\n"}, "app-misc/user", "depends on dev-libs/lib, which a change of profiles/package.mask names"},
		"a text":     {[]string{"dev-libs/lib/lib-1.ebuild", "", "dev-libs/lib/lib-2.ebuild", ""}, "app-misc/hints", "names dev-libs/lib in a text, and dev-libs/lib is a package which was removed"},
		"everything": {[]string{"profiles/arch.list", "amd64\n"}, "*", "profiles/arch.list counts for every package"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inScope(planBetween(t, base, base.with(tc.change...), Options{}))[tc.pkg]; got != tc.want {
				t.Errorf("the reason of %s is %q, want %q", tc.pkg, got, tc.want)
			}
		})
	}
}

// R16: the same rules hold between two states of a master.
func TestMasters(t *testing.T) {
	master := small()
	overlay := files{
		"profiles/repo_name": "overlay\n", "metadata/layout.conf": "masters = master0\n",
		"app-misc/over/over-1.ebuild": plain + "RDEPEND=\"dev-libs/lib\"\n",
		"app-misc/heir/heir-1.ebuild": plain + "inherit build\n",
		"app-misc/call/call-1.ebuild": plain + "src_compile() {\n\tbuild_new\n}\n",
		"app-misc/none/none-1.ebuild": plain,
	}
	for name, tc := range map[string]struct {
		change []string
		want   string
	}{
		"nothing":           {nil, ""},
		"a removed package": {[]string{"dev-libs/lib/lib-1.ebuild", "", "dev-libs/lib/lib-2.ebuild", ""}, "app-misc/over"},
		"an eclass":         {[]string{"eclass/build.eclass", master["eclass/build.eclass"] + "build_new() {\n}\n"}, "app-misc/call app-misc/heir"},
		"a mask":            {[]string{"profiles/package.mask", "dev-libs/lib\n"}, "app-misc/over"},
		"a profile":         {[]string{"profiles/default/amd64/make.defaults", "x=\"y\"\n"}, "*"},
		"another package":   {[]string{"app-misc/quiet/quiet-1.ebuild", plain + "RDEPEND=\"dev-libs/lib\"\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			changed := master.with(tc.change...)
			base, head := overlay.index(t, master), overlay.index(t, changed)
			got := inScope(Plan(base, head, nil, nil, Options{}))
			if names := strings.Join(slices.Sorted(maps.Keys(got)), " "); names != tc.want {
				t.Errorf("in scope is %q, want %q\n%v", names, tc.want, got)
			}
			if off := inScope(Plan(base, head, nil, nil, Options{Off: []Rule{"R16"}})); len(off) != 0 {
				t.Errorf("without R16 in scope is %v", off)
			}
		})
	}
}

func TestTouchedPathsCount(t *testing.T) {
	base := small()
	head := base.with("app-misc/quiet/quiet-1.ebuild", plain+"# x\n")
	got := inScope(planBetween(t, base, head, Options{Touched: []string{"app-misc/quiet/quiet-1.ebuild", "dev-libs/alone/alone-0.ebuild"}}))
	if names := strings.Join(slices.Sorted(maps.Keys(got)), " "); names != "app-misc/anyof app-misc/quiet dev-libs/alone virtual/lib" {
		t.Errorf("in scope is %q: %v", names, got)
	}
}

func TestFullAndLimitKeepTheReach(t *testing.T) {
	base := small()
	head := base.with("dev-libs/lib/lib-1.ebuild", "")
	for name, o := range map[string]Options{"asked for": {Full: "somebody wants it"}, "too many": {Limit: 2}} {
		t.Run(name, func(t *testing.T) {
			r := planBetween(t, base, head, o)
			if r.Scope.Kind != "Full" || r.Scope.Reason == "" || len(r.Scope.Packages) > 0 {
				t.Errorf("the scope is %+v", r.Scope)
			}
			if r.Reach.Everything || !r.Reach.Has("app-misc", "user") || r.Reach.Has("app-misc", "quiet") {
				t.Errorf("the reach is %+v", r.Reach)
			}
		})
	}
}

func TestSkippedEdgesSayWhy(t *testing.T) {
	base := small()
	lib2 := base["dev-libs/lib/lib-2.ebuild"]
	r := planBetween(t, base, base.with("dev-libs/lib/lib-2.ebuild", "", "dev-libs/lib/lib-2-r1.ebuild", lib2), Options{})
	var from []string
	for _, e := range r.Skipped {
		from = append(from, e.From)
		if e.To != "dev-libs/lib" || e.Reason == "" {
			t.Errorf("skipped %+v", e)
		}
	}
	if diff := cmp.Diff([]string{"app-misc/blocker", "app-misc/old", "app-misc/range", "app-misc/user", "virtual/lib"}, from); diff != "" {
		t.Errorf("skipped edges (-want +got):\n%s", diff)
	}
}

// A change of one path can be a change of another that nobody touched.
func TestLinksThatNobodyTouched(t *testing.T) {
	for name, tc := range map[string]struct {
		link, to string
		want     string
	}{
		"a package that is a link":  {"dev-libs/linked", "../app-misc/quiet", "*"},
		"a link in another package": {"dev-libs/alone/metadata.xml", "../../app-misc/quiet/quiet-1.ebuild", "app-misc/quiet dev-libs/alone"},
		"a link in its own package": {"dev-libs/alone/alone-2.ebuild", "alone-1.ebuild", "app-misc/quiet"},
		"an eclass that is a link":  {"eclass/linked.eclass", "other.eclass", "*"},
		"a file at the top":         {"README", "app-misc/quiet/quiet-1.ebuild", "app-misc/quiet"},
	} {
		t.Run(name, func(t *testing.T) {
			base := small().with(tc.link, linkTo+tc.to)
			head := base.with("app-misc/quiet/quiet-1.ebuild", plain+"# x\n")
			derived, err := base.index(t).Derive(base.changes(head), head.fs(), head.prepared())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(dump(t, head.index(t)), dump(t, derived)); diff != "" {
				t.Errorf("the derived index is not the built one:\n%s", diff)
			}
			got := inScope(Plan(base.index(t), derived, base.changes(head), nil, Options{}))
			if names := strings.Join(slices.Sorted(maps.Keys(got)), " "); names != tc.want {
				t.Errorf("in scope is %q, want %q\n%v", names, tc.want, got)
			}
		})
	}
}

// edits are independent changes of the grown repository.
func edits() [][]string {
	base := grown()
	return [][]string{
		{"dev-libs/lib/lib-1.ebuild", ""},
		{"dev-libs/lib/lib-3.ebuild", plain},
		{"dev-libs/alone/alone-1.ebuild", ""},
		{"app-misc/quiet/quiet-1.ebuild", plain + "RDEPEND=\"dev-libs/alone\"\n"},
		{"app-misc/new/new-1.ebuild", plain},
		{"app-misc/old/files/x.patch", "x"},
		{"eclass/build.eclass", base["eclass/build.eclass"] + "build_new() {\n}\n"},
		{"eclass/other.eclass", ""},
		{"profiles/package.mask", ">=dev-libs/lib-2\n"},
		{"profiles/package.deprecated", "dev-libs/alone\n"},
		{"profiles/license_groups", "FREE MIT Evil\n"},
		{"profiles/thirdpartymirrors", "gnu https://x/\n"},
		{"profiles/updates/2Q-2025", "move dev-libs/lib dev-libs/lib-new\n"},
		{"licenses/Evil", ""},
		{"metadata/projects.xml", "<email>new@example.org</email>"},
		{"metadata/glsa/glsa-1.xml", "<package name=\"app-misc/user\">"},
		{"app-misc/metadata.xml", ""},
		{"virtual/lib/lib-0.ebuild", plain + "die\n"},
	}
}

// More changes never shrink a scope, and a derived index is the built one, for random sets of changes.
func TestRandomChanges(t *testing.T) {
	base, all := grown(), edits()
	index := base.index(t)
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		less, more := base, base
		for _, i := range random.Perm(len(all))[:1+random.IntN(5)] {
			if more = more.with(all[i]...); random.IntN(2) == 0 {
				less = less.with(all[i]...)
			}
		}
		before := Plan(index, less.index(t), base.changes(less), installed(), Options{})
		derived, err := index.Derive(base.changes(more), more.fs(), more.prepared())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dump(t, more.index(t)), dump(t, derived)); diff != "" {
			t.Fatalf("seed %d: the derived index is not the built one:\n%s", seed, diff)
		}
		after := Plan(index, derived, base.changes(more), installed(), Options{})
		for key := range before.Reach.Packages {
			if !after.Reach.Everything && !after.Reach.Packages[key] {
				t.Errorf("seed %d: %s is in scope of the smaller change only: %s", seed, key, inScope(before)[key])
			}
		}
		if before.Reach.Everything && !after.Reach.Everything {
			t.Errorf("seed %d: the smaller change is everything: %s", seed, before.Scope.Reason)
		}
	}
}

func TestIdenticalSidesHaveAnEmptyScope(t *testing.T) {
	base := grown()
	result := Plan(base.index(t), base.index(t), nil, installed(), Options{})
	if got := inScope(result); len(got) > 0 || len(result.Scope.WholeTree) > 0 {
		t.Errorf("in scope is %v with %v", got, result.Scope.WholeTree)
	}
}

func TestCertainlyFull(t *testing.T) {
	for path, want := range map[string]bool{
		"metadata/layout.conf": true, "profiles/arch.list": true, "profiles/base/make.defaults": true, "profiles/base/use.mask": true,
		"profiles/desc/x.desc": true, "dev-libs/.gitignore": true, "metadata/xml-schema/metadata.xsd": true, "metadata/unheard-of": true,
		"profiles/package.bashrc": true, "dev-libs/lib/lib-1.ebuild": false, "profiles/package.mask": false,
		"profiles/base/package.use/x": false, "profiles/use.local.desc": false, "eclass/x.eclass": false, "licenses/MIT": false,
		"metadata/md5-cache/a/b-1": false, "README": false, ".github/workflows/x.yml": false, "metadata/news/x/y.txt": false,
	} {
		if reason, full := CertainlyFull([]string{"README.md", path}); full != want || full != (reason != "") {
			t.Errorf("CertainlyFull(%s) = %q, %v, want %v", path, reason, full, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, small().index(f)))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum would refuse nearly everything: what it protects is read without it, too.
		d := &decoder{rest: data}
		d.table()
		x := d.index()
		if d.failed || len(d.rest) > 0 {
			return
		}
		if back, err := decodeBytes(encoded(t, x)); err != nil || dump(t, back) != dump(t, x) {
			t.Errorf("what was read cannot be written and read again: %v", err)
		}
	})
}
