// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package artifact packs folders that baseline runs make, and unpacks them: a tar stream compressed with zstd, of regular files
// only. Although none but trusted runs write artifacts, unpacking trusts none of them: names lead nowhere but into the folder,
// nothing is a link, and sizes and numbers are limited.
package artifact

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// ErrInvalid is wrapped by every error that the artifact itself is to blame for.
var ErrInvalid = errors.New("the artifact is not acceptable")

// ErrTooLarge is wrapped where a limit is exceeded; it is an ErrInvalid, too.
var ErrTooLarge = fmt.Errorf("%w: it is too large", ErrInvalid)

// Limits bound what an artifact unpacks to.
type Limits struct {
	Bytes int64 // of all files together
	Files int
}

// DefaultLimits are far above the largest kits: 32,000 ebuilds and their master make 70,000 files of 150 MiB.
var DefaultLimits = Limits{Bytes: 4 << 30, Files: 1 << 20}

const (
	// window bounds the memory that unpacking takes.
	window = 8 << 20
	// Bounds of a name in an artifact.
	maxName  = 1024
	maxDepth = 32
)

// Pack writes the regular files of fsys, in the order of their names. The same files give the same bytes. Anything but folders and
// regular files is an error, as is a file that changes its size while it is read.
func Pack(w io.Writer, fsys fs.FS) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window/2))
	if err != nil {
		return fmt.Errorf("packing an artifact: %w", err)
	}
	buffered := bufio.NewWriterSize(z, 1<<16)
	t := tar.NewWriter(buffered)
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is neither folder nor regular file", name)
		}
		return packFile(t, fsys, name)
	})
	if err := errors.Join(err, t.Close(), buffered.Flush(), z.Close()); err != nil {
		return fmt.Errorf("packing an artifact: %w", err)
	}
	return nil
}

func packFile(t *tar.Writer, fsys fs.FS, name string) error {
	if err := acceptableName(name); err != nil {
		return err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: info.Size(), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.CopyN(t, f, info.Size())
	return err
}

// Unpack writes an artifact's files into root, which should be empty: a file that exists is an error. What was written before an
// error stays there.
func Unpack(r io.Reader, root *os.Root, limits Limits) error {
	folder := "."
	return read(r, limits, func(h *tar.Header, content io.Reader) error {
		if dir := path.Dir(h.Name); dir != folder {
			if err := root.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("unpacking an artifact: %w", err)
			}
			folder = dir
		}
		f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w: %.200s is in it twice", ErrInvalid, h.Name)
		}
		if err != nil {
			return fmt.Errorf("unpacking an artifact: %w", err)
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	})
}

// Inspect reads an artifact as Unpack does, and writes nothing.
func Inspect(r io.Reader, limits Limits) error {
	return read(r, limits, func(_ *tar.Header, content io.Reader) error {
		_, err := io.Copy(io.Discard, content)
		return err
	})
}

// read goes through an artifact's files. A tar stream needs at most a few headers a file on top of the contents; whatever is longer
// is not ours.
func read(r io.Reader, limits Limits, take func(h *tar.Header, content io.Reader) error) error {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return fmt.Errorf("unpacking an artifact: %w", err)
	}
	defer z.Close()
	stream := &blame{r: z}
	t := tar.NewReader(io.LimitReader(bufio.NewReaderSize(stream, 1<<16), limits.Bytes+int64(limits.Files)*4<<10+1<<20))
	left := limits
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return stream.rest()
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err := acceptable(h, left); err != nil {
			return err
		}
		if err := take(h, t); err != nil {
			if stream.err != nil {
				err = fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			return err
		}
		left.Bytes -= h.Size
		left.Files--
	}
}

// blame remembers that it was reading that failed, not writing.
type blame struct {
	r   io.Reader
	err error
}

func (b *blame) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// rest reads what follows the end of the tar stream, so that a damaged or cut off stream is noticed: there is nothing but padding.
func (b *blame) rest() error {
	n, err := io.Copy(io.Discard, io.LimitReader(b, 1<<20))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if n == 1<<20 {
		return fmt.Errorf("%w: something follows its end", ErrInvalid)
	}
	return nil
}

func acceptable(h *tar.Header, left Limits) error {
	switch {
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%w: %.200q is no regular file", ErrInvalid, h.Name)
	case h.Size < 0 || h.Size > left.Bytes:
		return fmt.Errorf("%w: %.200q has %d bytes where %d are left", ErrTooLarge, h.Name, h.Size, left.Bytes)
	case left.Files <= 0:
		return fmt.Errorf("%w: it has too many files", ErrTooLarge)
	}
	if err := acceptableName(h.Name); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func acceptableName(name string) error {
	if !fs.ValidPath(name) || name == "." || len(name) > maxName || strings.ContainsAny(name, "\\\x00\n\r") || strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("%.200q cannot be the name of a file in an artifact", name)
	}
	return nil
}
