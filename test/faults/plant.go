// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"encoding/json"
	"testing"

	"github.com/prcheck/prcheck/test/stages"
)

// strike says what happens when a package is checked, by side (engine.Base, engine.Head):
//
//	kill LEVEL   SIGKILL for the worker (0), the side's process (1) or the driver (2)
//	memory       takes memory until there is none
//	disk         fills the disk that temporary files are on
//	raise        an exception
//	sleep        a minute of nothing
//	now          a problem that the first look finds and the second one does not
//	ever         a problem that every look finds
type strike struct {
	Package string            `json:"package"`
	Sides   map[string]string `json:"sides"`
}

// planted makes one of pkgcheck's checks do more than its work. It is put behind a module of the driver.
const planted = `

import signal
import tempfile

from . import plan as _planted_plan


def _planted_ancestor(level):
    pid = os.getpid()
    for _ in range(level):
        with open(f"/proc/{pid}/stat") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return pid


def _planted_strike(check, words, pkg):
    from pkgcheck.checks.whitespace import BadWhitespaceCharacter

    what = words[0]
    if what == "kill":
        os.kill(_planted_ancestor(int(words[1])), signal.SIGKILL)
        time.sleep(60)
    elif what == "memory":
        taken = []
        while True:
            taken.append(b"x" * (1 << 24))
    elif what == "disk":
        with tempfile.TemporaryFile() as file:
            while True:
                file.write(b"x" * (1 << 20))
                file.flush()
    elif what == "raise":
        raise ValueError("the planted fault")
    elif what == "sleep":
        time.sleep(60)
    elif what == "ever" or what == "now" and _planted_first(check, pkg):
        yield BadWhitespaceCharacter("planted", 0, line=what, lineno=1, pkg=pkg)


def _planted_first(check, pkg):
    # The looks of a run at one side have a folder for caches in common.
    mark = f"{check.options.cache_dir}/looked-at-{pkg.fullver}"
    if os.path.exists(mark):
        return False
    with open(mark, "x"):
        return True


def _planted_load(load=_planted_plan.load):
    from pkgcheck.checks.whitespace import WhitespaceCheck

    def feed(self, pkg, feed=WhitespaceCheck.feed):
        side = "head" if "cache-head" in self.options.cache_dir else "base"
        if pkg.key == _PLANTED["package"] and (what := _PLANTED["sides"].get(side)):
            yield from _planted_strike(self, what.split(), pkg)
        yield from feed(self, pkg)

    load()
    WhitespaceCheck.feed = feed


_planted_plan.load = _planted_load
`

// plant returns a driver in which something happens to a package. Its checks are as many as ever, so the planner knows them all.
func plant(tb testing.TB, s strike) []byte {
	tb.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	const scan = "prcheck_driver/scan.py"
	found := false
	edited := stages.EditDriver(tb, func(name string, text []byte) []byte {
		if name != scan {
			return text
		}
		found = true
		return append(text, planted+"\n_PLANTED = "+string(data)+"\n"...)
	})
	if !found {
		tb.Fatalf("the driver has no %s", scan)
	}
	return edited
}
