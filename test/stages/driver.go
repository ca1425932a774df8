// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
)

// EditDriver returns the driver's archive with its files edited. edit gets each file and returns what it becomes.
func EditDriver(tb testing.TB, edit func(name string, text []byte) []byte) []byte {
	tb.Helper()
	data := driver.Archive()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		w, err := writer.Create(f.Name)
		if err == nil {
			_, err = w.Write(edit(f.Name, text))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// UseDriver puts another driver in the place of the one of a run that was fetched.
func (r *Run) UseDriver(tb testing.TB, archive []byte) {
	tb.Helper()
	if err := os.WriteFile(r.Engine.Layout.Tools(driver.FileName), archive, 0o644); err != nil {
		tb.Fatal(err)
	}
}
