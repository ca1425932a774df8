// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
)

// Rule is the number of a rule, e.g. "R2".
type Rule string

// Options of a plan.
type Options struct {
	// Full says why everything is scanned whatever the rules say; Reach is still what they say.
	Full string
	// Touched are paths that a commit between base and head touches, whether or not the trees differ there: some checks look at
	// the history of a package.
	Touched []string
	// Limit is the number of packages above which everything is scanned; 0: none.
	Limit int
	// Off switches rules off. Tests show with it that each is needed; nothing else may set it.
	Off []Rule
}

// Result is a plan.
type Result struct {
	Scope plan.Scope
	Reach Reach
	// Skipped are reverse dependencies that were left out, with what made that safe.
	Skipped []Edge
	// Unknown are checks of the installed tool that the table does not have, or has otherwise. They make the scope Full.
	Unknown []string
}

// Edge is a dependency between packages.
type Edge struct {
	From, To string // category/package
	Reason   string
}

// Reach is what a change can reach by the rules, whatever is scanned.
type Reach struct {
	Everything bool
	Packages   map[string]bool // category/package
	WholeTree  map[string]bool // names of checks
}

// Has says whether findings in a package can come from the change.
func (r Reach) Has(category, name string) bool { return r.Everything || r.Packages[category+"/"+name] }

// planner is the work of one call of Plan.
type planner struct {
	base, head *Index
	changes    []Change
	touched    []string
	off        map[Rule]bool
	packages   map[string]string // in scope, with the reason
	full       []string          // reasons to scan everything
	whole      map[string]bool   // whole-tree checks that are needed
	skipped    []Edge
	differ     differences
	views      [2]*view // of base and head
}

// Plan says what a scan must cover so that base and head, scanned with it, differ exactly as two full scans do. The changes are those
// from base to head; checks are the installed tool's.
func Plan(base, head *Index, changes []Change, checks []Check, o Options) Result {
	p := &planner{
		base: base, head: head, off: map[Rule]bool{}, packages: map[string]string{}, whole: map[string]bool{},
		views: [2]*view{newView(base), newView(head)},
	}
	for _, rule := range o.Off {
		p.off[rule] = true
	}
	p.changes = p.counted(changes)
	p.touched = o.Touched
	p.differ = p.compare()
	for _, rule := range rules {
		if !p.off[rule.name] {
			rule.apply(p)
		}
	}
	unknown := unknownChecks(checks)
	if len(unknown) > 0 {
		p.everything("the installed tool has checks whose inputs are not known: " + strings.Join(unknown, ", "))
	}
	out := Result{Unknown: unknown, Skipped: p.edges(), Reach: p.reach()}
	out.Scope = p.scope(checks, o)
	return out
}

// rules in the order in which they are applied; the reason that a contributor reads is the first one.
var rules = []struct {
	name  Rule
	apply func(*planner)
}{
	{"R15", (*planner).ignoredFiles},
	{"R7", (*planner).wholeInputs},
	{"R1", (*planner).changed},
	{"R5a", (*planner).inheritors},
	{"R5b", (*planner).exportedNames},
	{"R4", (*planner).withoutEntry},
	{"R18", (*planner).history},
	{"R4", (*planner).changedMetadata},
	{"R6", (*planner).packageLines},
	{"R11", (*planner).deprecated},
	{"R10", (*planner).moves},
	{"R8", (*planner).licences},
	{"R9", (*planner).mirrors},
	{"R12", (*planner).advisories},
	{"R13", (*planner).projects},
	{"R3", (*planner).textReferences},
	{"R2", (*planner).dependents},
	{"R14", (*planner).wholeFiles},
	{"R21", (*planner).contributions},
}

// add puts a package in scope; the first reason stays.
func (p *planner) add(key, reason string) {
	if _, ok := p.packages[key]; !ok {
		p.packages[key] = reason
	}
}

// everything widens the scope to the whole repository.
func (p *planner) everything(reason string) {
	if !slices.Contains(p.full, reason) {
		p.full = append(p.full, reason)
	}
}

// need puts whole-tree checks in scope.
func (p *planner) need(checks ...string) {
	for _, name := range checks {
		p.whole[name] = true
	}
}

// counted leaves out the changes of files that are made anew before anything reads them (R17).
func (p *planner) counted(changes []Change) []Change {
	if p.off["R17"] {
		return changes
	}
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return isGenerated(c.Path) })
}

// sides are both indices.
func (p *planner) sides() []*Index { return []*Index{p.base, p.head} }

// scope is the scope as plans have it.
func (p *planner) scope(checks []Check, o Options) plan.Scope {
	if o.Full != "" {
		return plan.Scope{Kind: plan.ScopeFull, Reason: o.Full}
	}
	if len(p.full) > 0 {
		return plan.Scope{Kind: plan.ScopeFull, Reason: sentence(p.full)}
	}
	if o.Limit > 0 && len(p.packages) > o.Limit {
		return plan.Scope{Kind: plan.ScopeFull, Reason: fmt.Sprintf("the change can reach %d packages, more than %d", len(p.packages), o.Limit)}
	}
	s := plan.Scope{Kind: plan.ScopePackages, Packages: []plan.ScopePackage{}}
	for _, key := range slices.Sorted(maps.Keys(p.packages)) {
		category, name, _ := strings.Cut(key, "/")
		s.Packages = append(s.Packages, plan.ScopePackage{Category: category, Package: name, Reason: p.packages[key]})
	}
	for _, c := range checks {
		if p.whole[c.Name] && c.WholeTree && !c.Off {
			s.WholeTree = append(s.WholeTree, c.Name)
		}
	}
	slices.Sort(s.WholeTree)
	return s
}

// sentence joins the reasons to scan everything; the first three are enough.
func sentence(reasons []string) string {
	if more := len(reasons) - 3; more > 0 {
		return strings.Join(reasons[:3], "; ") + fmt.Sprintf("; and %d more reasons", more)
	}
	return strings.Join(reasons, "; ")
}

func (p *planner) reach() Reach {
	r := Reach{Everything: len(p.full) > 0, Packages: map[string]bool{}, WholeTree: maps.Clone(p.whole)}
	for key := range p.packages {
		r.Packages[key] = true
	}
	return r
}

// edges are the skipped edges to packages that did not come into scope otherwise.
func (p *planner) edges() []Edge {
	out := slices.DeleteFunc(p.skipped, func(e Edge) bool { _, ok := p.packages[e.From]; return ok })
	slices.SortFunc(out, func(a, b Edge) int { return strings.Compare(a.From+" "+a.To, b.From+" "+b.To) })
	return slices.Compact(out)
}
