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
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/soundness"
)

type options struct {
	repo, name string
	masters    masters
	commits    int
	engine     bool
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
	sandbox.Main()
	o := options{masters: masters{}}
	flag.StringVar(&o.repo, "repo", ".", "the repository: a git folder, bare or not")
	flag.StringVar(&o.name, "name", "", "its name; empty: its folder's")
	flag.Var(o.masters, "master", "a master as NAME=DIR@COMMIT; may be given again")
	flag.IntVar(&o.commits, "commits", 10, "how many commits")
	flag.BoolVar(&o.engine, "engine", true, "take each commit through the engine's stages as well as through the planner")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "history:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "history-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tools, err := soundness.FindTools(ctx)
	if err != nil {
		return err
	}
	if o.repo, err = filepath.Abs(o.repo); err != nil {
		return err
	}
	if o.name == "" {
		o.name = strings.TrimSuffix(filepath.Base(o.repo), ".git")
	}
	lab := soundness.NewLab(tools, dir, clock.RealClock{})
	r := &soundness.Runner{Lab: lab, Planner: lab.Scope(), Engine: o.engine, Out: out}
	results, err := r.History(ctx, soundness.Repository{Name: o.name, Dir: o.repo, Masters: o.masters}, o.commits)
	if err != nil {
		return err
	}
	if failed := soundness.Failed(results); len(failed) > 0 {
		return fmt.Errorf("%d of %d commits failed", len(failed), len(results))
	}
	return ctx.Err()
}
