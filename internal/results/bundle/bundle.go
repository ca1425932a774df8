// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package bundle packs what a run's pod hands over, and unpacks it where nobody trusts the sender: a tar stream compressed
// with zstd that holds regular files of known names only, each at most once, within limits of size.
package bundle

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Names are the files that a bundle may hold, in the order in which they are packed.
var Names = []string{
	"outcome/fetch.json", "outcome/prepare.json", "outcome/scan.json",
	"log/fetch", "log/prepare", "log/scan",
	"scan/base.jsonl", "scan/head.jsonl", "scan/base-again.jsonl", "scan/head-again.jsonl",
	"scan/commits.jsonl", "scan/tables.json",
}

// ErrInvalid is wrapped by every error that the sender is to blame for.
var ErrInvalid = errors.New("the bundle is not acceptable")

// ErrTooLarge is wrapped where a limit is exceeded; it is an ErrInvalid, too.
var ErrTooLarge = fmt.Errorf("%w: it is too large", ErrInvalid)

// window bounds the memory that unpacking takes.
const window = 32 << 20

// Unpack writes a bundle's files into root and returns a digest of their names and contents, which does not depend on how
// they were packed. maxBytes bounds the sum of all files. Folders are made; files that exist are an error.
func Unpack(r io.Reader, root *os.Root, maxBytes int64) (digest string, err error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return "", fmt.Errorf("unpacking a bundle: %w", err)
	}
	defer z.Close()
	sums := map[string]string{}
	// A tar stream needs at most a few headers a file on top of the contents; whatever is longer is not ours.
	t := tar.NewReader(io.LimitReader(z, maxBytes+int64(len(Names))*8<<10))
	left := maxBytes
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return digestOf(sums), nil
		}
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err := acceptable(h, sums, left); err != nil {
			return "", err
		}
		if sums[h.Name], err = write(root, h.Name, t, h.Size); err != nil {
			return "", err
		}
		left -= h.Size
	}
}

func acceptable(h *tar.Header, seen map[string]string, left int64) error {
	switch {
	case !slices.Contains(Names, h.Name):
		return fmt.Errorf("%w: it has a file %.100q", ErrInvalid, h.Name)
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%w: %s is no regular file", ErrInvalid, h.Name)
	case seen[h.Name] != "":
		return fmt.Errorf("%w: %s is in it twice", ErrInvalid, h.Name)
	case h.Size > left:
		return fmt.Errorf("%w: %s exceeds what is left by %d bytes", ErrTooLarge, h.Name, h.Size-left)
	}
	return nil
}

func write(root *os.Root, name string, r io.Reader, size int64) (sum string, err error) {
	if err := root.Mkdir(path.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("unpacking a bundle: %w", err)
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("unpacking a bundle: %w", err)
	}
	h := sha256.New()
	// Nothing of this needs to outlive a crash: the caller stores what it keeps.
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(r, size))
	if cerr := f.Close(); cerr != nil {
		return "", fmt.Errorf("unpacking a bundle: %w", cerr)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrInvalid, name, err)
	}
	if n != size {
		return "", fmt.Errorf("%w: %s ends early", ErrInvalid, name)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func digestOf(sums map[string]string) string {
	h := sha256.New()
	for _, name := range Names {
		if sum, ok := sums[name]; ok {
			fmt.Fprintf(h, "%s %s\n", name, sum)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Pack writes those files of fsys that belong into a bundle. The same files give the same bytes. Anything but a regular file
// under one of the names is an error, as is a file that changes its size while it is read.
func Pack(w io.Writer, fsys fs.FS) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window/4))
	if err != nil {
		return fmt.Errorf("packing a bundle: %w", err)
	}
	t := tar.NewWriter(z)
	for _, name := range Names {
		if err := pack(t, fsys, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("packing %s: %w", name, err), z.Close())
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return fmt.Errorf("packing a bundle: %w", err)
	}
	return nil
}

func pack(t *tar.Writer, fsys fs.FS, name string) error {
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
		return fmt.Errorf("it is no regular file but %s", strings.TrimSpace(info.Mode().Type().String()))
	}
	h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: info.Size(), Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.CopyN(t, f, info.Size())
	return err
}
