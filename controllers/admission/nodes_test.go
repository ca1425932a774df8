// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

func node(name string, edit func(*corev1.Node)) corev1.Node {
	n := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	edit(&n)
	return n
}

func TestKeepOff(t *testing.T) {
	plain := func(*corev1.Node) {}
	tainted := func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: "node-role.kubernetes.io/control-plane", Effect: corev1.TaintEffectNoSchedule}}
	}
	tolerant := prcheckv1.PodOverrides{Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}}}
	for sentence, test := range map[string]struct {
		failed    []string
		nodes     []corev1.Node
		overrides prcheckv1.PodOverrides
		want      []string
	}{
		"nothing failed":                        {nodes: []corev1.Node{node("w1", plain)}},
		"another node is there":                 {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain), node("w2", plain)}, want: []string{"w1"}},
		"all failed: the oldest is forgiven":    {failed: []string{"w2", "w1"}, nodes: []corev1.Node{node("w1", plain), node("w2", plain)}, want: []string{"w1"}},
		"the only node is forgiven":             {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain)}},
		"a tainted node is no way out":          {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain), node("cp", tainted)}},
		"a tolerated taint is":                  {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain), node("cp", tainted)}, overrides: tolerant, want: []string{"w1"}},
		"a cordoned node is no way out":         {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain), node("w2", func(n *corev1.Node) { n.Spec.Unschedulable = true })}},
		"a node outside the selector is no way": {failed: []string{"w1"}, nodes: []corev1.Node{node("w1", plain), node("w2", plain)}, overrides: prcheckv1.PodOverrides{NodeSelector: map[string]string{"pool": "x"}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			if diff := cmp.Diff(test.want, KeepOff(test.failed, test.nodes, &test.overrides)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
