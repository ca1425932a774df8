// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	containers "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/prcheck/prcheck/internal/engine"
)

// imageToolchain unpacks an image, once for each digest, and uses it as a root file system. ref is an OCI layout's folder, an
// archive as docker save writes it, or a name that podman, docker or buildah knows.
func (s *session) imageToolchain(ctx context.Context, ref string) (engine.Toolchain, error) {
	fail := func(err error) (engine.Toolchain, error) {
		return engine.Toolchain{}, fmt.Errorf("--toolchain image:%s: %w", ref, err)
	}
	image, done, err := openImage(ctx, ref)
	if err != nil {
		return fail(err)
	}
	defer done()
	digest, err := image.Digest()
	if err != nil {
		return fail(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return fail(err)
	}
	dir := filepath.Join(cache, "prcheck", "images", digest.Hex)
	if _, err := os.Stat(dir); err != nil {
		s.progress.step("toolchain", "unpack "+ref)
		if err := unpackImage(image, dir); err != nil {
			return fail(err)
		}
	}
	t, err := engine.RootToolchain(dir, digest.String())
	if err != nil {
		return fail(err)
	}
	return t, nil
}

// openImage finds an image. done removes what was written for it.
func openImage(ctx context.Context, ref string) (image containers.Image, done func(), err error) {
	nothing := func() {}
	info, err := os.Stat(ref)
	switch {
	case err == nil && info.IsDir():
		image, err = fromLayout(ref)
		return image, nothing, err
	case err == nil:
		return fromArchive(ref)
	}
	return fromEngine(ctx, ref)
}

// fromLayout opens the only image of an OCI layout.
func fromLayout(dir string) (containers.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder is no OCI layout: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 || !manifest.Manifests[0].MediaType.IsImage() {
		return nil, fmt.Errorf("the OCI layout must hold exactly one image; it holds %d entries", len(manifest.Manifests))
	}
	return index.Image(manifest.Manifests[0].Digest)
}

// savers are the programs that can write an image by name to an archive, with the arguments before the name.
var savers = []struct {
	program string
	args    func(file, ref string) []string
}{
	{"podman", func(file, ref string) []string {
		return []string{"image", "save", "--format", "docker-archive", "--output", file, ref}
	}},
	{"docker", func(file, ref string) []string { return []string{"image", "save", "--output", file, ref} }},
	{"buildah", func(file, ref string) []string { return []string{"push", ref, "docker-archive:" + file} }},
}

// fromEngine asks the first container engine that knows the image for an archive of it.
func fromEngine(ctx context.Context, ref string) (containers.Image, func(), error) {
	if strings.HasPrefix(ref, "-") {
		return nil, nil, errors.New("that is no image")
	}
	dir, err := os.MkdirTemp("", "prcheck-image-")
	if err != nil {
		return nil, nil, err
	}
	done := func() { _ = os.RemoveAll(dir) } // nothing is lost but space
	file, problems := filepath.Join(dir, "image.tar"), []string{}
	for _, s := range savers {
		if _, err := exec.LookPath(s.program); err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, s.program, s.args(file, ref)...).CombinedOutput()
		if err == nil {
			image, err := tarball.ImageFromPath(file, nil)
			return image, done, err
		}
		problems = append(problems, s.program+": "+strings.TrimSpace(string(out)))
	}
	done()
	if len(problems) == 0 {
		return nil, nil, errors.New("there is no such file or folder, and none of podman, docker and buildah is installed to ask for it; save the image to an archive, or use rootfs:DIR")
	}
	return nil, nil, fmt.Errorf("pull it first; %s", strings.Join(problems, "; "))
}

// unpackImage writes an image's file system to dir, which appears only when it is complete.
func unpackImage(image containers.Image, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // it is gone where all went well
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(work)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	flat := mutate.Extract(image)
	defer flat.Close() //nolint:errcheck // only read
	archive := tar.NewReader(flat)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unpacking the image: %w", err)
		}
		if err := unpackEntry(root, h, archive); err != nil {
			return fmt.Errorf("unpacking %s: %w", h.Name, err)
		}
	}
	err = os.Rename(work, dir)
	if _, there := os.Stat(dir); there == nil {
		return nil // another prcheck was faster
	}
	return err
}

// unpackEntry writes one file. Owners and devices are left out: nobody needs them to read a toolchain.
func unpackEntry(root *os.Root, h *tar.Header, content io.Reader) error {
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	if name == "" {
		return nil
	}
	if h.Typeflag != tar.TypeDir {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.RemoveAll(name); err != nil {
			return err
		}
	}
	mode := fs.FileMode(h.Mode).Perm() //nolint:gosec // permission bits
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, mode|0o700)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(strings.TrimPrefix(path.Clean("/"+h.Linkname), "/"), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode|0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	}
	return nil
}
