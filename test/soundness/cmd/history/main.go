// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command history tries the automatic scope on the history of a real repository: each of its last commits as a pull request on the one
// before, compared with two full scans.
//
//	go run ./test/soundness/cmd/history --repo ~/src/overlay --name overlay --master gentoo=~/src/gentoo@COMMIT --commits 20
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/prcheck/prcheck/test/soundness"
)

type options struct {
	repo, name, at, profiles string
	masters                  masters
	commits                  int
	engine                   bool
	patience                 time.Duration
}

// masters are NAME=DIR@COMMIT, once for each master.
type masters map[string]soundness.Commit

func (m masters) String() string { return "" }

// Set takes one master.
func (m masters) Set(text string) error {
	name, rest, ok := strings.Cut(text, "=")
	dir, id, ok2 := strings.Cut(rest, "@")
	if !ok || !ok2 || len(id) != 40 {
		return errors.New("give it as NAME=DIR@COMMIT, with the whole commit id")
	}
	m[name] = soundness.Commit{Dir: dir, ID: id}
	return nil
}

func main() {
	o := options{masters: masters{}}
	soundness.Command("history", func() {
		flag.StringVar(&o.repo, "repo", ".", "the repository: a git folder, bare or not")
		flag.StringVar(&o.name, "name", "", "its name; empty: its folder's")
		flag.Var(o.masters, "master", "a master as NAME=DIR@COMMIT; may be given again")
		flag.StringVar(&o.at, "at", "HEAD", "the newest commit")
		flag.IntVar(&o.commits, "commits", 10, "how many commits, back from there")
		flag.StringVar(&o.profiles, "profiles", strings.Join(soundness.AllProfiles, ","), "statuses of the profiles that scans look at: fewer cost less")
		flag.DurationVar(&o.patience, "patience", 3*time.Hour, "what one full scan may take")
		flag.BoolVar(&o.engine, "engine", true, "take each commit through the engine's stages as well as through the planner")
		flag.Parse()
	}, func(ctx context.Context, lab *soundness.Lab, out io.Writer) error { return run(ctx, o, lab, out) })
}

func run(ctx context.Context, o options, lab *soundness.Lab, out io.Writer) (err error) {
	if o.repo, err = filepath.Abs(o.repo); err != nil {
		return err
	}
	if o.name == "" {
		o.name = strings.TrimSuffix(filepath.Base(o.repo), ".git")
	}
	lab.Profiles, lab.Patience = strings.Split(o.profiles, ","), o.patience
	r := &soundness.Runner{Lab: lab, Planner: lab.Scope(), Engine: o.engine, Out: out}
	results, err := r.History(ctx, soundness.Repository{Name: o.name, Dir: o.repo, Masters: o.masters}, o.at, o.commits)
	if err != nil {
		return err
	}
	if failed := soundness.Failed(results); len(failed) > 0 {
		return fmt.Errorf("%d of %d commits failed", len(failed), len(results))
	}
	return ctx.Err()
}
