// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// controlName is the control machine's host name.
const controlName = "control"

// Up starts a cluster, or returns the one of this name that runs already. What is left of one that does not run any
// more is removed first. When it fails, it leaves the logs for reading; Down removes them.
func Up(ctx context.Context, o Options) (*Cluster, error) {
	c, err := newCluster(o)
	if err != nil {
		return nil, err
	}
	unlock, err := c.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if running, err := Find(o); err == nil {
		running.log = c.log
		running.say("the cluster %s runs already", c.Name)
		return running, running.ready(ctx)
	}
	if c.host, err = inspect("/"); err != nil {
		return nil, fmt.Errorf("this computer cannot run the local cluster: %w", err)
	}
	if err := c.clean(ctx); err != nil {
		return nil, err
	}
	clk := o.Clock
	if clk == nil {
		clk = clock.RealClock{}
	}
	start := clk.Now()
	if err := c.start(ctx, start); err != nil {
		return nil, fmt.Errorf("starting the cluster %s (logs in %s): %w", c.Name, c.paths.log(), err)
	}
	c.say("the cluster %s is up after %s", c.Name, clk.Since(start).Round(100*time.Millisecond))
	return c, nil
}

func (c *Cluster) start(ctx context.Context, now time.Time) error {
	pause, err := pauseImage(ctx)
	if err != nil {
		return err
	}
	if c.Net, err = chooseNetwork(ctx, c.Name); err != nil {
		return err
	}
	if err := c.makeFolders(); err != nil {
		return err
	}
	if err := c.save(); err != nil {
		return err
	}
	if err := c.writePKI(now); err != nil {
		return err
	}
	if err := c.writeConfigs(pause.ByTag()); err != nil {
		return err
	}
	if err := c.host.makeCgroups(c.Name, c.Nodes); err != nil {
		return err
	}
	c.say("starting the machines %v in 10.%d.0.0/16", c.machines(), c.Net.Octet)
	if err := c.startMachines(ctx); err != nil {
		return err
	}
	if err := c.loadPause(ctx, pause); err != nil {
		return err
	}
	return c.ready(ctx)
}

func (c *Cluster) makeFolders() error {
	dirs := []string{c.paths.pki(), c.paths.etc(), c.paths.log(), filepath.Join(c.paths.dir, "etcd")}
	for _, node := range c.Nodes {
		dirs = append(dirs, c.paths.node(node, "lib"), c.paths.node(node, "log"))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making the cluster's folders: %w", err)
		}
	}
	return c.makeVolumes()
}

// startMachines starts all machines, wires them, and only then lets their services start.
func (c *Cluster) startMachines(ctx context.Context) (err error) {
	// Small and of this repository: built here, so that a change to it never meets "run make k8s-bins".
	if err := binary.Build(ctx, c.log, "machine"); err != nil {
		return err
	}
	program, err := binary.Path("machine")
	if err != nil {
		return err
	}
	configs := make([]machineconfig.Config, 0, len(c.machines()))
	control, err := c.controlMachine()
	if err != nil {
		return err
	}
	configs = append(configs, control)
	for i := range c.Nodes {
		node, err := c.nodeMachine(i)
		if err != nil {
			return err
		}
		configs = append(configs, node)
	}
	var machines []*machine
	var pids []int
	defer func() {
		for _, m := range machines {
			m.abandon()
		}
	}()
	for _, config := range configs {
		log := filepath.Join(c.paths.log(), "machine-"+config.Hostname+".log")
		m, err := startMachine(program, c.paths.machine(config.Hostname), log, config)
		if err != nil {
			return err
		}
		machines, pids = append(machines, m), append(pids, m.pid)
	}
	if err := c.Net.connect(ctx, c.Name, pids); err != nil {
		return err
	}
	for _, m := range machines {
		err = errors.Join(err, m.begin())
	}
	return err
}
