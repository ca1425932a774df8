// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const wholeEntry = "BDEPEND=b/d\nDEFINED_PHASES=compile install\nDEPEND=a/d \nDESCRIPTION=a = b\nEAPI=8\nHOMEPAGE=h\nIDEPEND=i/d\nINHERIT=x y x\n" +
	"IUSE=+a -b c\nKEYWORDS=amd64 ~x86\nLICENSE=l\nPDEPEND=p/d\nPROPERTIES=live\nRDEPEND=r/d\nREQUIRED_USE=a\nRESTRICT=test\nSLOT=0/1\nSRC_URI=u\n" +
	"UNKNOWN=x\n_eclasses_=x\t1\ty\t2\n_md5_=0\n"

func TestParseEntry(t *testing.T) {
	got, err := ParseEntry([]byte(wholeEntry))
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{
		EAPI: "8", Slot: "0", Subslot: "1", IUSE: []string{"+a", "-b", "c"}, Keywords: []string{"amd64", "~x86"}, License: "l", SrcURI: "u", Restrict: "test",
		Properties: "live", RequiredUse: "a", Description: "a = b", Homepage: "h", Inherit: []string{"x", "y"}, MD5: "0", DefinedPhases: []string{"compile", "install"},
		Eclasses: []EclassSum{{"x", "1"}, {"y", "2"}},
	}
	for class, text := range map[Class]string{Depend: "a/d", Rdepend: "r/d", Pdepend: "p/d", Bdepend: "b/d", Idepend: "i/d"} {
		want.Deps[class] = text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEntryWithoutSubslotAndPhases(t *testing.T) {
	e, err := ParseEntry([]byte("DEFINED_PHASES=-\nSLOT=2\n_md5_=0\n"))
	if err != nil || e.Subslot != "2" || len(e.DefinedPhases) != 0 {
		t.Errorf("%+v (%v)", e, err)
	}
}

func TestBadEntries(t *testing.T) {
	for why, text := range map[string]string{
		"a line without =": "EAPI\n_md5_=0\n", "an empty line": "EAPI=8\n\n_md5_=0\n", "no digest": "EAPI=8\n", "an eclass without a digest": "_eclasses_=x\t1\ty\n_md5_=0\n",
	} {
		if _, err := ParseEntry([]byte(text)); err == nil {
			t.Errorf("%s is taken", why)
		}
	}
}

func TestEntryName(t *testing.T) {
	for version, want := range map[string]string{"1": "a/b-1", "1-r0": "a/b-1", "1-r00": "a/b-1", "1-r01": "a/b-1-r1", "1_p2-r10": "a/b-1_p2-r10"} {
		if got := EntryName("a", "b", parsed(t, version)); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}

func TestClassNames(t *testing.T) {
	names := []string{}
	for c := range Classes + 1 {
		names = append(names, c.String())
	}
	if got := strings.Join(names, " "); got != "DEPEND RDEPEND PDEPEND BDEPEND IDEPEND ?" {
		t.Error(got)
	}
}
