// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
	"github.com/prcheck/prcheck/test/toolchain"
)

// somebody is an ordinary user's id, which no account has.
const somebody = 12345

// here is a folder with the built command, a repository with a change that breaks something, and a profile.
type here struct {
	dir, root string
}

// where the folder stands inside the toolchain.
const inside = "/work"

func newHere(t *testing.T) *here {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 2, Ebuilds: ebuildrepo.MinEbuilds})
	if err != nil {
		t.Fatal(err)
	}
	bare := local.Change(t, repo, func(r *ebuildrepo.Repo) {
		p, err := r.Package(r.Keys()[0])
		if err != nil {
			t.Fatal(err)
		}
		p.Ebuilds[0].License = "No-Such-Licence"
	})
	h := &here{dir: t.TempDir(), root: toolchain.Root(t)}
	if err := os.Rename(bare, filepath.Join(h.dir, "repo.git")); err != nil {
		t.Fatal(err)
	}
	lenient := "apiVersion: prcheck.dev/v1alpha1\nkind: CheckProfile\nmetadata: {name: default}\nspec: {sandbox: BestEffort}\n"
	if err := os.WriteFile(filepath.Join(h.dir, "lenient.yaml"), []byte(lenient), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "without-landlock.py"), []byte(withoutLandlock), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(h.dir, "prcheck"), "../../cmd/prcheck")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // it runs in another system, too
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building prcheck: %v\n%s", err, out)
	}
	return h
}

// withoutLandlock is a kernel without Landlock, for the program that is named after it.
const withoutLandlock = `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
landlock_create_ruleset, enosys = 444, 38
code = struct.pack("HBBI", 0x20, 0, 0, 0)
code += struct.pack("HBBI", 0x15, 0, 1, landlock_create_ruleset)
code += struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | enosys)
code += struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000)
text = ctypes.create_string_buffer(code)
filter = struct.pack("HxxxxxxP", 4, ctypes.addressof(text))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.c_char_p(filter), 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
`

// ran is how a prcheck run ended.
type ran struct {
	code      int
	out, said string
}

func (h *here) run(t *testing.T, argv []string, args ...string) ran {
	t.Helper()
	argv = append(argv, "run", "--base", "main", "--head", "topic", "--clock", "2026-11-21T00:00:00Z", "-o", "json", "--jobs", "1")
	cmd := exec.CommandContext(t.Context(), argv[0], append(argv[1:], args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Env = append(os.Environ(), "PRCHECK_TOOLCHAIN="+h.root)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// local runs the command inside the toolchain's system, where pkgcheck is installed.
func (h *here) local(t *testing.T, as []string, args ...string) ran {
	t.Helper()
	argv := append([]string{"../../hack/toolchain-run.sh", "--bind", h.dir + ":" + inside, "--"}, as...)
	return h.run(t, append(argv, inside+"/prcheck"), append([]string{"--repo", inside + "/repo.git", "--toolchain", "local"}, args...)...)
}

// ordinary gives the repository to an ordinary user, and returns how to become one.
func (h *here) ordinary(t *testing.T) []string {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(h.dir, "repo.git"), func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, somebody, somebody))
	})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"}
}

// findings is what does not depend on where and how fast a run was.
func findings(t *testing.T, r ran) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		t.Fatalf("exit %d: %v\n%s\n%s", r.code, err, r.out, r.said)
	}
	delete(d, "timings")
	chain, _ := d["toolchain"].(map[string]any)
	delete(chain, "name")
	evidence, _ := d["evidence"].(map[string]any)
	for _, side := range []string{"base", "head"} {
		e, _ := evidence[side].(map[string]any)
		delete(e, "slowest")
	}
	return d
}

// TestLocalToolchain: the pkgcheck that is installed finds what the one in a root file system finds, for root and for ordinary users,
// on PATH and off it.
func TestLocalToolchain(t *testing.T) {
	t.Parallel()
	h := newHere(t)
	rooted := h.run(t, []string{filepath.Join(h.dir, "prcheck")}, "--repo", filepath.Join(h.dir, "repo.git"), "--toolchain", "rootfs:"+h.root)
	if rooted.code != 1 || !strings.Contains(rooted.out, "No-Such-Licence") {
		t.Fatalf("rootfs: exit %d\n%s\n%s", rooted.code, rooted.out, rooted.said)
	}
	want := findings(t, rooted)
	user := h.ordinary(t)
	offPath := []string{"env", "PATH=/usr/bin:/bin"}
	blind := append(append([]string{}, user...), "python3", inside+"/without-landlock.py")
	for name, c := range map[string]struct {
		as, args []string
		said     string
	}{
		"on PATH":                       {nil, nil, ""},
		"in /opt/pkgcheck/bin":          {offPath, nil, ""},
		"by an ordinary user":           {user, nil, ""},
		"by an ordinary user, off PATH": {append(offPath, user...), nil, ""},
		"without Landlock, if it may":   {blind, []string{"--profile", inside + "/lenient.yaml"}, "without a part of its sandbox, which cannot be applied here: landlock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := h.local(t, c.as, c.args...)
			if got.code != rooted.code || !strings.Contains(got.said, c.said) || (c.said == "" && strings.Contains(got.said, "warning")) {
				t.Errorf("exit %d, want %d\n%s", got.code, rooted.code, got.said)
			}
			if diff := cmp.Diff(want, findings(t, got)); diff != "" {
				t.Errorf("it is not what a root file system gives (-rootfs +local):\n%s", diff)
			}
		})
	}
	t.Run("without Landlock", func(t *testing.T) {
		t.Parallel()
		got := h.local(t, blind)
		if got.code != 2 || !strings.Contains(got.said, "landlock cannot be applied") || !strings.Contains(got.said, "sandbox: BestEffort") {
			t.Errorf("exit %d\n%s", got.code, got.said)
		}
	})
}

// TestRootFileSystemByAnOrdinaryUser: user namespaces do what root would.
func TestRootFileSystemByAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	h := newHere(t)
	// A mount shows the toolchain, whose own folder is in root's home; the command lies where everybody may run it.
	enter := `mount --bind "$1" /mnt; mount --bind "$2" /srv; shift 2; exec "$@"`
	argv := append([]string{"unshare", "--mount", "sh", "-euc", enter, "sh", h.root, h.dir}, h.ordinary(t)...)
	argv = append(argv, "env", "HOME=/nonexistent", "/srv/prcheck")
	got := h.run(t, argv, "--repo", "/srv/repo.git", "--toolchain", "rootfs:/mnt")
	if got.code != 1 || !strings.Contains(got.out, "No-Such-Licence") {
		t.Errorf("exit %d\n%s\n%s", got.code, got.out, got.said)
	}
}
