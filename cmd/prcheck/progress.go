// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/plan"
)

// progress says on standard error what is being done: on a terminal in one line that counts the seconds, elsewhere in a line for each step.
type progress struct {
	out      io.Writer
	clock    clock.Clock
	terminal bool
	mu       sync.Mutex
	text     string
	began    time.Time
	stop     chan struct{}
	done     sync.WaitGroup
}

func newProgress(out io.Writer, clk clock.Clock, verbose bool) *progress {
	p := &progress{out: out, clock: clk, stop: make(chan struct{})}
	if f, ok := out.(*os.File); ok && !verbose {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	if p.terminal {
		p.done.Go(p.tick)
	}
	return p
}

// step begins the next step.
func (p *progress) step(stage plan.Stage, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
	p.text, p.began = string(stage)+": "+name, p.clock.Now()
	if p.terminal {
		p.draw()
		return
	}
	fmt.Fprintf(p.out, "prcheck: %s\n", p.text)
}

// end takes the last line away.
func (p *progress) end() {
	close(p.stop)
	p.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

func (p *progress) finish() {
	if p.terminal && p.text != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.text = ""
}

func (p *progress) draw() {
	fmt.Fprintf(p.out, "\r\x1b[K%s … %d s", p.text, int(p.clock.Since(p.began).Seconds()))
}

func (p *progress) tick() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			if p.text != "" {
				p.draw()
			}
			p.mu.Unlock()
		}
	}
}
