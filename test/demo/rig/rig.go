// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package rig puts prcheck up as its users have it: a cluster of two nodes, the images, an install by Helm or kustomize, and a
// forge beside it. The demo and the tests on a cluster stand on it.
package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/cluster"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// The secrets of a rig; nothing behind them is worth anything.
const (
	Token         = "ghp_rig0000000000000000000000000000000"
	WebhookSecret = "rig-webhook-secret" //nolint:gosec // opens the emulator only
)

// The names of what a rig sets up.
const (
	SystemNamespace = "prcheck-system"
	Release         = "prcheck"
	Namespace       = "heath"
	Repository      = "heath"
	Profile         = "default"
	Owner           = "demo"
	emulatorPort    = 8800
	serverPort      = 30080
)

// Options say what Start puts up.
type Options struct {
	// Name of the cluster; empty: the default one.
	Name string
	// Log gets a line a step.
	Log io.Writer
	// Kustomize installs by kubectl apply -k config/default in place of Helm.
	Kustomize bool
	// PollInterval of the Repository. Zero: 30 s.
	PollInterval time.Duration
	// MaxRuns is how many runs' pods there may be at once. Zero: 2.
	MaxRuns int
}

// Rig is what Start put up.
type Rig struct {
	Cluster  *cluster.Cluster
	Emulator *Emulator
	Kube     client.Client
	Images   Images
	// ServerURL is where the server's pages are.
	ServerURL string
	opts      Options
	started   time.Time
}

// Dir is where a rig of a name keeps its files.
func Dir(name string) (string, error) {
	cache, err := binary.CacheDir()
	if err != nil {
		return "", err
	}
	if name == "" {
		name = cluster.DefaultName
	}
	return filepath.Join(cache, "rig", name), nil
}

// Start puts a rig up from nothing; what an earlier one of the name left is removed first.
func Start(ctx context.Context, opts Options) (_ *Rig, err error) {
	r := &Rig{opts: opts, started: clock.RealClock{}.Now()}
	if r.Images, err = readImages(); err != nil {
		return nil, err
	}
	if err := Down(ctx, opts); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.SaveLogs(context.WithoutCancel(ctx)))
		}
	}()
	r.Say("starting a cluster of two nodes")
	if r.Cluster, err = cluster.Up(ctx, cluster.Options{Name: opts.Name, Log: opts.Log}); err != nil {
		return nil, err
	}
	if err := r.connect(); err != nil {
		return nil, err
	}
	r.Say("loading images into its nodes")
	if err := r.Cluster.Load(ctx, r.Images.files()...); err != nil {
		return nil, err
	}
	node := r.Cluster.HostAddress()
	r.ServerURL = "http://" + r.serverAddress(ctx)
	dir, err := Dir(opts.Name)
	if err != nil {
		return nil, err
	}
	r.Say("starting the GitHub emulator")
	r.Emulator, err = startEmulator(ctx, filepath.Join(dir, "emulator"), fmt.Sprintf("%s:%d", node, emulatorPort),
		fmt.Sprintf("%s/hooks/%s/%s", r.ServerURL, Namespace, Repository))
	if err != nil {
		return nil, err
	}
	return r, r.install(ctx)
}

// Down removes what Start put up, also half of it.
func Down(ctx context.Context, opts Options) error {
	dir, err := Dir(opts.Name)
	if err != nil {
		return err
	}
	emulator := &Emulator{dir: filepath.Join(dir, "emulator")}
	return errors.Join(emulator.Stop(), cluster.Down(ctx, cluster.Options{Name: opts.Name, Log: opts.Log}))
}

// Say writes a line of progress with the time since the start.
func (r *Rig) Say(format string, args ...any) {
	if r.opts.Log == nil {
		return
	}
	since := clock.RealClock{}.Since(r.started).Round(time.Second)
	fmt.Fprintf(r.opts.Log, "[%3ds] %s\n", int(since.Seconds()), fmt.Sprintf(format, args...))
}

func (r *Rig) connect() error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	config, err := r.Cluster.RESTConfig()
	if err != nil {
		return err
	}
	r.Kube, err = client.New(config, client.Options{Scheme: scheme})
	return err
}

// serverAddress is where the server's NodePort answers: at a node's address.
func (r *Rig) serverAddress(ctx context.Context) string {
	var nodes corev1.NodeList
	if err := r.Kube.List(ctx, &nodes); err == nil {
		for _, node := range nodes.Items {
			for _, address := range node.Status.Addresses {
				if address.Type == corev1.NodeInternalIP {
					return fmt.Sprintf("%s:%d", address.Address, serverPort)
				}
			}
		}
	}
	return fmt.Sprintf("%s:%d", r.Cluster.HostAddress(), serverPort)
}

// SaveLogs keeps what helps to find out why a start failed.
func (r *Rig) SaveLogs(ctx context.Context) error {
	if r.Cluster == nil {
		return nil
	}
	file := filepath.Join(os.TempDir(), "prcheck-rig.log")
	var out strings.Builder
	out.WriteString(r.kubectlOutput(ctx, "get", "pods,jobs,prc,events", "--all-namespaces", "-o", "wide"))
	for _, component := range []string{"manager", "server"} {
		out.WriteString(r.kubectlOutput(ctx, "-n", SystemNamespace, "logs", "--tail=200", "-l", "app.kubernetes.io/component="+component))
	}
	r.Say("the state of the cluster is in %s, its programs' logs in %s", file, r.Cluster.LogDir())
	return os.WriteFile(file, []byte(out.String()), 0o600)
}
