// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// An encoded index is: magic, SHA-256 of the rest, table of strings, trees. Every string stands once in the table; the trees name
// strings by number. Equal indices have equal encodings.

// magic names the form; its number goes up with every change of it.
const magic = "prcheck-scope-2\n"

// Form names the form of encoded indices: another program's may not be readable.
func Form() string { return strings.TrimSpace(magic) }

// Encode writes the index.
func (x *Index) Encode(w io.Writer) error {
	e := &encoder{ids: map[string]uint64{}}
	e.index(x)
	table := e.table()
	sum := sha256.New()
	sum.Write(table)
	sum.Write(e.body)
	for _, part := range [][]byte{[]byte(magic), sum.Sum(nil), table, e.body} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("writing the scope index: %w", err)
		}
	}
	return nil
}

// encoder collects an encoding. Without ids, strings stand where they are used.
type encoder struct {
	ids     map[string]uint64
	strings []string
	body    []byte
}

// table is the table of strings: their number and total length, their lengths, their bytes.
func (e *encoder) table() []byte {
	size := 0
	for _, s := range e.strings {
		size += len(s)
	}
	out := make([]byte, 0, size+len(e.strings)*2+20)
	out = binary.AppendUvarint(out, uint64(len(e.strings)))
	out = binary.AppendUvarint(out, uint64(size))
	for _, s := range e.strings {
		out = binary.AppendUvarint(out, uint64(len(s)))
	}
	for _, s := range e.strings {
		out = append(out, s...)
	}
	return out
}

func (e *encoder) number(n uint64) { e.body = binary.AppendUvarint(e.body, n) }

func (e *encoder) count(n int) { e.number(uint64(n)) } //nolint:gosec // lengths are not negative

func (e *encoder) text(s string) {
	if e.ids == nil {
		e.count(len(s))
		e.body = append(e.body, s...)
		return
	}
	id, ok := e.ids[s]
	if !ok {
		id = uint64(len(e.strings))
		e.ids[s], e.strings = id, append(e.strings, s)
	}
	e.number(id)
}

func (e *encoder) texts(list []string) {
	e.count(len(list))
	for _, s := range list {
		e.text(s)
	}
}

func (e *encoder) fixed(n uint64) { e.body = binary.LittleEndian.AppendUint64(e.body, n) }

func (e *encoder) index(x *Index) {
	e.count(len(x.trees))
	for _, t := range x.trees {
		e.tree(t)
	}
}

func (e *encoder) tree(t *tree) {
	e.text(t.name)
	e.flag(t.prepared)
	e.flag(t.linked)
	e.count(len(t.packages))
	for _, p := range t.packages {
		e.pkg(p)
	}
	e.count(len(t.eclasses))
	for _, name := range sortedKeys(t.eclasses) {
		e.text(name)
		e.eclass(t.eclasses[name])
	}
	e.profiles(&t.profile)
	e.texts(t.licences)
	e.pairs(t.data)
	e.texts(t.folders)
	e.texts(t.listed)
	e.lists(t.named.glsa)
	e.texts(t.named.groups)
	e.texts(t.named.projects)
	e.lists(t.categoryTexts)
}

func (e *encoder) pkg(p *pkg) {
	e.text(p.key)
	e.number(uint64(p.flags))
	e.texts(p.refs)
	e.texts(p.catRefs)
	e.texts(p.projects)
	e.texts(p.keys)
	e.count(len(p.local))
	for _, flag := range p.local {
		e.text(flag.name)
		e.text(flag.text)
	}
	e.count(len(p.distfiles))
	for _, file := range p.distfiles {
		e.text(file.name)
		e.fixed(file.sum)
	}
	e.count(len(p.words))
	for _, w := range p.words {
		e.body = binary.LittleEndian.AppendUint32(e.body, w)
	}
	e.count(len(p.versions))
	for _, v := range p.versions {
		e.version(v)
	}
}

func (e *encoder) version(v *version) {
	e.text(v.text)
	e.text(v.failed)
	e.fixed(v.sum)
	e.text(v.eapi)
	e.text(v.slot)
	e.text(v.subslot)
	for _, dep := range v.deps {
		e.text(dep)
	}
	for _, list := range [][]string{v.iuse, v.keywords, v.inherit, v.eclasses, v.licences, v.mirrors} {
		e.texts(list)
	}
}

func (e *encoder) eclass(c *eclass) {
	e.text(c.sum)
	e.texts(c.provides)
	e.flag(c.live)
	e.flag(c.known)
	e.texts(c.facts)
}

func (e *encoder) flag(b bool) {
	if b {
		e.number(1)
	} else {
		e.number(0)
	}
}

func (e *encoder) profiles(p *profiles) {
	e.count(len(p.lines))
	for _, file := range sortedKeys(p.lines) {
		e.text(file)
		e.count(len(p.lines[file]))
		for _, l := range p.lines[file] {
			e.text(l.key)
			e.text(l.atom)
			e.text(l.rest)
			e.text(l.mark)
		}
	}
	e.texts(p.folders)
	e.lists(p.groups)
	e.pairs(p.mirrors)
	e.pairs(p.moves)
	e.texts(p.moved)
	e.texts(p.spoiled)
	e.texts(p.useDesc)
	e.texts(p.useGroup)
}

func (e *encoder) pairs(m map[string]string) {
	e.count(len(m))
	for _, key := range sortedKeys(m) {
		e.text(key)
		e.text(m[key])
	}
}

func (e *encoder) lists(m map[string][]string) {
	e.count(len(m))
	for _, key := range sortedKeys(m) {
		e.text(key)
		e.texts(m[key])
	}
}

// samePackage says whether two records say the same.
func samePackage(a, b *pkg) bool {
	if a == b {
		return true
	}
	var x, y encoder
	x.pkg(a)
	y.pkg(b)
	return bytes.Equal(x.body, y.body)
}
