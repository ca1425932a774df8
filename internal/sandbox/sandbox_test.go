// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prcheck/prcheck/internal/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// system are the folders that any program needs to start.
var system = []string{"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/dev"}

func run(t *testing.T, spec sandbox.Spec) (sandbox.Report, string) {
	t.Helper()
	var out bytes.Buffer
	spec.Env = append(spec.Env, "PATH=/usr/bin:/bin")
	if spec.Dir == "" {
		spec.Dir = "/"
	}
	spec.ReadPaths = append(spec.ReadPaths, system...)
	spec.WritePaths = append(spec.WritePaths, "/dev/null")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := sandbox.Run(ctx, spec, sandbox.Output{Writer: &out})
	if err != nil {
		t.Fatalf("%v; output: %s", err, out.String())
	}
	return report, out.String()
}

func bash(script string) []string {
	return []string{"/bin/bash", "-c", script, "bash"}
}

func TestRunReportsHowTheProgramEnded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		code   int
		signal string
		output string
	}{
		"success":                      {"echo out; echo err >&2", 0, "", "out\nerr\n"},
		"a code of its own":            {"exit 7", 7, "", ""},
		"killed by itself":             {"kill -9 $$", -1, "SIGKILL", ""},
		"its environment is only ours": {"/usr/bin/env | grep -v ^PWD= | grep -v ^SHLVL= | grep -v ^_=", 0, "", "PATH=/usr/bin:/bin\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, output := run(t, sandbox.Spec{Argv: bash(c.script)})
			if report.Refused != "" || report.ExitCode != c.code || report.Signal != c.signal || output != c.output {
				t.Errorf("report %+v, output %q", report, output)
			}
			for _, p := range []string{"rlimits", "capabilities", "no_new_privs", "landlock", "seccomp"} {
				if !slices.Contains(report.Applied, p) {
					t.Errorf("%s was not applied: %v", p, report.Applied)
				}
			}
		})
	}
}

// Each attack is stopped by its protection, and works without it: so it is that protection that stops it.
func TestProtections(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("treasure\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		script string
		off    sandbox.Off
		limits sandbox.Limits
		output string // with the protection off
	}{
		"reading a file that was not given": {"cat " + secret, sandbox.Off{Landlock: true}, sandbox.Limits{}, "treasure\n"},
		"writing a file that was not given": {"echo x >>" + secret + " && echo done", sandbox.Off{Landlock: true}, sandbox.Limits{}, "done\n"},
		"a network socket":                  {"python3 -c 'import socket; socket.socket(socket.AF_INET); print(1)'", sandbox.Off{Sockets: true}, sandbox.Limits{}, "1\n"},
		"a server's socket on this machine": {"python3 -c '" +
			"import socket, os, threading\n" +
			"socket.socket(socket.AF_UNIX).connect(\"/nonexistent\")' 2>&1 | grep -o 'No such file or directory'", sandbox.Off{Sockets: true, Landlock: true}, sandbox.Limits{}, "No such file or directory\n"},
		"signalling its parents": {"kill -0 $PPID && echo done", sandbox.Off{Signals: true, Landlock: true}, sandbox.Limits{}, "done\n"},
		"a namespace of its own": {"unshare -U true && echo done", sandbox.Off{Seccomp: true}, sandbox.Limits{}, "done\n"},
		"a file above the limit": {"cd /dev/shm && f=$(mktemp prcheck.XXXX) && head -c 20000 /dev/zero >$f && echo done; rm -f $f", sandbox.Off{Limits: true}, sandbox.Limits{FileBytes: 10000}, "done\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := sandbox.Spec{Argv: bash(c.script), Limits: c.limits}
			if c.limits.FileBytes > 0 {
				spec.WritePaths = []string{"/dev/shm"}
			}
			report, output := run(t, spec)
			if report.Refused != "" || strings.Contains(output, c.output) {
				t.Errorf("protected: report %+v, output %q", report, output)
			}
			spec.Off = c.off
			report, output = run(t, spec)
			if report.Refused != "" || !strings.Contains(output, c.output) {
				t.Errorf("unprotected: report %+v, output %q, want %q", report, output, c.output)
			}
		})
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A daemon in a session of its own, that would write a file after the program has ended.
	script := "setsid bash -c 'echo $$ >" + dir + "/pid; sleep 600; echo late >" + dir + "/late' & while [ ! -s " + dir + "/pid ]; do :; done; exit 3"
	report, output := run(t, sandbox.Spec{Argv: bash(script), WritePaths: []string{dir}})
	if report.ExitCode != 3 || report.LeftBehind == 0 {
		t.Errorf("report %+v, output %q", report, output)
	}
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("/proc", strings.TrimSpace(string(pid)))); err == nil {
		t.Error("the daemon is still there")
	}
}

func TestItsTimeIsOver(t *testing.T) {
	t.Parallel()
	report, _ := run(t, sandbox.Spec{Argv: bash("trap '' TERM INT HUP; while :; do :; done"), Limits: sandbox.Limits{Timeout: 300 * time.Millisecond}})
	if !report.TimedOut || report.Signal != "SIGKILL" || report.CPUSeconds == 0 {
		t.Errorf("report %+v", report)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]sandbox.Spec{
		"a relative program":         {Argv: []string{"bash"}},
		"a folder that is not there": {Argv: bash(":"), Dir: "/nonexistent"},
		"a mount that is not there":  {Argv: bash(":"), Root: "/", Mounts: []sandbox.Mount{{Source: "/nonexistent", Target: "/prcheck/x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if report, _ := run(t, spec); report.Refused == "" || report.ExitCode != -1 {
				t.Errorf("report %+v", report)
			}
		})
	}
}

func TestARootOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{in, out} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(in, "file"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	spec := sandbox.Spec{
		Root:       "/",
		Mounts:     []sandbox.Mount{{in, "/prcheck/in", true}, {out, "/prcheck/out", false}},
		ReadPaths:  []string{"/prcheck/in"},
		WritePaths: []string{"/prcheck/out", "/tmp", "/dev/shm"},
		Dir:        "/prcheck",
		Argv: bash(`cat in/file; echo; ls -A /home 2>&1; echo x >out/file; echo y >/tmp/y; (echo z >in/z) 2>/dev/null || echo read-only; (echo z >/usr/z) 2>/dev/null || echo read-only
cat /proc/net/dev | grep -c : ; mkdir /new 2>/dev/null || echo closed`),
	}
	report, output := run(t, spec)
	want := "text\nls: cannot open directory '/home': Permission denied\n" + strings.Repeat("read-only\n", 2)
	if report.Refused != "" || !strings.HasPrefix(output, want) || !strings.HasSuffix(output, "closed\n") {
		t.Errorf("report %+v, output:\n%s\nwant:\n%s", report, output, want)
	}
	if data, err := os.ReadFile(filepath.Join(out, "file")); err != nil || string(data) != "x\n" {
		t.Errorf("out/file: %q, %v", data, err)
	}
	if entries, err := os.ReadDir("/tmp/y"); err == nil {
		t.Errorf("the program's /tmp is ours: %v", entries)
	}
}
