// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree writes files below a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const hybridMounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup /sys/fs/cgroup/pids cgroup rw,relatime,pids 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`

func TestFindCgroups(t *testing.T) {
	tests := map[string]struct {
		files   map[string]string
		v2      bool
		dirs    int    // made for a cluster
		left    int    // looked at when it is removed
		problem string // part of the error
	}{
		"the unified hierarchy": {
			files: map[string]string{"sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n"},
			v2:    true, dirs: 1, left: 1,
		},
		"the unified hierarchy without the memory controller": {
			files: map[string]string{"sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n"},
			v2:    true, dirs: 1, left: 1, problem: "memory",
		},
		"a hybrid host": {files: map[string]string{"proc/self/mounts": hybridMounts}, dirs: 4, left: 5},
		"a hybrid host without pids and memory": {
			files: map[string]string{"proc/self/mounts": "cgroup /c cgroup rw,cpu,cpuacct,cpuset 0 0\n"},
			dirs:  1, left: 1, problem: "memory, pids",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := tree(t, test.files)
			h, err := inspectCgroups(root)
			if (err != nil) != (test.problem != "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("the error is %v, want one about %q", err, test.problem)
			}
			if h.CgroupV2 != test.v2 || len(h.cgroupDirs("x")) != test.dirs || len(h.leftDirs("x")) != test.left {
				t.Errorf("v2 %v, folders %v, to remove %v", h.CgroupV2, h.cgroupDirs("x"), h.leftDirs("x"))
			}
		})
	}
}

func TestMakeCgroupsHandsOnTheControllersOfV2(t *testing.T) {
	root := tree(t, map[string]string{"sys/fs/cgroup/cgroup.controllers": "cpuset cpu memory pids"})
	h, err := inspectCgroups(root)
	if err != nil {
		t.Fatal(err)
	}
	cluster := h.cgroupDirs("x")[0]
	// A kernel makes this file with the folder; the second pass finds it.
	if err := h.makeCgroups("x", []string{"node1"}); err == nil {
		t.Fatal("a cgroup without cgroup.controllers was accepted")
	}
	if err := os.WriteFile(filepath.Join(cluster, "cgroup.controllers"), []byte("cpu memory"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.makeCgroups("x", []string{"node1"}); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{h.CgroupRoot: "+cpuset +cpu +memory +pids", cluster: "+cpu +memory"} {
		if got, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control")); err != nil || string(got) != want {
			t.Errorf("%s hands on %q (%v), want %q", dir, got, err, want)
		}
	}
}

func TestMakeCgroupsFillsCpusetsOfV1(t *testing.T) {
	root := tree(t, map[string]string{
		"proc/self/mounts":                 strings.ReplaceAll(hybridMounts, "cpu,cpuacct cgroup", "cpuset cgroup"),
		"sys/fs/cgroup/cpuset/cpuset.cpus": "0-1\n", "sys/fs/cgroup/cpuset/cpuset.mems": "0\n",
		"sys/fs/cgroup/memory/tasks": "", "sys/fs/cgroup/pids/tasks": "",
	})
	h, err := inspectCgroups(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.makeCgroups("x", []string{"node1"}); err != nil {
		t.Fatal(err)
	}
	node := filepath.Join(root, "sys/fs/cgroup/cpuset", cgroupPrefix+"x", "node1")
	for file, want := range map[string]string{"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"} {
		if got, err := os.ReadFile(filepath.Join(node, file)); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v), want %q", file, got, err, want)
		}
	}
}

func TestFindCapabilities(t *testing.T) {
	for mask, want := range map[string]bool{"000001ffffffffff": true, "000001fffeffffff": false} {
		var h host
		root := tree(t, map[string]string{"proc/self/status": "Name:\tx\nCapEff:\t" + mask + "\n"})
		if err := h.findCapabilities(root); err != nil || h.SysResource != want {
			t.Errorf("with %s CAP_SYS_RESOURCE is %v (%v), want %v", mask, h.SysResource, err, want)
		}
	}
}

func TestFreeNetworkAvoidsTheHostsRoutes(t *testing.T) {
	first, err := freeNetwork("x", nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		route string
		moves bool
	}{
		"an address in the range":    {first.addr("7.7"), true},
		"a wider range":              {"10.0.0.0/8", true},
		"a neighbour":                {"192.168.0.0/16", false},
		"an IPv6 route of that host": {"fe80::/64", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			prefix, err := parsePrefix(test.route)
			if err != nil {
				t.Fatal(err)
			}
			got, err := freeNetwork("x", []netip.Prefix{prefix})
			if test.route == "10.0.0.0/8" {
				if err == nil {
					t.Errorf("the range %v is taken, no error", got)
				}
				return
			}
			if err != nil || (got != first) != test.moves {
				t.Errorf("the network is %v (%v), without the route %v", got, err, first)
			}
		})
	}
}

func TestNamesOfClusters(t *testing.T) {
	for name, good := range map[string]bool{
		"": true, "x": true, "demo-2": true, "abcdefghijkl": true,
		"abcdefghijklm": false, "-x": false, "x-": false, "X": false, "a/b": false, "..": false,
	} {
		if _, err := newCluster(Options{Name: name}); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestFindSaysHowToStart(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := Find(Options{}); err == nil || !strings.Contains(err.Error(), "make cluster-up") {
		t.Errorf("the error %v does not name make cluster-up", err)
	}
}

func TestKillMachineTakesNoOther(t *testing.T) {
	if err := killMachine(context.WithoutCancel(t.Context()), filepath.Join(t.TempDir(), "machine-x.json")); err != nil {
		t.Error(err)
	}
	if isMachine(os.Getpid(), os.Args[0]) {
		t.Error("the test itself is taken for a machine")
	}
}
