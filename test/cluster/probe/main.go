// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command probe is the program in the pods of the cluster's own test:
//
//	probe serve FOLDER URL   # answers on :8080 with what it reads from FOLDER, after writing there, and from URL
//	probe get URL            # asks until it is answered, prints the answer
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	attempts = 60
	pause    = time.Second
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 3 && args[0] == "serve" {
		return serve(args[1], args[2])
	}
	if len(args) != 2 || args[0] != "get" {
		return fmt.Errorf("usage: probe serve FOLDER URL, or probe get URL")
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	var last error
	for range attempts {
		answer, err := get(ctx, args[1])
		if err == nil {
			_, err = fmt.Fprintln(out, answer)
			return err
		}
		last = err
		<-ticker.C
	}
	return last
}

func serve(folder, url string) error {
	file := filepath.Join(folder, "greeting")
	if err := os.WriteFile(file, []byte("hello from a volume"), 0o600); err != nil { //nolint:gosec // The test says which folder.
		return err
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		greeting, err := os.ReadFile(file) //nolint:gosec // The test says which folder.
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		host, err := get(r.Context(), url)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%s; %s", greeting, host) //nolint:gosec // No browser reads this.
	})
	server := &http.Server{Addr: ":8080", Handler: handler, ReadHeaderTimeout: time.Minute}
	return server.ListenAndServe()
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody) //nolint:gosec // The test says which URL.
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // As above.
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // Only read.
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", url, response.Status, body)
	}
	return string(body), nil
}
