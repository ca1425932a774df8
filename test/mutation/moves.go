// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"crypto/md5" //nolint:gosec // what metadata entries name files by
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// moveKinds rename packages, with and without an entry in profiles/updates.
var moveKinds = map[string]change{
	"move-whole":      func(e *edit) string { return e.rename(true, true) },
	"move-entry-only": moveEntryOnly,
	"move-stale-refs": func(e *edit) string { return e.rename(true, false) },
	"move-no-entry":   func(e *edit) string { return e.rename(false, true) },
	"move-nothing":    func(e *edit) string { return e.rename(false, false) },
	"move-drop-entry": moveDropEntry,
	"move-chain":      moveChain,
	"move-slot":       moveSlot,
	"move-bad-entry": func(e *edit) string {
		return e.update(pick(e, []string{"move a b", "moved dev-libs/a dev-libs/b", "move dev-libs/gone dev-libs/never"}))
	},
	"move-quarter": func(e *edit) string {
		return e.entry("profiles/updates", pick(e, []string{"2Q-2026", "odd-name"}), "move dev-libs/old-"+path.Base(e.provider())+" "+e.provider())
	},
	"move-category": moveCategory,
}

func (e *edit) update(line string) string {
	return e.entry("profiles/updates", "1Q-2026", line)
}

// rename moves a package to another name of the same category.
func (e *edit) rename(entry, references bool) string {
	key := e.provider()
	if key == "" {
		return ""
	}
	return e.moveTo(key, path.Dir(key)+"/renamed-"+path.Base(key), entry, references)
}

func (e *edit) moveTo(key, to string, entry, references bool) string {
	if len(e.files(to)) > 0 {
		return ""
	}
	for _, name := range e.files(key) {
		target := to + strings.TrimPrefix(name, key)
		if m := ebuildPath.FindStringSubmatch(name); m != nil {
			target = ebuildFile(to, versionOf(name))
		}
		e.tree[target] = e.tree[name]
		delete(e.tree, name)
	}
	e.listCategory(path.Dir(to))
	if references {
		e.refer(key, to)
	}
	if entry {
		e.add("profiles/updates/1Q-2026", "move "+key+" "+to)
	}
	return fmt.Sprintf("%s is %s; entry: %t, references follow: %t", key, to, entry, references)
}

// refer writes another name wherever a package is named, but in profiles/updates.
func (e *edit) refer(from, to string) {
	word := regexp.MustCompile(`(^|[^A-Za-z0-9+_./-])` + regexp.QuoteMeta(from) + `($|[^A-Za-z0-9+_-]|-[0-9])`)
	for name, f := range e.tree {
		if !strings.HasPrefix(name, "profiles/updates/") && word.MatchString(f.Text) {
			f.Text = word.ReplaceAllString(f.Text, "${1}"+to+"${2}")
			e.tree[name] = f
		}
	}
}

// moveEntryOnly says that a package moved, and leaves it where it is.
func moveEntryOnly(e *edit) string {
	one, other := e.provider(), pick(e, e.keys)
	if one == "" || one == other {
		return ""
	}
	return e.update("move " + one + " " + other)
}

func moveDropEntry(e *edit) string {
	for _, file := range e.plainFiles("profiles/updates") {
		lines := uncommented(e.text(file))
		if len(lines) == 0 {
			continue
		}
		gone := pick(e, lines)
		e.write(file, withoutLines(e.text(file), func(l string) bool { return strings.TrimSpace(l) == gone }))
		return file + " without " + gone
	}
	return ""
}

// moveChain moves a package that has moved before.
func moveChain(e *edit) string {
	key := e.provider()
	if key == "" {
		return ""
	}
	middle := path.Dir(key) + "/between-" + path.Base(key)
	e.add("profiles/updates/1Q-2026", "move "+key+" "+middle)
	what := e.moveTo(key, path.Dir(key)+"/final-"+path.Base(key), false, e.chance(50))
	e.add("profiles/updates/1Q-2026", "move "+middle+" "+path.Dir(key)+"/final-"+path.Base(key))
	return what + ", by way of " + middle
}

func moveSlot(e *edit) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	slot, _ := variable(e.text(file), "SLOT")
	slot, _, _ = strings.Cut(slot, "/")
	return e.update("slotmove " + keyOf(file) + " " + slot + " 9")
}

// moveCategory moves a package to another category.
func moveCategory(e *edit) string {
	key := e.provider()
	others := slices.DeleteFunc(e.categories(), func(c string) bool { return c == path.Dir(key) })
	if key == "" || len(others) == 0 {
		return ""
	}
	return e.moveTo(key, pick(e, others)+"/"+path.Base(key), e.chance(70), e.chance(70))
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
