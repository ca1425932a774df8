// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/gitops"
)

// PinFor is how long a branch of a master stays at one commit, so that pull requests are judged on equal terms.
const PinFor = time.Hour

// pinnedBranch names the branch that a master pinned to a commit is checked out as.
const pinnedBranch = "main"

// pin is where a followed branch stands for an hour.
type pin struct {
	Commit string    `json:"commit"`
	Since  time.Time `json:"since"`
}

const pinFile = "prcheck-pins.json"

// Pin returns the commit at which a master is used now: the given one, or the tip of the branch, which then stays for an hour.
// The mirror holds the commit afterwards. branch is the name to check it out under.
func (m *Mirrors) Pin(ctx context.Context, src Source, commit, branch string) (at, name string, err error) {
	mir, err := m.of(src)
	if err != nil {
		return "", "", err
	}
	if commit != "" {
		if mir.resolve(ctx, commitRef(commit)) == commit {
			return commit, pinnedBranch, nil
		}
		_, err = await(ctx, m, "commit "+mir.dir+" "+commit, func(ctx context.Context) (bool, error) { return true, mir.bringCommit(ctx, commit) })
		return commit, pinnedBranch, err
	}
	if err := checkRefName(branch); err != nil {
		return "", "", err
	}
	at, err = await(ctx, m, "pin "+mir.dir+" "+branch, func(ctx context.Context) (string, error) { return mir.pinBranch(ctx, branch) })
	return at, branch, err
}

// EnsureCommit makes sure that the mirror of a source holds a commit, and fetches it where it does not.
func (m *Mirrors) EnsureCommit(ctx context.Context, src Source, commit, branch string) error {
	mir, err := m.of(src)
	if err != nil {
		return err
	}
	if mir.resolve(ctx, commit) == commit && gitops.IsCommitID(commit) {
		return nil
	}
	_, err = await(ctx, m, "commit "+mir.dir+" "+commit, func(ctx context.Context) (bool, error) {
		if branch != "" && mir.fetch(ctx, refspec(branchRef(branch), localHead(branch))) == nil && mir.resolve(ctx, commit) == commit {
			return true, mir.keep(ctx, commit)
		}
		return true, mir.bringCommit(ctx, commit)
	})
	return err
}

// bringCommit fetches one commit by its id; where the source does not allow that, all its branches.
func (mir *mirror) bringCommit(ctx context.Context, commit string) error {
	err := mir.haveCommit(ctx, commit)
	if err == nil {
		return mir.keep(ctx, commit)
	}
	if ferr := mir.fetch(ctx, refspec("refs/heads/*", "refs/prcheck/heads/*")); ferr != nil {
		return errors.Join(err, ferr)
	}
	if mir.resolve(ctx, commit) != commit {
		return err
	}
	return mir.keep(ctx, commit)
}

func (mir *mirror) keep(ctx context.Context, commit string) error {
	if _, err := (gitops.Git{}).Run(ctx, mir.dir, "update-ref", commitRef(commit), commit); err != nil {
		return fmt.Errorf("keeping a commit: %w", err)
	}
	return nil
}

func (mir *mirror) pinBranch(ctx context.Context, branch string) (string, error) {
	now := mir.owner.clock.Now()
	pins := mir.readPins()
	old, ok := pins[branch]
	ok = ok && mir.resolve(ctx, commitRef(old.Commit)) == old.Commit
	if age := now.Sub(old.Since); ok && age >= 0 && age < PinFor {
		return old.Commit, nil
	}
	fresh, err := mir.tip(ctx, branch)
	if err != nil {
		if ok && !errors.Is(err, ErrNoBranch) {
			mir.owner.log.WarnContext(ctx, "Keeping a master at its last known commit", "mirror", mir.name(), "branch", branch, "commit", old.Commit, "error", err)
			return old.Commit, nil
		}
		return "", err
	}
	pins[branch] = pin{Commit: fresh, Since: now.UTC()}
	return fresh, mir.writePins(pins)
}

func (mir *mirror) tip(ctx context.Context, branch string) (string, error) {
	remote, err := mir.refs(ctx, branchRef(branch))
	if err != nil {
		return "", err
	}
	if remote[branchRef(branch)] == "" {
		return "", fmt.Errorf("%w: %s", ErrNoBranch, branch)
	}
	if err := mir.fetch(ctx, refspec(branchRef(branch), localHead(branch))); err != nil {
		return "", err
	}
	commit := mir.resolve(ctx, localHead(branch))
	if commit == "" {
		return "", fmt.Errorf("%w: %s", ErrNoBranch, branch)
	}
	return commit, mir.keep(ctx, commit)
}

func (mir *mirror) readPins() map[string]pin {
	pins := map[string]pin{}
	data, err := os.ReadFile(filepath.Join(mir.dir, pinFile))
	if err != nil || json.Unmarshal(data, &pins) != nil {
		return map[string]pin{} // a lost pin is only taken anew
	}
	return pins
}

func (mir *mirror) writePins(pins map[string]pin) error {
	data, err := json.Marshal(pins)
	if err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	fresh := filepath.Join(mir.dir, pinFile+".new")
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	if err := os.Rename(fresh, filepath.Join(mir.dir, pinFile)); err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	return nil
}

// checkRefName refuses what could be more than one branch's name in a refspec. Git itself refuses the rest.
func checkRefName(branch string) error {
	if branch == "" || strings.HasPrefix(branch, "-") || strings.ContainsAny(branch, ":*?[\\^~ \t\r\n\x00") || strings.Contains(branch, "..") || strings.HasPrefix(branch, "/") {
		return fmt.Errorf("%w: %q is no branch name", ErrNoBranch, branch)
	}
	return nil
}
