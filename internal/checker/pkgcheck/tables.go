// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/finding"
)

// TablesLimit is the size above which nobody reads tables: those of the image take a twentieth of it.
const TablesLimit = 4 << 20

// Limits of what tables may hold. A run brings them from where a pull request's data was read, so that nothing in them is believed
// to be small or well formed.
const (
	maxEntries    = 10_000 // keywords, and checks
	maxAttributes = 200    // of one keyword
	maxText       = 4_000
)

var (
	className   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)
	versionText = regexp.MustCompile(`^[0-9][0-9A-Za-z.+_-]{0,63}$`)
)

var attributeKinds = []string{"list", "text", "number", "flag", "value"}

// ParseTables reads the driver's tables, strictly.
func ParseTables(data []byte) (*Tables, error) {
	var t Tables
	if len(data) > TablesLimit {
		return nil, fmt.Errorf("reading pkgcheck's tables: %w: %d bytes", ErrTooLarge, len(data))
	}
	err := strict(data, &t)
	if err == nil {
		err = t.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("reading pkgcheck's tables: %w", err)
	}
	return &t, nil
}

func (t *Tables) validate() error {
	switch {
	case t.Type != "tables" || len(t.Keywords) == 0 || len(t.Checks) == 0:
		return fmt.Errorf("%w: a record of type %.40q with %d keywords and %d checks", ErrMalformed, t.Type, len(t.Keywords), len(t.Checks))
	case t.Protocol != driver.Protocol:
		return fmt.Errorf("%w: %d, not %d", ErrProtocol, t.Protocol, driver.Protocol)
	case !versionText.MatchString(t.Versions.Pkgcheck):
		return fmt.Errorf("%w: %.80q is no version", ErrMalformed, t.Versions.Pkgcheck)
	case len(t.Keywords) > maxEntries || len(t.Checks) > maxEntries:
		return fmt.Errorf("%w: %d keywords and %d checks", ErrTooLarge, len(t.Keywords), len(t.Checks))
	}
	seen := map[string]bool{}
	for i := range t.Keywords {
		k := &t.Keywords[i]
		if err := k.validate(); err != nil {
			return fmt.Errorf("the keyword %.130q: %w", k.Name, err)
		}
		if seen["keyword "+k.Name] {
			return fmt.Errorf("%w: the keyword %s twice", ErrMalformed, k.Name)
		}
		seen["keyword "+k.Name] = true
	}
	for i := range t.Checks {
		c := &t.Checks[i]
		if err := c.validate(); err != nil {
			return fmt.Errorf("the check %.130q: %w", c.Name, err)
		}
		if seen["check "+c.Name] {
			return fmt.Errorf("%w: the check %s twice", ErrMalformed, c.Name)
		}
		seen["check "+c.Name] = true
	}
	return nil
}

func (k *KeywordTable) validate() error {
	if k.Level != "" && !slices.Contains(toolLevels, finding.Level(k.Level)) {
		return fmt.Errorf("%w: level %.40q", ErrMalformed, k.Level)
	}
	if len(k.Attributes) > maxAttributes {
		return fmt.Errorf("%w: %d attributes", ErrTooLarge, len(k.Attributes))
	}
	names := append([]string{k.Name}, k.Checks...)
	seen := map[string]bool{}
	for _, a := range k.Attributes {
		if !slices.Contains(attributeKinds, a.Kind) || seen[a.Name] {
			return fmt.Errorf("%w: an attribute %.80q of kind %.40q", ErrMalformed, a.Name, a.Kind)
		}
		seen[a.Name] = true
		names = append(names, a.Name)
	}
	return sound(names, k.Scope, k.Summary, k.MetadataError)
}

func (c *CheckTable) validate() error {
	names := slices.Concat([]string{c.Name}, c.Sources, c.Addons, c.Caches, c.Keywords)
	return sound(names, c.Scope, c.Summary)
}

// sound refuses names that no class has, and texts that nobody could read.
func sound(names []string, texts ...string) error {
	if len(names) > maxEntries {
		return fmt.Errorf("%w: %d names", ErrTooLarge, len(names))
	}
	for _, name := range names {
		if !className.MatchString(name) {
			return fmt.Errorf("%w: the name %.130q", ErrMalformed, name)
		}
	}
	for _, text := range texts {
		if len(text) > maxText {
			return fmt.Errorf("%w: a text of %d bytes", ErrTooLarge, len(text))
		}
	}
	return nil
}

// Knows says whether the tool has a keyword of that name, be there a row for it or not.
func (t *Table) Knows(rule string) bool {
	_, ok := t.Rules[rule]
	return ok || slices.Contains(t.Unknown, rule)
}
