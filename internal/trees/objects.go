// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
)

// unfitError says why a tree cannot be put together from parts; its plain check-out is made instead.
type unfitError struct{ reason string }

func (e *unfitError) Error() string { return e.reason }

func unfit(format string, args ...any) error { return &unfitError{fmt.Sprintf(format, args...)} }

// objects reads a repository's objects by way of one git process, which is started when it is first needed.
type objects struct {
	ctx  context.Context //nolint:containedctx // the life of the process
	git  gitops.Git
	repo string

	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   bytes.Buffer
	broken error
}

func newObjects(ctx context.Context, git gitops.Git, repo string) *objects {
	return &objects{ctx: ctx, git: git, repo: repo}
}

func (o *objects) start() error {
	if o.broken != nil || o.cmd != nil {
		return o.broken
	}
	cmd := o.git.Command(o.ctx, o.repo, "cat-file", "--batch-command", "--buffer")
	cmd.Stderr = &o.said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("reading objects of %s: %w", o.repo, err)
	}
	o.cmd, o.in, o.out = cmd, in, bufio.NewReaderSize(out, 1<<16)
	return nil
}

// close ends the process.
func (o *objects) close() {
	if o.cmd == nil {
		return
	}
	_ = o.in.Close()
	if o.broken != nil {
		_ = o.cmd.Cancel()
	}
	_, _ = io.Copy(io.Discard, o.out)
	_ = o.cmd.Wait()
	o.cmd = nil
}

// each reads the named objects in order. visit must not keep the reader; what it leaves is skipped.
func (o *objects) each(names []string, visit func(i int, id, kind string, size int64, r io.Reader) error) error {
	if len(names) == 0 {
		return nil
	}
	if err := o.start(); err != nil {
		return err
	}
	go o.ask(names)
	for i, name := range names {
		if err := o.one(i, name, visit); err != nil {
			o.broken = err // answers to what was asked are still to come: the process is of no more use
			return err
		}
	}
	return nil
}

// ask writes while the answers are read; an error shows as an end of the answers.
func (o *objects) ask(names []string) {
	w := bufio.NewWriterSize(o.in, 1<<15)
	for _, name := range names {
		_, _ = w.WriteString("contents " + name + "\n")
	}
	_, _ = w.WriteString("flush\n")
	_ = w.Flush()
}

func (o *objects) one(i int, name string, visit func(i int, id, kind string, size int64, r io.Reader) error) error {
	line, err := o.out.ReadString('\n')
	if err != nil {
		return o.failure(name, err)
	}
	words := strings.Fields(line)
	if len(words) != 3 {
		return fmt.Errorf("%s lacks the object %s: git says %q", o.repo, name, strings.TrimSpace(line))
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		return fmt.Errorf("git printed a line that is not understood: %.200q", line)
	}
	limited := &io.LimitedReader{R: o.out, N: size}
	sum := newSum(words[1], size, len(words[0]))
	content := io.TeeReader(limited, sum)
	if err := visit(i, words[0], words[1], size, content); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, content); err != nil || limited.N > 0 {
		return o.failure(name, errors.Join(err, io.ErrUnexpectedEOF))
	}
	if hex.EncodeToString(sum.Sum(nil)) != words[0] { // git itself does not look when it reads from packs
		return fmt.Errorf("object %s of %s has another content than its name says: the repository is damaged", words[0], o.repo)
	}
	if end, err := o.out.ReadByte(); err != nil || end != '\n' {
		return o.failure(name, err)
	}
	return nil
}

func (o *objects) failure(name string, err error) error {
	return fmt.Errorf("reading object %s of %s: %w: %.500s", name, o.repo, errors.Join(err, o.ctx.Err()), o.said.String())
}

// entry is one line of a git tree.
type entry struct {
	mode, id, name string
}

// Modes of git trees. Git knows old spellings of the first two, too.
const (
	modeTree = "40000"
	modeLink = "120000"
	modeRepo = "160000"
)

func (e entry) isTree() bool { return e.mode == modeTree }
func (e entry) isLink() bool { return e.mode == modeLink }
func (e entry) isRepo() bool { return e.mode == modeRepo }
func (e entry) isFile() bool { return strings.HasPrefix(e.mode, "100") }

// trees reads several trees.
func (o *objects) trees(names []string) (found [][]entry, err error) {
	err = o.each(names, func(_ int, id, kind string, size int64, r io.Reader) error {
		if kind != "tree" {
			return fmt.Errorf("object %s of %s is a %s, not a tree", id, o.repo, kind)
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(r, data); err != nil {
			return fmt.Errorf("reading tree %s: %w", id, err)
		}
		entries, err := parseTree(data, len(id)/2)
		if err != nil {
			return fmt.Errorf("tree %s: %w", id, err)
		}
		found = append(found, entries)
		return nil
	})
	return found, err
}

// parseTree reads a git tree: mode, space, name, NUL, raw id.
func parseTree(data []byte, idSize int) ([]entry, error) {
	entries := []entry{}
	seen := map[string]bool{}
	for len(data) > 0 {
		mode, rest, ok := bytes.Cut(data, []byte(" "))
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 || len(rest) < idSize {
			return nil, errors.New("it is cut off")
		}
		e := entry{strings.TrimLeft(string(mode), "0"), hex.EncodeToString(rest[:idSize]), string(name)}
		if err := e.check(seen); err != nil {
			return nil, err
		}
		entries, data = append(entries, e), rest[idSize:]
	}
	return entries, nil
}

// check refuses what git's own check-out refuses, or makes of it something that depends on the order of names.
func (e entry) check(seen map[string]bool) error {
	switch plain := plainName(e.name); {
	case e.name == "" || e.name == "." || e.name == ".." || strings.Contains(e.name, "/"):
		return unfit("a tree has an entry named %.60q", e.name)
	case plain == ".git" || e.isLink() && plain == ".gitmodules":
		return unfit("a tree has an entry that git reads as %q", plain)
	case seen[e.name]:
		return unfit("a tree has two entries named %.60q", e.name)
	case !e.isTree() && !e.isLink() && !e.isRepo() && !e.isFile():
		return unfit("a tree has an entry of mode %.10q", e.mode)
	}
	seen[e.name] = true
	return nil
}

// plainName is a name as a file system sees it that folds case and ignores some characters (git's core.protectHFS).
func plainName(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
			return -1
		}
		return r
	}, name))
}
