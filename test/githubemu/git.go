// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// gitDir is one bare repository.
type gitDir struct{ path, config string }

var fullSHA = regexp.MustCompile("^[0-9a-f]{40}$")

const zeroSHA = "0000000000000000000000000000000000000000"

func (s *Server) gitConfig() string { return filepath.Join(s.opts.Dir, "gitconfig") }

// writeGitConfig writes the only configuration that our gits read, so that the machine's own cannot matter.
func (s *Server) writeGitConfig() error {
	const config = `[user]
	name = githubemu
	email = githubemu@users.noreply.example
[safe]
	directory = *
[init]
	defaultBranch = master
[uploadpack]
	allowReachableSHA1InWant = true
	allowTipSHA1InWant = true
	allowFilter = true
[receive]
	hideRefs = refs/pull
[http]
	receivepack = true
[gc]
	auto = 0
[protocol "file"]
	allow = always
`
	if err := os.WriteFile(s.gitConfig(), []byte(config), 0o600); err != nil {
		return fmt.Errorf("githubemu: writing the configuration of git: %w", err)
	}
	return nil
}

func gitEnv(config string) []string {
	env := []string{"GIT_CONFIG_GLOBAL=" + config, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "HOME=" + filepath.Dir(config)}
	for _, name := range []string{"PATH", "TMPDIR"} {
		env = append(env, name+"="+os.Getenv(name))
	}
	return env
}

// gitError is git's own complaint.
type gitError struct {
	args   []string
	code   int
	stderr string
}

func (e *gitError) Error() string {
	return fmt.Sprintf("git %s: exit %d: %s", strings.Join(e.args, " "), e.code, strings.TrimSpace(e.stderr))
}

type gitCommand struct {
	stdin []byte
	env   []string
}

func (g gitDir) run(ctx context.Context, args ...string) (string, error) {
	return g.runWith(ctx, gitCommand{}, args...)
}

// runWith runs git in the repository and gives its output, without the last line's end.
func (g gitDir) runWith(ctx context.Context, with gitCommand, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir=" + g.path}, args...)...) //nolint:gosec // the arguments are ours
	cmd.Env = append(gitEnv(g.config), with.env...)
	cmd.Stdin = bytes.NewReader(with.stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	out := strings.TrimSuffix(stdout.String(), "\n")
	if exit, is := errors.AsType[*exec.ExitError](err); is {
		return out, &gitError{args: args, code: exit.ExitCode(), stderr: stderr.String()}
	}
	if err != nil {
		return out, fmt.Errorf("running git %s: %w", args[0], err)
	}
	return out, nil
}

// resolve gives the commit of a branch, tag, full ref or SHA; "" when there is none.
func (r *repo) resolve(ctx context.Context, rev string) string {
	if rev == "" || strings.HasPrefix(rev, "-") || strings.Contains(rev, "..") {
		return ""
	}
	candidates := []string{rev}
	if !fullSHA.MatchString(rev) {
		candidates = []string{"refs/heads/" + rev, "refs/tags/" + rev, rev, "refs/" + rev}
	}
	for _, c := range candidates {
		sha, err := r.git.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", c+"^{commit}")
		if err == nil && fullSHA.MatchString(sha) && !r.lost[sha] {
			return sha
		}
	}
	return ""
}

// hasCommit says whether a full SHA names a commit that GitHub still knows.
func (r *repo) hasCommit(ctx context.Context, sha string) bool {
	if r.known[sha] {
		return !r.lost[sha]
	}
	if !fullSHA.MatchString(sha) || r.resolve(ctx, sha) != sha {
		return false
	}
	r.known[sha] = true // objects never go away: there is no gc
	return true
}

// branches maps each branch to its tip.
func (g gitDir) branches(ctx context.Context) (map[string]string, error) {
	out, err := g.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads")
	if err != nil {
		return nil, err
	}
	tips := map[string]string{}
	for line := range strings.Lines(out) {
		sha, ref, _ := strings.Cut(strings.TrimSpace(line), " ")
		tips[strings.TrimPrefix(ref, "refs/heads/")] = sha
	}
	return tips, nil
}

func (g gitDir) setRef(ctx context.Context, ref, sha string) error {
	_, err := g.run(ctx, "update-ref", ref, sha)
	return err
}

// gitCommit is a commit's head, as REST and webhooks show it.
type gitCommit struct {
	sha, tree, message      string
	parents                 []string
	authorName, authorMail  string
	authorDate              string
	committerName           string
	committerMail, commitAt string
}

// log reads commits, newest first.
func (g gitDir) log(ctx context.Context, args ...string) ([]gitCommit, error) {
	format := "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x01"
	out, err := g.run(ctx, append([]string{"log", format}, args...)...)
	if err != nil {
		return nil, err
	}
	var commits []gitCommit
	for entry := range strings.SplitSeq(out, "\x01") {
		f := strings.SplitN(strings.TrimPrefix(entry, "\n"), "\x00", 10)
		if len(f) < 10 {
			continue
		}
		commits = append(commits, gitCommit{
			sha: f[0], tree: f[1], parents: strings.Fields(f[2]), authorName: f[3], authorMail: f[4], authorDate: f[5],
			committerName: f[6], committerMail: f[7], commitAt: f[8], message: strings.TrimRight(f[9], "\n"),
		})
	}
	return commits, nil
}

func (g gitDir) commit(ctx context.Context, sha string) (gitCommit, error) {
	list, err := g.log(ctx, "-1", sha)
	if err != nil {
		return gitCommit{}, err
	}
	if len(list) != 1 {
		return gitCommit{}, fmt.Errorf("commit %s: git log gave %d entries", sha, len(list))
	}
	return list[0], nil
}
