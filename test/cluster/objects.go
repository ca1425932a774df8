// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	corednsUser = "system:coredns"
	// volumesPerNode are prepared; a claim takes a whole one, and nothing empties a used one.
	volumesPerNode = 4
	volumeSize     = "10Gi"
	// volumeOwner is the user of prcheck's own images: a volume's folder belongs to it.
	volumeOwner = 65532
	// volumeDir is where a node sees its volumes.
	volumeDir = "/var/lib/volumes"
)

// makeVolumes makes the folders of the prepared volumes.
func (c *Cluster) makeVolumes() error {
	for _, node := range c.Nodes {
		for i := range volumesPerNode {
			dir := filepath.Join(c.paths.node(node, "lib"), filepath.Base(volumeDir), fmt.Sprint(i))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("making a volume's folder: %w", err)
			}
			if err := os.Chown(dir, volumeOwner, volumeOwner); err != nil {
				return fmt.Errorf("making a volume's folder: %w", err)
			}
		}
	}
	return nil
}

// createObjects makes what a cluster has that somebody installed: CoreDNS's rights, the storage class and its volumes.
// It may be repeated.
func (c *Cluster) createObjects(ctx context.Context, client kubernetes.Interface) error {
	errs := []error{
		create(client.RbacV1().ClusterRoles().Create(ctx, corednsRole(), metav1.CreateOptions{})),
		create(client.RbacV1().ClusterRoleBindings().Create(ctx, binding(corednsUser, corednsUser), metav1.CreateOptions{})),
		create(client.RbacV1().ClusterRoleBindings().Create(ctx, binding("system:kube-proxy", "system:node-proxier"), metav1.CreateOptions{})),
		create(client.StorageV1().StorageClasses().Create(ctx, storageClass(), metav1.CreateOptions{})),
	}
	for _, node := range c.Nodes {
		for i := range volumesPerNode {
			errs = append(errs, create(client.CoreV1().PersistentVolumes().Create(ctx, volume(node, i), metav1.CreateOptions{})))
		}
	}
	return errors.Join(errs...)
}

func create[T any](_ T, err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func corednsRole() *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: corednsUser},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"endpoints", "services", "pods", "namespaces"}, Verbs: []string{"list", "watch"}},
			{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: []string{"list", "watch"}},
		},
	}
}

func binding(user, role string) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "prcheck-cluster:" + user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
	}
}

func storageClass() *storagev1.StorageClass {
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name: StorageClass, Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner:       "kubernetes.io/no-provisioner",
		VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	}
}

func volume(node string, i int) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", node, i)},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(volumeSize)},
			AccessModes:                   []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			StorageClassName:              StorageClass,
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				Local: &corev1.LocalVolumeSource{Path: filepath.Join(volumeDir, fmt.Sprint(i))},
			},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}},
				}}},
			}},
		},
	}
}
