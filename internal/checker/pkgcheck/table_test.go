// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

func TestIdentityTableIsWhatThePolicyGenerates(t *testing.T) {
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(Generate(DefaultTables())); err != nil {
		t.Fatal(err)
	}
	const file = "identity_0.10.49.json"
	if *update {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(embeddedIdentity)); diff != "" {
		t.Errorf("%s is not what the policy makes of the tables; run go test -update (-want +got):\n%s", file, diff)
	}
}

func TestEveryKeywordOfTheImageHasARow(t *testing.T) {
	table := Generate(DefaultTables())
	if len(table.Unknown) != 0 {
		t.Errorf("the policy does not know an attribute of %q", table.Unknown)
	}
	if len(table.Rules) != len(DefaultTables().Keywords) {
		t.Errorf("%d rows for %d keywords", len(table.Rules), len(DefaultTables().Keywords))
	}
}

func TestThePolicyNamesOnlyWhatThereIs(t *testing.T) {
	attributes := map[string]map[string]bool{}
	for _, keyword := range DefaultTables().Keywords {
		attributes[keyword.Name] = map[string]bool{}
		for _, a := range keyword.Attributes {
			attributes[keyword.Name][a.Name] = true
		}
	}
	for rule, row := range byRule {
		if attributes[rule] == nil {
			t.Errorf("the policy has a rule %s, pkgcheck has none", rule)
			continue
		}
		for name := range row {
			if !attributes[rule][name] {
				t.Errorf("the policy treats %s.%s, which pkgcheck does not have", rule, name)
			}
		}
	}
}

func TestGenerateListsWhatThePolicyDoesNotKnow(t *testing.T) {
	tables := &Tables{Keywords: []KeywordTable{
		{Name: "Familiar", Attributes: []AttributeTable{{"category", "text"}, {"flags", "list"}, {"path", "value"}}},
		{Name: "NewAttribute", Attributes: []AttributeTable{{"surprise", "value"}}},
		{Name: "OldNameNowAList", Attributes: []AttributeTable{{"path", "list"}}},
		{Name: "TwoLists", Attributes: []AttributeTable{{"flags", "list"}, {"files", "list"}}},
	}}
	got := Generate(tables)
	if diff := cmp.Diff([]string{"NewAttribute", "OldNameNowAList", "TwoLists"}, got.Unknown); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Row{"Familiar": {"flags": Split, "path": Keep}}, got.Rules); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestWholeTreeChecks(t *testing.T) {
	got := DefaultTables().WholeTreeChecks()
	for _, want := range []string{"ProfilesCheck", "LicenseGroupsCheck", "ManifestCollisionCheck", "AcctCheck", "CategoryMetadataXmlCheck"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among the whole-tree checks %q", want, got)
		}
	}
	for _, narrow := range []string{"VisibilityCheck", "PkgDirCheck", "UnusedInMastersCheck"} {
		if slices.Contains(got, narrow) {
			t.Errorf("%s is among the whole-tree checks", narrow)
		}
	}
}
