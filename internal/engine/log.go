// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"sync"
)

// Limits of a stage's log: what came first and what came last are kept, what is between is counted. Together they stay below
// the size at which the kubelet rotates a container's log, because a followed log loses lines then.
const (
	logFirst = 6 << 20
	logLast  = 2 << 20
)

// stageLog keeps a stage's output. However much is written, it goes on reading: a flood costs its author nothing but time, and
// the others' verdict nothing at all.
type stageLog struct {
	mu      sync.Mutex
	live    io.Writer
	first   bytes.Buffer
	room    int    // of first
	last    []byte // a ring, once full
	at      int    // next position in the ring
	written int64
}

func newStageLog(live io.Writer, trust Trust) *stageLog {
	l := &stageLog{live: live, room: logFirst}
	if trust.Output {
		l.room = math.MaxInt
	}
	return l
}

// Write never fails: a log must not stop what it tells about.
func (l *stageLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written += int64(len(p))
	n := min(len(p), l.room-l.first.Len())
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
