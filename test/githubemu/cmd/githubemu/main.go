// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command githubemu is a strict GitHub emulator for demonstrations and tests. See --help and README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prcheck/prcheck/test/githubemu"
)

const usage = `githubemu emulates GitHub: REST, git over smart HTTP, webhooks, and a page for each pull request.
Every request is checked against GitHub's OpenAPI document.

Usage: githubemu --data DIR [flags]

  REST            URL/ and URL/api/v3/ (as of GitHub Enterprise)
  git             URL/OWNER/NAME.git; push as admin with the admin token ("admin" when none is set)
  pull request    URL/OWNER/NAME/pull/N in a browser, and URL/ for all of them
  admin API       URL/_emu/… (test/githubemu/README.md)

Example:
  githubemu --data /tmp/emu --listen 127.0.0.1:8800 --webhook-url http://127.0.0.1:9000/webhook --webhook-secret s3cret
  curl -d '{"name":"octo/overlay","from":"/path/to/clone"}' http://127.0.0.1:8800/_emu/repos
  curl -d '{"repo":"octo/overlay","title":"Bump","author":"ann","content":{"files":{"a":{"text":"b"}}}}' http://127.0.0.1:8800/_emu/pulls

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(os.Stderr, "githubemu:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	var opts githubemu.Options
	flags := flag.NewFlagSet("githubemu", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "127.0.0.1:8800", "address to listen on; port 0 takes any free one")
	flags.StringVar(&opts.Dir, "data", "", "directory for the bare repositories, made when missing (required)")
	flags.StringVar(&opts.ExternalURL, "external-url", "", "how clients reach this server (default http://ADDRESS of --listen)")
	flags.StringVar(&opts.WebhookURL, "webhook-url", "", "address that gets the events of every repository")
	flags.StringVar(&opts.WebhookSecret, "webhook-secret", os.Getenv("GITHUBEMU_WEBHOOK_SECRET"), "secret that signs them (or GITHUBEMU_WEBHOOK_SECRET)")
	flags.StringVar(&opts.AdminToken, "admin-token", os.Getenv("GITHUBEMU_ADMIN_TOKEN"), "bearer token of the admin API and password of pushes (or GITHUBEMU_ADMIN_TOKEN)")
	token := flags.String("token", "", "a user's token (login checker) that is known from the start")
	urlFile := flags.String("url-file", "", "file to write the external URL to, once the server listens")
	verbose := flags.Bool("verbose", false, "log each request and delivery")
	if err := flags.Parse(args); err != nil {
		return err
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	opts.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if opts.Dir == "" || flags.NArg() > 0 {
		return errors.New("--data DIR is required, and no other arguments are taken; see --help")
	}
	if err := os.MkdirAll(opts.Dir, 0o750); err != nil {
		return err
	}
	s, err := githubemu.New(opts)
	if err != nil {
		return err
	}
	if *token != "" {
		if _, err := s.AddToken(githubemu.Token{Value: *token, Login: "checker"}); err != nil {
			return err
		}
	}
	return serve(ctx, s, opts, *listen, *urlFile)
}

func serve(ctx context.Context, s *githubemu.Server, opts githubemu.Options, listen, urlFile string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	url := opts.ExternalURL
	if url == "" {
		url = "http://" + l.Addr().String()
	}
	s.SetExternalURL(url)
	if urlFile != "" {
		if err := os.WriteFile(urlFile, []byte(url+"\n"), 0o600); err != nil {
			return err
		}
	}
	opts.Logger.InfoContext(ctx, "Listening", "address", l.Addr().String(), "url", url)
	web := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return web.Shutdown(end)
}
