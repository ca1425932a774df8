// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package artifact_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/prcheck/prcheck/internal/results/artifact"
)

func kit() fstest.MapFS {
	return fstest.MapFS{
		"kit.json": {Data: []byte("{}")}, "prepared/md5-cache/a/b-1": {Data: []byte("EAPI=8\n")}, "prepared/md5-cache/a/c-1": {Data: nil},
		"index": {Data: bytes.Repeat([]byte("x"), 100_000)},
	}
}

func packed(t *testing.T, fsys fs.FS) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := artifact.Pack(&b, fsys); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func root(t *testing.T) *os.Root {
	t.Helper()
	r, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func files(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	data := packed(t, kit())
	if !bytes.Equal(data, packed(t, kit())) {
		t.Error("the same files give other bytes")
	}
	into := root(t)
	if err := artifact.Unpack(bytes.NewReader(data), into, artifact.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files(t, kit()), files(t, into.FS())); diff != "" {
		t.Error(diff)
	}
	if err := artifact.Inspect(bytes.NewReader(data), artifact.DefaultLimits); err != nil {
		t.Error(err)
	}
}

func TestOnlyRegularFilesArePacked(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := artifact.Pack(&bytes.Buffer{}, os.DirFS(dir)); err == nil {
		t.Error("a link was packed")
	}
}

// made is a stream of entries that Pack would not write.
func made(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range headers {
		h.Format = tar.FormatPAX
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func regular(name string, size int64) *tar.Header {
	return &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size, Mode: 0o644}
}

func TestHostileArtifactsAreRefused(t *testing.T) {
	many := []*tar.Header{}
	for i := range 11 {
		many = append(many, regular(fmt.Sprint(i), 0))
	}
	good := packed(t, kit())
	for sentence, test := range map[string]struct {
		data    []byte
		tooMuch bool
	}{
		"a name that leads out":           {data: made(t, regular("../evil", 1))},
		"a name that leads out later":     {data: made(t, regular("a/../../evil", 1))},
		"an absolute name":                {data: made(t, regular("/etc/evil", 1))},
		"a folder's name":                 {data: made(t, regular(".", 1))},
		"a name with a line break":        {data: made(t, regular("a\nb", 1))},
		"a name with a backslash":         {data: made(t, regular(`a\b`, 1))},
		"a name that is very long":        {data: made(t, regular(strings.Repeat("a", 2000), 1))},
		"a name that is very deep":        {data: made(t, regular(strings.Repeat("a/", 40)+"b", 1))},
		"a link":                          {data: made(t, &tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})},
		"a hard link":                     {data: made(t, &tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"})},
		"a device":                        {data: made(t, &tar.Header{Name: "a", Typeflag: tar.TypeChar})},
		"a folder":                        {data: made(t, &tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o777})},
		"a file twice":                    {data: made(t, regular("a", 1), regular("a", 1))},
		"a file in the place of a folder": {data: made(t, regular("a", 1), regular("a/b", 1))},
		"too many bytes in one file":      {data: made(t, regular("a", 1<<20+1)), tooMuch: true},
		"too many bytes in all files":     {data: made(t, regular("a", 1<<19), regular("b", 1<<19), regular("c", 1)), tooMuch: true},
		"too many files":                  {data: made(t, many...), tooMuch: true},
		"a stream that is cut off":        {data: good[:len(good)/2]},
		"a stream without its last byte":  {data: good[:len(good)-1]},
		"a flipped bit":                   {data: flipped(good)},
		"no artifact at all":              {data: []byte("hello")},
	} {
		t.Run(sentence, func(t *testing.T) {
			into := root(t)
			err := artifact.Unpack(bytes.NewReader(test.data), into, artifact.Limits{Bytes: 1 << 20, Files: 10})
			if err == nil || errors.Is(err, artifact.ErrTooLarge) != test.tooMuch {
				t.Errorf("got %v", err)
			}
			if sentence != "a file in the place of a folder" && !errors.Is(err, artifact.ErrInvalid) {
				t.Errorf("%v does not blame the artifact", err)
			}
			outside, err := os.ReadDir(filepath.Dir(into.Name()))
			if err != nil || len(outside) != 1 {
				t.Errorf("something was written outside: %v, %v", outside, err)
			}
			for name := range files(t, into.FS()) {
				if info, err := into.Lstat(name); err != nil || !info.Mode().IsRegular() {
					t.Errorf("%s is %v, %v", name, info, err)
				}
			}
		})
	}
}

func flipped(data []byte) []byte {
	data = bytes.Clone(data)
	data[len(data)/2] ^= 0x10
	return data
}

func FuzzUnpack(f *testing.F) {
	var b bytes.Buffer
	if err := artifact.Pack(&b, kit()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		into, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer into.Close() //nolint:errcheck // a test's
		limits := artifact.Limits{Bytes: 1 << 20, Files: 100}
		unpacked := artifact.Unpack(bytes.NewReader(data), into, limits)
		if inspected := artifact.Inspect(bytes.NewReader(data), limits); inspected != nil && unpacked == nil {
			t.Errorf("Inspect refuses what Unpack takes: %v", inspected)
		}
		total := 0
		for _, content := range files(t, into.FS()) {
			total += len(content)
		}
		if total > 1<<20 {
			t.Errorf("%d bytes were written", total)
		}
	})
}
