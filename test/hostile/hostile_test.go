// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package hostile_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/hostile"
)

// source writes an attack's ebuild and sources it with bash alone, under a second shell whose output it returns.
func source(t *testing.T, name string, p hostile.Params, setup string) (description, output string) {
	t.Helper()
	a, err := hostile.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := a.Tree(p).WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	ebuild := filepath.Join(dir, a.Package, filepath.Base(a.Package)+"-1.0.ebuild")
	result := filepath.Join(dir, "description")
	inner := setup + "\nshopt -s failglob\nsource " + ebuild + "\necho \"${DESCRIPTION}\" >" + result
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `bash -c "$1" >/dev/null 2>&1; true`, "outer", inner)
	cmd.Env = []string{"TMPDIR=" + dir, "HOME=" + dir, "LC_ALL=C"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("sourcing the %s attack: %v", name, err)
	}
	text, err := os.ReadFile(result)
	if err != nil {
		t.Fatalf("the %s attack ended its shell: %v", name, err)
	}
	return strings.TrimSpace(string(text)), out.String()
}

func TestAttacksThatNothingDeniesLeaveTheirMarker(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	folder := t.TempDir()
	secret := filepath.Join(folder, "secret")
	if err := os.WriteFile(secret, []byte("a token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := hostile.Params{Address: listener.Addr().String(), Processes: 20, File: 1000, Output: 1000, Folders: []string{folder}, Secrets: []string{secret}}
	for _, a := range hostile.All() {
		if a.Evidence.Marker == "" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			description, _ := source(t, a.Name, p, "")
			if !strings.Contains(description, a.Evidence.Marker) || len(description) <= 80 {
				t.Errorf("DESCRIPTION=%q has no marker %q, or 80 characters at most", description, a.Evidence.Marker)
			}
		})
	}
}

func TestADeniedAttackLeavesNoMarker(t *testing.T) {
	description, _ := source(t, "disk", hostile.Params{File: 1_000_000}, "ulimit -f 10")
	if description != "Program that is up to no good" {
		t.Errorf("DESCRIPTION=%q though files may have 10 blocks", description)
	}
}

func TestTheFloodReachesTheOutput(t *testing.T) {
	description, output := source(t, "flood", hostile.Params{Output: 300_000}, "")
	if len(output) != 300_000 {
		t.Errorf("%d bytes of output, not 300000", len(output))
	}
	if strings.Contains(description, "attack-succeeded") {
		t.Errorf("DESCRIPTION=%q, but a flood that is dropped cannot be told from one that is kept", description)
	}
}

func TestForgedResultsAreLeftInFolders(t *testing.T) {
	folder := t.TempDir()
	source(t, "forgery", hostile.Params{Folders: []string{folder}}, "")
	a, err := hostile.Find("forgery")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, a.Evidence.ForgedFile))
	if err != nil || strings.TrimSpace(string(text)) != hostile.Forged {
		t.Errorf("the forged file has %q, error %v", text, err)
	}
}

func TestTheForgedCacheEntryHasTheEbuildsChecksum(t *testing.T) {
	a, err := hostile.Find("cache")
	if err != nil {
		t.Fatal(err)
	}
	tree := a.Tree(hostile.Params{})
	sum := md5.Sum([]byte(tree[a.Package+"/gremlin-cache-1.0.ebuild"].Text))
	if entry := tree["metadata/md5-cache/"+a.Package+"-1.0"].Text; !strings.Contains(entry, "_md5_="+hex.EncodeToString(sum[:])) {
		t.Errorf("the entry does not name the checksum %x:\n%s", sum, entry)
	}
}

func TestApplyKeepsWhatIsThere(t *testing.T) {
	tree := ebuildrepo.Tree{".gitignore": {Text: "*.swp\n", Mode: ebuildrepo.ModeFile}}
	hostile.Apply(tree, hostile.Params{}, hostile.All()...)
	if got := tree[".gitignore"].Text; got != "*.swp\n/app-misc/gremlin-gitignore/\n" {
		t.Errorf(".gitignore is %q", got)
	}
	if got := tree["app-misc/gremlin-link/metadata.xml"]; got != (ebuildrepo.File{Text: "/etc/passwd", Mode: ebuildrepo.ModeSymlink}) {
		t.Errorf("the link is %v", got)
	}
	for _, a := range hostile.All() {
		if _, ok := tree[a.Package+"/"+filepath.Base(a.Package)+"-1.0.ebuild"]; !ok {
			t.Errorf("no ebuild of the %s attack", a.Name)
		}
	}
}

func TestEveryAttackSaysHowItIsSeen(t *testing.T) {
	names := map[string]bool{}
	for _, a := range hostile.All() {
		n := 0
		for _, set := range []bool{a.Evidence.Marker != "", a.Evidence.Output, a.Evidence.ForgedFile != "", len(a.Evidence.Hides) > 0, a.Evidence.Shows != ""} {
			if set {
				n++
			}
		}
		if n != 1 || names[a.Name] || a.What == "" || a.Control == "" {
			t.Errorf("%s: %d kinds of evidence, what %q, control %q", a.Name, n, a.What, a.Control)
		}
		names[a.Name] = true
	}
}

// What the scan says about an attack's package must follow from its honest error alone, not from untidy text.
func TestTheEbuildsAreTidy(t *testing.T) {
	for _, a := range hostile.All() {
		text := a.Tree(hostile.Params{})[a.Package+"/"+filepath.Base(a.Package)+"-1.0.ebuild"].Text
		for line := range strings.Lines(text) {
			if line = strings.TrimSuffix(line, "\n"); strings.TrimRight(line, " \t") != line || len(line) > 120 {
				t.Errorf("%s: untidy line %q", a.Name, line)
			}
		}
		if strings.Contains(text, "\n\n\n") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s: empty lines, or no last newline", a.Name)
		}
	}
}
