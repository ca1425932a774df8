// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/prcheck/prcheck/internal/finding"
)

// generated makes a side of n facts in the order in which the driver prints them, with the texts that the identity table makes;
// every hundredth differs between the sides. Names are shared between facts and keys are there, as the parser leaves them.
func generated(n int, side string) Side {
	s := Side{Facts: make([]finding.Fact, n), Packages: map[Package][]string{}, Whole: true}
	rules := []string{"NonexistentDeps", "UnsortedKeywords", "MissingUseDepDefault", "NonsolvableDepsInStable", "PythonCompatUpdate"}
	versions := []string{"1.0", "1.10", "1.2-r1"} // sorted as text
	const perPackage = 20
	category, name, buffer := "", "", []byte(nil)
	for i := range s.Facts {
		p := i / perPackage
		version := versions[i%perPackage*len(versions)/perPackage]
		if i%perPackage == 0 {
			category, name = fmt.Sprintf("cat-%03d", p/350), fmt.Sprintf("package-%06d", p)
		}
		differs := ""
		if i%100 == 0 {
			differs = side
		}
		buffer = fmt.Appendf(buffer[:0], `[%q,%q,%q,%q,[["attr","rdepend"],["nonexistent",["dev-libs/dependency-%d%s"]]]]`,
			rules[i%5], category, name, version, i, differs)
		sum, text := sha256.Sum256(buffer), string(buffer)
		s.Facts[i] = finding.Fact{
			Rule: rules[i%5], Level: finding.LevelError, Category: category, Package: name, Version: version,
			Path: "", Line: i % 50, Message: text[len(text)-40:], Identity: text, Carried: text, Problem: text, Key: [16]byte(sum[:16]),
			Fingerprint: text[len(text)-36:], Scope: "version", Check: "VisibilityCheck",
		}
	}
	return s
}

// BenchmarkCompare shows the cost by size, in the order of a scan and in none. The goal for a million facts on each side is one
// second and 1 GiB, the facts themselves included (peak-MiB).
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, order := range []string{"scanned", "shuffled"} {
			b.Run(fmt.Sprintf("facts=%d/%s", n, order), func(b *testing.B) {
				base, head := generated(n, "base"), generated(n, "head")
				if order == "shuffled" {
					w := newWorld(1)
					w.Shuffle(n, func(i, j int) { head.Facts[i], head.Facts[j] = head.Facts[j], head.Facts[i] })
				}
				measure(b, func() {
					if c := Compare(base, head, Options{}); len(c.Entries) != n+n/100 {
						b.Fatalf("%d entries", len(c.Entries))
					}
				})
				runtime.KeepAlive(base)
			})
		}
	}
}

// BenchmarkJudge is the second half of a verdict.
func BenchmarkJudge(b *testing.B) {
	const n = 1_000_000
	c := Compare(generated(n, "base"), generated(n, "head"), Options{})
	gates := Gates{Levels: []finding.Level{finding.LevelError}}
	measure(b, func() {
		if j := Judge(c, gates); j.Counts.New != n/100 {
			b.Fatalf("%+v", j.Counts)
		}
	})
}

// measure repeats do and reports what once takes: wall time, CPU seconds of all threads, and the process's peak of resident
// memory with the facts in it. Each time begins with a collected heap, as one comparison in a fresh process would.
func measure(b *testing.B, do func()) {
	b.Helper()
	var cpu time.Duration
	facts, highest := 0, 0
	for range b.N {
		b.StopTimer()
		debug.FreeOSMemory()
		// The kernel forgets the peak of resident memory so far.
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			b.Fatal(err)
		}
		facts = peak(b)
		before := cpuTime(b)
		b.StartTimer()
		do()
		b.StopTimer()
		cpu += cpuTime(b) - before
		highest = max(highest, peak(b))
		b.StartTimer()
	}
	b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(facts)/(1<<20), "facts-MiB")
	b.ReportMetric(float64(highest)/(1<<20), "peak-MiB")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the highest resident memory since the kernel was told to forget it, in bytes.
func peak(b *testing.B) int {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	kib, err := strconv.Atoi(string(number))
	if err != nil {
		b.Fatal(err)
	}
	return kib << 10
}
