// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package repository

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/jobspec"
)

// nodeLocalDNS is where a node-local DNS cache listens, which no pod selector reaches.
const nodeLocalDNS = "169.254.20.10/32"

// applyNamespace gives the namespace what run pods need. Repositories of one namespace share the objects: each applies them under
// its own name and adds itself as an owner, so that they go with the last one.
func (r *Reconciler) applyNamespace(ctx context.Context, repo *prcheckv1.Repository) error {
	ca, err := r.CA(ctx)
	if err != nil {
		return fmt.Errorf("reading the server's certificate authority: %w", err)
	}
	policy, err := r.networkPolicy(repo)
	if err != nil {
		return err
	}
	labels := map[string]string{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy}
	// One each: Apply decodes the answer into what it was given, and a shared reference would come to name another owner.
	owner := func() *metav1ac.OwnerReferenceApplyConfiguration {
		return metav1ac.OwnerReference().
			WithAPIVersion(prcheckv1.GroupVersion.String()).WithKind("Repository").WithName(repo.Name).WithUID(repo.UID)
	}
	objects := map[string]runtime.ApplyConfiguration{
		"ServiceAccount " + jobspec.ServiceAccount: corev1ac.ServiceAccount(jobspec.ServiceAccount, repo.Namespace).
			WithLabels(labels).WithOwnerReferences(owner()).WithAutomountServiceAccountToken(false),
		"ConfigMap " + jobspec.CAConfigMap: corev1ac.ConfigMap(jobspec.CAConfigMap, repo.Namespace).
			WithLabels(labels).WithOwnerReferences(owner()).WithData(map[string]string{jobspec.CAKey: ca}),
		"NetworkPolicy " + jobspec.NetworkPolicy: policy.WithLabels(labels).WithOwnerReferences(owner()),
	}
	for name, object := range objects {
		if err := r.Client.Apply(ctx, object, client.FieldOwner("prcheck/"+repo.Name), client.ForceOwnership); err != nil {
			return fmt.Errorf("applying %s: %w", name, err)
		}
	}
	return nil
}

// networkPolicy lets run pods reach DNS and the server, and nobody reach them.
func (r *Reconciler) networkPolicy(repo *prcheckv1.Repository) (*networkingv1ac.NetworkPolicyApplyConfiguration, error) {
	server, err := r.serverPeer()
	if err != nil {
		return nil, err
	}
	port := func(protocol corev1.Protocol, number int) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
		return networkingv1ac.NetworkPolicyPort().WithProtocol(protocol).WithPort(intstr.FromInt(number))
	}
	dns := networkingv1ac.NetworkPolicyEgressRule().
		WithPorts(port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53)).
		WithTo(
			networkingv1ac.NetworkPolicyPeer().WithNamespaceSelector(metav1ac.LabelSelector()),
			networkingv1ac.NetworkPolicyPeer().WithIPBlock(networkingv1ac.IPBlock().WithCIDR(nodeLocalDNS)),
		)
	toServer := networkingv1ac.NetworkPolicyEgressRule().WithPorts(port(corev1.ProtocolTCP, server.port))
	if server.namespace != "" {
		toServer.WithTo(networkingv1ac.NetworkPolicyPeer().
			WithNamespaceSelector(metav1ac.LabelSelector().WithMatchLabels(map[string]string{corev1.LabelMetadataName: server.namespace})).
			WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(map[string]string{"app.kubernetes.io/component": "server"})))
	}
	return networkingv1ac.NetworkPolicy(jobspec.NetworkPolicy, repo.Namespace).WithSpec(networkingv1ac.NetworkPolicySpec().
		WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(map[string]string{jobspec.LabelRunPod: "true"})).
		WithPolicyTypes(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress).
		WithEgress(dns, toServer)), nil
}

type peer struct {
	namespace string // "" where the server is not a Service of this cluster
	port      int
}

// serverPeer reads SERVICE.NAMESPACE.svc[.…]:PORT.
func (r *Reconciler) serverPeer() (peer, error) {
	address, err := url.Parse(r.Server)
	if err != nil {
		return peer{}, fmt.Errorf("reading the server's address: %w", err)
	}
	result := peer{port: 443}
	if port := address.Port(); port != "" {
		if result.port, err = strconv.Atoi(port); err != nil {
			return peer{}, fmt.Errorf("reading the port of the server's address: %w", err)
		}
	}
	if parts := strings.Split(address.Hostname(), "."); len(parts) > 2 && parts[2] == "svc" {
		result.namespace = parts[1]
	}
	return result, nil
}
