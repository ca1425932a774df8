// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// digest names a content.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// isData says whether a path is one of the files outside of packages and eclass/ that are kept by digest: all of profiles/ and metadata/ but what is
// generated, and what no check reads.
func isData(name string) bool {
	if isGenerated(name) || isUnread(name) {
		return false
	}
	return strings.HasPrefix(name, "profiles/") || strings.HasPrefix(name, "metadata/")
}

// readData reads licences and what else counts by its content.
func (r *reader) readData(t *tree) error {
	licences, err := ebuild.Licenses(r.tree)
	if err != nil {
		return err
	}
	t.licences = licences
	t.data = map[string]string{}
	for _, top := range []string{"profiles", "metadata"} {
		if err := fs.WalkDir(r.tree, top, r.walkData(t.data)); err != nil {
			return fmt.Errorf("reading %s/: %w", top, err)
		}
	}
	return r.readNamed(t)
}

// walkData notes the digest of every file that it is called for.
func (r *reader) walkData(into map[string]string) fs.WalkDirFunc {
	return func(name string, d fs.DirEntry, err error) error {
		switch {
		case absent(err):
			return nil
		case err != nil:
			return err
		case !d.IsDir():
			return r.readDatum(into, name)
		case isGenerated(name+"/") || isUnread(name+"/"):
			return fs.SkipDir
		}
		return nil
	}
}

// readDatum notes one file's digest, or that it is gone.
func (r *reader) readDatum(into map[string]string, name string) error {
	if !isData(name) {
		return nil
	}
	data, err := fs.ReadFile(r.tree, name)
	if err != nil {
		if absent(err) || isFolder(r.tree, name) {
			delete(into, name)
			return nil
		}
		return fmt.Errorf("reading %s: %w", name, err)
	}
	into[name] = digest(data)
	return nil
}

// named are the packages and people that data files name.
type named struct {
	glsa     map[string][]string // file → keys
	groups   []string            // keys in metadata/stabilization-groups, sorted
	projects []string            // e-mail addresses in metadata/projects.xml, sorted
}

var (
	glsaPackage = regexp.MustCompile(`<package\s[^>]*name\s*=\s*["']([^"']+)["']`)
	textKey     = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_-]*`)
)

// readNamed reads what data files name.
func (r *reader) readNamed(t *tree) error {
	n := named{glsa: map[string][]string{}}
	for name := range t.data {
		var err error
		switch {
		case strings.HasPrefix(name, "metadata/glsa/"):
			n.glsa[name], err = r.find(name, glsaPackage)
		case strings.HasPrefix(name, "metadata/stabilization-groups"):
			var keys []string
			keys, err = r.find(name, textKey)
			for _, key := range keys {
				n.groups = append(n.groups, keysIn(key)...)
			}
		case name == "metadata/projects.xml":
			n.projects, err = r.find(name, emailElement)
		}
		if err != nil {
			return err
		}
	}
	n.groups, n.projects = sorted(n.groups), sorted(n.projects)
	t.named = n
	return nil
}

// find lists what an expression finds in a file, sorted.
func (r *reader) find(name string, what *regexp.Regexp) ([]string, error) {
	data, err := fs.ReadFile(r.tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return sorted(texts(what, data)), nil
}

// readCategoryTexts reads what the metadata.xml of each category names.
func (r *reader) readCategoryTexts(t *tree) error {
	t.categoryTexts = map[string][]string{}
	for _, category := range t.folders {
		if err := r.readCategoryText(t.categoryTexts, category); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readCategoryText(into map[string][]string, category string) error {
	delete(into, category)
	data, err := fs.ReadFile(r.tree, category+"/metadata.xml")
	if absent(err) || err != nil && isFolder(r.tree, category+"/metadata.xml") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s/metadata.xml: %w", category, err)
	}
	out := texts(pkgElement, data)
	for _, name := range texts(catElement, data) {
		out = append(out, name+"/")
	}
	if m, err := ebuild.ParseMetadata(data); err == nil {
		out = append(out, m.Packages...)
		for _, name := range m.Categories {
			out = append(out, name+"/")
		}
	}
	into[category] = sorted(out)
	return nil
}

// sortedKeys are the keys of a map, sorted.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}
