// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package driver

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"testing"
)

func TestArchiveHoldsEveryModule(t *testing.T) {
	opened, err := zip.NewReader(bytes.NewReader(Archive()), int64(len(Archive())))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := fs.Glob(files, "prcheck_driver/*.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(modules, "__main__.py") {
		if _, err := fs.ReadFile(opened, want); err != nil {
			t.Errorf("the archive lacks %s: %v", want, err)
		}
	}
	if got := len(opened.File); got != len(modules)+1 {
		t.Errorf("the archive has %d files, want %d", got, len(modules)+1)
	}
}

func TestArchiveIsTheSameEachTime(t *testing.T) {
	again, err := pack(files)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, Archive()) {
		t.Error("two packings of the same files differ")
	}
	if len(Digest()) != 64 {
		t.Errorf("digest %q is no SHA-256", Digest())
	}
}
