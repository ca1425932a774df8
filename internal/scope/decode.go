// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged means that an encoded index is not one, is of another version of this program, or was changed.
var ErrDamaged = errors.New("the scope index is damaged or of another version")

// Decode reads an index that Encode wrote.
func Decode(r io.Reader) (*Index, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the scope index: %w", err)
	}
	return decodeBytes(data)
}

func decodeBytes(data []byte) (*Index, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return nil, ErrDamaged
	}
	if sum := sha256.Sum256(rest[sha256.Size:]); !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return nil, ErrDamaged
	}
	d := &decoder{rest: rest[sha256.Size:]}
	d.table()
	x := d.index()
	if d.failed || len(d.rest) > 0 {
		return nil, ErrDamaged
	}
	return x, nil
}

// decoder reads an encoding. After the first mistake everything reads as empty.
type decoder struct {
	rest    []byte
	strings []string
	failed  bool
}

func (d *decoder) fail() {
	d.failed, d.rest = true, nil
}

func (d *decoder) number() uint64 {
	if len(d.rest) > 0 && d.rest[0] < 0x80 { // most are small
		n := uint64(d.rest[0])
		d.rest = d.rest[1:]
		return n
	}
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.number()
	if n > uint64(len(d.rest)/size) { //nolint:gosec // lengths are not negative
		d.fail()
		return 0
	}
	return int(n) //nolint:gosec // it is smaller than a length
}

// table reads the strings; they share one copy of their bytes.
func (d *decoder) table() {
	n := d.count(1)
	size := d.number()
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = int(min(d.number(), size)) //nolint:gosec // a length that is too long is found below
	}
	if size > uint64(len(d.rest)) {
		d.fail()
		return
	}
	all := string(d.rest[:size])
	d.rest = d.rest[size:]
	d.strings = make([]string, n)
	for i, length := range lengths {
		if length > len(all) {
			d.fail()
			return
		}
		d.strings[i], all = all[:length], all[length:]
	}
	if all != "" {
		d.fail()
	}
}

func (d *decoder) text() string {
	n := d.number()
	if n >= uint64(len(d.strings)) {
		d.fail()
		return ""
	}
	return d.strings[n]
}

func (d *decoder) texts() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = d.text()
	}
	return out
}

func (d *decoder) fixed() uint64 {
	if len(d.rest) < 8 {
		d.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return n
}

func (d *decoder) flag() bool {
	n := d.number()
	if n > 1 {
		d.fail()
	}
	return n == 1
}

func (d *decoder) index() *Index {
	x := &Index{}
	n := d.count(1)
	if n == 0 {
		d.fail()
	}
	for range n {
		x.trees = append(x.trees, d.tree())
	}
	return x
}

func (d *decoder) tree() *tree {
	t := &tree{name: d.text(), prepared: d.flag(), linked: d.flag(), eclasses: map[string]*eclass{}}
	t.packages = make([]*pkg, d.count(1))
	for i := range t.packages {
		t.packages[i] = d.pkg()
	}
	for range d.count(1) {
		name := d.text()
		t.eclasses[name] = d.eclass()
	}
	t.profile = d.profiles()
	t.licences = d.texts()
	t.data = d.pairs()
	t.folders = d.texts()
	t.listed = d.texts()
	t.named = named{glsa: d.lists(), groups: d.texts(), projects: d.texts()}
	t.categoryTexts = d.lists()
	return t
}

func (d *decoder) pkg() *pkg {
	p := &pkg{key: d.text(), flags: uint8(d.number())} //nolint:gosec // as it was written
	p.refs, p.catRefs, p.projects, p.keys = d.texts(), d.texts(), d.texts(), d.texts()
	if n := d.count(2); n > 0 {
		p.local = make([]localFlag, n)
		for i := range p.local {
			p.local[i] = localFlag{d.text(), d.text()}
		}
	}
	if n := d.count(9); n > 0 {
		p.distfiles = make([]distfile, n)
		for i := range p.distfiles {
			p.distfiles[i] = distfile{d.text(), d.fixed()}
		}
	}
	if n := d.count(4); n > 0 {
		p.words = make([]uint32, n)
		for i := range p.words {
			p.words[i] = binary.LittleEndian.Uint32(d.rest[4*i:])
		}
		d.rest = d.rest[4*n:]
	}
	if n := d.count(8); n > 0 {
		versions := make([]version, n)
		p.versions = make([]*version, n)
		for i := range p.versions {
			p.versions[i] = &versions[i]
			d.version(&versions[i])
		}
	}
	return p
}

func (d *decoder) version(v *version) {
	v.text, v.failed, v.sum = d.text(), d.text(), d.fixed()
	v.eapi, v.slot, v.subslot = d.text(), d.text(), d.text()
	for i := range v.deps {
		v.deps[i] = d.text()
	}
	for _, list := range []*[]string{&v.iuse, &v.keywords, &v.inherit, &v.eclasses, &v.licences, &v.mirrors} {
		*list = d.texts()
	}
}

func (d *decoder) eclass() *eclass {
	return &eclass{sum: d.text(), provides: d.texts(), live: d.flag(), known: d.flag(), facts: d.texts()}
}

func (d *decoder) profiles() profiles {
	p := profiles{lines: map[string][]profileLine{}}
	for range d.count(1) {
		file := d.text()
		lines := make([]profileLine, d.count(4))
		for i := range lines {
			lines[i] = profileLine{key: d.text(), atom: d.text(), rest: d.text(), mark: d.text()}
		}
		p.lines[file] = lines
	}
	p.folders, p.groups, p.mirrors, p.moves = d.texts(), d.lists(), d.pairs(), d.pairs()
	p.moved, p.spoiled, p.useDesc, p.useGroup = d.texts(), d.texts(), d.texts(), d.texts()
	return p
}

func (d *decoder) pairs() map[string]string {
	n := d.count(2)
	out := make(map[string]string, n)
	for range n {
		key := d.text()
		out[key] = d.text()
	}
	return out
}

func (d *decoder) lists() map[string][]string {
	n := d.count(2)
	out := make(map[string][]string, n)
	for range n {
		key := d.text()
		out[key] = d.texts()
	}
	return out
}
