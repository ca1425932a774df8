// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package binary knows the programs that the tests start and that no Debian package brings in the wanted version:
// Kubernetes, etcd, CoreDNS, Helm. Each is built with Go from a module of its own under hack/tools, once, into a folder
// of the cache whose name is made from the module's content and the Go version, so a changed pin never meets an old file.
//
// The package only finds and builds; it starts nothing. Path is for those who need a program, Build for `make k8s-bins`.
package binary

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// modulePath is how the root of the repository is told from any other folder with a go.mod.
const modulePath = "module github.com/prcheck/prcheck\n"

// Tool is one program.
type Tool struct {
	// Name is the file's name in the cache.
	Name string
	// Dir is the folder, below the repository's root, in which the build runs: that of the module.
	Dir string
	// Package is what is built there.
	Package string
	// Sources is the folder below the root whose Go files, go.mod and go.sum the key is made from.
	Sources string
	// Imports are further such folders: packages of this repository that the program is made of, too.
	Imports []string
	// LDFlags are the linker's flags.
	LDFlags string
}

const (
	kubernetesDir = "hack/tools/kubernetes"
	kubernetesLD  = "-s -w -X k8s.io/component-base/version.gitVersion=" + KubernetesVersion
)

// KubernetesVersion is the version of hack/tools/kubernetes/go.mod; a test keeps the two equal.
const KubernetesVersion = "v1.36.3"

// Tools returns every program, those first that most tests need.
func Tools() []Tool {
	kube := func(name string) Tool {
		return Tool{Name: name, Dir: kubernetesDir, Package: "k8s.io/kubernetes/cmd/" + name, Sources: kubernetesDir, LDFlags: kubernetesLD}
	}
	return []Tool{
		{Name: "etcd", Dir: kubernetesDir, Package: "go.etcd.io/etcd/server/v3", Sources: kubernetesDir, LDFlags: "-s -w"},
		kube("kube-apiserver"),
		kube("kubectl"),
		kube("kube-controller-manager"),
		kube("kube-scheduler"),
		kube("kubelet"),
		kube("kube-proxy"),
		{Name: "coredns", Dir: "hack/tools/coredns", Package: ".", Sources: "hack/tools/coredns", LDFlags: "-s -w"},
		{Name: "helm", Dir: "hack/tools/helm", Package: "helm.sh/helm/v4/cmd/helm", Sources: "hack/tools/helm", LDFlags: "-s -w"},
		{Name: "machine", Dir: ".", Package: "./test/cluster/machine", Sources: "test/cluster/machine", Imports: []string{"test/cluster/machineconfig"}, LDFlags: "-s -w"},
		{Name: "pause", Dir: ".", Package: "./images/pause", Sources: "images/pause", LDFlags: "-s -w"},
	}
}

// Path returns where the named program is in the cache. It fails when it was not built yet, and says how to build it.
func Path(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	tool, err := find(name)
	if err != nil {
		return "", err
	}
	path, err := tool.path(root)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not built (%w): run `make k8s-bins`", name, err)
	}
	return path, nil
}

// Root returns the repository's root, searched upwards from the working directory (a test's is its package's folder).
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository's root: %w", err)
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(content), modulePath) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod of prcheck in or above %s: run this inside a clone", start)
		}
	}
}

// CacheDir returns the folder of all of prcheck's caches: ${XDG_CACHE_HOME:-$HOME/.cache}/prcheck.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w", err)
	}
	return filepath.Join(dir, "prcheck"), nil
}

func find(name string) (Tool, error) {
	tools := Tools()
	i := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == name })
	if i < 0 {
		return Tool{}, fmt.Errorf("no program is named %q", name)
	}
	return tools[i], nil
}

func (t Tool) path(root string) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	key, err := t.key(root)
	if err != nil {
		return "", fmt.Errorf("making the cache key of %s: %w", t.Name, err)
	}
	return filepath.Join(cache, "bin", key, t.Name), nil
}

// key names the folder: the module and 16 digits of a hash over everything the program is made from.
func (t Tool) key(root string) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n%s\n", runtime.Version(), runtime.GOARCH, t.LDFlags)
	for _, folder := range append([]string{t.Sources}, t.Imports...) {
		if err := hashFolder(hash, filepath.Join(root, folder)); err != nil {
			return "", err
		}
	}
	return filepath.Base(t.Sources) + "-" + hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func hashFolder(hash io.Writer, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !isSource(entry) {
			continue
		}
		if err := hashFile(hash, dir, entry.Name()); err != nil {
			return err
		}
	}
	return nil
}

func isSource(entry os.DirEntry) bool {
	name := entry.Name()
	if name == "go.mod" || name == "go.sum" {
		return true
	}
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

func hashFile(hash io.Writer, dir, name string) (err error) {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	fmt.Fprintf(hash, "%s\n", name)
	_, err = io.Copy(hash, file)
	return err
}
