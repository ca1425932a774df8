// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/trees"
)

// layered is one repository in a scan's request: with the folders that prepare made, the first before the second.
type layered struct {
	Name     string   `json:"name"`
	Path     string   `json:"path"`
	Prepared []string `json:"prepared"`
}

// scanRequest is the driver's request for several scans in one call (PROTOCOL.md).
type scanRequest struct {
	Protocol int        `json:"protocol"`
	Masters  []layered  `json:"masters"`
	Profiles string     `json:"profiles"`
	Checks   []string   `json:"checks"`
	Keywords []string   `json:"keywords"`
	Verbose  bool       `json:"verbose"`
	Clock    string     `json:"clock"`
	Work     string     `json:"work"`
	Cache    string     `json:"cache"`
	Jobs     int        `json:"jobs"`
	Store    []string   `json:"store"`
	Seconds  float64    `json:"packageSeconds"` // for one package; 0: any number
	Sides    []scanSide `json:"sides"`
}

// scanSide is what is scanned of one side.
type scanSide struct {
	Name      string   `json:"name"`
	Target    layered  `json:"target"`
	Packages  []string `json:"packages"` // null: all
	WholeTree []string `json:"wholeTree"`
	Cache     string   `json:"cache"`
	Output    string   `json:"output"`
}

// Scan looks at base and head, in this order and in the same way. It runs none of their code.
func (e *Engine) Scan(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(p, plan.StageScan)
	return s.end(e.Layout.Scanned(), s.scan(ctx))
}

func (s *stage) scan(ctx context.Context) (err error) {
	s.serve(ctx)
	defer func() { err = errors.Join(err, s.endAhead()) }()
	if err := s.step("metadata", func() error { return s.assemble(ctx) }); err != nil {
		return err
	}
	tables, err := s.tables(ctx)
	if err != nil {
		return fmt.Errorf("asking the tool for its rules: %w", err)
	}
	if err := s.step("scope", func() error { return s.choose(tables) }); err != nil {
		return err
	}
	if err := s.divide(); err != nil {
		return err
	}
	if err := s.step("packages", func() error { return s.survey(ctx, tables) }); err != nil {
		return err
	}
	if err := s.scanSides(ctx); err != nil {
		return err
	}
	if err := s.lookAgain(ctx); err != nil {
		return err
	}
	return s.checkCommits(ctx, tables)
}

// serve starts the stage's driver ahead where that was not done, if the base is to be scanned by itself: both sides' scans then share it.
func (s *stage) serve(ctx context.Context) {
	e := s.engine
	if e.Kit == "" || e.Findings == nil || e.started[plan.StageScan] != nil || e.Trust != (Trust{}) {
		return
	}
	if err := e.startAhead(ctx, s.plan, plan.StageScan); err != nil {
		fmt.Fprintf(s.log, "prcheck: starting the driver ahead: %v\n", err) // each call then starts one
	}
}

// scanSides scans both sides. With the base's kit they share one call of the driver, each with its own copy of the kit's caches. Without, the base
// makes the caches first, and the head's scan goes on with them.
func (s *stage) scanSides(ctx context.Context) error {
	work := s.engine.Layout.Work
	if s.engine.Kit != "" {
		for _, side := range Sides {
			if err := s.copyCache(s.kit(basekit.Cache), work("cache-"+side)); err != nil {
				return fmt.Errorf("copying the caches of the kit: %w", err)
			}
		}
		if s.engine.Findings != nil {
			return s.scanWithKept(ctx)
		}
		return s.step("scan", func() error { return s.driveScan(ctx, callScan, firstSuffix, Sides...) })
	}
	if err := s.step("base scan", func() error { return s.driveScan(ctx, callScanBase, firstSuffix, Base) }); err != nil {
		return fmt.Errorf("scanning the base: %w", err)
	}
	return s.step("head scan", func() error {
		if err := s.copyCache(work("cache-"+Base), work("cache-"+Head)); err != nil {
			return err
		}
		if err := s.driveScan(ctx, callScanHead, firstSuffix, Head); err != nil {
			return fmt.Errorf("scanning the head: %w", err)
		}
		return nil
	})
}

// kit returns a path in the base's kit.
func (s *stage) kit(names ...string) string {
	return filepath.Join(append([]string{s.engine.Kit}, names...)...)
}

// firstSuffix ends the names of the files of results.
const firstSuffix = ".jsonl"

// driveScan scans sides with one call of the driver and keeps what it wrote under each side's name with a suffix.
func (s *stage) driveScan(ctx context.Context, name, suffix string, sides ...string) error {
	e := s.engine
	request, read, write := s.scanRequest(name, sides)
	for _, side := range sides {
		request.Sides = append(request.Sides, s.scanSide(name, side))
		read = append(read, e.Layout.Work("prepared-"+side)) // the head's scan reads the base's, too
		cache := e.Layout.Work("cache-" + side)
		if err := e.give(plan.StageScan, cache); err != nil {
			return err
		}
		write = append(write, cache)
	}
	if err := e.give(plan.StageScan, e.Layout.Tmp(plan.StageScan, "work")); err != nil {
		return err
	}
	code, err := s.drive(ctx, newCall("scan", name, request, read, write))
	if err != nil {
		return err
	}
	if err := s.killed(name); err != nil {
		return err
	}
	for _, side := range sides {
		if err := s.keep(name, side, suffix, code); err != nil {
			return err
		}
	}
	return nil
}

// killed says whether a side's scan was ended by a signal: the driver itself outlives that.
func (s *stage) killed(name string) error {
	root, err := os.OpenRoot(s.engine.Layout.Tmp(plan.StageScan, name))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read
	data, err := readFile(root.FS(), outFile, documentLimit)
	if err != nil {
		return nil // the streams, or their absence, say more
	}
	var summary struct {
		Sides []struct{ Name, Signal string }
	}
	if err := json.Unmarshal(data, &summary); err != nil {
		return nil // as above
	}
	for _, side := range summary.Sides {
		if side.Signal != "" {
			s.outcome.Signal = side.Signal
			return &failure{plan.ReasonToolFailed, fmt.Sprintf("The scan of the %.40s was ended by %.40s.", side.Name, side.Signal) + s.said(), nil}
		}
	}
	return nil
}

// scanRequest is what the sides' scans share, with the paths that they may read and write.
func (s *stage) scanRequest(name string, sides []string) (request scanRequest, read, write []string) {
	e, p := s.engine, s.plan
	in := func(path string) string { return e.inside(plan.StageScan, path) }
	request = scanRequest{
		Protocol: driver.Protocol,
		Masters:  []layered{},
		Profiles: strings.Join(p.Snapshot.Profiles, ","),
		Checks:   []string{},
		Keywords: append([]string{}, p.Snapshot.Keywords...),
		Verbose:  true,
		Clock:    p.Clock.UTC().Format(time.RFC3339),
		Work:     in(e.Layout.Tmp(plan.StageScan, "work")),
		Cache:    in(e.Layout.Tmp(plan.StageScan, name, "cache")),
		Jobs:     s.jobs(),
		Store:    s.stores(),
		Seconds:  p.Snapshot.Timeouts.Package.Seconds(),
		Sides:    []scanSide{},
	}
	for _, m := range p.Masters {
		prepared := s.masterPrepared(m.Name)
		request.Masters = append(request.Masters, layered{m.Name, in(e.Layout.MasterTree(m.Name)), []string{in(prepared)}})
		read = append(read, prepared)
	}
	if !slices.Contains(sides, Base) {
		read = append(read, e.Layout.Work("prepared-"+Base))
	}
	return request, append(read, e.Layout.Source(), s.basePrepared()), []string{e.Layout.Tmp(plan.StageScan, "work")}
}

func (s *stage) scanSide(name, side string) scanSide {
	e := s.engine
	in := func(path string) string { return e.inside(plan.StageScan, path) }
	layers := []string{in(e.Layout.Work("prepared-" + Base)), in(s.basePrepared())}
	if side == Head {
		layers = append([]string{in(e.Layout.Work("prepared-" + Head))}, layers...)
	}
	sc := scanSide{
		Name: side, Target: layered{s.plan.Repository, in(e.Layout.Tree(side)), layers}, WholeTree: []string{},
		Cache: in(e.Layout.Work("cache-" + side)), Output: in(e.Layout.Tmp(plan.StageScan, name, side+".jsonl")),
	}
	switch {
	case s.scope.Kind == plan.ScopeFull && s.part != nil:
		sc.Packages, sc.WholeTree = s.part.packages, s.part.wholeTree
	case s.scope.Kind != plan.ScopeFull:
		sc.Packages = []string{}
		for _, sp := range s.scope.Packages {
			sc.Packages = append(sc.Packages, sp.Category+"/"+sp.Package)
		}
		sc.WholeTree = append(sc.WholeTree, s.scope.WholeTree...)
	}
	return sc
}

// masterPrepared is a master's metadata: the kit's, or what the prepare stage made.
func (s *stage) masterPrepared(name string) string {
	if s.engine.Kit != "" {
		return s.kit(basekit.Masters, name)
	}
	return s.engine.Layout.Prepared("masters", name)
}

// copyCache copies the tool's caches for a side's own use. What is in them is believed by content, so that the base's serve the head.
func (s *stage) copyCache(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	source, err := os.OpenRoot(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a kit without caches
	}
	if err != nil {
		return err
	}
	defer source.Close() //nolint:errcheck // only read
	target, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer target.Close() //nolint:errcheck // files are closed one by one
	id := s.engine.user(plan.StageScan)
	return trees.Walk(source, func(name string, d fs.DirEntry) error {
		var err error
		switch {
		case d.IsDir():
			err = target.Mkdir(name, 0o755)
		case d.Type().IsRegular():
			err = copyFile(source, target, name)
		default:
			return nil
		}
		if err == nil && id != 0 {
			err = target.Chown(name, id, id)
		}
		return err
	})
}

// keep copies what the driver wrote of a side to where later stages read it.
func (s *stage) keep(name, side, suffix string, code int) error {
	return s.keepAs(name, side+".jsonl", side+suffix, side, code)
}

// keepAs copies a file that a call of the driver wrote to where later stages read it; the tool itself cannot write there.
func (s *stage) keepAs(call, file, as, of string, code int) error {
	root, err := os.OpenRoot(s.engine.Layout.Tmp(plan.StageScan, call))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read
	data, err := readFile(root.FS(), file, s.outputLimit())
	if errors.Is(err, fs.ErrNotExist) {
		return &failure{plan.ReasonToolFailed, fmt.Sprintf("The tool wrote no results for the %s and ended with code %d.", of, code) + s.said(), nil}
	}
	if err != nil {
		return &failure{plan.ReasonOutputLimit, "The results of the " + of + " cannot be used", err}
	}
	return os.WriteFile(s.engine.Layout.Scanned(as), data, 0o644)
}

// defaultOutput is the limit of a stream where the profile has none.
const defaultOutput = 4 << 30

func (s *stage) outputLimit() int64 {
	if limit := s.plan.Snapshot.OutputBytes; limit > 0 {
		return limit
	}
	return defaultOutput
}
