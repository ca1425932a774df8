// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/profile"
)

// snapshot is the profile of the run: a file's, or the built-in one, which has no time limits, for here somebody watches.
func (o options) snapshot() (plan.Snapshot, error) {
	var file prcheckv1.CheckProfile
	if o.profile == "" {
		file.Name = "default"
	} else if err := readProfile(o.profile, &file); err != nil {
		return plan.Snapshot{}, err
	}
	snapshot, err := profile.Snapshot(&file)
	if err != nil {
		return plan.Snapshot{}, fmt.Errorf("--profile %s: %w", o.profile, err)
	}
	if o.profile == "" {
		snapshot.Timeouts = plan.Timeouts{}
	}
	switch o.commits {
	case "auto":
		snapshot.CommitChecks = plan.CommitsAuto
	case "on":
		snapshot.CommitChecks = plan.CommitsOn
	case "off":
		snapshot.CommitChecks = plan.CommitsOff
	}
	if o.jobs > 0 {
		snapshot.Jobs = o.jobs
	}
	snapshot.MemoryBytes = 0 // no container bounds it here
	return snapshot, nil
}

func readProfile(path string, into *prcheckv1.CheckProfile) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		// The decoder's own words, without where it stood in our code.
		text := err.Error()
		text = strings.TrimPrefix(strings.TrimPrefix(text, "error unmarshaling JSON: "), "while decoding JSON: ")
		return fmt.Errorf("--profile %s: %s", path, text)
	}
	want := prcheckv1.GroupVersion.String()
	if into.APIVersion != want || into.Kind != "CheckProfile" {
		return fmt.Errorf("--profile %s: it holds apiVersion %q, kind %q; it must be one object of apiVersion %s, kind CheckProfile", path, into.APIVersion, into.Kind, want)
	}
	return nil
}

// findToolchain finds the pkgcheck that --toolchain names.
func (s *session) findToolchain(ctx context.Context) (engine.Toolchain, error) {
	kind, where, _ := strings.Cut(s.options.toolchain, ":")
	switch {
	case s.options.toolchain == "local":
		return engine.LocalToolchain(ctx)
	case kind == "rootfs" && where != "":
		return engine.RootToolchain(where, "rootfs")
	case kind == "image" && where != "":
		return s.imageToolchain(ctx, where)
	}
	return engine.Toolchain{}, fmt.Errorf("--toolchain %s: use local, rootfs:DIR or image:REF", s.options.toolchain)
}
