// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestArgumentsAreExplained(t *testing.T) {
	for sentence, tc := range map[string]struct {
		args []string
		want string
	}{
		"help lists the flags":      {[]string{"--help"}, "-webhook-url"},
		"help shows an example":     {[]string{"--help"}, "curl -d"},
		"unknown flags are refused": {[]string{"--lisen", "x"}, "not defined: -lisen"},
	} {
		t.Run(sentence, func(t *testing.T) {
			var out strings.Builder
			if err := run(t.Context(), tc.args, &out); err == nil || !strings.Contains(out.String(), tc.want) {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
	if err := run(t.Context(), nil, new(strings.Builder)); err == nil || !strings.Contains(err.Error(), "--data DIR is required") {
		t.Errorf("without --data: %v", err)
	}
}

func TestTheProgramServesAndStops(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "url")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--url-file", file, "--token", "ghp_1"}, new(strings.Builder))
	}()
	url := ""
	for !strings.HasSuffix(url, "\n") {
		select {
		case err := <-done:
			t.Fatalf("it ended early: %v", err)
		default:
		}
		raw, _ := os.ReadFile(file) // not there yet, at first
		url = string(raw)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSpace(url)+"/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ghp_1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
}
