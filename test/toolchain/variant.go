// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package toolchain

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pythonLibraries is the folder of the image's libraries.
const pythonLibraries = "opt/pkgcheck/lib/python3.14/site-packages"

// imageVersion is the pkgcheck of the image.
const imageVersion = "0.10.49"

// Variant returns a copy of the root file system whose pkgcheck says that it is of another version; change may change its sources below
// site, the folder with the installed packages. The test's end removes it.
func Variant(tb testing.TB, version string, change func(site string)) string {
	tb.Helper()
	root := Root(tb)
	// Beside the original, so that all but pkgcheck itself can be hard links, which cost nothing.
	dir, err := os.MkdirTemp(filepath.Dir(root), "variant-") //nolint:usetesting // hard links do not cross file systems
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	copied := filepath.Join(dir, "rootfs")
	run(tb, "cp", "--archive", "--link", root, copied)
	own := filepath.Join(copied, "opt")
	if err := os.RemoveAll(own); err != nil {
		tb.Fatal(err)
	}
	run(tb, "cp", "--archive", filepath.Join(root, "opt"), own)
	site := filepath.Join(copied, pythonLibraries)
	info := filepath.Join(site, "pkgcheck-"+version+".dist-info")
	if err := os.Rename(filepath.Join(site, "pkgcheck-"+imageVersion+".dist-info"), info); err != nil {
		tb.Fatal(err)
	}
	Edit(tb, filepath.Join(info, "METADATA"), "\nVersion: "+imageVersion+"\n", "\nVersion: "+version+"\n")
	Edit(tb, filepath.Join(site, "pkgcheck", "__init__.py"), `"`+imageVersion+`"`, `"`+version+`"`)
	if change != nil {
		change(site)
	}
	return copied
}

// Edit replaces a text in a file of a Variant, which must be there, and drops what Python has compiled of it.
func Edit(tb testing.TB, file, from, to string) {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		tb.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), from, to, 1)), 0o644); err != nil { //nolint:gosec // the test says which file
		tb.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(file), ".py")
	compiled, err := filepath.Glob(filepath.Join(filepath.Dir(file), "__pycache__", name+".*.pyc"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range compiled {
		if err := os.Remove(c); err != nil {
			tb.Fatal(err)
		}
	}
}

func run(tb testing.TB, name string, args ...string) {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), name, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
