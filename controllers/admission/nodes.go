// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// KeepOff returns the failed nodes that a later attempt is kept off: all of them, unless no other node could take the pod, for then
// it would wait for ever. The oldest failures are forgiven first. It is pure.
func KeepOff(failed []string, nodes []corev1.Node, overrides *prcheckv1.PodOverrides) []string {
	for len(failed) > 0 {
		if slices.ContainsFunc(nodes, func(n corev1.Node) bool { return !slices.Contains(failed, n.Name) && takes(&n, overrides) }) {
			return failed
		}
		failed = failed[1:]
	}
	return nil
}

// takes says whether a node could take a run's pod, as far as that can be said without its load.
func takes(node *corev1.Node, overrides *prcheckv1.PodOverrides) bool {
	if node.Spec.Unschedulable {
		return false
	}
	for key, value := range overrides.NodeSelector {
		if node.Labels[key] != value {
			return false
		}
	}
	return !slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
		return taint.Effect != corev1.TaintEffectPreferNoSchedule && !slices.ContainsFunc(overrides.Tolerations, func(t corev1.Toleration) bool {
			return tolerates(&t, &taint)
		})
	})
}

// tolerates knows the operators that every cluster knows.
func tolerates(toleration *corev1.Toleration, taint *corev1.Taint) bool {
	if toleration.Effect != "" && toleration.Effect != taint.Effect {
		return false
	}
	if toleration.Key != "" && toleration.Key != taint.Key {
		return false
	}
	switch toleration.Operator {
	case corev1.TolerationOpExists:
		return true
	case corev1.TolerationOpEqual, "":
		return toleration.Key != "" && toleration.Value == taint.Value
	default: // operators of newer clusters: taken for no
		return false
	}
}
