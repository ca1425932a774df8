// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package cluster is the local Kubernetes of tests and demo: a control plane and two real nodes (containerd and kubelet
// each) with Services, DNS and volumes, on one computer, without a container engine and without a registry.
//
// Each of the three machines is a set of namespaces under a process 1 of its own (test/cluster/machine): its network
// with its own kube-proxy rules, its mounts, its processes. The control machine runs etcd, the API server, controllers,
// scheduler and CoreDNS. Ending process 1 ends everything in a machine, so Down leaves nothing even after a crash. What
// it does not have: NetworkPolicy is not enforced, and nothing in it can reach further than the host.
//
//	c, err := cluster.Up(ctx, cluster.Options{Log: os.Stderr})
//	defer c.Down(ctx)
//	err = c.Load(ctx, "dist/images/manager.tar") // into every node
//	config, err := c.RESTConfig()
//
// Pods reach servers of the host at c.HostAddress() or HostName; the host reaches pods and Services at their addresses.
// The programs come from test/kube/binary (`make k8s-bins`), the others from Debian packages (hack/setup.sh).
package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/kube/binary"
)

const (
	// DefaultName is the cluster that commands mean when none is named.
	DefaultName = "prcheck"
	// HostName is the name under which pods find the host.
	HostName = "host.prcheck.test"
	// StorageClass is the default class: volumes prepared on each node, bound when the first pod that uses one is placed.
	StorageClass = "local"
)

// lockTimeout is how long a command waits for another one on the same cluster.
const lockTimeout = 5 * time.Second

// nameForm keeps the name of the host's link (at most 15 bytes) and of the nodes valid.
var nameForm = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$`)

// Options say what Up starts.
type Options struct {
	// Name tells clusters apart; DefaultName if empty. Several can run at once.
	Name string
	// Log gets a line for each step; nothing is written if nil.
	Log io.Writer
	// Clock is the real one if nil.
	Clock clock.Clock
}

// Cluster is one local cluster.
type Cluster struct {
	// Name is the cluster's.
	Name string `json:"name"`
	// Net is its address range.
	Net network `json:"network"`
	// Nodes are the nodes' names.
	Nodes []string `json:"nodes"`

	paths paths
	host  host
	log   io.Writer
}

// HostAddress is the address at which pods and nodes reach servers of the host. Servers must listen on it, or on all.
func (c *Cluster) HostAddress() string { return c.Net.Host() }

// ControlAddress is the address of the control machine: the API server on port 6443 and DNS.
func (c *Cluster) ControlAddress() string { return c.Net.Control() }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.paths.kubeconfig() }

// NodeLib is the folder that a node sees as /var/lib.
func (c *Cluster) NodeLib(node string) string { return c.paths.node(node, "lib") }

// LogDir is the folder with a log for each program.
func (c *Cluster) LogDir() string { return c.paths.log() }

// RESTConfig is the administrator's access.
func (c *Cluster) RESTConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of the cluster %s: %w", c.Name, err)
	}
	config.QPS, config.Burst = -1, -1 // the API server's own fairness is enough
	return config, nil
}

// newCluster makes the value without starting anything.
func newCluster(o Options) (*Cluster, error) {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if !nameForm.MatchString(o.Name) {
		return nil, fmt.Errorf("the cluster name %q is not 1 to 12 lower-case letters, digits and hyphens, a letter first", o.Name)
	}
	cache, err := binary.CacheDir()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	return &Cluster{
		Name:  o.Name,
		Nodes: []string{"node1", "node2"},
		paths: paths{dir: filepath.Join(cache, "cluster", o.Name)},
		log:   o.Log,
	}, nil
}

// Find returns a cluster that runs, and an error that says how to start one if none does.
func Find(o Options) (*Cluster, error) {
	c, err := newCluster(o)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(c.paths.state())
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the cluster %s is not up: run `make cluster-up`", c.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state of the cluster %s: %w", c.Name, err)
	}
	if err := json.Unmarshal(content, c); err != nil {
		return nil, fmt.Errorf("reading the state of the cluster %s in %s: %w", c.Name, c.paths.state(), err)
	}
	for _, name := range c.machines() {
		pid, err := findMachine(c.paths.machine(name))
		if err != nil {
			return nil, err
		}
		if pid == 0 {
			return nil, fmt.Errorf("the machine %s of the cluster %s does not run: run `make cluster-down cluster-up`", name, c.Name)
		}
	}
	return c, nil
}

// machines are the names of the machines, the control machine's first.
func (c *Cluster) machines() []string { return append([]string{controlName}, c.Nodes...) }

// pids are the process 1 of each machine, in the order of machines.
func (c *Cluster) pid(name string) (int, error) {
	pid, err := findMachine(c.paths.machine(name))
	if err == nil && pid == 0 {
		err = fmt.Errorf("the machine %s of the cluster %s does not run", name, c.Name)
	}
	return pid, err
}

func (c *Cluster) save() error {
	content, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("saving the state of the cluster %s: %w", c.Name, err)
	}
	if err := os.WriteFile(c.paths.state(), content, 0o600); err != nil {
		return fmt.Errorf("saving the state of the cluster %s: %w", c.Name, err)
	}
	return nil
}

// lock keeps up and down of one cluster apart; the kernel drops it when the process ends. The file is beside the
// cluster's folder, because down removes that. It is tried for some seconds: a program that a killed command was just
// starting holds the file a moment longer.
func (c *Cluster) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(c.paths.dir), 0o755); err != nil {
		return nil, fmt.Errorf("locking the cluster %s: %w", c.Name, err)
	}
	file, err := os.OpenFile(c.paths.dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the cluster %s: %w", c.Name, err)
	}
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, lockTimeout, true, func(context.Context) (bool, error) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("another command works on the cluster %s: %w", c.Name, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

func (c *Cluster) say(format string, args ...any) { fmt.Fprintf(c.log, format+"\n", args...) }

// Down ends the cluster and removes all that it made, also where Up was killed half-way. Without a cluster it does nothing.
func Down(ctx context.Context, o Options) error {
	c, err := newCluster(o)
	if err != nil {
		return err
	}
	return c.Down(ctx)
}
