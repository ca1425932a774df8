// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// Image is one image that `make images` built.
type Image struct {
	Name   string `json:"name"`
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
	File   string `json:"file"`
}

// Images are the images by the last part of their names: manager, server, runner, pkgcheck.
type Images map[string]Image

// Reference returns NAME@DIGEST.
func (i Image) Reference() string { return i.Name + "@" + i.Digest }

func readImages() (Images, error) {
	root, err := binary.Root()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(root, "dist", "images.json"))
	if err != nil {
		return nil, fmt.Errorf("%w: run make images", err)
	}
	var list []Image
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("reading dist/images.json: %w", err)
	}
	images := Images{}
	for _, image := range list {
		if !filepath.IsAbs(image.File) {
			image.File = filepath.Join(root, image.File)
		}
		images[image.Name[strings.LastIndex(image.Name, "/")+1:]] = image
	}
	for _, name := range []string{"manager", "server", "runner", "pkgcheck"} {
		if images[name].Digest == "" {
			return nil, fmt.Errorf("dist/images.json has no image %s: run make images", name)
		}
	}
	return images, nil
}

func (i Images) files() []string {
	files := []string{}
	for _, name := range []string{"manager", "server", "runner", "pkgcheck"} {
		files = append(files, i[name].File)
	}
	return files
}

// install installs prcheck and waits until its pods are ready.
func (r *Rig) install(ctx context.Context) error {
	root, err := binary.Root()
	if err != nil {
		return err
	}
	if r.opts.Kustomize {
		r.Say("installing prcheck with kubectl apply -k")
		err = r.installKustomize(ctx, root)
	} else {
		r.Say("installing prcheck with Helm")
		err = r.installHelm(ctx, root)
	}
	if err != nil {
		return err
	}
	for _, what := range []string{"statefulset/prcheck-server", "deployment/prcheck-manager"} {
		if err := r.Kubectl(ctx, "-n", SystemNamespace, "rollout", "status", what, "--timeout=120s"); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rig) installHelm(ctx context.Context, root string) error {
	helm, err := binary.Path("helm")
	if err != nil {
		return err
	}
	args := []string{
		"--kubeconfig", r.Cluster.Kubeconfig(), "upgrade", "--install", Release, filepath.Join(root, "charts", "prcheck"),
		"--namespace", SystemNamespace, "--create-namespace",
		"--set", "externalURL=" + r.ServerURL,
		"--set", "server.service.type=NodePort", "--set", fmt.Sprintf("server.service.nodePort=%d", serverPort),
		"--set", "server.persistence.size=1Gi",
		"--set", "baselines.interval=2s", "--set", "baselines.settle=0s", // nobody pushes to the branch here
		"--set", fmt.Sprintf("manager.maxConcurrentRuns=%d", cmp.Or(r.opts.MaxRuns, 2)),
	}
	for _, part := range []string{"manager", "server", "runner"} {
		args = append(args, "--set", part+".image.repository="+r.Images[part].Name, "--set", part+".image.digest="+r.Images[part].Digest)
	}
	return run(ctx, root, helm, args...)
}

// CacheOnNodes switches the nodes' cache on for the Repository's namespace, as docs/node-cache.md tells.
func (r *Rig) CacheOnNodes(ctx context.Context) error {
	helm, err := binary.Path("helm")
	if err != nil {
		return err
	}
	root, err := binary.Root()
	if err != nil {
		return err
	}
	r.Say("switching the nodes' cache on")
	for _, args := range [][]string{
		{"create", "namespace", keeperNamespace},
		{"label", "namespace", keeperNamespace, "pod-security.kubernetes.io/enforce=privileged"},
	} {
		if err := r.Kubectl(ctx, args...); err != nil {
			return err
		}
	}
	if err := run(ctx, root, helm, "--kubeconfig", r.Cluster.Kubeconfig(), "upgrade", Release, filepath.Join(root, "charts", "prcheck"),
		"--namespace", SystemNamespace, "--reuse-values",
		"--set", "nodeCache.namespaces={"+Namespace+"}", "--set", "nodeCache.keeperNamespace="+keeperNamespace); err != nil {
		return err
	}
	if err := r.Kubectl(ctx, "-n", keeperNamespace, "rollout", "status", "daemonset/prcheck-node-cache", "--timeout=120s"); err != nil {
		return err
	}
	return r.Kubectl(ctx, "-n", Namespace, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/prcheck-cache", "--timeout=60s")
}

// keeperNamespace is where pods may use folders of nodes.
const keeperNamespace = "prcheck-node"

// installKustomize does what README tells a user who has no Helm: a kustomization of their own over config/default.
func (r *Rig) installKustomize(ctx context.Context, root string) error {
	dir, err := os.MkdirTemp("", "prcheck-kustomize-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if err := os.CopyFS(filepath.Join(dir, "config"), os.DirFS(filepath.Join(root, "config"))); err != nil {
		return err
	}
	var images strings.Builder
	for _, part := range []string{"manager", "server"} {
		image := r.Images[part]
		fmt.Fprintf(&images, "  - {name: ghcr.io/prcheck/%s, newName: %s, digest: %q}\n", part, image.Name, image.Digest)
	}
	overlay := fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [config/default]
images:
%spatches:
  - target: {kind: StatefulSet, name: prcheck-server}
    patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/args/5", "value": "--external-url=%s"}]'
  - target: {kind: Deployment, name: prcheck-manager}
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--runner-image=%s"}]'
  - target: {kind: Service, name: prcheck-server}
    patch: '[{"op": "replace", "path": "/spec/type", "value": "NodePort"}, {"op": "add", "path": "/spec/ports/0/nodePort", "value": %d}]'
`, images.String(), r.ServerURL, r.Images["runner"].Reference(), serverPort)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
		return err
	}
	return r.Kubectl(ctx, "apply", "--server-side", "-k", dir)
}

// Kubectl runs kubectl as the cluster's administrator.
func (r *Rig) Kubectl(ctx context.Context, args ...string) error {
	kubectl, err := binary.Path("kubectl")
	if err != nil {
		return err
	}
	return run(ctx, "", kubectl, append([]string{"--kubeconfig", r.Cluster.Kubeconfig()}, args...)...)
}

func (r *Rig) kubectlOutput(ctx context.Context, args ...string) string {
	kubectl, err := binary.Path("kubectl")
	if err != nil {
		return err.Error()
	}
	out, err := exec.CommandContext(ctx, kubectl, append([]string{"--kubeconfig", r.Cluster.Kubeconfig()}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s\n%v\n", out, err)
	}
	return string(out)
}

func run(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return nil
}

// Watch makes the emulator's repository a Repository with one profile, and all that they need.
func (r *Rig) Watch(ctx context.Context, change ...func(*v1alpha1.Repository, *v1alpha1.CheckProfile)) error {
	poll := r.opts.PollInterval
	if poll == 0 {
		poll = 30 * time.Second
	}
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: Namespace, Name: name} }
	profile := &v1alpha1.CheckProfile{ObjectMeta: meta(Profile), Spec: v1alpha1.CheckProfileSpec{
		Image: r.Images["pkgcheck"].Reference(), Pkgcheck: &v1alpha1.Pkgcheck{}, Gate: []v1alpha1.Severity{"error"},
	}}
	repository := &v1alpha1.Repository{ObjectMeta: meta(Repository), Spec: v1alpha1.RepositorySpec{
		Forge:          v1alpha1.Forge{Type: v1alpha1.ForgeGitHub, URL: r.Emulator.URL, APIURL: r.Emulator.URL, Owner: Owner, Name: Repository},
		CredentialsRef: v1alpha1.SecretReference{Name: "forge"},
		Branches:       []string{"main"},
		RepositoryName: Repository,
		Profiles:       []v1alpha1.RepositoryProfile{{ProfileRef: v1alpha1.ProfileReference{Name: Profile}}},
		Triggers: v1alpha1.Triggers{
			Webhook:      &v1alpha1.WebhookTrigger{SecretRef: v1alpha1.SecretReference{Name: "webhook"}},
			PollInterval: &metav1.Duration{Duration: poll},
		},
	}}
	for _, f := range change {
		f(repository, profile)
	}
	for _, obj := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}},
		&corev1.Secret{ObjectMeta: meta("forge"), StringData: map[string]string{"token": Token}},
		&corev1.Secret{ObjectMeta: meta("webhook"), StringData: map[string]string{"secret": WebhookSecret}},
		profile, repository,
	} {
		if err := r.Kube.Create(ctx, obj); err != nil {
			return fmt.Errorf("creating %T %s: %w", obj, obj.GetName(), err)
		}
	}
	return r.Kubectl(ctx, "-n", Namespace, "wait", "--for=condition=Ready", "repository.prcheck.dev/"+Repository, "--timeout=60s")
}
