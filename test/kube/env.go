// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package kube gives tests a real API server without nodes: etcd and kube-apiserver on loopback, with random ports,
// with prcheck's CRDs installed. No kubelet and no controller runs there: Jobs stay as they were created.
//
// Starting takes some seconds, so a package shares one between its tests, each test in a namespace of its own:
//
//	var config *rest.Config
//
//	func TestMain(m *testing.M) { kube.Main(m, func(c *rest.Config) { config = c }) }
//
// A single test may use kube.Env(t). Programs are found by kube.Binary; a missing one is a failure that names
// `make k8s-bins`. The whole cluster with nodes is test/cluster.
package kube

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/prcheck/prcheck/test/kube/binary"
)

// crdDir is where the generated CRDs are, below the repository's root.
const crdDir = "config/crd/bases"

// Binary returns where the named program (etcd, kube-apiserver, kubectl, helm, …) is in the cache.
func Binary(name string) (string, error) { return binary.Path(name) }

// MustBinary is Binary for tests: a program that is not built fails the test.
func MustBinary(tb testing.TB, name string) string {
	tb.Helper()
	path, err := Binary(name)
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// Env starts an API server for one test and stops it when the test ends.
func Env(tb testing.TB) *rest.Config {
	tb.Helper()
	config, stop, err := Start()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := stop(); err != nil {
			tb.Errorf("stopping the API server: %v", err)
		}
	})
	return config
}

// Main is a TestMain: it starts one API server, hands its config to use, runs the tests, stops it, and exits.
func Main(m *testing.M, use func(*rest.Config)) {
	config, stop, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kube:", err)
		os.Exit(1)
	}
	use(config)
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "kube: stopping the API server:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Start starts etcd and kube-apiserver and installs the CRDs. The caller calls stop.
// TEST_ASSET_ETCD and TEST_ASSET_KUBE_APISERVER, where set, name other programs than those of the cache.
func Start() (config *rest.Config, stop func() error, err error) {
	env, err := environment()
	if err != nil {
		return nil, nil, err
	}
	config, err = env.Start()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting etcd and kube-apiserver: %w", err), env.Stop())
	}
	return config, env.Stop, nil
}

func environment() (*envtest.Environment, error) {
	root, err := binary.Root()
	if err != nil {
		return nil, err
	}
	env := &envtest.Environment{
		CRDInstallOptions: envtest.CRDInstallOptions{
			Paths:              []string{filepath.Join(root, crdDir)},
			ErrorIfPathMissing: true,
		},
	}
	etcd, err := asset("TEST_ASSET_ETCD", "etcd")
	if err != nil {
		return nil, err
	}
	apiserver, err := asset("TEST_ASSET_KUBE_APISERVER", "kube-apiserver")
	if err != nil {
		return nil, err
	}
	env.ControlPlane.Etcd = &envtest.Etcd{Path: etcd}
	env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync", "true")
	env.ControlPlane.APIServer = &envtest.APIServer{Path: apiserver}
	return env, nil
}

func asset(variable, name string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		return path, nil
	}
	return Binary(name)
}
