// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package chart_test holds the Helm chart and the kustomize base to what they promise, with real helm and kubectl.
package chart_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/prcheck/prcheck/internal/jobspec"
	"github.com/prcheck/prcheck/test/kube"
)

const (
	chart = "../../charts/prcheck"
	url   = "externalURL=https://prcheck.example.org"
)

// helm renders the chart and returns its objects by KIND/NAME.
func helm(t *testing.T, args ...string) (map[string]*unstructured.Unstructured, error) {
	t.Helper()
	args = append([]string{"template", "prcheck", chart, "--namespace", "prcheck-system", "--kube-version", "1.33.0"}, args...)
	return objects(t, exec.CommandContext(t.Context(), kube.MustBinary(t, "helm"), args...))
}

type renderError struct {
	stderr string
	err    error
}

func (e *renderError) Error() string { return e.err.Error() + ": " + e.stderr }
func (e *renderError) Unwrap() error { return e.err }

func objects(t *testing.T, cmd *exec.Cmd) (map[string]*unstructured.Unstructured, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, &renderError{stderr.String(), err}
	}
	found := map[string]*unstructured.Unstructured{}
	for text := range strings.SplitSeq(stdout.String(), "\n---\n") {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
			t.Fatalf("rendered text is not YAML: %v\n%s", err, text)
		}
		if len(obj.Object) > 0 {
			found[obj.GetKind()+"/"+obj.GetName()] = obj
		}
	}
	return found, nil
}

func TestDefaultsRender(t *testing.T) {
	found, err := helm(t, "--set", url)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Deployment/prcheck-manager", "StatefulSet/prcheck-server", "Service/prcheck-server", "Service/prcheck-server-internal",
		"ClusterRole/prcheck-manager", "ClusterRole/prcheck-server", "Secret/prcheck-server-tls", "NetworkPolicy/prcheck-server",
		"CustomResourceDefinition/repositories.prcheck.dev", "CustomResourceDefinition/checkprofiles.prcheck.dev",
		"CustomResourceDefinition/pullrequestchecks.prcheck.dev",
	} {
		if found[want] == nil {
			t.Errorf("%s is not rendered", want)
		}
	}
	for name, obj := range found {
		if obj.GetKind() == "CustomResourceDefinition" && obj.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s would be deleted with the release, and all checks with it", name)
		}
	}
}

func TestPodsAreHardened(t *testing.T) {
	found, err := helm(t, "--set", url)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Deployment/prcheck-manager", "StatefulSet/prcheck-server"} {
		pod, _, _ := unstructured.NestedMap(found[name].Object, "spec", "template", "spec")
		if got, _, _ := unstructured.NestedBool(pod, "securityContext", "runAsNonRoot"); !got {
			t.Errorf("%s: runAsNonRoot is not set", name)
		}
		containers, _, _ := unstructured.NestedSlice(pod, "containers")
		for _, c := range containers {
			container, ok := c.(map[string]any)
			if !ok {
				t.Fatalf("%s: container is a %T", name, c)
			}
			if got, _, _ := unstructured.NestedBool(container, "securityContext", "readOnlyRootFilesystem"); !got {
				t.Errorf("%s: readOnlyRootFilesystem is not set", name)
			}
			if escalates, set, _ := unstructured.NestedBool(container, "securityContext", "allowPrivilegeEscalation"); escalates || !set {
				t.Errorf("%s: allowPrivilegeEscalation is not false", name)
			}
		}
	}
}

func TestDigestWinsOverTag(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	found, err := helm(t, "--set", url, "--set", "manager.image.tag=v9", "--set", "manager.image.digest="+digest)
	if err != nil {
		t.Fatal(err)
	}
	containers, _, _ := unstructured.NestedSlice(found["Deployment/prcheck-manager"].Object, "spec", "template", "spec", "containers")
	container, ok := containers[0].(map[string]any)
	if !ok || container["image"] != "ghcr.io/prcheck/manager@"+digest {
		t.Errorf("got image %v, want the digest", container["image"])
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	tests := map[string]struct {
		set  []string
		want string
	}{
		"no address":                 {nil, "externalURL"},
		"an address with a slash":    {[]string{"--set", "externalURL=https://x.example/"}, "externalURL"},
		"an unknown value":           {[]string{"--set", url, "--set", "manager.replica=3"}, "replica"},
		"a misspelt digest":          {[]string{"--set", url, "--set", "server.image.digest=md5:1"}, "digest"},
		"an unknown kind of Service": {[]string{"--set", url, "--set", "server.service.type=Ingress"}, "type"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := helm(t, tt.set...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that names %s", err, tt.want)
			}
		})
	}
}

func TestKustomizeMakesTheSameObjects(t *testing.T) {
	rendered, err := helm(t, "--set", url)
	if err != nil {
		t.Fatal(err)
	}
	kustomized, err := objects(t, exec.CommandContext(t.Context(), kube.MustBinary(t, "kubectl"), "kustomize", "../../config/default"))
	if err != nil {
		t.Fatal(err)
	}
	delete(kustomized, "Namespace/prcheck-system")
	for name := range rendered {
		if kustomized[name] == nil {
			t.Errorf("kubectl apply -k config/default does not make %s", name)
		}
	}
	for name := range kustomized {
		if rendered[name] == nil {
			t.Errorf("helm install does not make %s", name)
		}
	}
}

// TestNodeCacheComesForNamedNamespacesOnly looks at what a cache needs of the cluster, and at who is root.
func TestNodeCacheComesForNamedNamespacesOnly(t *testing.T) {
	without, err := helm(t, "--set", url)
	if err != nil {
		t.Fatal(err)
	}
	for name := range without {
		if strings.HasPrefix(name, "PersistentVolume") || strings.HasPrefix(name, "DaemonSet/") {
			t.Errorf("%s is made unasked", name)
		}
	}
	found, err := helm(t, "--set", url, "--set", "nodeCache.namespaces={a,b}", "--set", "nodeCache.keeperNamespace=nodes")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		volume := found["PersistentVolume/prcheck-cache-"+name]
		if volume == nil {
			t.Fatalf("no volume for %s", name)
		}
		path, _, err := unstructured.NestedString(volume.Object, "spec", "hostPath", "path")
		if err != nil || path != "/var/lib/prcheck/cache/"+name {
			t.Errorf("%s: %q, %v", name, path, err)
		}
		if _, bound, _ := unstructured.NestedMap(volume.Object, "spec", "nodeAffinity"); bound {
			t.Errorf("the volume of %s would keep its runs on some nodes", name)
		}
	}
	keeper := found["DaemonSet/prcheck-node-cache"]
	if keeper == nil || keeper.GetNamespace() != "nodes" || found["PersistentVolumeClaim/prcheck-cache"] == nil {
		t.Fatalf("%v", found)
	}
	containers, _, err := unstructured.NestedSlice(keeper.Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("%v, %v", containers, err)
	}
	if user, _, err := unstructured.NestedInt64(containers[0].(map[string]any), "securityContext", "runAsUser"); err != nil || user != jobspec.CacheUser {
		t.Errorf("the keeper is user %d, the runs' fetch %d: %v", user, jobspec.CacheUser, err)
	}
	if _, err := helm(t, "--set", url, "--set", "nodeCache.namespaces={../x}"); err == nil {
		t.Error("a namespace that is none was accepted")
	}
}
