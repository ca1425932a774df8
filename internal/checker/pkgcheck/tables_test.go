// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseTablesRefuses(t *testing.T) {
	type change func(*Tables)
	first := func(edit func(*KeywordTable)) change { return func(t *Tables) { edit(&t.Keywords[0]) } }
	for name, c := range map[string]struct {
		change change
		want   error
	}{
		"another type":             {func(t *Tables) { t.Type = "start" }, ErrMalformed},
		"another protocol":         {func(t *Tables) { t.Protocol = 7 }, ErrProtocol},
		"no keyword":               {func(t *Tables) { t.Keywords = nil }, ErrMalformed},
		"no check":                 {func(t *Tables) { t.Checks = nil }, ErrMalformed},
		"a version that is none":   {func(t *Tables) { t.Versions.Pkgcheck = "<b>" }, ErrMalformed},
		"no version":               {func(t *Tables) { t.Versions.Pkgcheck = "" }, ErrMalformed},
		"a keyword twice":          {func(t *Tables) { t.Keywords = append(t.Keywords, t.Keywords[0]) }, ErrMalformed},
		"a check twice":            {func(t *Tables) { t.Checks = append(t.Checks, t.Checks[0]) }, ErrMalformed},
		"a name that is none":      {first(func(k *KeywordTable) { k.Name = "../x" }), ErrMalformed},
		"a check's name":           {func(t *Tables) { t.Checks[0].Name = "a b" }, ErrMalformed},
		"a keyword's check's name": {first(func(k *KeywordTable) { k.Checks = []string{"<"} }), ErrMalformed},
		"an unknown level":         {first(func(k *KeywordTable) { k.Level = "fatal" }), ErrMalformed},
		"an unknown kind":          {first(func(k *KeywordTable) { k.Attributes[0].Kind = "tree" }), ErrMalformed},
		"an attribute twice":       {first(func(k *KeywordTable) { k.Attributes = append(k.Attributes, k.Attributes[0]) }), ErrMalformed},
		"a text without end":       {first(func(k *KeywordTable) { k.Summary = strings.Repeat("x", maxText+1) }), ErrTooLarge},
		"too many attributes": {first(func(k *KeywordTable) {
			for i := range maxAttributes {
				k.Attributes = append(k.Attributes, AttributeTable{fmt.Sprint("a", i), "text"})
			}
		}), ErrTooLarge},
		"too many keywords": {func(t *Tables) {
			for i := range maxEntries {
				t.Keywords = append(t.Keywords, KeywordTable{Name: fmt.Sprint("K", i)})
			}
		}, ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			var tables Tables
			if err := json.Unmarshal(embeddedTables, &tables); err != nil {
				t.Fatal(err)
			}
			c.change(&tables)
			data, err := json.Marshal(tables)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseTables(data); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := ParseTables(append(bytes.Repeat([]byte(" "), TablesLimit), embeddedTables...)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("tables of more than %d bytes: %v", TablesLimit, err)
	}
	if _, err := ParseTables(bytes.Replace(embeddedTables, []byte(`"type"`), []byte(`"colour": "red", "type"`), 1)); err == nil {
		t.Error("an unknown member was accepted")
	}
}

func TestKnows(t *testing.T) {
	table := &Table{Rules: map[string]Row{"A": {}}, Unknown: []string{"B"}}
	for rule, want := range map[string]bool{"A": true, "B": true, "C": false} {
		if table.Knows(rule) != want {
			t.Errorf("%s: %v", rule, !want)
		}
	}
}

func FuzzParseTables(f *testing.F) {
	f.Add(embeddedTables)
	f.Fuzz(func(t *testing.T, data []byte) {
		tables, err := ParseTables(data)
		if err != nil {
			return
		}
		table := Generate(tables)
		for i := range tables.Keywords {
			if !table.Knows(tables.Keywords[i].Name) {
				t.Errorf("%s is lost", tables.Keywords[i].Name)
			}
		}
	})
}
