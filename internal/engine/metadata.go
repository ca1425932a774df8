// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what metadata entries name files by
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"strings"
)

// The files of a prepared folder (PROTOCOL.md).
const (
	cacheFolder   = "md5-cache"
	errorsFile    = "errors.json"
	eclassesFile  = "eclasses.json"
	localDescFile = "use.local.desc"
)

// Sizes above which a prepared file is refused.
const (
	entryLimit    = 1 << 20
	documentLimit = 128 << 20
	textLimit     = 8 << 10 // of one message in it; longer ones are cut
)

// prepared is what prepare's folder says of one side. It is data of the side's own making: nothing in it is used before it was
// compared with the tree.
type prepared struct {
	entries   map[string][]byte // category/PF → entry
	errors    map[string]sourcingError
	eclasses  map[string]eclassRecord
	localDesc map[string][]string // category/package → lines
	header    string              // of the file with the local flags
}

// sourcingError is a record of errors.json: why an ebuild has no entry.
type sourcingError struct {
	MD5    string  `json:"md5"`
	Attr   string  `json:"attr"`
	Error  string  `json:"error"`
	Detail *string `json:"detail"`
	Inputs string  `json:"inputs,omitempty"`
}

// eclassRecord is a record of eclasses.json: what sourcing an eclass showed.
type eclassRecord struct {
	MD5              string              `json:"md5"`
	Functions        []string            `json:"functions"`
	Variables        []string            `json:"variables"`
	MissingFunctions map[string][]string `json:"missingFunctions,omitempty"`
	MissingVariables map[string][]string `json:"missingVariables,omitempty"`
	Properties       string              `json:"properties,omitempty"`
	Error            *string             `json:"error,omitempty"`
}

// readPrepared reads a prepared folder; a part that is not there is empty.
func readPrepared(dir string) (*prepared, error) {
	p := &prepared{entries: map[string][]byte{}, errors: map[string]sourcingError{}, eclasses: map[string]eclassRecord{}, localDesc: map[string][]string{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	err = errors.Join(
		p.readEntries(root),
		p.readDocuments(root),
	)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	return p, nil
}

// readDocuments reads what a prepared folder has beside its entries.
func (p *prepared) readDocuments(root *os.Root) error {
	return errors.Join(
		readDocument(root, errorsFile, "errors", p.errors),
		readDocument(root, eclassesFile, "eclasses", p.eclasses),
		p.readLocalDesc(root),
	)
}

func (p *prepared) readEntries(root *os.Root) error {
	if _, err := root.Stat(cacheFolder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fs.WalkDir(root.FS(), cacheFolder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		cpv := strings.TrimPrefix(name, cacheFolder+"/")
		data, err := readFile(root.FS(), name, entryLimit)
		p.entries[cpv] = data
		return err
	})
}

// readDocument adds the records of a file that holds {"member": {name: record}}.
func readDocument[T any](root *os.Root, file, member string, into map[string]T) error {
	data, err := readFile(root.FS(), file, documentLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var document map[string]map[string]T
	if err := decoder.Decode(&document); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for name := range document {
		if name != member {
			return fmt.Errorf("%s: %q is no member of it", file, name)
		}
	}
	maps.Copy(into, document[member])
	return nil
}

// localDescLine is "category/package:flag - text".
var localDescLine = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_-]*):[A-Za-z0-9][A-Za-z0-9+_@-]* - `)

func (p *prepared) readLocalDesc(root *os.Root) error {
	data, err := readFile(root.FS(), localDescFile, documentLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		if len(p.localDesc) == 0 && (strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "") {
			p.header += line
		}
		if m := localDescLine.FindStringSubmatch(line); m != nil {
			p.localDesc[m[1]] = append(p.localDesc[m[1]], strings.TrimRight(line, "\n")+"\n")
		}
	}
	return nil
}

// entryKeys are all that a metadata entry may hold.
var entryKeys = func() map[string]bool {
	keys := map[string]bool{}
	for key := range strings.FieldsSeq("BDEPEND DEFINED_PHASES DEPEND DESCRIPTION EAPI HOMEPAGE IDEPEND INHERIT INHERITED IUSE KEYWORDS LICENSE " +
		"PDEPEND PROPERTIES RDEPEND REQUIRED_USE RESTRICT SLOT SRC_URI _eclasses_ _md5_") {
		keys[key] = true
	}
	return keys
}()

// entry is a metadata entry's own word on what it was made from.
type entry struct {
	md5      string
	eclasses map[string]string // name → md5
}

var hexMD5 = regexp.MustCompile(`^[0-9a-f]{32}$`)

// parseEntry reads an entry: lines KEY=value, each key known and once, printable text only.
func parseEntry(data []byte) (entry, error) {
	e := entry{eclasses: map[string]string{}}
	seen := map[string]bool{}
	text := string(data)
	if strings.ToValidUTF8(text, "") != text {
		return e, errors.New("it is not UTF-8")
	}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok || !entryKeys[key] || seen[key] {
			return e, fmt.Errorf("%.60q is no line of a metadata entry", line)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return e, fmt.Errorf("%s holds control characters", key)
		}
		seen[key] = true
		if err := e.set(key, value); err != nil {
			return e, err
		}
	}
	if !hexMD5.MatchString(e.md5) {
		return e, errors.New("it lacks _md5_")
	}
	return e, nil
}

// set takes over what a line says, where it is about what the entry was made from.
func (e *entry) set(key, value string) error {
	switch key {
	case "_md5_":
		e.md5 = value
	case "_eclasses_":
		words := strings.Split(value, "\t")
		if len(words)%2 != 0 {
			return errors.New("_eclasses_ does not hold pairs")
		}
		for i := 0; i < len(words); i += 2 {
			e.eclasses[words[i]] = words[i+1]
		}
	}
	return nil
}

// md5In returns the MD5 of a file in a tree, in hex; empty where there is no such regular file.
func md5In(tree fs.FS, name string) (string, error) {
	f, err := tree.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	sum := md5.New() //nolint:gosec // what metadata entries name files by
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// digests are the MD5 sums of a tree's eclasses, and what they inherit.
type digests struct {
	eclasses map[string]string // name → md5
	inherits map[string][]string
}

// digestEclasses reads a tree's eclasses.
func digestEclasses(tree string) (*digests, error) {
	d := &digests{eclasses: map[string]string{}, inherits: map[string][]string{}}
	files, err := fs.Glob(treeFS(tree), "eclass/*.eclass")
	for _, file := range files {
		if err := d.addEclass(treeFS(tree), file, strings.TrimSuffix(path.Base(file), ".eclass")); err != nil {
			return nil, err
		}
	}
	return d, err
}

// eclassLimit is the size above which an eclass is not searched for what it inherits.
const eclassLimit = 4 << 20

var (
	inheritLine = regexp.MustCompile(`(?m)^[^#\n]*\binherit\s+([^\n#;|&]+)`)
	eclassName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)
)

func (d *digests) addEclass(tree fs.FS, file, name string) error {
	sum, err := md5In(tree, file)
	if err != nil || sum == "" {
		return err
	}
	d.eclasses[name] = sum
	data, err := readFile(tree, file, eclassLimit)
	for _, m := range inheritLine.FindAllStringSubmatch(string(data), -1) {
		d.inherits[name] = append(d.inherits[name], strings.Fields(m[1])...)
	}
	return err
}
