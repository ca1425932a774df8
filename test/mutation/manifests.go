// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// manifestKinds change Manifests alone.
var manifestKinds = map[string]change{
	"manifest-drop-entry": manifestDropEntry,
	"manifest-add-entry":  manifestAddEntry,
	"manifest-conflict":   manifestConflict,
	"manifest-same":       manifestSame,
	"manifest-same-first": manifestSameFirst,
	"manifest-hash-drop":  manifestHashDrop,
	"manifest-remove":     manifestRemove,
	"manifest-broken": func(e *edit) string {
		return e.manifestEdit(func(l []string) []string { return append(l, "DIST broken") })
	},
	"manifest-unsorted": func(e *edit) string { return e.manifestEdit(func(l []string) []string { slices.Reverse(l); return l }) },
	"manifest-thick-entry": func(e *edit) string {
		return e.manifestEdit(func(l []string) []string { return append(l, "EBUILD no-such-1.ebuild 10 BLAKE2B 00 SHA512 00") })
	},
	"src-uri-edit": srcURIEdit,
}

// distLine is a Manifest entry whose size and hashes follow from a seed.
func distLine(name, seed string) string {
	one := sha512.Sum512([]byte("blake2b of " + seed))
	two := sha512.Sum512([]byte("sha512 of " + seed))
	return fmt.Sprintf("DIST %s %d BLAKE2B %s SHA512 %s", name, 20000+int(one[0]), hex.EncodeToString(one[:]), hex.EncodeToString(two[:]))
}

// withManifest chooses a package whose Manifest has entries.
func (e *edit) withManifest() string {
	return pick(e, slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool {
		return !strings.Contains(e.text(k+"/Manifest"), "DIST ")
	}))
}

func (e *edit) manifestEdit(do func(lines []string) []string) string {
	key := e.withManifest()
	if key == "" {
		return ""
	}
	lines := do(strings.Split(strings.TrimSpace(e.text(key+"/Manifest")), "\n"))
	e.write(key+"/Manifest", strings.Join(lines, "\n")+"\n")
	return "the Manifest of " + key
}

func manifestDropEntry(e *edit) string {
	i := e.rng.IntN(100)
	return e.manifestEdit(func(l []string) []string { return slices.Delete(l, i%len(l), i%len(l)+1) })
}

func manifestAddEntry(e *edit) string {
	return e.manifestEdit(func(l []string) []string { return append(l, distLine("zz-nobody-fetches-it.tar.gz", "nobody")) })
}

// dists are the words of the entries of a Manifest.
func (e *edit) dists(key string) [][]string {
	found := [][]string{}
	for line := range strings.Lines(e.text(key + "/Manifest")) {
		if words := strings.Fields(line); len(words) > 4 && words[0] == "DIST" {
			found = append(found, words)
		}
	}
	return found
}

// manifestConflict gives a package an entry of another's name with other hashes.
func manifestConflict(e *edit) string {
	one, other := e.withManifest(), e.withManifest()
	if one == "" || one == other || len(e.dists(other)) == 0 {
		return ""
	}
	e.add(one+"/Manifest", distLine(pick(e, e.dists(other))[1], one))
	return fmt.Sprintf("the Manifest of %s contradicts that of %s", one, other)
}

// manifestSame gives a package an entry with the hashes of another's under another name.
func manifestSame(e *edit) string {
	one, other := e.withManifest(), e.withManifest()
	if one == "" || one == other || len(e.dists(other)) == 0 {
		return ""
	}
	words := pick(e, e.dists(other))
	words[1] = "copy-of-" + words[1]
	e.add(one+"/Manifest", strings.Join(words, " "))
	return fmt.Sprintf("the Manifest of %s has a file of %s under another name", one, other)
}

// manifestSameFirst adds a package before two whose checksums are equal, which it then represents.
func manifestSameFirst(e *edit) string {
	one, other := e.withManifest(), e.withManifest()
	if one == "" || one == other || len(e.dists(other)) == 0 {
		return ""
	}
	words := pick(e, e.dists(other))
	e.add(one+"/Manifest", strings.Join(slices.Concat([]string{"DIST", "copy-" + words[1]}, words[2:]), " "))
	key := "app-aaa/first"
	e.addPackage(key, "1")
	e.write(key+"/Manifest", strings.Join(slices.Concat([]string{"DIST", "first-1.tar.gz"}, words[2:]), " ")+"\n")
	e.listCategory("app-aaa")
	return fmt.Sprintf("%s and %s share a file, and %s comes before both", one, other, key)
}

func manifestHashDrop(e *edit) string {
	return e.manifestEdit(func(l []string) []string {
		words := strings.Fields(l[0])
		l[0] = strings.Join(words[:max(3, len(words)-2)], " ")
		return l
	})
}

func manifestRemove(e *edit) string {
	key := e.withManifest()
	if key == "" {
		return ""
	}
	delete(e.tree, key+"/Manifest")
	return key + " has no Manifest"
}

func srcURIEdit(e *edit) string {
	return e.set("SRC_URI", []string{"https://${PN}.example.org/${P}.zip", "https://example.org/latest.tar.gz", "ftp+odd://example.org/${P}.tar.gz", "https://github.com/example/example/archive/v${PV}.tar.gz"})
}
