// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/mutation"
)

// Sum is what became of some cases.
type Sum struct {
	Cases   int
	Changed int // cases whose findings changed
	Full    int // cases in which everything was scanned
	Planned int // packages in scope, where not everything was
	Total   int // packages there were in those cases
	Missed  int // facts
	False   int // facts
	Runs    int // cases that went through the engine
	Errors  int
	Refused int // cases in which a side does not scan
}

func (s *Sum) add(r *Result) {
	s.Cases++
	if r.Changed > 0 {
		s.Changed++
	}
	if r.Refused {
		s.Refused++
		return
	}
	if r.Err != nil {
		s.Errors++
		return
	}
	scope := r.Scope
	if r.Run != nil {
		s.Runs++
		s.Missed += len(r.Run.Missed)
		s.False += len(r.Run.False)
		scope = r.Chosen
	}
	s.Missed += len(r.Replay.Missed)
	s.False += len(r.Replay.False)
	if scope.Kind == plan.ScopeFull {
		s.Full++
		return
	}
	s.Planned += len(scope.Packages)
	s.Total += r.Total
}

func (s *Sum) line() string {
	share := func(a, b int) string {
		if b == 0 {
			return "–"
		}
		return fmt.Sprintf("%d %%", (100*a+b/2)/b)
	}
	return fmt.Sprintf("%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d", s.Cases, share(s.Changed, s.Cases), share(s.Full, s.Cases), share(s.Planned, s.Total), s.Runs, s.Missed, s.False, s.Refused, s.Errors)
}

// Table prints what became of the cases by the subject of their first change, and in all.
func Table(out io.Writer, results []*Result) error {
	groups, all := map[string]*Sum{}, &Sum{}
	for _, r := range results {
		group := mutation.Subject(r.Case.Steps[0].Kind)
		if len(r.Case.Steps) > 1 {
			group = "several at once"
		}
		if groups[group] == nil {
			groups[group] = &Sum{}
		}
		groups[group].add(r)
		all.add(r)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "change\tcases\tchange findings\tfull scope\tpackages in scope, else\tthrough the engine\tmissed\tfalse\tdo not scan\terrors")
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(w, "%s\t%s\n", group, groups[group].line())
	}
	fmt.Fprintf(w, "all\t%s\n", all.line())
	return w.Flush()
}

// Failed are the results that are not as they must be.
func Failed(results []*Result) []*Result {
	return slices.DeleteFunc(slices.Clone(results), (*Result).OK)
}
