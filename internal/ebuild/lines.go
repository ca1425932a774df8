// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// fileLimit is the size above which a file is refused.
const fileLimit = 64 << 20

var errNotUTF8 = errors.New("it is not UTF-8")

// readText reads a regular file; one that is not there (nor its folder) is empty.
func readText(tree fs.FS, name string) (string, error) {
	f, err := tree.Open(name)
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("reading %s: it is no regular file", name)
	}
	var b strings.Builder
	b.Grow(int(min(info.Size(), fileLimit)))
	n, err := io.Copy(&b, io.LimitReader(f, fileLimit+1))
	if err == nil && n > fileLimit {
		err = fmt.Errorf("it is larger than %d bytes", fileLimit)
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return b.String(), nil
}

// readUTF8 is readText for files that pkgcore does not read at all if they are not UTF-8.
func readUTF8(tree fs.FS, name string) (string, error) {
	text, err := readText(tree, name)
	if err == nil && !utf8.ValidString(text) {
		err = fmt.Errorf("reading %s: %w", name, errNotUTF8)
	}
	return text, err
}

// missing tells whether an error says that there is no such file or folder.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// numbered yields the lines of a text with their numbers from 1, without their ends, which may be any of \n, \r\n and \r.
func numbered(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for number := 1; text != ""; number++ {
			line := text
			if i := strings.IndexAny(text, "\r\n"); i < 0 {
				text = ""
			} else {
				line = text[:i]
				if strings.HasPrefix(text[i:], "\r\n") {
					i++
				}
				text = text[i+1:]
			}
			if !yield(number, line) {
				return
			}
		}
	}
}

// meaningful yields what is left of the lines of a text without comments, as bash has them, and without blanks around them.
func meaningful(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for number, line := range numbered(text) {
			line = uncomment(trim(line))
			if line != "" && !yield(number, line) {
				return
			}
		}
	}
}

// uncomment cuts a line before its comment.
func uncomment(line string) string {
	for i := 0; ; i++ {
		j := strings.IndexByte(line[i:], '#')
		if j < 0 {
			return line
		}
		i += j
		if r, _ := utf8.DecodeLastRuneInString(line[:i]); i == 0 || isBlank(r) {
			return trim(line[:i])
		}
	}
}

// isBlank tells whether Python counts a rune among white space.
func isBlank(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// blankByte is isBlank for ASCII.
var blankByte = func() (table [utf8.RuneSelf]bool) {
	for i := range table {
		table[i] = isBlank(rune(i))
	}
	return table
}()

func trim(s string) string { return strings.TrimFunc(s, isBlank) }

// words yields the words of a text, as Python splits it, and copies nothing.
func words(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			var word string
			if word, s = nextWord(s); word == "" || !yield(word) {
				return
			}
		}
	}
}

// nextWord cuts the first word off; it is empty at the end.
func nextWord(s string) (word, rest string) {
	start := -1
	for i := 0; i < len(s); {
		blank, size := s[i] < utf8.RuneSelf && blankByte[s[i]], 1
		if s[i] >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			blank = isBlank(r)
		}
		switch {
		case blank && start >= 0:
			return s[start:i], s[i:]
		case !blank && start < 0:
			start = i
		}
		i += size
	}
	if start < 0 {
		return "", ""
	}
	return s[start:], ""
}

// fields are the words of a text.
func fields(s string) []string {
	n := 0
	for range words(s) {
		n++
	}
	if n == 0 {
		return nil
	}
	list := make([]string, 0, n)
	for word := range words(s) {
		list = append(list, word)
	}
	return list
}

// unique drops what was there before, and keeps the order.
func unique(list []string) []string {
	if len(list) <= 16 {
		kept := list[:0]
		for _, s := range list {
			if !slices.Contains(kept, s) {
				kept = append(kept, s)
			}
		}
		return kept
	}
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}

// LineError says what is wrong with a line that was left out; pkgcore logs those and goes on.
type LineError struct {
	File string
	Line int
	Err  error
}

// Error has file and line.
func (e *LineError) Error() string { return fmt.Sprintf("%s, line %d: %v", e.File, e.Line, e.Err) }

// Unwrap is what is wrong.
func (e *LineError) Unwrap() error { return e.Err }
