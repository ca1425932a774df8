// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prcheck/prcheck/internal/gitops"
)

// generated are files that a program makes from the rest of the tree. What a commit carries of them is not believed: a forged
// metadata entry hides an ebuild's errors. metadata/pkgcheck.conf would let a pull request choose its checks.
var generated = []string{"metadata/md5-cache", "metadata/pkg_desc_index", "metadata/pkgcheck.conf", "profiles/use.local.desc"}

// Plain checks out everything to dst, which must not exist, and makes it harmless and comparable. It needs no store.
func Plain(ctx context.Context, git gitops.Git, dst string, side Side) error {
	if err := git.CheckOut(ctx, side.Repo, side.Commit, side.Branch, dst); err != nil {
		return err
	}
	if err := tame(dst, side.Ignore, side.Trust); err != nil {
		return fmt.Errorf("taming the check-out of %s: %w", side.Commit, err)
	}
	for _, folder := range stampedFolders {
		id, err := git.Line(ctx, dst, "rev-parse", "--verify", "--quiet", "HEAD:"+folder)
		var failed *gitops.Error
		if errors.As(err, &failed) && failed.ExitCode == 1 {
			continue // there is no such folder
		}
		if err != nil {
			return err
		}
		to, err := stampOf(side.Role, id)
		if err != nil {
			return err
		}
		if err := setTimes(dst, folder, to); err != nil {
			return fmt.Errorf("setting times in %s: %w", dst, err)
		}
	}
	return nil
}

// Ignore returns the ignore file of a commit; nil where there is none that can be one.
func Ignore(ctx context.Context, git gitops.Git, repo, commit string) ([]byte, error) {
	objects := newObjects(ctx, git, repo)
	defer objects.close()
	top, err := objects.trees([]string{commit + "^{tree}"})
	if _, ok := errors.AsType[*unfitError](err); ok {
		return nil, fmt.Errorf("no check-out can be made of %s: %w", commit, err)
	}
	if err != nil {
		return nil, err
	}
	for _, e := range top[0] {
		if e.name != ignoreFile || !e.isFile() {
			continue
		}
		var text []byte
		return text, objects.each([]string{e.id}, func(_ int, _, _ string, size int64, r io.Reader) (err error) {
			if size > ignoreLimit {
				return fmt.Errorf("%s of %s is larger than %d bytes", ignoreFile, commit, ignoreLimit)
			}
			text = make([]byte, size)
			_, err = io.ReadFull(r, text)
			return err
		})
	}
	return nil, nil
}

// ignoreLimit is the size above which an ignore file is refused.
const ignoreLimit = 1 << 20

// Walk calls visit for everything below root but the root itself and .git, in the order of names, and follows no link.
func Walk(root *os.Root, visit func(name string, d fs.DirEntry) error) error {
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

// tame makes a fresh check-out harmless and comparable: generated files go, links out of the tree become plain files that hold
// the link's text (as git writes links where there are none), and the ignore file is the given one.
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

// escaping finds the symbolic links that lead out of the tree, or into its .git, with their texts.
func escaping(root *os.Root) (map[string]string, error) {
	links := map[string]string{}
	err := Walk(root, func(name string, d fs.DirEntry) error {
		if d.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		text, err := root.Readlink(name)
		if err != nil {
			return err
		}
		_, err = root.Stat(name)
		if (err != nil && !errors.Is(err, fs.ErrNotExist)) || namesGit(text) {
			links[name] = text
		}
		return nil
	})
	return links, err
}

// setTimes sets the time of everything below the folder of a tree.
func setTimes(tree string, folder string, to time.Time) error {
	dir := filepath.Join(tree, folder)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written
	return Walk(root, func(name string, d fs.DirEntry) error {
		if d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		return root.Chtimes(name, to, to)
	})
}
