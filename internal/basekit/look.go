// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Reading every file of a kit costs as much as the repository is large, each time it is used. A file that has the size which its list says, and has
// not changed since its content was last compared, has that content still: the kernel keeps the time of the last change, and no program
// can set it. What a crash left need not have reached the disk, so each boot compares contents once.

// lookedFile says when contents were last compared. It is in no list: whoever may write it may write the kit.
const lookedFile = "looked"

// looked is what lookedFile holds.
type looked struct {
	Boot    string `json:"boot"`
	Changed int64  `json:"changed"` // the latest change of any file or folder that was seen then, in nanoseconds
}

// bootFile names the boot.
const bootFile = "/proc/sys/kernel/random/boot_id"

func bootID() string {
	data, err := os.ReadFile(bootFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// unchanged says whether a folder is as it was when its contents were last compared: by what the file system says of every file.
func unchanged(dir string, want map[string]digest) bool {
	data, err := os.ReadFile(filepath.Join(dir, lookedFile))
	var l looked
	if err != nil || json.Unmarshal(data, &l) != nil || l.Boot == "" || l.Boot != bootID() {
		return false
	}
	latest, err := latestChange(dir, want)
	return err == nil && latest <= l.Changed
}

// compareContents compares every file's content, and notes that this was done.
func compareContents(ctx context.Context, dir string, want map[string]digest) error {
	latest, statErr := latestChange(dir, want) // before anything is read: what changes from here on is later
	have, err := digests(ctx, dir)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for name, sum := range want {
		if have[name] != sum {
			return fmt.Errorf("%w: %s is not what was written", ErrDamaged, name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			return fmt.Errorf("%w: %s was not written with it", ErrDamaged, name)
		}
	}
	if statErr == nil {
		note(dir, looked{bootID(), latest})
	}
	return nil
}

// settled is how long nothing must have changed: what changes within one tick of the file system's clock has one time.
const settled = int64(100 * time.Millisecond)

var errUnsettled = errors.New("the kit has only just been written")

// note keeps when contents were compared. Where that cannot be written, they are compared again.
func note(dir string, l looked) {
	data, err := json.Marshal(l)
	if err != nil {
		return
	}
	f, err := os.CreateTemp(dir, newPrefix)
	if err != nil {
		return
	}
	var st unix.Stat_t
	if err = unix.Fstat(int(f.Fd()), &st); err == nil && st.Ctim.Nano()-l.Changed < settled {
		err = errUnsettled
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if closeErr := f.Close(); err == nil && closeErr == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, lookedFile))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is in nobody's way
	}
}

// latestChange is the time of the latest change of the listed files and of the folders that they lie in. It is an error if one is not there, is no plain
// file or has another size, and if the top folder, which changes whenever something is kept in it, has something that is in no list.
func latestChange(dir string, want map[string]digest) (int64, error) {
	top, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(top) //nolint:errcheck // only read
	latest := int64(0)
	folders := map[string]bool{}
	for name, d := range want {
		var st unix.Stat_t
		if err := unix.Fstatat(top, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return 0, err
		}
		if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size != d.size {
			return 0, fmt.Errorf("%s is not what was written", name)
		}
		latest = max(latest, st.Ctim.Nano())
		for folder := filepath.Dir(name); folder != "." && !folders[folder]; folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	for folder := range folders {
		var st unix.Stat_t
		if err := unix.Fstatat(top, folder, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return 0, err
		}
		latest = max(latest, st.Ctim.Nano())
	}
	return latest, onlyListed(dir, want, folders)
}

// own are the kit's files that are in no list.
var own = []string{keyFile, listFile, lookedFile}

func onlyListed(dir string, want map[string]digest, folders map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		_, listed := want[e.Name()]
		if !listed && !folders[e.Name()] && e.Name() != Findings && !slices.Contains(own, e.Name()) && !strings.HasPrefix(e.Name(), newPrefix) {
			return fmt.Errorf("%s was not written with it", e.Name())
		}
	}
	return nil
}
