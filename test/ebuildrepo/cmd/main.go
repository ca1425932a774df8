// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd writes a generated ebuild repository to disk: a bare git repository, or plain files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

const usage = `Makes a Gentoo-style ebuild repository, with history and with breakage, from a seed.
Equal flags give equal object ids, on every machine.

Usage:
  go run ./test/ebuildrepo/cmd --ebuilds 300 --out DIR [flags]

Examples:
  # A bare git repository of 300 ebuilds, and a clone of it to look into.
  go run ./test/ebuildrepo/cmd --seed 1 --ebuilds 300 --out /tmp/heath.git
  git clone /tmp/heath.git

  # Files only, nothing broken.
  go run ./test/ebuildrepo/cmd --ebuilds 4000 --clean --files --out /tmp/heath

  # A master of 1000 ebuilds and an overlay of 200 on top: DIR/heath and DIR/moor.
  go run ./test/ebuildrepo/cmd --ebuilds 1000 --overlay 200 --out /tmp/pair

Flags:
`

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			_, _ = fmt.Fprintln(os.Stderr, "ebuildrepo:", err)
			os.Exit(1)
		}
	}
}

type settings struct {
	options ebuildrepo.Options
	overlay int
	clean   bool
	files   bool
	out     string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("ebuildrepo", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { _, _ = io.WriteString(stderr, usage); f.PrintDefaults() }
	f.Uint64Var(&s.options.Seed, "seed", 1, "decides everything that is chosen")
	f.StringVar(&s.options.Name, "name", "heath", "name of the repository")
	f.IntVar(&s.options.Ebuilds, "ebuilds", 300, fmt.Sprintf("number of ebuilds, %d to %d", ebuildrepo.MinEbuilds, ebuildrepo.MaxEbuilds))
	f.IntVar(&s.options.Commits, "commits", 0, "number of commits at the least (default: by size, 6 to 60)")
	f.IntVar(&s.overlay, "overlay", 0, "also make an overlay of this many ebuilds, named moor, whose master is the first repository")
	f.BoolVar(&s.clean, "clean", false, "make nothing broken")
	f.BoolVar(&s.files, "files", false, "write the files, not a bare git repository")
	f.StringVar(&s.out, "out", "", "directory to write to, new or empty (required)")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if s.out == "" || f.NArg() > 0 {
		return s, errors.New("--out DIR is required, and nothing but flags is understood (see --help)")
	}
	if s.clean {
		s.options.Breakage = &ebuildrepo.Breakage{}
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	repo, err := ebuildrepo.Generate(s.options)
	if err != nil {
		return err
	}
	if s.overlay == 0 {
		return s.write(ctx, stdout, repo, s.out)
	}
	o := s.options
	o.Name, o.Ebuilds, o.Master = "moor", s.overlay, repo
	over, err := ebuildrepo.Generate(o)
	if err != nil {
		return err
	}
	if err := s.write(ctx, stdout, repo, filepath.Join(s.out, repo.Name)); err != nil {
		return err
	}
	return s.write(ctx, stdout, over, filepath.Join(s.out, over.Name))
}

func (s settings) write(ctx context.Context, stdout io.Writer, repo *ebuildrepo.Repo, dir string) error {
	if s.files {
		if err := repo.Tree().WriteFiles(dir); err != nil {
			return err
		}
	} else if err := ebuildrepo.NewHistory(repo).Write(ctx, dir); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%s: %d packages, %d ebuilds in %s\n", repo.Name, len(repo.Packages), repo.Count(), dir)
	return err
}
