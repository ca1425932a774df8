// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

// readFile reads a regular file of a tree, a folder (os.Root.FS) or a bundle, which may hold what others wrote: nothing else than a
// regular file is opened, and no more than limit bytes are read.
func readFile(from fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(from, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

func copyFile(source, target *os.Root, name string) error {
	in, err := source.Open(name)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	out, err := target.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return err
	}
	return target.Chtimes(name, info.ModTime(), info.ModTime())
}

var (
	packageName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_+-]*$`)
	versionText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|p)[0-9]*)*(-r[0-9]+)?$`)
)

// notCategories are folders of a repository without profiles/categories that hold no packages.
var notCategories = []string{"eclass", "profiles", "metadata", "licenses"}

func isCategory(listed map[string]bool, name string) bool {
	if len(listed) > 0 {
		return listed[name]
	}
	return !strings.HasPrefix(name, ".") && !slices.Contains(notCategories, name)
}

// ebuildName returns the version in the name of a package's file, and whether it is one of an ebuild.
func ebuildName(name, file string) (version string, ok bool) {
	pf, ok := strings.CutSuffix(file, ".ebuild")
	version, ok2 := strings.CutPrefix(pf, name+"-")
	return version, ok && ok2 && packageName.MatchString(name) && versionText.MatchString(version)
}

// categoriesLimit is the size above which a profiles/categories is refused.
const categoriesLimit = 1 << 20

func categoriesOf(seen []fs.FS) map[string]bool {
	names := map[string]bool{}
	for _, tree := range seen {
		data, err := readFile(tree, "profiles/categories", categoriesLimit)
		if err != nil {
			continue // a repository need not have one
		}
		for line := range strings.Lines(string(data)) {
			if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
				names[strings.TrimSpace(line)] = true
			}
		}
	}
	return names
}
