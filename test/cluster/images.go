// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/prcheck/prcheck/images/build"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// imageAnnotation names the image in an archive's index.
const imageAnnotation = "io.containerd.image.name"

// pauseImage makes the image of every pod's sandbox.
func pauseImage(ctx context.Context) (build.Image, error) {
	if err := binary.Build(ctx, io.Discard, "pause"); err != nil {
		return build.Image{}, err
	}
	program, err := binary.Path("pause")
	if err != nil {
		return build.Image{}, err
	}
	cache, err := binary.CacheDir()
	if err != nil {
		return build.Image{}, err
	}
	return build.Build(build.Spec{
		Name:   "prcheck/pause",
		Files:  []build.File{{Target: "/pause", Source: program, Mode: 0o755}},
		Config: build.Config{User: "65535:65535", Entrypoint: []string{"/pause"}},
	}, filepath.Join(cache, "images"))
}

// Load brings image archives (OCI layouts as images/build writes them) into every node, under their tag and under
// NAME@DIGEST, so that pods can name them by digest with the pull policy IfNotPresent. What a node has is skipped.
func (c *Cluster) Load(ctx context.Context, files ...string) error {
	for _, file := range files {
		name, digest, err := readArchive(file)
		if err != nil {
			return fmt.Errorf("loading the image archive %s: %w", file, err)
		}
		group, ctx := errgroup.WithContext(ctx)
		for _, node := range c.Nodes {
			group.Go(func() error { return c.loadInto(ctx, node, file, name, digest) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		c.say("loaded %s", name)
	}
	return nil
}

// loadPause waits for each node's containerd first: nothing else can run before.
func (c *Cluster) loadPause(ctx context.Context, pause build.Image) error {
	for _, node := range c.Nodes {
		var last error
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, last = c.ctr(ctx, node, nil, "version")
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("waiting for containerd on %s: %w", node, errors.Join(last, err))
		}
	}
	return c.Load(ctx, pause.File)
}

func (c *Cluster) loadInto(ctx context.Context, node, file, name, digest string) (err error) {
	byDigest := name[:strings.LastIndex(name, ":")] + "@" + digest
	known, err := c.ctr(ctx, node, nil, "images", "ls", "--quiet")
	if err != nil {
		return fmt.Errorf("listing the images of %s: %w", node, err)
	}
	names := strings.Fields(string(known))
	has := map[string]bool{}
	for _, n := range names {
		has[n] = true
	}
	if has[name] && has[byDigest] {
		return nil
	}
	archive, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("loading an image: %w", err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	if _, err := c.ctr(ctx, node, archive, "images", "import", "-"); err != nil {
		return fmt.Errorf("loading %s into %s: %w", name, node, err)
	}
	if _, err := c.ctr(ctx, node, nil, "images", "tag", "--force", name, byDigest); err != nil {
		return fmt.Errorf("naming %s by its digest on %s: %w", name, node, err)
	}
	return nil
}

// ctr runs containerd's own client in the mounts of a node's machine, where its socket is.
func (c *Cluster) ctr(ctx context.Context, node string, stdin io.Reader, args ...string) ([]byte, error) {
	pid, err := c.pid(node)
	if err != nil {
		return nil, err
	}
	line := append([]string{"--target", strconv.Itoa(pid), "--mount", "--", "ctr", "--namespace", "k8s.io"}, args...)
	cmd := exec.CommandContext(ctx, "nsenter", line...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.Bytes(), nil
}

// readArchive finds the image's name and its manifest's digest in an archive's index.
func readArchive(file string) (name, digest string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	archive := tar.NewReader(f)
	for {
		header, err := archive.Next()
		if err != nil {
			return "", "", fmt.Errorf("searching index.json (is this an OCI image layout?): %w", err)
		}
		if header.Name != "index.json" {
			continue
		}
		var index struct {
			Manifests []struct {
				Digest      string            `json:"digest"`
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if err := json.NewDecoder(archive).Decode(&index); err != nil {
			return "", "", fmt.Errorf("reading index.json: %w", err)
		}
		if len(index.Manifests) != 1 || !strings.Contains(index.Manifests[0].Annotations[imageAnnotation], ":") {
			return "", "", fmt.Errorf("index.json does not name one image by the annotation %s", imageAnnotation)
		}
		return index.Manifests[0].Annotations[imageAnnotation], index.Manifests[0].Digest, nil
	}
}
