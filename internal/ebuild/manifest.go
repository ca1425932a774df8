// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"strconv"
	"strings"
)

// Distfile is what a Manifest says of a file: its size and checksums.
type Distfile struct {
	Size      int64
	Checksums map[string]string // by the name of the hash (BLAKE2B), in lower-case hexadecimal without leading zeros
}

// Manifest has the entries of a package's Manifest by file name.
type Manifest struct {
	Dist, Aux, Ebuild, Misc map[string]Distfile
}

// ParseManifest reads a Manifest. One bad line spoils the file, as in pkgcore; what was read of it is returned as well.
func ParseManifest(data []byte) (Manifest, error) {
	m := Manifest{map[string]Distfile{}, map[string]Distfile{}, map[string]Distfile{}, map[string]Distfile{}}
	var failed error
	for number, line := range numbered(unsigned(string(data))) {
		list := fields(line)
		if len(list) == 0 {
			continue
		}
		if err := m.add(list); err != nil && failed == nil {
			failed = &LineError{"Manifest", number, err}
		}
	}
	return m, failed
}

func (m Manifest) add(list []string) error {
	kind := map[string]map[string]Distfile{"DIST": m.Dist, "AUX": m.Aux, "EBUILD": m.Ebuild, "MISC": m.Misc}[list[0]]
	switch {
	case kind == nil:
		return errors.New("its type is unknown")
	case len(list) < 3 || len(list)%2 != 1:
		return errors.New("its number of words is wrong")
	}
	if _, again := kind[list[1]]; again {
		return errors.New("the file was there before")
	}
	size, err := strconv.ParseInt(list[2], 10, 64)
	if err != nil {
		return errors.New("the size is no number")
	}
	file := Distfile{Size: size, Checksums: make(map[string]string, len(list)/2)}
	for i := 3; i < len(list); i += 2 {
		sum := strings.ToLower(list[i+1])
		if !isHex(sum) {
			return errors.New("a checksum is not hexadecimal")
		}
		file.Checksums[strings.ToUpper(list[i])] = strings.TrimLeft(sum, "0")
	}
	kind[list[1]] = file
	return nil
}

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}

// The marks of a signed text.
const (
	signedBegin    = "-----BEGIN PGP SIGNED MESSAGE-----"
	signatureBegin = "-----BEGIN PGP SIGNATURE-----"
	signatureEnd   = "-----END PGP SIGNATURE-----"
)

// unsigned drops the signature around a text; lines keep their numbers.
func unsigned(text string) string {
	if !strings.Contains(text, "-----BEGIN PGP") {
		return text
	}
	var b strings.Builder
	header, signature := false, false
	for _, line := range numbered(text) {
		switch {
		case header:
			header = strings.HasPrefix(line, "Hash:")
		case signature:
			signature = !strings.HasSuffix(line, signatureEnd)
		case strings.HasSuffix(line, signedBegin):
			header = true
		case strings.HasSuffix(line, signatureBegin):
			signature = true
		default:
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
