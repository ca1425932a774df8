// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// Emulator is a running GitHub emulator: a process of its own, which outlives this one where the demo is kept.
type Emulator struct {
	// URL is where pods, the host and people reach it.
	URL string
	dir string
	pid int
}

const emulatorPackage = "github.com/prcheck/prcheck/test/githubemu/cmd/githubemu"

// startEmulator builds and starts the emulator with its data below dir and waits until it answers.
func startEmulator(ctx context.Context, dir, listen, webhookURL string) (*Emulator, error) {
	e := &Emulator{URL: "http://" + listen, dir: dir}
	if err := e.Stop(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := binary.Root()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "githubemu")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, emulatorPackage)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the emulator: %w: %s", err, out)
	}
	if err := e.launch(ctx, program, listen, webhookURL); err != nil {
		return nil, err
	}
	return e, e.await(ctx)
}

func (e *Emulator) launch(ctx context.Context, program, listen, webhookURL string) error {
	log, err := os.Create(filepath.Join(e.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the emulator writes to it, not we
	// Not bound to ctx: with KEEP=1 it goes on after this process.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, "--listen", listen, "--data", filepath.Join(e.dir, "repositories"),
		"--external-url", e.URL, "--webhook-url", webhookURL, "--token", Token)
	cmd.Env = append(os.Environ(), "GITHUBEMU_WEBHOOK_SECRET="+WebhookSecret)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the emulator: %w", err)
	}
	e.pid = cmd.Process.Pid
	if err := os.WriteFile(filepath.Join(e.dir, "pid"), []byte(strconv.Itoa(e.pid)), 0o600); err != nil {
		return err
	}
	return cmd.Process.Release()
}

func (e *Emulator) await(ctx context.Context) error {
	deadline := clock.RealClock{}.After(20 * time.Second)
	for {
		err := e.get(ctx, "violations", nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("the emulator does not answer, see %s: %w", filepath.Join(e.dir, "log"), err)
		case <-clock.RealClock{}.After(100 * time.Millisecond):
		}
	}
}

// Stop ends the emulator that was last started with the same data, whoever started it.
func (e *Emulator) Stop() error {
	text, err := os.ReadFile(filepath.Join(e.dir, "pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s does not hold a process id: %w", filepath.Join(e.dir, "pid"), err)
	}
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err == nil && strings.HasPrefix(program, filepath.Join(e.dir, "githubemu")) { // else the id is another process's by now
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("ending the emulator: %w", err)
		}
	}
	return os.Remove(filepath.Join(e.dir, "pid"))
}

// CreateRepository makes OWNER/NAME of the bare repository at dir.
func (e *Emulator) CreateRepository(ctx context.Context, name, dir string) error {
	return e.post(ctx, "repos", githubemu.NewRepo{Name: name, From: dir, DefaultBranch: "main"}, nil)
}

// OpenPull opens a pull request and returns its number.
func (e *Emulator) OpenPull(ctx context.Context, pull githubemu.NewPull) (int, error) {
	var answer struct {
		Number int `json:"number"`
	}
	err := e.post(ctx, "pulls", pull, &answer)
	return answer.Number, err
}

// Push makes another commit the head of a pull request.
func (e *Emulator) Push(ctx context.Context, repo string, number int, content githubemu.Content) error {
	return e.post(ctx, fmt.Sprintf("repos/%s/pulls/%d/push", repo, number), content, nil)
}

// Pulls lists the pull requests.
func (e *Emulator) Pulls(ctx context.Context, repo string) ([]githubemu.Pull, error) {
	var pulls []githubemu.Pull
	err := e.get(ctx, "repos/"+repo+"/pulls", &pulls)
	return pulls, err
}

// Statuses lists every status ever written, oldest first.
func (e *Emulator) Statuses(ctx context.Context, repo string) ([]githubemu.Status, error) {
	var statuses []githubemu.Status
	err := e.get(ctx, "repos/"+repo+"/statuses", &statuses)
	return statuses, err
}

// Requests lists the requests that were made to the REST API.
func (e *Emulator) Requests(ctx context.Context) ([]githubemu.Request, error) {
	var requests []githubemu.Request
	err := e.get(ctx, "requests", &requests)
	return requests, err
}

// Violations lists the requests and replies that GitHub's document does not allow.
func (e *Emulator) Violations(ctx context.Context) ([]githubemu.Violation, error) {
	var violations []githubemu.Violation
	err := e.get(ctx, "violations", &violations)
	return violations, err
}

func (e *Emulator) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return call(ctx, http.MethodPost, e.URL+"/_emu/"+path, bytes.NewReader(body), out)
}

func (e *Emulator) get(ctx context.Context, path string, out any) error {
	return call(ctx, http.MethodGet, e.URL+"/_emu/"+path, http.NoBody, out)
}

// call makes a request and decodes its JSON answer.
func call(ctx context.Context, method, url string, body io.Reader, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(resp.Body, 256<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.500s", method, url, resp.Status, data)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	return nil
}
