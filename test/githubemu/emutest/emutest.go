// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package emutest starts the GitHub emulator for a test. When the test ends, requests that GitHub would have
// refused, and replies of the emulator that do not fit GitHub's document, make it fail.
//
//	gh := emutest.Start(t)
//	gh.Repo(t, "octo/overlay", "")
//	number := gh.Pull(t, "octo/overlay", "Bump", map[string]githubemu.File{"a": {Text: "b"}})
//	client.New(gh.URL, gh.Token)
package emutest

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/prcheck/prcheck/test/githubemu"
)

// Emulator is a running emulator.
type Emulator struct {
	*githubemu.Server
	// URL is where it listens; the REST API is at URL + "/" and at URL + "/api/v3/".
	URL string
	// Token is a user's token (login checker) that may do everything a user may.
	Token string
}

// Option changes how the emulator starts.
type Option func(*githubemu.Options)

// WithWebhook delivers the events of every repository to a receiver.
func WithWebhook(url, secret string) Option {
	return func(o *githubemu.Options) { o.WebhookURL, o.WebhookSecret = url, secret }
}

// With changes any option.
func With(change func(*githubemu.Options)) Option { return change }

// Start runs an emulator until the test ends.
func Start(tb testing.TB, options ...Option) *Emulator {
	tb.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		tb.Fatalf("the GitHub emulator needs git on PATH: %v", err)
	}
	opts := githubemu.Options{Dir: tb.TempDir()}
	for _, o := range options {
		o(&opts)
	}
	s, err := githubemu.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	s.SetExternalURL(web.URL)
	token, err := s.AddToken(githubemu.Token{Login: "checker"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
		defer cancel()
		if err := s.WaitDeliveries(ctx); err != nil {
			tb.Error(err)
		}
		for _, v := range s.Violations() {
			tb.Errorf("GitHub would not like this request: %s: %s %s (%s): %s", v.Name, v.Method, v.Path, v.Operation, v.Reason)
		}
	})
	return &Emulator{Server: s, URL: web.URL, Token: token}
}

// Repo creates a repository from a local git directory or bundle, or with one commit when from is empty.
func (e *Emulator) Repo(tb testing.TB, name, from string) {
	tb.Helper()
	if err := e.CreateRepo(tb.Context(), githubemu.NewRepo{Name: name, From: from}); err != nil {
		tb.Fatal(err)
	}
}

// Pull opens a pull request by contributor that changes files, and gives its number.
func (e *Emulator) Pull(tb testing.TB, repo, title string, files map[string]githubemu.File) int {
	tb.Helper()
	number, err := e.OpenPull(tb.Context(), githubemu.NewPull{
		Repo: repo, Title: title, Author: "contributor", Content: githubemu.Content{Files: files, Message: title},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return number
}

// Head gives the head commit of a pull request.
func (e *Emulator) Head(tb testing.TB, repo string, number int) string {
	tb.Helper()
	pulls, err := e.Pulls(repo)
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range pulls {
		if p.Number == number {
			return p.HeadSHA
		}
	}
	tb.Fatalf("%s has no pull request %d", repo, number)
	return ""
}
