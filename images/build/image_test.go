// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package build

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rootFileSystem makes a small base with one of everything that a Debian one has, all with the same time.
func rootFileSystem(t *testing.T, content string) string {
	t.Helper()
	root := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(root, "usr/bin"), 0o755))
	must(os.WriteFile(filepath.Join(root, "usr/bin/tool"), []byte(content), 0o600))
	must(os.Chmod(filepath.Join(root, "usr/bin/tool"), 0o755|os.ModeSetuid))
	must(os.Chmod(filepath.Join(root, "usr"), 0o755|os.ModeSetgid))
	must(os.Link(filepath.Join(root, "usr/bin/tool"), filepath.Join(root, "usr/bin/twin")))
	must(os.Symlink("usr/bin", filepath.Join(root, "bin")))
	at := time.Unix(1_700_000_000, 0)
	for _, name := range []string{"usr/bin/tool", "usr/bin", "usr"} {
		must(os.Chtimes(filepath.Join(root, name), at, at))
	}
	return root
}

// files reads all files of a tar archive.
func files(t *testing.T, archive []byte) (map[string][]byte, []*tar.Header) {
	t.Helper()
	content := map[string][]byte{}
	var headers []*tar.Header
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return content, headers
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		content[header.Name] = data
		headers = append(headers, header)
	}
}

func mustBuild(t *testing.T, spec Spec) (Image, []byte) {
	t.Helper()
	image, err := Build(spec, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(image.File)
	if err != nil {
		t.Fatal(err)
	}
	return image, archive
}

func TestArchiveIsAnImageLayout(t *testing.T) {
	root := rootFileSystem(t, "tool")
	own := filepath.Join(t.TempDir(), "own")
	if err := os.WriteFile(own, []byte("own"), 0o600); err != nil {
		t.Fatal(err)
	}
	image, archive := mustBuild(t, Spec{
		Name: "prcheck/test", Base: root, Files: []File{{Target: "/own", Source: own, Mode: 0o755, UID: 7, GID: 8}},
		Config: Config{User: "1:2", Entrypoint: []string{"/own"}},
	})
	content, _ := files(t, archive)
	for name, data := range content {
		if digest, ok := strings.CutPrefix(name, "blobs/sha256/"); ok && describe("", data).Digest != "sha256:"+digest {
			t.Errorf("the blob %s has another digest than its name", name)
		}
	}
	var i index
	decode(t, content["index.json"], &i)
	if len(i.Manifests) != 1 || i.Manifests[0].Digest != image.Digest {
		t.Fatalf("index.json names %+v, want %s", i.Manifests, image.Digest)
	}
	if got, want := i.Manifests[0].Annotations["io.containerd.image.name"], image.ByTag(); got != want {
		t.Errorf("the image's name is %q, want %q", got, want)
	}
	var m manifest
	decode(t, blob(t, content, i.Manifests[0]), &m)
	var c imageConfig
	decode(t, blob(t, content, m.Config), &c)
	if len(m.Layers) != 2 || !cmp.Equal(c.RootFS.DiffIDs, []string{m.Layers[0].Digest, m.Layers[1].Digest}) {
		t.Errorf("layers %+v do not fit diff_ids %v", m.Layers, c.RootFS.DiffIDs)
	}
	if c.Config.User != "1:2" || c.OS != "linux" {
		t.Errorf("the configuration is %+v", c)
	}
	_, base := files(t, blob(t, content, m.Layers[0]))
	checkBase(t, base)
	_, top := files(t, blob(t, content, m.Layers[1]))
	if h := top[0]; h.Name != "own" || h.Uid != 7 || h.Gid != 8 || h.Mode != 0o755 || h.ModTime.Unix() != 0 {
		t.Errorf("the own file is %+v", h)
	}
}

func checkBase(t *testing.T, headers []*tar.Header) {
	t.Helper()
	type line struct {
		Name, Link string
		Type       byte
		Mode       int64
	}
	var got []line
	for _, h := range headers {
		mode := h.Mode
		if h.Typeflag == tar.TypeSymlink {
			mode = 0 // a link has none
		}
		got = append(got, line{h.Name, h.Linkname, h.Typeflag, mode})
	}
	want := []line{
		{"bin", "usr/bin", tar.TypeSymlink, 0},
		{"usr/", "", tar.TypeDir, 0o2755},
		{"usr/bin/", "", tar.TypeDir, 0o755},
		{"usr/bin/tool", "", tar.TypeReg, 0o4755},
		{"usr/bin/twin", "usr/bin/tool", tar.TypeLink, 0o4755},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the base layer (-want +got):\n%s", diff)
	}
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func blob(t *testing.T, content map[string][]byte, d descriptor) []byte {
	t.Helper()
	data, ok := content["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
	if !ok || int64(len(data)) != d.Size {
		t.Fatalf("the archive lacks %+v, or it has another size (%d)", d, len(data))
	}
	return data
}

func TestDigestFollowsTheContentOnly(t *testing.T) {
	clamp := int64(1_600_000_000)
	spec := func(content string) Spec {
		return Spec{Name: "prcheck/test", Base: rootFileSystem(t, content), Clamp: clamp}
	}
	one, oneArchive := mustBuild(t, spec("one"))
	again, againArchive := mustBuild(t, spec("one")) // another folder, another cache
	other, _ := mustBuild(t, spec("two"))
	if one.Digest != again.Digest || !bytes.Equal(oneArchive, againArchive) {
		t.Errorf("the same content gives %s and %s", one.Digest, again.Digest)
	}
	if one.Digest == other.Digest {
		t.Error("other content gives the same digest")
	}
}

func TestCacheNoticesAChange(t *testing.T) {
	root, cache := rootFileSystem(t, "one"), t.TempDir()
	before, err := Build(Spec{Name: "prcheck/test", Base: root}, cache)
	if err != nil {
		t.Fatal(err)
	}
	same, err := Build(Spec{Name: "prcheck/test", Base: root}, cache)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "usr/bin/tool"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := Build(Spec{Name: "prcheck/test", Base: root}, cache)
	if err != nil {
		t.Fatal(err)
	}
	if same != before || after.Digest == before.Digest {
		t.Errorf("the digests are %s, unchanged %s, changed %s", before.Digest, same.Digest, after.Digest)
	}
}
