// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package hostile holds what a hostile pull request tries: ebuilds whose global scope attacks the machine that sources
// them, and files in the tree that attack the scan.
//
// Every attack is harmless where it succeeds: processes, bytes and time are bounded by Params, the network goes to the
// given address only, nothing that exists is overwritten. And every attack leaves evidence where it succeeds, so that a
// test can switch its control off and see it work. What is evidence is said per attack: see Evidence.
package hostile

import (
	"fmt"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// Params bound the attacks and tell them what they could not know.
type Params struct {
	// Address is the host:port that the network attack connects to, by default 127.0.0.1:9.
	Address string
	// Processes is how many processes the fork bomb wants at once, each asleep and ended afterwards, by default 4000.
	Processes int
	// Output is how many bytes the flood writes to the output, by default 5 GB.
	Output int64
	// File is how many bytes the disk attack writes into each folder that lets it, by default 5 GB. It removes the file.
	File int64
	// Folders are where the attacks look for other stages' files and try to leave forged results. In a pod they visit
	// every mount point as well.
	Folders []string
	// Secrets are files that the token attack reads beside every service account token.
	Secrets []string
	// LinkTarget is the file outside of the tree that a link names, by default /etc/passwd.
	LinkTarget string
}

func (p Params) complete() Params {
	if p.Address == "" {
		p.Address = "127.0.0.1:9"
	}
	if p.Processes == 0 {
		p.Processes = 4000
	}
	if p.Output == 0 {
		p.Output = 5_000_000_000
	}
	if p.File == 0 {
		p.File = 5_000_000_000
	}
	if p.LinkTarget == "" {
		p.LinkTarget = "/etc/passwd"
	}
	return p
}

// Attack is one thing that a hostile pull request tries. Each has a package of its own, which also holds an honest
// error, so that a verdict on the package is known whether the attack works or not.
type Attack struct {
	// Name is a word or two, unique.
	Name string
	// What says what is tried.
	What string
	// Control says what denies it.
	Control string
	// Package is the package that carries it, "category/name"; its version is always 1.0.
	Package string
	// Evidence says how to see that it succeeded.
	Evidence Evidence

	tree func(a Attack, p Params) ebuildrepo.Tree
}

// Evidence says how to see that an attack succeeded. Exactly one of the fields is set.
type Evidence struct {
	// Marker stands in the DESCRIPTION of the ebuild's metadata (so in its md5-cache entry) only where the attack
	// succeeded. The description is then too long as well, so that the scan finds a BadDescription.
	Marker string
	// Output says that the log of the run was kept in the length of Params.Output.
	Output bool
	// ForgedFile is the name of a file with the content Forged that the attack left in some folder.
	ForgedFile string
	// Hides are rules whose honest findings in the attack's package are missing where it succeeded.
	Hides []string
	// Shows is a rule whose finding in the package is there only where the attack succeeded.
	Shows string
}

// Forged is the content of forged result files. It must never reach a result.
const Forged = `{"forged-by":"gremlin","conclusion":"success"}`

// All lists every attack, in a fixed order.
func All() []Attack {
	return append(ebuildAttacks(), treeAttacks()...)
}

// Find gives the attack of that name.
func Find(name string) (Attack, error) {
	for _, a := range All() {
		if a.Name == name {
			return a, nil
		}
	}
	return Attack{}, fmt.Errorf("no attack is named %q", name)
}

// Tree gives the files that the attack adds to a repository, or puts in place of its own.
func (a Attack) Tree(p Params) ebuildrepo.Tree { return a.tree(a, p.complete()) }

// Apply adds the attacks to a tree. To a file that is there already, such as .gitignore, their lines are appended.
func Apply(tree ebuildrepo.Tree, p Params, attacks ...Attack) {
	for _, a := range attacks {
		for name, f := range a.Tree(p) {
			f.Text = tree[name].Text + f.Text
			tree[name] = f
		}
	}
}

// honest is an ebuild with one error, UnknownLicense. It calls attack, in which success sets a variable named evidence.
func honest(name, license, attack string) string {
	e := ebuildrepo.Ebuild{
		Version: "1.0", EAPI: "8", Slot: "0", Keywords: []string{"~amd64", "~arm64"}, License: license,
		Description: "Program that is up to no good", Homepage: "https://gremlin.example.org/",
	}
	text := e.Render()
	if attack == "" {
		return text
	}
	over := "DESCRIPTION=\"attack-succeeded: " + name + " ${evidence} " + strings.Repeat("!", 60) + "\""
	return text + "\nevidence=\n" + strings.Trim(attack, "\n") + "\nif [[ -n ${evidence} ]]; then\n\t" + over + "\nfi\nunset evidence\n"
}

// marker is what stands in the description of a successful attack.
func marker(name string) string { return "attack-succeeded: " + name }

func license(name string) string {
	return "Gremlin-" + strings.ToUpper(name[:1]) + name[1:]
}

// carrier is a package with an ebuild and a metadata.xml.
func carrier(key, ebuild string) ebuildrepo.Tree {
	_, name, _ := strings.Cut(key, "/")
	m := ebuildrepo.Metadata{Maintainers: []ebuildrepo.Maintainer{{Email: "gremlin@example.org", Name: "Gremlin"}}}
	return ebuildrepo.Tree{
		key + "/" + name + "-1.0.ebuild": {Text: ebuild, Mode: ebuildrepo.ModeFile},
		key + "/metadata.xml":            {Text: m.Render(), Mode: ebuildrepo.ModeFile},
	}
}
