// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// seal says what an entry must hold. It is written last, beside the content, and an entry without one is none.
//
// Whatever is done to a file later, or to the list of a folder, gives it a later time of change than the seal's, which no program can set.
// So comparing kinds, sizes and these times finds everything but what the disk itself changed.
type seal struct {
	boot    string // the boot in which the content was last compared with git's ids
	changed int64  // no item has a later time of change; nanoseconds
	bytes   int64  // on the disk, about
	items   []item // of a category: those of its packages, too
}

// sealFile is the seal's name in an entry.
const sealFile = "seal"

const sealHeader = "prcheck tree 1"

// encode writes a seal as text, with a digest of it as the last line.
func (s *seal) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nboot %s\nchanged %d\nbytes %d\n", sealHeader, s.boot, s.changed, s.bytes)
	for _, i := range s.items {
		b.WriteByte(i.kind)
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(i.size, 10))
		b.WriteByte(' ')
		b.WriteString(i.id)
		b.WriteByte(' ')
		b.WriteString(i.path)
		b.WriteByte(0)
	}
	sum := sha256.Sum256(b.Bytes())
	return append(b.Bytes(), hex.EncodeToString(sum[:])...)
}

var errSeal = errors.New("its seal is not whole")

func decodeSeal(data []byte) (*seal, error) {
	at := len(data) - 2*sha256.Size
	if at < 0 {
		return nil, errSeal
	}
	sum := sha256.Sum256(data[:at])
	if hex.EncodeToString(sum[:]) != string(data[at:]) {
		return nil, errSeal
	}
	lines := strings.SplitN(string(data[:at]), "\n", 5)
	if len(lines) != 5 || lines[0] != sealHeader {
		return nil, errSeal
	}
	s := &seal{}
	var err, err2 error
	s.boot = strings.TrimPrefix(lines[1], "boot ")
	s.changed, err = strconv.ParseInt(strings.TrimPrefix(lines[2], "changed "), 10, 64)
	s.bytes, err2 = strconv.ParseInt(strings.TrimPrefix(lines[3], "bytes "), 10, 64)
	if err != nil || err2 != nil {
		return nil, errSeal
	}
	s.items = make([]item, 0, strings.Count(lines[4], "\x00"))
	for text := lines[4]; text != ""; {
		line, rest, ok := strings.Cut(text, "\x00")
		kind, line, ok2 := strings.Cut(line, " ")
		size, line, ok3 := strings.Cut(line, " ")
		id, path, ok4 := strings.Cut(line, " ")
		n, err := strconv.ParseInt(size, 10, 64)
		if !ok || !ok2 || !ok3 || !ok4 || err != nil || len(kind) != 1 {
			return nil, errSeal
		}
		s.items = append(s.items, item{kind[0], path, id, n})
		text = rest
	}
	return s, nil
}

// readSeal reads the seal of the entry in dir.
func readSeal(dir string) (*seal, error) {
	data, err := os.ReadFile(dir + "/" + sealFile)
	if err != nil {
		return nil, err
	}
	return decodeSeal(data)
}

// writeSeal writes the seal of the entry in dir, whole or not at all. Nothing in the entry has a later time of change than the seal's own
// file had when it was begun.
func (s *Store) writeSeal(dir string, sealed *seal) error {
	f, err := os.CreateTemp(dir, newPrefix+"seal-*")
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if s.shared {
		mode = 0o664
	}
	err = f.Chmod(mode)
	if sealed.changed == 0 && err == nil {
		sealed.changed, err = changeTime(f)
	}
	if err == nil {
		_, err = f.Write(sealed.encode())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), dir+"/"+sealFile)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
