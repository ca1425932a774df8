// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd builds prcheck's container images and writes a list of them:
//
//	go run ./images/cmd [-o dist/images.json] [NAME…]    # all of manager, server, runner, pause, pkgcheck
//
// Archives are in the cache; the list names them, with tag and digest. Run it in the repository's root.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/images/build"
	"github.com/prcheck/prcheck/test/kube/binary"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	list := flag.String("o", "dist/images.json", "write the list of images here")
	flag.Parse()
	root, err := binary.Root()
	if err != nil {
		return err
	}
	cache, err := binary.CacheDir()
	if err != nil {
		return err
	}
	b := builder{root: root, cache: cache, out: os.Stderr}
	names := flag.Args()
	if len(names) == 0 {
		names = imageNames()
	}
	images := make([]build.Image, 0, len(names))
	for _, name := range names {
		image, err := b.image(ctx, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "image %s:%s@%s\n", image.Name, image.Tag, image.Digest)
		images = append(images, image)
	}
	return writeList(*list, images)
}

func writeList(path string, images []build.Image) error {
	content, err := json.MarshalIndent(images, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// recipe says what an image is made of.
type recipe struct {
	name string
	// pkg is the program's package; it becomes /NAME and the entry point.
	pkg string
	// base is the script that prints the directory of the root file system, below the repository's root.
	base string
	// files are more files to take from this computer.
	files []build.File
	// user runs it; the toolchain's pods say their own.
	user string
}

const nonroot = "65532:65532"

func recipes() []recipe {
	certificates := []build.File{
		{Target: "/etc", Mode: 0o755},
		{Target: "/etc/ssl", Mode: 0o755},
		{Target: "/etc/ssl/certs", Mode: 0o755},
		{Target: "/etc/ssl/certs/ca-certificates.crt", Source: "/etc/ssl/certs/ca-certificates.crt", Mode: 0o644},
		{Target: "/tmp", Mode: 0o1777},
	}
	return []recipe{
		{name: "manager", pkg: "./cmd/manager", files: certificates, user: nonroot},
		{name: "server", pkg: "./cmd/server", base: "images/git/build.sh", user: nonroot},
		{name: "runner", pkg: "./cmd/runner", base: "images/git/build.sh", user: nonroot},
		{name: "pause", pkg: "./images/pause", user: "65535:65535"},
		{name: "pkgcheck", base: "images/pkgcheck/build.sh", user: nonroot},
	}
}

func imageNames() []string {
	var names []string
	for _, r := range recipes() {
		names = append(names, r.name)
	}
	return names
}

type builder struct {
	root, cache string
	out         io.Writer
}

func (b builder) image(ctx context.Context, name string) (build.Image, error) {
	all := recipes()
	i := slices.IndexFunc(all, func(r recipe) bool { return r.name == name })
	if i < 0 {
		return build.Image{}, fmt.Errorf("no image is named %q; there are %s", name, strings.Join(imageNames(), ", "))
	}
	r := all[i]
	spec := build.Spec{Name: "prcheck/" + r.name, Files: r.files, Config: build.Config{User: r.user}}
	spec.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if r.base != "" {
		dir, err := b.baseDir(ctx, r.base)
		if err != nil {
			return build.Image{}, err
		}
		spec.Base = dir
	}
	if r.pkg != "" {
		program, err := b.compile(ctx, r)
		if err != nil {
			return build.Image{}, err
		}
		spec.Files = append(spec.Files, build.File{Target: "/" + r.name, Source: program, Mode: 0o755})
		spec.Config.Entrypoint = []string{"/" + r.name}
	}
	return build.Build(spec, filepath.Join(b.cache, "images"))
}

// compile links a static program; Go's own cache makes the repetition cheap, and an unchanged program is not written
// again, so that its layer is found by its time.
func (b builder) compile(ctx context.Context, r recipe) (string, error) {
	program := filepath.Join(b.root, "dist", "bin", r.name)
	fresh := program + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", fresh, r.pkg)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", r.pkg, err, output)
	}
	same, err := equal(program, fresh)
	if err != nil {
		return "", err
	}
	if same {
		return program, os.Remove(fresh)
	}
	return program, os.Rename(fresh, program)
}

func equal(old, fresh string) (bool, error) {
	newContent, err := os.ReadFile(fresh)
	if err != nil {
		return false, err
	}
	oldContent, err := os.ReadFile(old)
	if err != nil {
		return false, nil //nolint:nilerr // Whatever is wrong with the old one, the new one replaces it.
	}
	return bytes.Equal(oldContent, newContent), nil
}

// baseDir runs a script that builds a root file system, or finds it in the cache; the last line says where it is.
func (b builder) baseDir(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.root, script))
	cmd.Dir, cmd.Stderr = b.root, b.out
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s: %w", script, err)
	}
	lines := strings.Fields(string(output))
	if len(lines) == 0 {
		return "", fmt.Errorf("%s printed no directory", script)
	}
	return lines[len(lines)-1], nil
}
