// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
	"github.com/prcheck/prcheck/internal/plan"
)

// Planner decides what is scanned of a pair.
type Planner func(ctx context.Context, p *Pair) (plan.Scope, error)

// Everything plans full scans: what it misses is the harness's own mistake.
func Everything(context.Context, *Pair) (plan.Scope, error) {
	return plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"}, nil
}

// Naive is the claim that was refuted: the changed packages, those that depend on them, those that inherit a changed eclass, and all
// checks of the whole tree. The test must find that it misses facts, or it would find nothing.
func Naive(_ context.Context, p *Pair) (plan.Scope, error) {
	packages, eclasses := map[string]string{}, map[string]bool{}
	for name := range changedPaths(p) {
		switch parts := strings.Split(name, "/"); {
		case parts[0] == "eclass":
			eclasses[strings.TrimSuffix(path.Base(name), ".eclass")] = true
		case len(parts) > 2 && parts[0] != "profiles" && parts[0] != "metadata" && parts[0] != "licenses":
			packages[parts[0]+"/"+parts[1]] = "changed"
		}
	}
	direct := maps.Clone(packages)
	for _, side := range []*Scanned{p.BaseScan, p.HeadScan} {
		for name, data := range side.Prepared {
			pf, ok := strings.CutPrefix(name, "md5-cache/")
			if !ok {
				continue
			}
			pn, _, _ := ebuild.SplitPF(path.Base(pf))
			key := path.Dir(pf) + "/" + pn
			if packages[key] == "" && depends(string(data), direct, eclasses) {
				packages[key] = "depends on what changed"
			}
		}
	}
	s := plan.Scope{Kind: plan.ScopePackages, WholeTree: wholeTree}
	for _, key := range slices.Sorted(maps.Keys(packages)) {
		category, name, _ := strings.Cut(key, "/")
		s.Packages = append(s.Packages, plan.ScopePackage{Category: category, Package: name, Reason: packages[key]})
	}
	return s, nil
}

// depends says whether a metadata entry has a plain dependency on one of the packages, or inherits one of the eclasses.
func depends(entry string, packages map[string]string, eclasses map[string]bool) bool {
	for line := range strings.Lines(entry) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "=")
		for word := range strings.FieldsSeq(text) {
			if name == "_eclasses_" && eclasses[word] {
				return true
			}
			if !strings.HasSuffix(name, "DEPEND") || word[0] == '!' {
				continue
			}
			if a, err := ebuild.ParseAtom(word); err == nil && packages[a.Key()] != "" {
				return true
			}
		}
	}
	return false
}

// changedPaths are the paths that differ between the sides.
func changedPaths(p *Pair) map[string]bool {
	found := map[string]bool{}
	for name, f := range p.HeadTree {
		if p.Base.Tree[name] != f {
			found[name] = true
		}
	}
	for name := range p.Base.Tree {
		if _, ok := p.HeadTree[name]; !ok {
			found[name] = true
		}
	}
	return found
}

// Planners are what can plan, by name.
func (l *Lab) Planners() map[string]Planner {
	return map[string]Planner{"scope": l.Scope(), "everything": Everything, "naive": Naive}
}
