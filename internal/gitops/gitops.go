// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops holds what the server's mirror, the pods and prcheck run do with git in the same way, so that all three
// see the same merge and the same trees: running git in an environment of our own, merging a head into a base, listing
// what changed, and checking a commit out. It knows nothing of forges, credentials or where mirrors are kept.
//
// Everything goes through the git program (2.39 or newer): no library merges as it does.
package gitops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Protocols that a Git may use when none are named: reading over HTTP, nothing that runs a program of a repository's choice.
var defaultProtocols = []string{"https", "http"}

// Git runs the git program without any configuration but ours: no system or user configuration, no prompts, no hooks, no
// replacement objects. The zero value is ready to use.
type Git struct {
	// Path of the program; empty: git on PATH.
	Path string
	// Protocols that transports may use; empty: https and http.
	Protocols []string
	// Config are further settings. They are passed in the environment, never as arguments, because others can read those.
	Config []Setting
	// Env are further variables of the environment, NAME=value.
	Env []string
}

// Setting is one git configuration variable.
type Setting struct{ Key, Value string }

// Error is a git command that failed.
type Error struct {
	Args     []string // without credentials: these are never arguments
	Dir      string
	ExitCode int // -1 where it was killed or did not start
	Stderr   string
	Err      error
}

// Error says which command failed where, and what git said.
func (e *Error) Error() string {
	said := strings.TrimSpace(e.Stderr)
	if said == "" {
		said = e.Err.Error()
	}
	return fmt.Sprintf("git %s in %s: %s", strings.Join(e.Args, " "), e.Dir, said)
}

// Unwrap returns the error of os/exec.
func (e *Error) Unwrap() error { return e.Err }

// settings are pinned for every command: what git does must depend on its arguments and objects only.
var settings = []Setting{
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"core.attributesFile", "/dev/null"},
	{"core.excludesFile", "/dev/null"},
	{"core.autocrlf", "false"},
	{"core.symlinks", "true"},
	{"core.protectHFS", "true"},
	{"core.protectNTFS", "false"}, // ebuild repositories have file names that Windows could not hold
	{"attr.tree", emptyTree},      // git 2.43 to 2.45 read HEAD's .gitattributes in bare repositories
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"fetch.writeCommitGraph", "false"},
	{"transfer.credentialsInUrl", "die"},
	{"credential.helper", ""},
	{"advice.detachedHead", "false"},
	{"init.defaultBranch", "main"},
	{"safe.directory", "*"}, // trees belong to the uid that fetched them
}

// emptyTree is the id of a tree without entries; every git knows it without having the object.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// passed are the variables of our own environment that git needs to find its way.
var passed = []string{"PATH", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"}

// Environ returns the environment in which g runs git.
func (g Git) Environ() []string {
	env := []string{
		"LC_ALL=C", "TZ=UTC", "HOME=/nonexistent",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "SSH_ASKPASS=/bin/false",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0", "GIT_PAGER=cat", "GIT_EDITOR=false",
	}
	protocols := g.Protocols
	if len(protocols) == 0 {
		protocols = defaultProtocols
	}
	env = append(env, "GIT_ALLOW_PROTOCOL="+strings.Join(protocols, ":"))
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	all := append(append([]Setting{}, settings...), g.Config...)
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(all)))
	for i, s := range all {
		n := strconv.Itoa(i)
		env = append(env, "GIT_CONFIG_KEY_"+n+"="+s.Key, "GIT_CONFIG_VALUE_"+n+"="+s.Value)
	}
	return append(env, g.Env...)
}

// Command prepares a git command in dir. It gets a process group of its own, which is killed as a whole when ctx ends: git
// starts helpers that would otherwise live on.
func (g Git) Command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	path := g.Path
	if path == "" {
		path = "git"
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = g.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// Run runs git in dir and returns what it printed.
func (g Git) Run(ctx context.Context, dir string, args ...string) (string, error) {
	return g.RunInput(ctx, dir, nil, args...)
}

// RunInput runs git in dir with input on its standard input and returns what it printed.
func (g Git) RunInput(ctx context.Context, dir string, input io.Reader, args ...string) (string, error) {
	cmd := g.Command(ctx, dir, args...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &limited{buffer: &said}
	if err := cmd.Run(); err != nil {
		return out.String(), wrap(ctx, err, dir, args, said.String())
	}
	return out.String(), nil
}

// Line runs git in dir and returns what it printed without the line's end.
func (g Git) Line(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := g.Run(ctx, dir, args...)
	return strings.TrimRight(out, "\n"), err
}

func wrap(ctx context.Context, err error, dir string, args []string, said string) error {
	code := -1
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return &Error{Args: args, Dir: dir, ExitCode: code, Stderr: said, Err: err}
}

// limited keeps the first 64 KiB: a remote can make git say as much as it likes.
type limited struct{ buffer *bytes.Buffer }

const saidLimit = 64 << 10

func (l *limited) Write(p []byte) (int, error) {
	if room := saidLimit - l.buffer.Len(); room > 0 {
		l.buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
