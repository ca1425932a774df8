// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"

	containers "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// fromArchive opens the only image of an archive: one that docker save writes, or an OCI layout in a tar file, as
// `make images`, podman and buildah write it. done removes what was written for it.
func fromArchive(file string) (image containers.Image, done func(), err error) {
	dir, err := os.MkdirTemp("", "prcheck-image-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = os.RemoveAll(dir) } // nothing is lost but space
	isLayout, err := unpackLayout(file, dir)
	switch {
	case err != nil:
		err = fmt.Errorf("%s cannot be read as an image archive: %w", file, err)
	case isLayout:
		image, err = fromLayout(dir)
	default:
		image, err = tarball.ImageFromPath(file, nil)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return image, done, nil
}

// unpackLayout writes an OCI layout in a tar file to dir. It says no, and stops, at docker save's manifest.
func unpackLayout(file, dir string) (isLayout bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // only read
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	archive := tar.NewReader(f)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return isLayout, nil
		}
		if err != nil {
			return false, err
		}
		if h.Name == "manifest.json" {
			return false, nil
		}
		isLayout = isLayout || h.Name == "oci-layout"
		if err := unpackEntry(root, h, archive); err != nil {
			return false, fmt.Errorf("unpacking %s: %w", h.Name, err)
		}
	}
}
