// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/toolchain"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// library holds the scan of every tree.
type library struct {
	mu    sync.Mutex
	scans map[string]*scanned // by repository and commit
}

func (l *library) put(repository, commit string, s *scanned) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scans[repository+" "+commit] = s
}

func (l *library) get(repository, commit string) *scanned { return l.scans[repository+" "+commit] }

// TestFixes compares each mended tree with its base, in both directions.
func TestFixes(t *testing.T) {
	testdata := toolchain.Corpus(t)
	cases, err := Cases(testdata)
	if err != nil {
		t.Fatal(err)
	}
	all := allTrees(t, testdata, cases)
	l := &library{scans: map[string]*scanned{}}
	if !t.Run("scan", func(t *testing.T) { scanAll(t, all, cases, l) }) {
		t.Fatal("not all trees could be scanned")
	}
	count, listed := 0, exceptions(t)
	for _, c := range cases {
		trees := all[c.Repository]
		head := trees.heads[c.Name()]
		if head == "" {
			continue
		}
		count++
		p := newRun(t, c.Repository, trees, trees.base, head).Plan
		base, mended := l.get(c.Repository, trees.base), l.get(c.Repository, head)
		why := wrong(c, judge(t, p, base, mended), finding.ClassFixed)
		p.Revision = plan.Revision{Base: head, Head: trees.base, Merge: trees.base, Branch: "main"}
		if why == "" {
			why = wrong(c, judge(t, p, mended, base), finding.ClassNew)
		}
		switch reason, ok := listed[c.Name()]; {
		case why != "" && !ok:
			t.Errorf("%s: %s", c.Name(), why)
		case why == "" && ok:
			t.Errorf("%s works: take it out of testdata/exceptions.txt (%s)", c.Name(), reason)
		}
		delete(listed, c.Name())
	}
	if count != fixes {
		t.Errorf("%d cases have a fix, want %d", count, fixes)
	}
	for name := range listed {
		t.Errorf("testdata/exceptions.txt names %s, which is no case with a fix", name)
	}
}

// fixes is how many cases have a fix; the test must not shrink unseen.
const fixes = 206

// exceptions reads the list of cases that cannot work: a name and the reason a line.
func exceptions(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "exceptions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Errorf("testdata/exceptions.txt: %s has no reason", name)
		}
		listed[name] = strings.TrimSpace(reason)
	}
	return listed
}

// few is how many trees may start from no metadata; waiting for the first run is not worth it then.
const few = 10

// scanAll scans every tree once, two to a run.
func scanAll(t *testing.T, all map[string]*trees, cases []Case, l *library) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		trees := all[name]
		kept := newStore(t, newRun(t, name, trees, trees.base, trees.base).Plan)
		missing := []string{}
		for _, commit := range trees.commits(slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return c.Repository != name })) {
			s, err := kept.load(name, trees, commit)
			if err != nil {
				t.Fatal(err)
			}
			if s == nil {
				missing = append(missing, commit)
				continue
			}
			l.put(name, commit, s)
		}
		seed, keep := "", ""
		if len(missing) > few {
			keep = filepath.Join(t.TempDir(), "prepared")
		}
		for i, pair := range slices.Collect(slices.Chunk(missing, 2)) {
			start, copied := seed, keep
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				if copied == "" {
					t.Parallel()
				}
				base, head := scan(t, name, trees, pair[0], pair[len(pair)-1], start, copied)
				for commit, s := range map[string]*scanned{pair[0]: base, pair[len(pair)-1]: head} {
					l.put(name, commit, s)
					if err := kept.save(name, trees, commit, s); err != nil {
						t.Fatal(err)
					}
				}
			})
			if keep != "" {
				seed, keep = keep, "" // the first run's metadata is what the others start from
			}
		}
	}
}

// wrong says what is not as it should be: every fact of the case's keyword, from its check, is of one class.
func wrong(c Case, v *verdict.Verdict, class finding.Class) string {
	if v.Reason != "" {
		return fmt.Sprintf("%s: %s: %s", v.Conclusion, v.Reason, v.Message)
	}
	count, others := map[finding.Class]int{}, []string{}
	for _, item := range v.Items {
		// Metadata errors are named after the check in the test data, but found by whichever looks first.
		if item.Fact.Rule == c.Keyword && (item.Fact.Check == c.Check || item.Fact.Category == c.Check) {
			count[item.Class]++
			if item.Class != class {
				others = append(others, fmt.Sprintf("%s: %s (%s)", item.Class, item.Fact.Message, item.Behind))
			}
		}
	}
	if count[class] == 0 || len(others) > 0 {
		return fmt.Sprintf("%d of its facts are %s, the others are %q", count[class], class, others)
	}
	return ""
}
