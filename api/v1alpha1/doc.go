// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the API of prcheck: Repository (a forge repository that is watched), CheckProfile (how it is
// checked) and PullRequestCheck (one living object per pull request).
//
// +kubebuilder:object:generate=true
// +groupName=prcheck.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "prcheck.dev", Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the kinds of this package.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Repository{}, &RepositoryList{},
		&CheckProfile{}, &CheckProfileList{},
		&PullRequestCheck{}, &PullRequestCheckList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
