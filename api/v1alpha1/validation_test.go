// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/kube"
)

var config *rest.Config

func TestMain(m *testing.M) { kube.Main(m, func(c *rest.Config) { config = c }) }

func newClient(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newNamespace(t *testing.T, c client.Client) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	if err := c.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	return ns.Name
}

// object parses YAML and puts it into a namespace.
func object(t *testing.T, namespace, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	obj.SetNamespace(namespace)
	return obj
}

const (
	goodRepository = `
apiVersion: prcheck.dev/v1alpha1
kind: Repository
metadata: {name: guru}
spec:
  forge: {type: GitHub, owner: gentoo, name: guru}
  credentialsRef: {name: forge}
  repositoryName: guru
  profiles: [{profileRef: {name: default}}]
`
	goodProfile = `
apiVersion: prcheck.dev/v1alpha1
kind: CheckProfile
metadata: {name: default}
spec:
  image: ghcr.io/prcheck/pkgcheck@sha256:0000000000000000000000000000000000000000000000000000000000000000
  pkgcheck: {}
`
	goodCheck = `
apiVersion: prcheck.dev/v1alpha1
kind: PullRequestCheck
metadata: {name: guru-1}
spec: {repositoryRef: {name: guru}, number: 1}
`
)

func TestRefused(t *testing.T) {
	tests := map[string]struct{ object, old, new, want string }{
		"a forge address with a slash at its end":   {goodRepository, "owner: gentoo", "owner: gentoo, url: 'https://github.com/'", "without a trailing slash"},
		"a forge that is not known":                 {goodRepository, "type: GitHub", "type: SourceHut", `supported values: "GitHub"`},
		"two profiles of which one lacks a context": {goodRepository, "[{profileRef: {name: default}}]", "[{profileRef: {name: a}}, {profileRef: {name: b}, context: x}]", "needs a context of its own"},
		"two profiles with one context":             {goodRepository, "[{profileRef: {name: default}}]", "[{profileRef: {name: a}, context: x}, {profileRef: {name: b}, context: x}]", "contexts of the profiles must differ"},
		"a repository that is its own master":       {goodRepository, "repositoryName: guru", "repositoryName: guru\n  masters: [{name: guru, url: 'https://x/y', branch: main}]", "its own master"},
		"a master with commit and branch":           {goodRepository, "repositoryName: guru", "repositoryName: guru\n  masters: [{name: gentoo, url: 'https://x/y', branch: main, commit: '0123456789012345678901234567890123456789'}]", "exactly one of the fields in [commit branch]"},
		"a poll interval of a second":               {goodRepository, "repositoryName: guru", "repositoryName: guru\n  triggers: {pollInterval: 1s}", "between 5s and 24h"},
		"a name of 41 characters":                   {goodRepository, "name: guru}\nspec", "name: a" + strings.Repeat("b", 40) + "}\nspec", "at most 40 characters"},
		"an image by tag":                           {goodProfile, "@sha256:" + strings.Repeat("0", 64), ":latest", "named by digest"},
		"a severity that does not exist":            {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  severities: {BadKeyword: eror}", `supported values: "error"`},
		"a gate that does not exist":                {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  gate: [fatal]", `supported values: "error"`},
		"a keyword with and without a minus":        {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  gateInherited: true\n  gateInheritedRules: [EmptyFile, -EmptyFile]", "with and without a leading -"},
		"an inherited rule that can be none":        {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  gateInheritedRules: [eror]", "each entry is a level"},
		"an inherited level that does not gate":     {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  gateInheritedRules: [warning]", "must be in gate, too"},
		"an exception from nothing":                 {goodProfile, "pkgcheck: {}", "pkgcheck: {}\n  gateInheritedRules: [-EmptyFile, UnknownLicense]", "there is neither"},
		"no tool":                                   {goodProfile, "  pkgcheck: {}\n", "", "spec.pkgcheck: Required value"},
		"a profile status that does not exist":      {goodProfile, "pkgcheck: {}", "pkgcheck: {profiles: [unstable]}", `supported values: "stable"`},
		"commits that are checked now and then":     {goodProfile, "pkgcheck: {}", "pkgcheck: {commitChecks: Sometimes}", `supported values: "Auto"`},
		"a pull request numbered 0":                 {goodCheck, "number: 1", "number: 0", "greater than or equal to 1"},
	}
	c := newClient(t)
	namespace := newNamespace(t, c)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(tt.object, tt.old, tt.new, 1)
			err := c.Create(t.Context(), object(t, namespace, text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestPullRequestOfACheckCannotChange(t *testing.T) {
	c := newClient(t)
	obj := object(t, newNamespace(t, c), goodCheck)
	if err := c.Create(t.Context(), obj); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedField(obj.Object, int64(2), "spec", "number"); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), obj); err == nil || !strings.Contains(err.Error(), "make another check") {
		t.Errorf("got error %v, want one that says to make another check", err)
	}
}

func TestDefaults(t *testing.T) {
	c := newClient(t)
	namespace := newNamespace(t, c)
	for _, text := range []string{goodRepository, goodProfile, goodCheck} {
		if err := c.Create(t.Context(), object(t, namespace, text)); err != nil {
			t.Fatal(err)
		}
	}
	var repository v1alpha1.Repository
	var profile v1alpha1.CheckProfile
	var check v1alpha1.PullRequestCheck
	for name, obj := range map[string]client.Object{"guru": &repository, "default": &profile, "guru-1": &check} {
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, obj); err != nil {
			t.Fatal(err)
		}
	}
	got := []any{
		repository.Spec.Forge.URL, repository.Spec.Triggers.PollInterval.Duration.String(), repository.Spec.Policy.SkipLabels,
		repository.Spec.Policy.Attempts, repository.Spec.Profiles[0].Voting, profile.Spec.Pkgcheck.Profiles, profile.Spec.Gate,
		profile.Spec.Resources.Memory.String(), profile.Spec.Timeouts.Scan.Duration.String(), profile.Spec.Sandbox, check.Status.ObservedGeneration,
	}
	want := []any{
		"https://github.com", "1m0s",
		[]string{"noci"},
		int32(3), v1alpha1.VotingVotes,
		[]string{"stable", "dev"},
		[]v1alpha1.Severity{"error"},
		"2Gi", "45m0s", v1alpha1.SandboxRequired, int64(-1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestSamplesApply(t *testing.T) {
	c := newClient(t)
	namespace := newNamespace(t, c)
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("found %d samples, want at least 5 (%v)", len(files), err)
	}
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.SplitSeq(string(data), "\n---\n") {
			if err := c.Create(t.Context(), object(t, namespace, text)); err != nil {
				t.Errorf("%s: %v", filepath.Base(file), err)
			}
		}
	}
}
