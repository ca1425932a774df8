// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// capSysResource is the number of CAP_SYS_RESOURCE, needed to lower an out-of-memory score.
const capSysResource = 24

// host is what was found out about the computer that the cluster runs on.
type host struct {
	// CgroupV2 says that the controllers are on the unified hierarchy, mounted on CgroupRoot.
	CgroupV2 bool
	// CgroupRoot is where the hierarchies are mounted.
	CgroupRoot string
	// Hierarchies are the mount points of cgroup v1, without duplicates; empty on v2.
	Hierarchies []string
	// Unified are the mount points of cgroup v2 on a hybrid host: without controllers, but runc makes folders there too.
	Unified []string
	// SysResource says that this process has CAP_SYS_RESOURCE.
	SysResource bool
	// CNIDir is where the CNI plugins are.
	CNIDir string
	// MemoryBytes is the computer's memory.
	MemoryBytes int64
}

// tools are the programs of Debian packages that the cluster needs, with the package of each.
var tools = map[string]string{
	"containerd": "containerd", "ctr": "containerd", "runc": "runc", "ip": "iproute2", "nft": "nftables",
	"conntrack": "conntrack", "nsenter": "util-linux",
}

// inspect finds out what the computer has and refuses one that cannot run a cluster, saying all that is missing.
func inspect(root string) (host, error) {
	h := host{CgroupRoot: filepath.Join(root, "sys/fs/cgroup")}
	var problems []error
	if os.Geteuid() != 0 {
		problems = append(problems, errors.New("the local cluster needs root (namespaces, cgroups, mounts)"))
	}
	for tool, pkg := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			problems = append(problems, fmt.Errorf("%s is missing: install the Debian package %s (hack/setup.sh does)", tool, pkg))
		}
	}
	problems = append(problems, h.findCNI(root), h.findCgroups(root), h.findCapabilities(root), h.findMemory(root))
	return h, errors.Join(problems...)
}

// inspectCgroups finds out only what Down needs: it must also work where a program was removed since.
func inspectCgroups(root string) (host, error) {
	h := host{CgroupRoot: filepath.Join(root, "sys/fs/cgroup")}
	return h, h.findCgroups(root)
}

func (h *host) findCNI(root string) error {
	for _, dir := range []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"} {
		if _, err := os.Stat(filepath.Join(root, dir, "ptp")); err == nil {
			h.CNIDir = dir
			return nil
		}
	}
	return errors.New("no CNI plugins found: install the Debian package containernetworking-plugins (hack/setup.sh does)")
}

// findCgroups reads the mount table: a hybrid host mounts both versions, and then the controllers decide.
func (h *host) findCgroups(root string) error {
	if controllers, err := os.ReadFile(filepath.Join(h.CgroupRoot, "cgroup.controllers")); err == nil {
		h.CgroupV2 = true
		return missing(strings.Fields(string(controllers)), "cpuset", "cpu", "memory", "pids")
	}
	mounts, err := os.ReadFile(filepath.Join(root, "proc/self/mounts"))
	if err != nil {
		return fmt.Errorf("finding the cgroups: %w", err)
	}
	var controllers []string
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) >= 4 && fields[2] == "cgroup2" {
			h.Unified = append(h.Unified, filepath.Join(root, fields[1]))
		}
		if len(fields) < 4 || fields[2] != "cgroup" {
			continue
		}
		h.Hierarchies = append(h.Hierarchies, filepath.Join(root, fields[1]))
		controllers = append(controllers, strings.Split(fields[3], ",")...)
	}
	return missing(controllers, "cpuset", "cpu", "cpuacct", "memory", "pids")
}

func missing(have []string, want ...string) error {
	var gone []string
	for _, controller := range want {
		if !slices.Contains(have, controller) {
			gone = append(gone, controller)
		}
	}
	if len(gone) > 0 {
		return fmt.Errorf("the kernel offers no cgroup controller %s: a kubelet cannot run here", strings.Join(gone, ", "))
	}
	return nil
}

func (h *host) findCapabilities(root string) error {
	value, err := field(filepath.Join(root, "proc/self/status"), "CapEff:")
	if err != nil {
		return err
	}
	mask, err := strconv.ParseUint(value, 16, 64)
	if err != nil {
		return fmt.Errorf("reading the capabilities: %w", err)
	}
	h.SysResource = mask&(1<<capSysResource) != 0
	return nil
}

func (h *host) findMemory(root string) error {
	value, err := field(filepath.Join(root, "proc/meminfo"), "MemTotal:")
	if err != nil {
		return err
	}
	kib, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return fmt.Errorf("reading the size of the memory: %w", err)
	}
	h.MemoryBytes = kib << 10
	return nil
}

// field returns the first word after key, at the start of a line of a file under /proc.
func field(path, key string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, key); ok && len(strings.Fields(rest)) > 0 {
			return strings.Fields(rest)[0], nil
		}
	}
	return "", fmt.Errorf("%s has no line %s", path, key)
}
