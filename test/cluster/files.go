// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

// templates are the configuration files of the cluster's programs.
//
//go:embed templates
var templates embed.FS

// paths are a cluster's files, all below one folder, which down removes.
type paths struct{ dir string }

func (p paths) state() string              { return filepath.Join(p.dir, "cluster.json") }
func (p paths) kubeconfig() string         { return filepath.Join(p.dir, "kubeconfig") }
func (p paths) pki() string                { return filepath.Join(p.dir, "pki") }
func (p paths) etc() string                { return filepath.Join(p.dir, "etc") }
func (p paths) log() string                { return filepath.Join(p.dir, "log") }
func (p paths) machine(name string) string { return filepath.Join(p.dir, "machine-"+name+".json") }
func (p paths) node(name, folder string) string {
	return filepath.Join(p.dir, "nodes", name, folder)
}

// values are what the templates use.
type values struct {
	Net     network
	Host    host
	Cgroup  string
	PKI     string
	Etc     string
	Pause   string
	Node    string // empty in the control plane's files
	NodeIP  string
	PodCIDR string
	// ReservedMemory keeps the nodes together from offering the computer's memory twice.
	ReservedMemory string
	// User, Server, CA, Cert and Key are a kubeconfig's.
	User, Server, CA, Cert, Key string
	HostName                    string
}

// render writes one file from a template.
func render(name, path string, v values) error {
	t, err := template.New(name).Option("missingkey=error").ParseFS(templates, "templates/"+name)
	if err != nil {
		return fmt.Errorf("reading the template %s: %w", name, err)
	}
	var content bytes.Buffer
	if err := t.Execute(&content, v); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// writePKI makes the authorities, and a certificate and kubeconfig for each program that talks to the API server.
func (c *Cluster) writePKI(now time.Time) error {
	ca, err := newAuthority(c.paths.pki(), "ca", now)
	if err != nil {
		return err
	}
	proxy, err := newAuthority(c.paths.pki(), "front-proxy-ca", now)
	if err != nil {
		return err
	}
	if err := proxy.issue(identity{file: "front-proxy-client", name: "front-proxy-client"}); err != nil {
		return err
	}
	for _, id := range c.identities() {
		if err := ca.issue(id); err != nil {
			return err
		}
		if !id.kubeconfig {
			continue
		}
		if err := c.writeKubeconfig(id); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) identities() []identity {
	names := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"}
	ids := []identity{
		{file: "apiserver", name: "kube-apiserver", hosts: append(names, c.Net.Control(), c.Net.FirstService(), "127.0.0.1")},
		{file: "service-account", name: "service-account"},
		{file: "kubelet-client", name: "kube-apiserver-kubelet-client", groups: []string{"system:masters"}},
		{file: "admin", name: "admin", groups: []string{"system:masters"}, kubeconfig: true},
		{file: "controller-manager", name: "system:kube-controller-manager", kubeconfig: true},
		{file: "scheduler", name: "system:kube-scheduler", kubeconfig: true},
		{file: "proxy", name: "system:kube-proxy", kubeconfig: true},
		{file: "coredns", name: corednsUser, kubeconfig: true},
	}
	for i, node := range c.Nodes {
		ids = append(ids, identity{
			file: node, name: "system:node:" + node, groups: []string{"system:nodes"},
			hosts: []string{node, c.Net.Node(i + 1)}, kubeconfig: true,
		})
	}
	return ids
}

// writeKubeconfig embeds the certificates, so that the admin's file works wherever it is copied to.
func (c *Cluster) writeKubeconfig(id identity) error {
	v := c.values()
	v.User = id.name
	v.Server = c.server()
	for target, file := range map[*string]string{&v.CA: "ca.crt", &v.Cert: id.file + ".crt", &v.Key: id.file + ".key"} {
		content, err := os.ReadFile(filepath.Join(c.paths.pki(), file))
		if err != nil {
			return fmt.Errorf("writing the kubeconfig of %s: %w", id.name, err)
		}
		*target = base64.StdEncoding.EncodeToString(content)
	}
	path := filepath.Join(c.paths.etc(), id.file+".kubeconfig")
	if id.file == "admin" {
		path = c.paths.kubeconfig()
	}
	return render("kubeconfig", path, v)
}

func (c *Cluster) server() string { return fmt.Sprintf("https://%s:6443", c.Net.Control()) }
