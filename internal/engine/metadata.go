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
		readDocument(root, errorsFile, "errors", p.errors),
		readDocument(root, eclassesFile, "eclasses", p.eclasses),
		p.readLocalDesc(root),
	)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	return p, nil
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
		data, err := readFile(root, name, entryLimit)
		p.entries[cpv] = data
		return err
	})
}

// readDocument adds the records of a file that holds {"member": {name: record}}.
func readDocument[T any](root *os.Root, file, member string, into map[string]T) error {
	data, err := readFile(root, file, documentLimit)
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
	data, err := readFile(root, localDescFile, documentLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
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

// md5Of returns the MD5 of a file in a tree, in hex; empty where there is no such regular file in the tree.
func md5Of(root *os.Root, name string) (string, error) {
	info, err := root.Stat(name)
	if err != nil {
		if link, lerr := root.Lstat(name); lerr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return "", nil // it leads to nothing in the tree
		}
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()  //nolint:errcheck // only read
	sum := md5.New() //nolint:gosec // what metadata entries name files by
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// digests are the MD5 sums of a tree's files that metadata depends on.
type digests struct {
	ebuilds  map[string]string // category/PF → md5
	metadata map[string]string // category/package → md5 of metadata.xml
	eclasses map[string]string // name → md5
	inherits map[string][]string
}

// digestTree reads a tree's ebuilds, eclasses and metadata.xml files.
func digestTree(tree string) (*digests, error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	d := &digests{ebuilds: map[string]string{}, metadata: map[string]string{}, eclasses: map[string]string{}, inherits: map[string][]string{}}
	err = walk(root, func(name string, e fs.DirEntry) error {
		parts := strings.Split(name, "/")
		var sum string
		var err error
		switch last := parts[len(parts)-1]; {
		case e.IsDir() && len(parts) == 3:
			return fs.SkipDir
		case len(parts) == 3 && last == "metadata.xml":
			sum, err = md5Of(root, name)
			d.metadata[path.Dir(name)] = sum
		case len(parts) == 3 && isEbuild(root, parts, e):
			sum, err = md5Of(root, name)
			d.ebuilds[parts[0]+"/"+strings.TrimSuffix(last, ".ebuild")] = sum
		case len(parts) == 2 && parts[0] == "eclass" && strings.HasSuffix(last, ".eclass"):
			err = d.addEclass(root, name, strings.TrimSuffix(last, ".eclass"))
		}
		return err
	})
	return d, err
}

// eclassLimit is the size above which an eclass is not searched for what it inherits.
const eclassLimit = 4 << 20

var inheritLine = regexp.MustCompile(`(?m)^[^#\n]*\binherit\s+([^\n#;|&]+)`)

func (d *digests) addEclass(root *os.Root, file, name string) error {
	sum, err := md5Of(root, file)
	if err != nil || sum == "" {
		return err
	}
	d.eclasses[name] = sum
	data, err := readFile(root, file, eclassLimit)
	if err != nil {
		return err
	}
	for _, m := range inheritLine.FindAllStringSubmatch(string(data), -1) {
		d.inherits[name] = append(d.inherits[name], strings.Fields(m[1])...)
	}
	return nil
}
