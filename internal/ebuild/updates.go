// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Update is a line of profiles/updates.
type Update struct {
	File     string
	Line     int
	Source   Atom   // with the old slot, where slots are moved
	Target   Atom   // of a move
	SlotMove bool   // else it is a move
	Slot     string // of a slot move: the new one
}

// Updates are the lines of profiles/updates in the order in which they count.
type Updates struct {
	List []Update
	// Moves is what became of a package by what was done with it first, as pkgcore follows it: only packages whose first update is a
	// move are in it.
	Moves map[string]string
	// Ignored are lines and files that pkgcore only complains of.
	Ignored []error
}

// ReadUpdates reads profiles/updates. eapi is the EAPI of profiles/ (it decides which names are right). An error means that pkgcore would
// give up on the repository; what was read before is returned as well.
func ReadUpdates(tree fs.FS, eapi string) (Updates, error) {
	const folder = "profiles/updates"
	u := Updates{Moves: map[string]string{}}
	entries, err := readDir(tree, folder)
	if err != nil {
		return u, err
	}
	for _, entry := range entries { // sorted by name: by quarter, then year, as pkgcore has it
		name := entry.Name()
		if !isKind(tree, folder, entry, 0) {
			continue
		}
		if !isUpdateName(name, eapi) {
			u.Ignored = append(u.Ignored, fmt.Errorf("%s/%s: its name is not one of updates", folder, name))
			continue
		}
		text, err := readUTF8(tree, path.Join(folder, name))
		if err == nil {
			err = u.parse(name, text)
		}
		if err != nil {
			u.follow()
			return u, err
		}
	}
	u.follow()
	return u, nil
}

// isUpdateName tells whether a file in profiles/updates is read in a repository of an EAPI.
func isUpdateName(name, eapi string) bool {
	if slices.Contains([]string{"", "0", "1", "2", "3", "4", "5", "6", "7"}, eapi) {
		return len(name) == 7 && '1' <= name[0] && name[0] <= '4' && name[1:3] == "Q-" && allDigits(name[3:])
	}
	return !strings.HasPrefix(name, ".")
}

// parse reads one file. Moves holds the packages that were moved before.
func (u *Updates) parse(file, text string) error {
	for number, line := range numbered(text) {
		list := fields(line)
		update := Update{File: file, Line: number}
		var fatal, ignored error
		switch {
		case len(list) == 0:
			ignored = errors.New("it is empty")
		case list[0] == "move" && len(list) == 3:
			fatal, ignored = u.parseMove(&update, list[1], list[2])
		case list[0] == "slotmove" && len(list) == 4:
			fatal, ignored = u.parseSlotMove(&update, list[1], list[2], list[3])
		default:
			ignored = fmt.Errorf("%.80q is no update", line)
		}
		switch {
		case fatal != nil:
			return &LineError{file, number, fatal}
		case ignored != nil:
			u.Ignored = append(u.Ignored, &LineError{file, number, ignored})
		default:
			u.List = append(u.List, update)
		}
	}
	return nil
}

func (u *Updates) parseMove(update *Update, from, to string) (fatal, ignored error) {
	var err error
	if update.Source, err = ParseAtom(from); err != nil {
		return err, nil
	}
	if update.Target, err = ParseAtom(to); err != nil {
		return err, nil
	}
	if update.Source.Version != "" || update.Target.Version != "" {
		return nil, errors.New("packages are moved without versions")
	}
	key := update.Source.Key()
	if target, again := u.Moves[key]; again {
		return nil, fmt.Errorf("%s was moved to %s before", key, target)
	}
	u.Moves[key] = update.Target.Key()
	return nil, nil
}

func (u *Updates) parseSlotMove(update *Update, from, slot, to string) (fatal, ignored error) {
	source, err := ParseAtom(from)
	if err != nil {
		return err, nil
	}
	if target, again := u.Moves[source.Key()]; again {
		return nil, fmt.Errorf("%s was moved to %s before", source.Key(), target)
	}
	if source.Slot != "" {
		return nil, errors.New("the atom of a slot move has no slot")
	}
	if update.Source, err = ParseAtom(from + ":" + slot); err != nil {
		return err, nil
	}
	if _, err := ParseAtom(source.Key() + ":" + to); err != nil {
		return err, nil
	}
	update.SlotMove, update.Slot = true, to
	return nil, nil
}

// follow makes Moves what pkgcore makes of the list: the first update of each package counts, and a package that others were moved to
// takes over what is done with it from then on.
func (u *Updates) follow() {
	chains := map[string]*chain{}
	get := func(key string) *chain {
		c := chains[key]
		if c == nil {
			first := &link{}
			c = &chain{first, first}
			chains[key] = c
		}
		return c
	}
	for i := range u.List {
		update := &u.List[i]
		source := get(update.Source.Key())
		if update.SlotMove {
			source.last.parts = append(source.last.parts, part{update: update})
			continue
		}
		next := &link{}
		source.last.parts = append(source.last.parts, part{update: update}, part{link: next})
		target := get(update.Target.Key())
		target.last.parts = append(target.last.parts, part{link: next})
		target.last = next
	}
	clear(u.Moves)
	for _, c := range chains {
		if first := c.first.update(); first != nil && !first.SlotMove {
			u.Moves[first.Source.Key()] = first.Target.Key()
		}
	}
}

// chain is what is done with one package: its first link, and the one that is added to.
type chain struct{ first, last *link }

// link is a row of updates and of further links, which can be shared between packages. There are no circles: a link only leads to newer ones.
type link struct {
	parts []part
	first *Update
	known bool // first was looked for
}

type part struct {
	update *Update
	link   *link
}

// update is the first update in a link or in those that it leads to.
func (l *link) update() *Update {
	if l.known {
		return l.first
	}
	l.known = true
	for _, p := range l.parts {
		l.first = p.update
		if p.link != nil {
			l.first = p.link.update()
		}
		if l.first != nil {
			break
		}
	}
	return l.first
}
