// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"os"
	"testing"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/toolchain"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// newLab makes a lab for one test.
func newLab(t *testing.T) *Lab {
	t.Helper()
	tools, err := FindTools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return NewLab(tools, t.TempDir(), clock.RealClock{})
}

var _ = toolchain.Root

func TestSmoke(t *testing.T) {
	l := newLab(t)
	for _, text := range []string{"generated-1,drop-package:3", "overlay-1@gentoo,bump-keep:4", "standalone@gentoo,license-remove:1"} {
		c, err := ParseCase(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.Pair(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		ch, err := p.Oracle(nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(p.Said, p.BaseScan.Seconds, p.HeadScan.Seconds, len(p.BaseScan.Stream), ch)
	}
}
