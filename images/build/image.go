// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package build makes container images without a registry, a container engine or root: a base root file system (or
// nothing) as one layer, own files as a second, and a configuration, written as an OCI image layout in a tar archive.
// Such an archive keeps the manifest as it is, so an image can be named by its digest before any registry has seen it.
//
// The same input gives the same bytes: entries are sorted and own files carry a fixed time. A base keeps its times,
// since Python believes its compiled files only as long as the sources' times stay; Spec.Clamp cuts them off at a given
// second, as SOURCE_DATE_EPOCH does. Layers are not compressed: they are read on the same computer, by containerd.
//
// Layers and archives stay in the cache under their content's name; an unchanged image costs the look at its files.
package build

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const (
	mediaIndex    = "application/vnd.oci.image.index.v1+json"
	mediaManifest = "application/vnd.oci.image.manifest.v1+json"
	mediaConfig   = "application/vnd.oci.image.config.v1+json"
	mediaLayer    = "application/vnd.oci.image.layer.v1.tar"
	// registry is what container engines put before a name that has no host name of its own.
	registry = "docker.io/"
	// tagDigits is how many digits of the digest make the tag.
	tagDigits = 12
)

// Spec says what an image is made of.
type Spec struct {
	// Name is like prcheck/manager, without tag.
	Name string
	// Base is a folder with a root file system; empty for none.
	Base string
	// Clamp, where not 0, is the newest time (Unix seconds) that an entry of the base keeps.
	Clamp int64
	// Files go into a layer above the base.
	Files []File
	// Config is what a container is started with.
	Config Config
}

// Config is the part of an OCI configuration that containers are started with.
type Config struct {
	User       string            `json:"User,omitempty"`
	Env        []string          `json:"Env,omitempty"`
	Entrypoint []string          `json:"Entrypoint,omitempty"`
	Cmd        []string          `json:"Cmd,omitempty"`
	WorkingDir string            `json:"WorkingDir,omitempty"`
	Labels     map[string]string `json:"Labels,omitempty"`
}

// Image is a finished one; dist/images.json is a list of them.
type Image struct {
	// Name is the Spec's.
	Name string `json:"name"`
	// Tag is made from the digest: it never names other content.
	Tag string `json:"tag"`
	// Digest is the manifest's, with its algorithm: sha256:….
	Digest string `json:"digest"`
	// File is the archive.
	File string `json:"file"`
}

// ByTag is how a pod names the image by tag, in full.
func (i Image) ByTag() string { return registry + i.Name + ":" + i.Tag }

// ByDigest is how a pod names the image by digest, in full.
func (i Image) ByDigest() string { return registry + i.Name + "@" + i.Digest }

// descriptor points to a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type imageConfig struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       Config `json:"config"`
	RootFS       rootFS `json:"rootfs"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

// Build makes the image, with layers and archive in cache.
func Build(spec Spec, cache string) (Image, error) {
	image, err := build(spec, cache)
	if err != nil {
		return Image{}, fmt.Errorf("building the image %s: %w", spec.Name, err)
	}
	return image, nil
}

func build(spec Spec, cache string) (Image, error) {
	layers, err := makeLayers(spec, cache)
	if err != nil {
		return Image{}, err
	}
	config := imageConfig{Architecture: runtime.GOARCH, OS: "linux", Config: spec.Config, RootFS: rootFS{Type: "layers"}}
	m := manifest{SchemaVersion: 2, MediaType: mediaManifest}
	blobs := map[string]string{} // file of each layer by its digest
	for _, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, l.digest) // not compressed: both names are one
		m.Layers = append(m.Layers, descriptor{MediaType: mediaLayer, Digest: l.digest, Size: l.size})
		blobs[l.digest] = l.file
	}
	configBytes, err := json.Marshal(config)
	if err != nil {
		return Image{}, err
	}
	m.Config = describe(mediaConfig, configBytes)
	manifestBytes, err := json.Marshal(m)
	if err != nil {
		return Image{}, err
	}
	target := describe(mediaManifest, manifestBytes)
	hexDigest := target.Digest[len("sha256:"):]
	image := Image{
		Name: spec.Name, Tag: hexDigest[:tagDigits], Digest: target.Digest,
		File: filepath.Join(cache, "archives", filepath.Base(spec.Name)+"-"+hexDigest[:tagDigits]+".tar"),
	}
	if _, err := os.Stat(image.File); err == nil {
		return image, nil
	}
	target.Annotations = map[string]string{
		"io.containerd.image.name":          image.ByTag(),
		"org.opencontainers.image.ref.name": image.Tag,
	}
	indexBytes, err := json.Marshal(index{SchemaVersion: 2, MediaType: mediaIndex, Manifests: []descriptor{target}})
	if err != nil {
		return Image{}, err
	}
	return image, writeFile(image.File, func(w io.Writer) error {
		return writeArchive(w, indexBytes, [][]byte{configBytes, manifestBytes}, m.Layers, blobs)
	})
}

func describe(mediaType string, content []byte) descriptor {
	sum := sha256.Sum256(content)
	return descriptor{MediaType: mediaType, Digest: "sha256:" + hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

func writeArchive(w io.Writer, indexBytes []byte, small [][]byte, layers []descriptor, files map[string]string) error {
	archive := tar.NewWriter(w)
	add := func(name string, size int64, content io.Reader) error {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.Copy(archive, content)
		return err
	}
	layout := []byte(`{"imageLayoutVersion":"1.0.0"}`)
	if err := add("oci-layout", int64(len(layout)), bytes.NewReader(layout)); err != nil {
		return err
	}
	for _, content := range small {
		name := "blobs/sha256/" + describe("", content).Digest[len("sha256:"):]
		if err := add(name, int64(len(content)), bytes.NewReader(content)); err != nil {
			return err
		}
	}
	for _, layer := range layers {
		if err := addFile(add, layer, files[layer.Digest]); err != nil {
			return err
		}
	}
	if err := add("index.json", int64(len(indexBytes)), bytes.NewReader(indexBytes)); err != nil {
		return err
	}
	return archive.Close()
}

func addFile(add func(string, int64, io.Reader) error, layer descriptor, path string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return add("blobs/sha256/"+layer.Digest[len("sha256:"):], layer.Size, file)
}

// writeFile writes under a temporary name: a file under the final name is always whole.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".partial-*")
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), path)
}
