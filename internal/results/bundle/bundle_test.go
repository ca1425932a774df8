// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
)

func root(tb testing.TB) (*os.Root, string) {
	tb.Helper()
	dir := tb.TempDir()
	r, err := os.OpenRoot(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r, dir
}

// packed makes a bundle of any entries, good or bad.
func packed(tb testing.TB, headers ...tar.Header) []byte {
	tb.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	if err != nil {
		tb.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.CopyN(w, zeroes{}, h.Size); err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPackAndUnpack(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range Names {
		files[name] = &fstest.MapFile{Data: []byte("contents of " + name)}
	}
	files["secret"] = &fstest.MapFile{Data: []byte("not for the bundle")}
	var first, second bytes.Buffer
	if err := errors.Join(Pack(&first, files), Pack(&second, files)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same files give different bundles")
	}
	r, dir := root(t)
	digest, err := Unpack(&first, r, 1<<20)
	if err != nil || len(digest) != 64 {
		t.Fatalf("digest %q, %v", digest, err)
	}
	for _, name := range Names {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "contents of "+name {
			t.Errorf("%s = %q, %v", name, data, err)
		}
	}
	files["log/scan"].Data = []byte("other")
	second.Reset()
	if err := Pack(&second, files); err != nil {
		t.Fatal(err)
	}
	again, _ := root(t)
	if other, err := Unpack(&second, again, 1<<20); err != nil || other == digest {
		t.Errorf("another log has digest %s, %v", other, err)
	}
}

func TestPackTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "log"), 0o700), os.Symlink("/etc/passwd", filepath.Join(dir, "log", "scan"))); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // a test's folder
	if err := Pack(io.Discard, r.FS()); err == nil {
		t.Error("a link out of the folder was packed")
	}
}

func TestUnpackRefuses(t *testing.T) {
	bomb := packed(t, tar.Header{Name: "log/scan", Size: 1 << 30})
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	long := strings.Repeat("x", 200)
	cases := map[string]struct {
		data []byte
		want error
	}{
		"a bomb":                 {bomb, ErrTooLarge},
		"many files that sum up": {packed(t, tar.Header{Name: "log/scan", Size: 600_000}, tar.Header{Name: "log/fetch", Size: 600_000}), ErrTooLarge},
		"a name of its own":      {packed(t, tar.Header{Name: "x", Size: 1}), ErrInvalid},
		"a way out":              {packed(t, tar.Header{Name: "../log/scan", Size: 1}), ErrInvalid},
		"an absolute name":       {packed(t, tar.Header{Name: "/log/scan", Size: 1}), ErrInvalid},
		"a name with a dot":      {packed(t, tar.Header{Name: "./log/scan", Size: 1}), ErrInvalid},
		"a long name":            {packed(t, tar.Header{Name: long, Size: 1}), ErrInvalid},
		"a link":                 {packed(t, tar.Header{Name: "log/scan", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), ErrInvalid},
		"a hard link":            {packed(t, tar.Header{Name: "log/scan", Typeflag: tar.TypeLink, Linkname: "log/fetch"}), ErrInvalid},
		"a folder":               {packed(t, tar.Header{Name: "log/scan", Typeflag: tar.TypeDir}), ErrInvalid},
		"a device":               {packed(t, tar.Header{Name: "log/scan", Typeflag: tar.TypeChar}), ErrInvalid},
		"a file twice":           {packed(t, tar.Header{Name: "log/scan", Size: 1}, tar.Header{Name: "log/scan", Size: 2}), ErrInvalid},
		"no zstd":                {[]byte("hello"), ErrInvalid},
		"a bundle cut short":     {packed(t, tar.Header{Name: "log/scan", Size: 5000})[:20], ErrInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, dir := root(t)
			if _, err := Unpack(bytes.NewReader(c.data), r, 1<<20); !errors.Is(err, c.want) {
				t.Errorf("error = %v, want %v", err, c.want)
			}
			if _, err := os.Lstat(filepath.Join(filepath.Dir(dir), "log")); err == nil {
				t.Error("something was written outside")
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(packed(f, tar.Header{Name: "log/scan", Size: 10}))
	f.Add(packed(f, tar.Header{Name: "log/scan", Typeflag: tar.TypeSymlink, Linkname: "/"}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, dir := root(t)
		if _, err := Unpack(bytes.NewReader(data), r, 1<<16); err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("the sender's fault is told as ours: %v", err)
		}
		var total int64
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err != nil || !info.Mode().IsRegular() {
				t.Errorf("%s is %v, %v", path, d.Type(), err)
				return err
			}
			total += info.Size()
			return nil
		})
		if err != nil || total > 1<<16 {
			t.Errorf("%d bytes, %v", total, err)
		}
	})
}
