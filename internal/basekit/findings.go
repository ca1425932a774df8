// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// findingsID is what full findings are called: hex digits.
var findingsID = regexp.MustCompile(`^[0-9a-f]{16,64}$`)

// findingsFile holds the digest of the list of a folder of findings.
const findingsFile = "kit.json"

// FullFindings returns the folder of a full scan's results that PutFindings wrote, after it was compared with its list. ErrNone
// says that there is none; a damaged one is removed.
func (k *Kit) FullFindings(ctx context.Context, id string) (string, error) {
	if !findingsID.MatchString(id) {
		return "", fmt.Errorf("%q cannot name findings", id)
	}
	dir := k.Path(Findings, id)
	data, err := os.ReadFile(filepath.Join(dir, findingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNone
	}
	var list struct{ List string }
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err == nil {
		err = verify(ctx, dir, list.List)
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", errors.Join(ErrNone, os.RemoveAll(dir))
	}
	return dir, nil
}

// PutFindings adds a full scan's results to the kit, written once.
func (k *Kit) PutFindings(ctx context.Context, id string, fill func(dir string) error) error {
	if !findingsID.MatchString(id) {
		return fmt.Errorf("%q cannot name findings", id)
	}
	if err := os.MkdirAll(k.Path(Findings), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(k.Path(Findings), newPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it goes with the kit
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	sums, err := digests(ctx, dir)
	if err != nil {
		return err
	}
	list, err := writeList(filepath.Join(dir, listFile), sums)
	if err != nil {
		return err
	}
	data, err := json.Marshal(struct{ List string }{list})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, findingsFile), data, 0o644); err != nil {
		return err
	}
	err = os.Rename(dir, k.Path(Findings, id))
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was first; its findings are these
	}
	return err
}
