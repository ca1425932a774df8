// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"testing"

	"k8s.io/client-go/discovery"

	"github.com/prcheck/prcheck/test/kube"
	"github.com/prcheck/prcheck/test/kube/binary"
)

func TestEnvServesTheCRDs(t *testing.T) {
	client, err := discovery.NewDiscoveryClientForConfig(kube.Env(t))
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != binary.KubernetesVersion {
		t.Errorf("the server is %s, want %s", version.GitVersion, binary.KubernetesVersion)
	}
	resources, err := client.ServerResourcesForGroupVersion("prcheck.dev/v1alpha1")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, resource := range resources.APIResources {
		found[resource.Name] = true
	}
	for _, want := range []string{"repositories", "checkprofiles", "pullrequestchecks", "pullrequestchecks/status"} {
		if !found[want] {
			t.Errorf("the server does not know %s", want)
		}
	}
}
