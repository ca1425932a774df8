// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/plan"
)

// prepareOwnTree makes the metadata that checks of commits need and that neither base nor merge has: of packages that the pull request touches,
// where the target branch went on with the same package, or with an eclass, since.
func (s *stage) prepareOwnTree(ctx context.Context) error {
	c, err := s.plannedCommits()
	if err != nil || c.State != plan.CommitsChecked {
		return err
	}
	d, err := s.requestDifference(ctx, c)
	if err != nil {
		return fmt.Errorf("comparing the pull request's own tree with the merge: %w", err)
	}
	if d.nothing() {
		return nil
	}
	l, p := s.engine.Layout, s.plan
	err = s.step("commits metadata", func() error {
		return s.prepareOne(ctx, "prepare-"+Request, p.Repository, l.Tree(Request), p.Masters, l.Prepared(Request), "", d)
	})
	if err != nil {
		return fmt.Errorf("making the metadata of the pull request's own tree, which the checks of its commits need: %w", err)
	}
	return nil
}

// requestDifference is what of the metadata of the pull request's own tree cannot be the merge's.
func (s *stage) requestDifference(ctx context.Context, c *plan.Commits) (*difference, error) {
	l, rev := s.engine.Layout, s.plan.Revision
	touched, err := s.engine.Git.Touched(ctx, l.Target(), c.Base, rev.Head)
	if err != nil {
		return nil, err
	}
	d := &difference{ebuilds: []string{}, eclasses: []string{}, packages: []string{}}
	merged, err := digestEclasses(l.Tree(Head))
	if err != nil {
		return nil, err
	}
	own, err := digestEclasses(l.Tree(Request))
	if err != nil {
		return nil, err
	}
	changed := changedEclasses(merged, own)
	for name := range own.eclasses {
		if changed[name] {
			d.eclasses = append(d.eclasses, name)
		}
	}
	slices.Sort(d.eclasses)
	request, head := treeFS(l.Tree(Request)), treeFS(l.Tree(Head))
	for _, name := range s.packagesOf(request, touched) {
		if err := d.addPackage(request, head, name, len(changed) > 0); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// packagesOf names the packages that paths are in, in the tree's own categories.
func (s *stage) packagesOf(tree fs.FS, paths []string) []string {
	seen := []fs.FS{tree}
	for _, m := range s.plan.Masters {
		seen = append(seen, treeFS(s.engine.Layout.MasterTree(m.Name)))
	}
	categories, names := categoriesOf(seen), []string{}
	for _, file := range paths {
		if parts := strings.Split(file, "/"); len(parts) > 2 && isCategory(categories, parts[0]) && packageName.MatchString(parts[1]) {
			names = append(names, parts[0]+"/"+parts[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// addPackage adds the ebuilds of a package that the other tree does not have with this content, or all of them.
func (d *difference) addPackage(tree, other fs.FS, name string, all bool) error {
	entries, err := fs.ReadDir(tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the pull request removes it
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		version, ok := ebuildName(path.Base(name), entry.Name())
		if !ok {
			continue
		}
		file := path.Join(name, entry.Name())
		sum, err := md5In(tree, file)
		if err != nil {
			return err
		}
		same, err := md5In(other, file)
		if err != nil {
			return err
		}
		if sum != "" && (all || sum != same) {
			d.ebuilds = append(d.ebuilds, name+"-"+version)
		}
	}
	return nil
}

// commitsRequest is the driver's request of that name (PROTOCOL.md).
type commitsRequest struct {
	Protocol int       `json:"protocol"`
	Target   layered   `json:"target"`
	Masters  []layered `json:"masters"`
	Base     string    `json:"base"`
	Head     string    `json:"head"`
	Checks   []string  `json:"checks"` // null: as the tool chooses itself
	Keywords []string  `json:"keywords"`
	Clock    string    `json:"clock"`
	Work     string    `json:"work"`
	Cache    string    `json:"cache"`
	Store    []string  `json:"store"`
}

// commitsCall names the driver's call, and what is kept of it.
const commitsCall = "commits"

// checkCommits has the pull request's own commits checked, where that was decided. Like the scans it runs none of their code.
func (s *stage) checkCommits(ctx context.Context, tables *pkgcheck.Tables) error {
	c, err := s.plannedCommits()
	if err != nil || c.State != plan.CommitsChecked {
		return err
	}
	names := []string{}
	for _, check := range tables.Checks {
		if check.Commits {
			names = append(names, check.Name)
		}
	}
	err = s.step("commits", func() error { return s.driveCommits(ctx, c, names) })
	if f, ok := errors.AsType[*failure](err); ok {
		return &failure{f.reason, "The pull request's commits could not be checked: " + f.message, f.err}
	}
	if err != nil {
		return fmt.Errorf("checking the pull request's commits: %w", err)
	}
	return nil
}

func (s *stage) driveCommits(ctx context.Context, c *plan.Commits, names []string) error {
	e, p := s.engine, s.plan
	in := func(name string) string { return e.inside(plan.StageScan, name) }
	layers, err := s.assembleRequest(ctx, c)
	if err != nil {
		return err
	}
	shared, read, write := s.scanRequest(commitsCall, []string{Base})
	request := commitsRequest{
		Protocol: driver.Protocol, Masters: shared.Masters, Base: c.Base, Head: p.Revision.Head,
		Checks: c.Checks, Keywords: shared.Keywords, Clock: p.Clock.UTC().Format(time.RFC3339), Store: shared.Store,
		Work: in(e.Layout.Tmp(plan.StageScan, commitsCall, "work")), Cache: in(e.Layout.Work("cache-" + commitsCall)),
		Target: layered{p.Repository, in(e.Layout.Tree(Request)), []string{}},
	}
	if len(c.Checks) == 0 && p.Repository != gentooName {
		request.Checks = names // the tool itself would choose none
	}
	for _, dir := range layers {
		request.Target.Prepared = append(request.Target.Prepared, in(dir))
		read = append(read, dir)
	}
	from := s.engine.Layout.Work("cache-" + Base)
	if e.Kit != "" {
		from = s.kit(basekit.Cache)
	}
	cache := e.Layout.Work("cache-" + commitsCall)
	if err := s.copyCache(from, cache); err != nil {
		return fmt.Errorf("copying the caches of the base: %w", err)
	}
	if err := e.give(plan.StageScan, cache); err != nil {
		return err
	}
	slices.Sort(read)
	code, err := s.drive(ctx, newCall("commits", commitsCall, request, slices.Compact(read), append(write, cache)))
	if err != nil {
		return err
	}
	return s.keepAs(commitsCall, outFile, commitsCall+firstSuffix, "commits", code)
}

// assembleRequest puts the metadata of the pull request's own tree together, and returns its folders, the first before the second.
func (s *stage) assembleRequest(ctx context.Context, c *plan.Commits) ([]string, error) {
	l := s.engine.Layout
	layers := []string{l.Work("prepared-" + Head), l.Work("prepared-" + Base), s.basePrepared()}
	d, err := s.requestDifference(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("comparing the pull request's own tree with the merge: %w", err)
	}
	if d.nothing() {
		return layers, nil
	}
	a := &assembly{tree: treeFS(l.Tree(Request)), eclasses: s.eclassesOf(Request), difference: d}
	if a.given, err = readPrepared(l.Prepared(Request)); err != nil {
		return nil, &failure{plan.ReasonToolFailed, "The metadata that the prepare stage made cannot be used", err}
	}
	combined, err := a.head(s.own)
	if err != nil {
		return nil, &failure{plan.ReasonToolFailed, "The metadata that the prepare stage made cannot be used", err}
	}
	own := l.Work("prepared-" + Request)
	if err := combined.write(own); err != nil {
		return nil, fmt.Errorf("writing the metadata of the pull request's own tree: %w", err)
	}
	return append([]string{own}, layers...), nil
}
