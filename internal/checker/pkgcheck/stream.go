// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/finding"
)

// What can be wrong with a stream. Errors of Parse wrap one of them.
var (
	ErrTruncated  = errors.New("the stream has no end")
	ErrMalformed  = errors.New("a record cannot be read")
	ErrUnknown    = errors.New("a record is of no known type")
	ErrOrder      = errors.New("a record stands where it must not")
	ErrCount      = errors.New("the end's counts are not what the stream holds")
	ErrTooLarge   = errors.New("the stream is larger than allowed")
	ErrProtocol   = errors.New("the stream speaks another protocol")
	ErrIncomplete = errors.New("the scan is not complete")
)

// LineError says where a stream is wrong.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap is the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Limits bound what Parse reads, since the stream comes from a pod that hostile data went through.
type Limits struct {
	Bytes   int64 // of the whole stream
	Line    int   // of one record
	Records int
}

// DefaultLimits are enough for a full scan of ::gentoo.
var DefaultLimits = Limits{Bytes: 1 << 30, Line: 4 << 20, Records: 4 << 20}

// Parse reads a whole stream. It returns an error unless everything in it is understood, in order, and counted; whether the
// scan itself went well is what Evidence says.
func Parse(r io.Reader, limits Limits) (*Stream, error) {
	p := parser{limits: limits, seen: map[string]bool{}}
	limited := &io.LimitedReader{R: r, N: limits.Bytes + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(make([]byte, 0, min(64<<10, limits.Line)), limits.Line)
	scanner.Split(wholeLines)
	for scanner.Scan() {
		p.line++
		if err := p.record(scanner.Bytes()); err != nil {
			return nil, &LineError{p.line, err}
		}
	}
	if err := scanner.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("%w: a record is longer than %d bytes", ErrTooLarge, limits.Line)
		}
		return nil, &LineError{p.line + 1, err}
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limits.Bytes)
	}
	return p.finish()
}

// wholeLines splits at line ends and, unlike bufio.ScanLines, does not take an unfinished last line for a line.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, fmt.Errorf("%w: its last line is cut off", ErrTruncated)
	}
	return 0, nil, nil
}

type parser struct {
	limits         Limits
	stream         Stream
	line           int
	started, ended bool
	seen           map[string]bool // packages and checks
}

func (p *parser) record(data []byte) error {
	if p.line > p.limits.Records {
		return fmt.Errorf("%w: more than %d records", ErrTooLarge, p.limits.Records)
	}
	var kind kindOf
	if err := json.Unmarshal(data, &kind); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if p.ended {
		return fmt.Errorf("%w: %q after the end", ErrOrder, kind.Type)
	}
	if p.started == (kind.Type == "start") {
		return fmt.Errorf("%w: %q", ErrOrder, kind.Type)
	}
	return p.byType(kind.Type, data)
}

func (p *parser) byType(kind string, data []byte) error {
	switch kind {
	case "start":
		return p.start(data)
	case "check":
		c, err := decode[Check](data)
		p.stream.Checks = append(p.stream.Checks, c)
		return errors.Join(err, p.once("check "+c.Name))
	case "package":
		k, err := decode[Package](data)
		p.stream.Packages = append(p.stream.Packages, k)
		return errors.Join(err, p.once("package "+k.Category+"/"+k.Package))
	case "finding":
		f, err := decode[findingRecord](data)
		if err != nil {
			return err
		}
		p.stream.Findings = append(p.stream.Findings, f.finding())
		return valid(&f)
	case "error":
		f, err := decode[Failure](data)
		p.stream.Failures = append(p.stream.Failures, f)
		return err
	case "end":
		end, err := decode[End](data)
		p.stream.End, p.ended = end, true
		return err
	}
	return fmt.Errorf("%w: %q", ErrUnknown, kind)
}

func (p *parser) start(data []byte) error {
	start, err := decode[Start](data)
	if err != nil {
		return err
	}
	if start.Protocol != driver.Protocol {
		return fmt.Errorf("%w: %d, not %d", ErrProtocol, start.Protocol, driver.Protocol)
	}
	p.stream.Start, p.started = start, true
	return nil
}

func (p *parser) once(what string) error {
	if p.seen[what] {
		return fmt.Errorf("%w: a second %s", ErrOrder, what)
	}
	p.seen[what] = true
	return nil
}

// toolLevels are pkgcheck's own; the other levels are a profile's words.
var toolLevels = []finding.Level{finding.LevelError, finding.LevelWarning, finding.LevelStyle, finding.LevelInfo}

// valid refuses findings that would lead a report astray.
func valid(f *findingRecord) error {
	switch {
	case f.Rule == "":
		return fmt.Errorf("%w: a finding without a rule", ErrMalformed)
	case f.Line < 0:
		return fmt.Errorf("%w: line %d", ErrMalformed, f.Line)
	case f.Path != "" && (path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == ".." || strings.HasPrefix(f.Path, "../")):
		return fmt.Errorf("%w: path %q is not one within the tree", ErrMalformed, f.Path)
	}
	if !slices.Contains(toolLevels, f.Level) {
		return fmt.Errorf("%w: level %q", ErrMalformed, f.Level)
	}
	return nil
}

func (p *parser) finish() (*Stream, error) {
	if !p.started || !p.ended {
		return nil, fmt.Errorf("%w after %d records", ErrTruncated, p.line)
	}
	s, end := &p.stream, p.stream.End
	for _, c := range []struct {
		what      string
		said, got int
	}{
		{"packages", end.Packages, len(s.Packages)},
		{"findings", end.Findings, len(s.Findings)},
		{"errors", end.Errors, len(s.Failures)},
		{"checks", end.Checks, len(s.Checks)},
	} {
		if c.said != c.got {
			return nil, fmt.Errorf("%w: %d %s, not %d", ErrCount, c.got, c.what, c.said)
		}
	}
	if end.Complete && len(s.Failures) > 0 {
		return nil, fmt.Errorf("%w: complete, but with %d errors", ErrCount, len(s.Failures))
	}
	return s, nil
}

// Evidence is nil when the scan says of itself that it saw and did everything; else it says what went wrong.
func (s *Stream) Evidence() error {
	if s.End.Complete {
		return nil
	}
	if len(s.Failures) == 0 {
		return ErrIncomplete
	}
	f := s.Failures[0]
	where := strings.Trim(strings.Join([]string{f.Category, f.Package}, "/"), "/")
	if where != "" {
		where = " at " + where
	}
	more := ""
	if n := len(s.Failures) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Errorf("%w: %s%s: %s%s", ErrIncomplete, f.Kind, where, f.Message, more)
}

func decode[T any](data []byte) (T, error) {
	var t typed[T]
	if err := json.Unmarshal(data, &t); err != nil {
		return t.Value, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return t.Value, nil
}

func strict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
