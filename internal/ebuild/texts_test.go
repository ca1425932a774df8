// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMetadata(t *testing.T) {
	got, err := ParseMetadata([]byte("\ufeff" + `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE pkgmetadata SYSTEM "https://example.org/metadata.dtd">
<pkgmetadata>
	<maintainer type="person"><email>a@b</email><name>A &amp; B</name></maintainer>
	<maintainer><description>nobody</description></maintainer>
	<use lang="de"><flag name="no">x</flag></use>
	<use>
		<flag name="x">needs  <pkg> a/b </pkg><!-- c --> or
			<cat>d</cat></flag>
		<flag>no name</flag><flag name="y">first</flag><flag name="y">second</flag>
	</use>
	<use><flag name="no">x</flag></use>
	<longdescription><pkg>e<!-- -->/f</pkg><![CDATA[<pkg>no</pkg>]]> <n:pkg xmlns:n="u">no</n:pkg></longdescription>
</pkgmetadata>`))
	want := Metadata{
		Maintainers: []Maintainer{{"A & B", "a@b", "person"}}, Packages: []string{"a/b", "e"}, Categories: []string{"d"},
		Flags: []LocalFlag{{"x", "needs a/b or d"}, {"y", "second"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestOddMetadata(t *testing.T) {
	for why, test := range map[string]struct {
		text string
		ok   bool
	}{
		"an old encoding":         {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a><pkg>\xe9/b</pkg></a>", true},
		"a namespace of its own":  {`<a xmlns="u"><pkg>no/no</pkg></a>`, true},
		"an entity of HTML":       {"<a>&eacute;</a>", false},
		"an encoding nobody has":  {"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>", false},
		"not UTF-8":               {"<a>\xff</a>", false},
		"nothing":                 {"", false},
		"no end":                  {"<a><pkg>x/y</pkg>", false},
		"two roots":               {"<a/><b/>", false},
		"the wrong end":           {"<a></b>", false},
		"elements without bottom": {strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300), false},
	} {
		m, err := ParseMetadata([]byte(test.text))
		if (err == nil) != test.ok || err != nil && m.Packages != nil || slices.Contains(m.Packages, "no/no") {
			t.Errorf("%s: %v, %v", why, m, err)
		}
	}
}

func TestEclassDoc(t *testing.T) {
	got, err := ParseEclassDoc([]byte("# @ECLASS: x.eclass\n# @DEAD\n# @SUPPORTED_EAPIS: 7 8\n\n# @ECLASS: y.eclass\n# @PROVIDES: a  b\n# @SUPPORTED_EAPIS: 8 8\n# @DEPRECATED: NONE\n# @INTERNAL\n\n" +
		"# @FUNCTION: f\n# @INTERNAL\n# @DESCRIPTION:\n# @USER_VARIABLE\nf() {\n\t# @VARIABLE: v\n\t# @REQUIRED\n\t# @DEFAULT_UNSET\n}\n# @FUNCTION: f\n# @DEPRECATED: g\n" +
		"g() {}\n#@FUNCTION: no\n# x @FUNCTION: no\n# @ECLASS_VARIABLE: V\n# @USER_VARIABLE\n# @PRE_INHERIT\n# @OUTPUT_VARIABLE"))
	want := EclassDoc{
		Documented: true, Name: "y.eclass", SupportedEAPIs: []string{"8"}, Provides: []string{"a", "b"}, Deprecated: "none",
		Functions:         []EclassName{{Name: "f", Internal: true, Deprecated: "g"}},
		FunctionVariables: []EclassName{{Name: "v", Required: true, DefaultUnset: true}},
		Variables:         []EclassName{{Name: "V", UserVariable: true, PreInherit: true, Output: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if d, err := ParseEclassDoc([]byte("f() { :; }\n")); err != nil || d.Documented {
		t.Errorf("%+v (%v)", d, err)
	}
	if _, err := ParseEclassDoc([]byte("\xff")); err == nil {
		t.Error("what is not UTF-8 is read")
	}
}

func TestRecords(t *testing.T) {
	eclasses, err := ParseEclassRecords([]byte(`{"eclasses": {"x": {"md5": "0", "functions": ["f"], "variables": ["v"], "missingFunctions": {"8": ["f"]}, "properties": "live interactive"}, "y": {"md5": "1", "error": "bad"}}}`))
	if err != nil || !eclasses["x"].Live() || eclasses["y"].Live() || *eclasses["y"].Error != "bad" || eclasses["x"].MissingFunctions["8"][0] != "f" {
		t.Errorf("%+v (%v)", eclasses, err)
	}
	failed, err := ParseSourcingErrors([]byte(`{"errors": {"a/b-1": {"md5": "0", "attr": "data", "error": "e", "detail": "d", "inputs": "i"}}}`))
	if err != nil || *failed["a/b-1"].Detail != "d" {
		t.Errorf("%+v (%v)", failed, err)
	}
	for _, text := range []string{"", "{", `{"other": {}}`, `{"eclasses": {"x": {"colour": 1}}}`} {
		if _, err := ParseEclassRecords([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestWordSet(t *testing.T) {
	set := NewWordSet([]string{"foo", "foo-bar", "foo-bar.baz", "-x", "VAR", "é", "foo", "", "long_name"})
	for text, want := range map[string]string{
		"foo": "foo", "foobar foo_ _foo foo1": "", "foo-bar": "foo foo-bar", "a foo-bar.baz)": "foo foo-bar foo-bar.baz", "foo-barn": "foo",
		"${VAR%-x}": "-x VAR", "$VAR-xy": "VAR", "VAR+=1": "VAR", "café": "é", "\"long_name\"": "long_name", "": "", "foo\nbar foo": "foo",
	} {
		if got := strings.Join(set.In([]byte(text)), " "); got != want {
			t.Errorf("%q has %q, want %q", text, got, want)
		}
	}
}

func TestOptfeatures(t *testing.T) {
	for text, want := range map[string]string{
		"optfeature \"some text\" a/b c/d":                           "a/b c/d",
		"optfeature 'x' \\\n\ta/b \\\n\t'c/d e/f'\ng/h":              "a/b c/d e/f",
		"optfeature x a/b; other c/d\ne/f":                           "a/b c/d",
		"optfeature_header x a/b":                                    "",
		"my_optfeature x a/b":                                        "",
		"optfeature x $(usex y \"a/b\n\" c/d) e/f\ng/h":              "a/b c/d e/f",
		"optfeature \"two\nlines\" a/b\nc/d":                         "a/b",
		"optfeature x \"${CATEGORY}/b\" a/b[c] >=a/b-1":              ">=a/b-1 a/b[c]",
		"use x && { optfeature y a/b; }\nc/d":                        "a/b",
		"optfeature x <<EOF\na/b\nEOF":                               "a/b",
		"# don't optfeature x a/b\noptfeature y \"c/d\" # it's\ne/f": "a/b c/d e/f",
		"optfeature x a/b \"c/d":                                     "a/b c/d",
		"nothing here":                                               "",
	} {
		if got := strings.Join(Optfeatures([]byte(text)), " "); got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}

func TestManyOptfeatures(t *testing.T) { // calls that never end cost no more than a few readings of the text
	text := strings.Repeat("optfeature ( ", 100_000) + "a/b"
	if got := Optfeatures([]byte(text)); !slices.Equal(got, []string{"a/b"}) {
		t.Error(got)
	}
}

func TestLines(t *testing.T) {
	got := []string{}
	for n, line := range meaningful("\n a#b \r\n# c\r d # e\n\u00a0f\u00a0#g\n#") {
		got = append(got, strings.Repeat("+", n)+line)
	}
	if diff := cmp.Diff([]string{"++a#b", "++++d", "+++++f"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFields(t *testing.T) {
	if diff := cmp.Diff([]string{"a", "b", "é\xff", "c"}, fields("\x1ca\u2003b\u0085\té\xff\u3000c ")); diff != "" {
		t.Error(diff)
	}
	many := slices.Repeat([]string{"a", "b", "a"}, 20)
	if diff := cmp.Diff([]string{"a", "b"}, unique(many)); diff != "" {
		t.Error(diff)
	}
}
