// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"errors"
	"os"
	"strings"
	"testing"
)

const sample = "testdata/scan.jsonl"

func read(tb testing.TB) string {
	tb.Helper()
	data, err := os.ReadFile(sample)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func TestParse(t *testing.T) {
	stream, err := Parse(strings.NewReader(read(t)), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Evidence(); err != nil {
		t.Errorf("the sample is complete, but: %v", err)
	}
	if stream.Start.Versions.Pkgcheck != "0.10.49" || stream.Start.Clock.IsZero() || stream.Start.Repository == "" {
		t.Errorf("start %+v", stream.Start)
	}
	if len(stream.Checks) != 101 || len(stream.Ran()) == 0 || len(stream.Packages) == 0 || len(stream.Findings) == 0 {
		t.Errorf("%d checks, %d ran, %d packages, %d findings", len(stream.Checks), len(stream.Ran()), len(stream.Packages), len(stream.Findings))
	}
	if table := Default(); len(table.Facts(stream.Findings)) < len(stream.Findings) {
		t.Error("fewer facts than findings")
	}
}

func TestParseRefuses(t *testing.T) {
	whole := read(t)
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n")+"\n", "\n")
	lines = lines[:len(lines)-1]
	last := len(lines) - 1
	find := func(kind string) int {
		for i, line := range lines {
			if strings.HasPrefix(line, `{"type":"`+kind+`"`) {
				return i
			}
		}
		t.Fatalf("the sample has no %s", kind)
		return 0
	}
	without := func(i int) string { return strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "") }
	with := func(i int, line string) string {
		return strings.Join(lines[:i], "") + line + strings.Join(lines[i:], "")
	}
	for name, c := range map[string]struct {
		stream string
		limits Limits
		want   error
	}{
		"nothing":                           {"", DefaultLimits, ErrTruncated},
		"no end":                            {without(last), DefaultLimits, ErrTruncated},
		"an end cut off":                    {strings.TrimSuffix(whole, "\n"), DefaultLimits, ErrTruncated},
		"a cut in the middle":               {whole[:len(whole)/2], DefaultLimits, ErrTruncated},
		"no start":                          {without(0), DefaultLimits, ErrOrder},
		"two starts":                        {with(1, lines[0]), DefaultLimits, ErrOrder},
		"two ends":                          {whole + lines[last], DefaultLimits, ErrOrder},
		"a finding after the end":           {whole + lines[find("finding")], DefaultLimits, ErrOrder},
		"a finding less":                    {without(find("finding")), DefaultLimits, ErrCount},
		"a package less":                    {without(find("package")), DefaultLimits, ErrCount},
		"a package twice":                   {with(find("package"), lines[find("package")]), DefaultLimits, ErrOrder},
		"a check twice":                     {with(find("check"), lines[find("check")]), DefaultLimits, ErrOrder},
		"an unknown type":                   {with(1, `{"type":"surprise"}`+"\n"), DefaultLimits, ErrUnknown},
		"no JSON":                           {with(1, "Traceback (most recent call last):\n"), DefaultLimits, ErrMalformed},
		"an unknown member":                 {with(1, `{"type":"check","name":"X","colour":"red"}`+"\n"), DefaultLimits, ErrMalformed},
		"a path out of the tree":            {with(1, `{"type":"finding","rule":"X","level":"error","path":"../../etc/passwd"}`+"\n"), DefaultLimits, ErrMalformed},
		"an absolute path":                  {with(1, `{"type":"finding","rule":"X","level":"error","path":"/etc/passwd"}`+"\n"), DefaultLimits, ErrMalformed},
		"an unknown level":                  {with(1, `{"type":"finding","rule":"X","level":"fatal"}`+"\n"), DefaultLimits, ErrMalformed},
		"another protocol":                  {strings.Replace(whole, `"protocol":1`, `"protocol":7`, 1), DefaultLimits, ErrProtocol},
		"too many bytes":                    {whole, Limits{Bytes: 1000, Line: 1 << 20, Records: 1000}, ErrTruncated},
		"a line too long":                   {whole, Limits{Bytes: 1 << 20, Line: 200, Records: 1000}, ErrTooLarge},
		"too many records":                  {whole, Limits{Bytes: 1 << 20, Line: 1 << 20, Records: 10}, ErrTooLarge},
		"complete, though something failed": {strings.Replace(with(last, `{"type":"error","kind":"check","message":"m"}`+"\n"), `"errors":0`, `"errors":1`, 1), DefaultLimits, ErrCount},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(strings.NewReader(c.stream), c.limits); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestEvidenceNamesTheFailure(t *testing.T) {
	s := Stream{Failures: []Failure{{Kind: "worker", Category: "app-misc", Package: "foo", Message: "killed"}, {}}}
	err := s.Evidence()
	if !errors.Is(err, ErrIncomplete) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"app-misc/foo", "killed", "1 more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f))
	f.Add(`{"type":"start","protocol":1}` + "\n" + `{"type":"end","complete":true}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		stream, err := Parse(strings.NewReader(text), Limits{Bytes: 1 << 16, Line: 1 << 14, Records: 100})
		if err != nil {
			return
		}
		facts := Default().Facts(stream.Findings)
		if len(facts) < len(stream.Findings) {
			t.Error("findings were lost")
		}
		for _, fact := range facts {
			if fact.Identity == "" || fact.Fingerprint == "" {
				t.Error("a fact without an identity")
			}
		}
	})
}
