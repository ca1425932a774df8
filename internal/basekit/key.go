// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Format is the version of a kit's form. Kits of another one are not found.
const Format = 1

// Master is another repository that the base was read with.
type Master struct {
	Name   string `json:"name"`
	Commit string `json:"commit"`
	Branch string `json:"branch"`
}

// Key is everything that decides what is in a kit. Two bases with one key give equal kits: it names contents and programs, and
// no time.
type Key struct {
	Repository string   `json:"repository"` // configured name
	Base       string   `json:"base"`       // commit
	Branch     string   `json:"branch"`     // that is checked out
	Masters    []Master `json:"masters"`
	Toolchain  string   `json:"toolchain"` // digest of the image, or of the installed files
	Driver     string   `json:"driver"`    // digest of the driver
}

// ID names the kit: 64 hex digits.
func (k Key) ID() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", Format)
	for _, part := range append([]string{k.Base, k.Branch}, k.settled()...) {
		fmt.Fprintf(h, "%d:%s,", len(part), part) // length-prefixed: no two keys collide
	}
	for _, m := range k.Masters {
		fmt.Fprintf(h, "%d:%s,%s,%d:%s,", len(m.Name), m.Name, m.Commit, len(m.Branch), m.Branch)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Line names the kits of which one can seed another: those of one repository, made by the same programs.
func (k Key) Line() string {
	h := sha256.New()
	for _, part := range k.settled() {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func (k Key) settled() []string {
	return []string{k.Repository, k.Toolchain, k.Driver}
}

// name is the kit's folder in a store.
func (k Key) name() string { return strings.Join([]string{k.Line(), k.ID()}, "-") }
