// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
)

// A cluster has one /16 below 10: machines and host in .0.0/24, a node's pods in .(64+N).0/24, Services in .128.0/20.
// Everything is routed, nothing is translated but Service addresses: a pod sees the host under Host, and the host sees
// pods and Services under their own addresses. Nothing leads further: a pod that tries the internet is told at once. The bridge is in the control machine, so the host's firewall and its
// forwarding do not matter, and the host's only link, one end of a cable, goes when that machine goes.
type network struct {
	Octet int `json:"octet"`
}

const (
	firstOctet = 64
	octets     = 128
)

func (n network) addr(format string, args ...any) string {
	return fmt.Sprintf("10.%d.", n.Octet) + fmt.Sprintf(format, args...)
}

// Host is the host's address as pods and nodes see it; Control is the control machine's; Node a node's, from 1.
func (n network) Host() string          { return n.addr("0.1") }
func (n network) Control() string       { return n.addr("0.2") }
func (n network) Node(i int) string     { return n.addr("0.%d", 10+i) }
func (n network) NodePods(i int) string { return n.addr("%d.0/24", 64+i) }
func (n network) Pods() string          { return n.addr("64.0/18") }
func (n network) Services() string      { return n.addr("128.0/20") }
func (n network) FirstService() string  { return n.addr("128.1") }
func (n network) whole() netip.Prefix   { return netip.MustParsePrefix(n.addr("0.0/16")) }
func linkName(cluster string) string    { return "pc-" + cluster }

// chooseNetwork takes the range that the name's hash says, or the next one that no route of the host touches.
func chooseNetwork(ctx context.Context, name string) (network, error) {
	output, err := run(ctx, "ip", "-json", "route", "show", "table", "all")
	if err != nil {
		return network{}, err
	}
	var routes []struct {
		Dst string `json:"dst"`
	}
	if err := json.Unmarshal(output, &routes); err != nil {
		return network{}, fmt.Errorf("reading the host's routes: %w", err)
	}
	var taken []netip.Prefix
	for _, route := range routes {
		if prefix, err := parsePrefix(route.Dst); err == nil && prefix.Bits() > 0 {
			taken = append(taken, prefix)
		}
	}
	return freeNetwork(name, taken)
}

func freeNetwork(name string, taken []netip.Prefix) (network, error) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	for i := range octets {
		n := network{Octet: firstOctet + int(hash.Sum32()%octets+uint32(i))%octets}
		if !overlapsAny(n.whole(), taken) {
			return n, nil
		}
	}
	return network{}, fmt.Errorf("the host has routes into every range of 10.%d.0.0 to 10.%d.0.0: none is free for a cluster",
		firstOctet, firstOctet+octets-1)
}

func overlapsAny(prefix netip.Prefix, others []netip.Prefix) bool {
	return slices.ContainsFunc(others, prefix.Overlaps)
}

func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// connect wires host, control machine and nodes together; pids are those of the machines, the control machine's first.
func (n network) connect(ctx context.Context, name string, pids []int) error {
	control := pids[0]
	link := linkName(name)
	steps := [][]string{
		{"ip", "link", "add", link, "type", "veth", "peer", "name", "host", "netns", strconv.Itoa(control)},
		{"ip", "address", "add", n.Host() + "/24", "dev", link},
		{"ip", "link", "set", link, "up"},
		{"ip", "route", "add", n.Services(), "via", n.Node(1)},
		in(control, "ip", "link", "set", "lo", "up"),
		in(control, "ip", "link", "add", "net", "type", "bridge"),
		in(control, "ip", "address", "add", n.Control()+"/24", "dev", "net"),
		in(control, "ip", "link", "set", "net", "up"),
		in(control, "ip", "link", "set", "host", "master", "net", "up"),
		in(control, "ip", "route", "add", n.Services(), "via", n.Node(1)),
	}
	for i, pid := range pids[1:] {
		steps = append(steps, n.connectNode(i+1, control, pid, pids[1:])...)
	}
	for _, step := range steps {
		if _, err := run(ctx, step...); err != nil {
			return fmt.Errorf("making the cluster's network: %w", err)
		}
	}
	return nil
}

// connectNode wires one node to the bridge; everyone else learns where its pods are.
func (n network) connectNode(node, control, pid int, nodes []int) [][]string {
	link := fmt.Sprintf("node%d", node)
	steps := [][]string{
		in(control, "ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", strconv.Itoa(pid)),
		in(control, "ip", "link", "set", link, "master", "net", "up"),
		in(control, "ip", "route", "add", n.NodePods(node), "via", n.Node(node)),
		{"ip", "route", "add", n.NodePods(node), "via", n.Node(node)},
		in(pid, "ip", "link", "set", "lo", "up"),
		in(pid, "ip", "address", "add", n.Node(node)+"/24", "dev", "eth0"),
		in(pid, "ip", "link", "set", "eth0", "up"),
	}
	for other := range nodes {
		if other+1 != node {
			steps = append(steps, in(pid, "ip", "route", "add", n.NodePods(other+1), "via", n.Node(other+1)))
		}
	}
	return steps
}

// in runs a command in a machine's network.
func in(pid int, args ...string) []string {
	return append([]string{"nsenter", "--target", strconv.Itoa(pid), "--net", "--"}, args...)
}

// run runs a command; its output is in the error when it fails.
func run(ctx context.Context, args ...string) ([]byte, error) {
	output, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return output, fmt.Errorf("%q: %w: %s", args, err, output)
	}
	return output, nil
}
