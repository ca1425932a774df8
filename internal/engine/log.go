// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// Limits of a stage's log: what came first and what came last are kept, what is between is counted. Together they stay below
// the size at which the kubelet rotates a container's log, because a followed log loses lines then.
const (
	logFirst = 6 << 20
	logLast  = 2 << 20
)

// stageLog keeps a stage's output. When more than limit was written it calls exceeded, once.
type stageLog struct {
	mu       sync.Mutex
	live     io.Writer
	first    bytes.Buffer
	last     []byte // a ring, once full
	at       int    // next position in the ring
	written  int64
	limit    int64
	exceeded func()
}

func newStageLog(live io.Writer, limit int64) *stageLog {
	return &stageLog{live: live, limit: limit}
}

// Write never fails: a log must not stop what it tells about.
func (l *stageLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written += int64(len(p))
	if l.limit > 0 && l.written > l.limit && l.exceeded != nil {
		l.exceeded()
		l.exceeded = nil
	}
	n := min(len(p), logFirst-l.first.Len())
	l.first.Write(p[:n])
	if l.live != nil && n > 0 {
		_, _ = l.live.Write(p[:n]) // the log itself is kept
	}
	l.keepLast(p[n:])
	return len(p), nil
}

func (l *stageLog) keepLast(p []byte) {
	if over := len(p) - logLast; over > 0 {
		p = p[over:]
	}
	if room := logLast - len(l.last); room > 0 {
		n := min(room, len(p))
		l.last = append(l.last, p[:n]...)
		p = p[n:]
	}
	for len(p) > 0 {
		n := copy(l.last[l.at:], p)
		l.at = (l.at + n) % logLast
		p = p[n:]
	}
}

// contents returns the log and how many bytes of it were left out.
func (l *stageLog) contents() ([]byte, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	truncated := l.written - int64(l.first.Len()+len(l.last))
	out := bytes.Clone(l.first.Bytes())
	if truncated > 0 {
		out = fmt.Appendf(out, "\n[%d bytes left out]\n", truncated)
	}
	out = append(out, l.last[l.at:]...)
	return append(out, l.last[:l.at]...), truncated
}

// tail returns the last n bytes, from the beginning of a line.
func (l *stageLog) tail(n int) string {
	data, _ := l.contents()
	if len(data) <= n {
		return string(data)
	}
	data = data[len(data)-n:]
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		data = data[i+1:]
	}
	return string(data)
}
