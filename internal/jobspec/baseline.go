// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package jobspec

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

// A baseline run has a Repository in the place of a check: its Job belongs to that, so that closing a pull request does not kill what
// others wait for.

// BaselineLabels returns the labels of a baseline run's Job and pods.
func BaselineLabels(repository *prcheckv1.Repository, profileName, run string) map[string]string {
	return map[string]string{
		prcheckv1.LabelManagedBy:  prcheckv1.ManagedBy,
		prcheckv1.LabelBaseline:   repository.Name,
		prcheckv1.LabelRepository: repository.Name,
		prcheckv1.LabelProfile:    profileName,
		prcheckv1.LabelRun:        plan.Short(run),
	}
}

func (in *Input) labels() map[string]string {
	if in.Repository != nil {
		return BaselineLabels(in.Repository, in.Profile.Name, in.Run)
	}
	return Labels(in.Check, in.Profile.Name, in.Run)
}

// owner is the object that the Job goes with.
func (in *Input) owner() (metav1.Object, string) {
	if in.Repository != nil {
		return in.Repository, "Repository"
	}
	return in.Check, "PullRequestCheck"
}

func (in *Input) ownerReference() metav1.OwnerReference {
	owner, kind := in.owner()
	return metav1.OwnerReference{
		APIVersion: prcheckv1.GroupVersion.String(), Kind: kind,
		Name: owner.GetName(), UID: owner.GetUID(), Controller: new(true), BlockOwnerDeletion: new(true),
	}
}

// repository is the name of the run's Repository.
func (in *Input) repository() string {
	if in.Repository != nil {
		return in.Repository.Name
	}
	return in.Check.Spec.RepositoryRef.Name
}
