// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
)

// assembly puts together what the scans are told of each side's metadata. The head's own word counts only where an input has
// changed, and only after it was compared with the tree; everything else is the base's, made before any of the head's code ran.
type assembly struct {
	trees   map[string]*digests // by side
	given   map[string]*prepared
	masters []map[string]string // eclasses of each master
	changed map[string]bool     // eclasses that differ between the sides, in content or in what they inherit
}

func (s *stage) assemble() error {
	l := s.engine.Layout
	a := &assembly{trees: map[string]*digests{}, given: map[string]*prepared{}}
	for _, m := range s.plan.Masters {
		d, err := digestTree(l.MasterTree(m.Name))
		if err != nil {
			return fmt.Errorf("reading the master %s: %w", m.Name, err)
		}
		a.masters = append(a.masters, d.eclasses)
	}
	for _, side := range Sides {
		var err error
		if a.trees[side], err = digestTree(l.Work(side)); err != nil {
			return fmt.Errorf("reading the %s: %w", side, err)
		}
		if a.given[side], err = readPrepared(l.Prepared(side)); err != nil {
			return &failure{plan.ReasonToolFailed, "The metadata that the prepare stage made for the " + side + " cannot be used", err}
		}
	}
	a.changed = changedEclasses(a.trees[Base], a.trees[Head])
	for side, combine := range map[string]func() (*prepared, error){Base: a.base, Head: a.head} {
		combined, err := combine()
		if err != nil {
			return &failure{plan.ReasonToolFailed, "The metadata that the prepare stage made for the " + side + " cannot be used", err}
		}
		if err := combined.write(l.Work("prepared-" + side)); err != nil {
			return fmt.Errorf("writing the metadata of the %s: %w", side, err)
		}
	}
	return nil
}

// changedEclasses names the eclasses that are not the same on both sides, and those that inherit one of them.
func changedEclasses(base, head *digests) map[string]bool {
	changed := map[string]bool{}
	for _, names := range []map[string]string{base.eclasses, head.eclasses} {
		for name := range names {
			if base.eclasses[name] != head.eclasses[name] {
				changed[name] = true
			}
		}
	}
	for again := true; again; {
		again = base.spread(changed)
		again = head.spread(changed) || again
	}
	return changed
}

// spread adds the eclasses that inherit a changed one, and says whether there were any.
func (d *digests) spread(changed map[string]bool) bool {
	more := false
	for name, inherited := range d.inherits {
		if !changed[name] && slices.ContainsFunc(inherited, func(i string) bool { return changed[i] }) {
			changed[name], more = true, true
		}
	}
	return more
}

// base takes the base's own metadata, as far as it fits the tree.
func (a *assembly) base() (*prepared, error) {
	given, tree := a.given[Base], a.trees[Base]
	out := empty()
	for cpv, sum := range tree.ebuilds {
		if err := a.take(out, given, Base, cpv, sum); err != nil {
			return nil, err
		}
	}
	for name, record := range given.eclasses {
		out.eclasses[name] = record.whole()
	}
	out.localDesc = given.localDesc
	return out, nil
}

// head takes from the base what has the same inputs on both sides, and the rest from the head's own metadata.
func (a *assembly) head() (*prepared, error) {
	base, given, tree := a.given[Base], a.given[Head], a.trees[Head]
	out := empty()
	for cpv, sum := range tree.ebuilds {
		from := given
		if a.sameInputs(cpv, sum) {
			from = base
		}
		if err := a.take(out, from, Head, cpv, sum); err != nil {
			return nil, err
		}
	}
	for name, sum := range tree.eclasses {
		from := given
		if record, ok := base.eclasses[name]; ok && !a.changed[name] && record.MD5 == sum {
			from = base
		}
		record, ok := from.eclasses[name]
		if !ok {
			continue // the driver refuses to scan where it needs one that is not there
		}
		if err := record.validate(sum); err != nil {
			return nil, fmt.Errorf("%s.eclass: %w", name, err)
		}
		out.eclasses[name] = record.whole()
	}
	a.headLocalDesc(out)
	return out, nil
}

func empty() *prepared {
	return &prepared{entries: map[string][]byte{}, errors: map[string]sourcingError{}, eclasses: map[string]eclassRecord{}, localDesc: map[string][]string{}}
}

// take moves an ebuild's entry or error from one prepared folder to another, after it was compared with the tree. An ebuild with
// neither is of an EAPI that needs no sourcing, or the driver will refuse to scan it.
func (a *assembly) take(to, from *prepared, side, cpv, sum string) error {
	if data, ok := from.entries[cpv]; ok {
		if err := a.validate(data, side, sum); err != nil {
			return fmt.Errorf("the entry of %s: %w", cpv, err)
		}
		to.entries[cpv] = data
		return nil
	}
	if record, ok := from.errors[cpv]; ok {
		if err := record.validate(sum); err != nil {
			return fmt.Errorf("the error of %s: %w", cpv, err)
		}
		to.errors[cpv] = record.cut()
	}
	return nil
}

func (a *assembly) validate(data []byte, side, sum string) error {
	e, err := parseEntry(data)
	if err != nil {
		return err
	}
	if e.md5 != sum {
		return errors.New("it was made from another content of the ebuild")
	}
	for name, recorded := range e.eclasses {
		if !a.hasEclass(side, name, recorded) {
			return fmt.Errorf("it was made from another content of %s.eclass", name)
		}
	}
	return nil
}

// hasEclass says whether a side has an eclass of that content: its own, else one of a master's.
func (a *assembly) hasEclass(side, name, sum string) bool {
	if own, ok := a.trees[side].eclasses[name]; ok {
		return own == sum
	}
	return slices.ContainsFunc(a.masters, func(m map[string]string) bool { return m[name] == sum && sum != "" })
}

// sameInputs says whether the base's word on an ebuild is the head's, too: the ebuild and every eclass that it was sourced with are
// the same. What could not be sourced does not say what it inherits, so that any changed eclass counts.
func (a *assembly) sameInputs(cpv, sum string) bool {
	if a.trees[Base].ebuilds[cpv] != sum {
		return false
	}
	data, ok := a.given[Base].entries[cpv]
	if !ok {
		return len(a.changed) == 0 && len(a.given[Base].entries)+len(a.given[Base].errors) > 0
	}
	e, err := parseEntry(data)
	if err != nil || e.md5 != sum {
		return false
	}
	for name, recorded := range e.eclasses {
		if !a.hasEclass(Head, name, recorded) {
			return false
		}
	}
	return true
}

// headLocalDesc takes each package's local flags from the side whose metadata.xml it has.
func (a *assembly) headLocalDesc(out *prepared) {
	base, head := a.trees[Base], a.trees[Head]
	for name, sum := range head.metadata {
		from := a.given[Head]
		if base.metadata[name] == sum && len(a.given[Base].localDesc) > 0 {
			from = a.given[Base]
		}
		if lines := from.localDesc[name]; len(lines) > 0 {
			out.localDesc[name] = lines
		}
	}
}

var (
	attribute  = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)
	identifier = regexp.MustCompile(`^[A-Za-z0-9_@+.:-]{1,256}$`)
)

func (r sourcingError) validate(sum string) error {
	switch {
	case r.MD5 != sum:
		return errors.New("it was recorded for another content of the ebuild")
	case !attribute.MatchString(r.Attr):
		return fmt.Errorf("%.60q is no attribute", r.Attr)
	}
	return nil
}

// cut limits the texts, on both sides alike.
func (r sourcingError) cut() sourcingError {
	r.Error = cut(r.Error, textLimit)
	if r.Detail != nil {
		r.Detail = new(cut(*r.Detail, textLimit))
	}
	return r
}

// whole gives the record the lists that the driver expects.
func (r eclassRecord) whole() eclassRecord {
	if r.Functions == nil {
		r.Functions = []string{}
	}
	if r.Variables == nil {
		r.Variables = []string{}
	}
	return r
}

func (r eclassRecord) validate(sum string) error {
	if r.MD5 != sum {
		return errors.New("its record is for another content")
	}
	names := slices.Concat(r.Functions, r.Variables)
	for _, lists := range []map[string][]string{r.MissingFunctions, r.MissingVariables} {
		for eapi, list := range lists {
			names = append(append(names, eapi), list...)
		}
	}
	for _, name := range names {
		if !identifier.MatchString(name) {
			return fmt.Errorf("its record names %.60q", name)
		}
	}
	return nil
}

// write makes a prepared folder that the driver reads.
func (p *prepared) write(dir string) error {
	for cpv, data := range p.entries {
		file := filepath.Join(dir, cacheFolder, cpv)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, cacheFolder), 0o755); err != nil {
		return err
	}
	var local strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.localDesc)) {
		for _, line := range p.localDesc[name] {
			local.WriteString(line)
		}
	}
	return errors.Join(
		writeDocument(filepath.Join(dir, errorsFile), map[string]any{"errors": p.errors}),
		writeDocument(filepath.Join(dir, eclassesFile), map[string]any{"eclasses": p.eclasses}),
		os.WriteFile(filepath.Join(dir, localDescFile), []byte(local.String()), 0o644),
	)
}

func writeDocument(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
