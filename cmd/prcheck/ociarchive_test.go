// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestArchives(t *testing.T) {
	image, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	folder, oci, docker := filepath.Join(t.TempDir(), "layout"), filepath.Join(t.TempDir(), "oci.tar"), filepath.Join(t.TempDir(), "docker.tar")
	p, err := layout.Write(folder, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	archive(t, folder, oci)
	tag, err := name.NewTag("example.org/toolchain:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(docker, tag, image); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{oci, docker} {
		got, done, err := fromArchive(file)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if id, err := got.ConfigName(); err != nil || id != want {
			t.Errorf("%s: got image %v (%v), want %v", filepath.Base(file), id, err, want)
		}
		done()
	}
}

func TestArchiveThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(file, []byte("no tar"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fromArchive(file); err == nil {
		t.Error("a file that is no archive was opened as an image")
	}
}

func archive(t *testing.T, dir, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
