// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// readFile reads a regular file below root, which may hold what others wrote: no link leads out, nothing else than a
// regular file is opened, and no more than limit bytes are read.
func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := root.Open(name)
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

// walk calls visit for everything below root but the root itself and .git, in the order of names, and follows no link.
func walk(root *os.Root, visit func(name string, d fs.DirEntry) error) error {
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case name == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return visit(name, d)
	})
}

// generated are files that a program makes from the rest of the tree. What a commit carries of them is not believed: a forged
// metadata entry hides an ebuild's errors. metadata/pkgcheck.conf would let a pull request choose its checks.
var generated = []string{"metadata/md5-cache", "metadata/pkg_desc_index", "metadata/pkgcheck.conf", "profiles/use.local.desc"}

// tame makes a fresh check-out harmless and comparable: generated files go, links out of the tree become plain files that hold
// the link's text (as git writes links where there are none), and the ignore file is the base's.
func tame(tree string, ignore []byte, trust Trust) error {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	if !trust.Links {
		if err := replaceLinks(root); err != nil {
			return err
		}
	}
	unwanted := []string{}
	if !trust.Generated {
		unwanted = append(unwanted, generated...)
	}
	if !trust.Ignore {
		unwanted = append(unwanted, ignoreFile)
	}
	for _, name := range unwanted {
		if err := root.RemoveAll(name); err != nil && !errors.Is(err, syscall.ENOTDIR) {
			return err
		}
	}
	if ignore == nil || trust.Ignore {
		return nil
	}
	return root.WriteFile(ignoreFile, ignore, 0o644)
}

// replaceLinks makes plain files of the links that lead out of the tree.
func replaceLinks(root *os.Root) error {
	links, err := escaping(root)
	if err != nil {
		return err
	}
	for name, text := range links {
		if err := errors.Join(root.Remove(name), root.WriteFile(name, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// ignoreFile is the only one in a tree that pkgcheck reads.
const ignoreFile = ".gitignore"

// ignoreLimit is the size above which an ignore file is refused.
const ignoreLimit = 1 << 20

// readIgnore returns a tree's ignore file; nil where there is none that can be one.
func readIgnore(tree string) ([]byte, error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	info, err := root.Lstat(ignoreFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readFile(root, ignoreFile, ignoreLimit)
}

// escaping finds the symbolic links that lead out of the tree, or into its .git, with their texts.
func escaping(root *os.Root) (map[string]string, error) {
	links := map[string]string{}
	err := walk(root, func(name string, d fs.DirEntry) error {
		if d.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		text, err := root.Readlink(name)
		if err != nil {
			return err
		}
		_, err = root.Stat(name)
		if (err != nil && !errors.Is(err, fs.ErrNotExist)) || strings.Contains("/"+text+"/", "/.git/") {
			links[name] = text
		}
		return nil
	})
	return links, err
}

// copyTree copies a check-out, without its .git, to a new folder: bytes, links as they are, whether files can be executed, and times.
func copyTree(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	source, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer source.Close() //nolint:errcheck // only read
	target, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer target.Close() //nolint:errcheck // files are closed one by one
	return walk(source, func(name string, d fs.DirEntry) error {
		switch {
		case d.IsDir():
			return target.Mkdir(name, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			text, err := source.Readlink(name)
			if err != nil {
				return err
			}
			return target.Symlink(text, name)
		case d.Type().IsRegular():
			return copyFile(source, target, name)
		default:
			return fmt.Errorf("%s is neither file, folder nor link", name)
		}
	})
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

// copyGit copies the small .git of a check-out. Its objects are borrowed, so there are only a few files.
func copyGit(from, to string) error {
	return os.CopyFS(filepath.Join(to, ".git"), os.DirFS(filepath.Join(from, ".git")))
}

// setTimes sets the time of everything below the folders names of a tree.
func setTimes(tree string, folder string, to time.Time) error {
	root, err := os.OpenRoot(filepath.Join(tree, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written
	return walk(root, func(name string, d fs.DirEntry) error {
		if d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		return root.Chtimes(name, to, to)
	})
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

func categoriesOf(trees []string) (map[string]bool, error) {
	names := map[string]bool{}
	for _, tree := range trees {
		root, err := os.OpenRoot(tree)
		if err != nil {
			return nil, err
		}
		data, err := readFile(root, "profiles/categories", categoriesLimit)
		if err := errors.Join(root.Close()); err != nil {
			return nil, err
		}
		if err != nil {
			continue // a repository need not have one
		}
		for line := range strings.Lines(string(data)) {
			if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
				names[strings.TrimSpace(line)] = true
			}
		}
	}
	return names, nil
}
