// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
)

// assembly puts together what the scans are told of the head's metadata. The head's own word counts only where the base's cannot, which
// follows from the commits, and only after it was compared with the tree. All else is the base's, made before any of the head's code ran:
// the scan reads the head's folder first and then the base's.
type assembly struct {
	difference *difference
	tree       fs.FS // the head's
	eclasses   *eclassSums
	given      *prepared // what the head's prepare wrote
}

// assemble writes both sides' first folders: the head's difference, and the base's documents with their texts cut as the head's are.
func (s *stage) assemble(ctx context.Context) error {
	l := s.engine.Layout
	base, err := s.assembleBase()
	if err != nil {
		return err
	}
	a := &assembly{tree: treeFS(l.Tree(Head)), eclasses: s.eclassesOf(Head)}
	if a.difference, err = s.differ(ctx, s.basePrepared()); err != nil {
		return fmt.Errorf("comparing the metadata of base and head: %w", err)
	}
	if a.given, err = readPrepared(l.Prepared(Head)); err == nil {
		var combined *prepared
		if combined, err = a.head(base); err == nil {
			if err := combined.write(l.Work("prepared-" + Head)); err != nil {
				return fmt.Errorf("writing the metadata of the head: %w", err)
			}
			s.difference, s.own = a.difference, combined
		}
	}
	if err != nil {
		return &failure{plan.ReasonToolFailed, "The metadata that the prepare stage made for the head cannot be used", err}
	}
	return nil
}

// assembleBase writes the base's documents with their texts cut as the head's are.
func (s *stage) assembleBase() (*prepared, error) {
	base, err := readDocuments(s.basePrepared())
	if err != nil {
		return nil, &failure{plan.ReasonToolFailed, "The metadata of the base cannot be used", err}
	}
	if err := base.normal().write(s.engine.Layout.Work("prepared-" + Base)); err != nil {
		return nil, fmt.Errorf("writing the metadata of the base: %w", err)
	}
	return base, nil
}

// basePrepared is the base's folder: the kit's, or the one that the prepare stage made.
func (s *stage) basePrepared() string {
	if kit := s.engine.Kit; kit != "" {
		return filepath.Join(kit, basekit.Prepared)
	}
	return s.engine.Layout.Prepared(Base)
}

// readDocuments reads a prepared folder without its entries.
func readDocuments(dir string) (*prepared, error) {
	p := empty()
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	if err := p.readDocuments(root); err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	return p, nil
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

// normal gives errors and eclasses the form in which both sides have them.
func (p *prepared) normal() *prepared {
	out := empty()
	for cpv, record := range p.errors {
		out.errors[cpv] = record.cut()
	}
	for name, record := range p.eclasses {
		out.eclasses[name] = record.whole()
	}
	out.localDesc, out.header = p.localDesc, p.header
	return out
}

// head takes from the head's own metadata what is in the difference.
func (a *assembly) head(base *prepared) (*prepared, error) {
	out := empty()
	for _, cpv := range a.difference.ebuilds {
		if err := a.take(out, cpv); err != nil {
			return nil, err
		}
	}
	for _, name := range a.difference.eclasses {
		record, ok := a.given.eclasses[name]
		if !ok {
			continue // the driver refuses to scan where it needs one that is not there
		}
		sum, err := md5In(a.tree, path.Join("eclass", name+".eclass"))
		if err == nil {
			err = record.validate(sum)
		}
		if err != nil {
			return nil, fmt.Errorf("%s.eclass: %w", name, err)
		}
		out.eclasses[name] = record.whole()
	}
	out.header, out.localDesc = base.header, maps.Clone(base.localDesc)
	if out.header == "" {
		out.header = a.given.header
	}
	for _, name := range a.difference.packages {
		delete(out.localDesc, name)
		if lines := a.given.localDesc[name]; len(lines) > 0 {
			out.localDesc[name] = lines
		}
	}
	return out, nil
}

func empty() *prepared {
	return &prepared{entries: map[string][]byte{}, errors: map[string]sourcingError{}, eclasses: map[string]eclassRecord{}, localDesc: map[string][]string{}}
}

// take takes over the head's entry or error of an ebuild, after it was compared with the tree. An ebuild with neither is of an EAPI that
// needs no sourcing, or the driver will refuse to scan it.
func (a *assembly) take(to *prepared, cpv string) error {
	category, pf, _ := strings.Cut(cpv, "/")
	m := nameAndVersion.FindStringSubmatch(pf)
	if m == nil {
		return fmt.Errorf("%.100q is no ebuild", cpv)
	}
	sum, err := md5In(a.tree, path.Join(category, m[1], pf+".ebuild"))
	if err != nil {
		return err
	}
	if data, ok := a.given.entries[cpv]; ok {
		if err := a.validate(data, sum); err != nil {
			return fmt.Errorf("the entry of %s: %w", cpv, err)
		}
		to.entries[cpv] = data
		return nil
	}
	if record, ok := a.given.errors[cpv]; ok {
		if err := record.validate(sum); err != nil {
			return fmt.Errorf("the error of %s: %w", cpv, err)
		}
		to.errors[cpv] = record.cut()
	}
	return nil
}

// nameAndVersion takes the name of an ebuild's file apart.
var nameAndVersion = regexp.MustCompile(`^(.+)-([0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*(?:-r[0-9]+)?)$`)

func (a *assembly) validate(data []byte, sum string) error {
	e, err := parseEntry(data)
	if err != nil {
		return err
	}
	if e.md5 != sum {
		return errors.New("it was made from another content of the ebuild")
	}
	for name, recorded := range e.eclasses {
		ok, err := a.eclasses.has(name, recorded)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("it was made from another content of %.100s.eclass", name)
		}
	}
	return nil
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
	local.WriteString(p.header)
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
