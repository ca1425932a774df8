// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// observe does all reads of the cluster. They come from the cache.
func (r *Reconciler) observe(ctx context.Context, s *scope) error {
	repo := &prcheckv1.Repository{}
	key := client.ObjectKey{Namespace: s.check.Namespace, Name: s.check.Spec.RepositoryRef.Name}
	if err := r.Client.Get(ctx, key, repo); apierrors.IsNotFound(err) {
		s.stall(prcheckv1.ReasonRepositoryNotFound, fmt.Sprintf("There is no Repository %s in namespace %s: create it, or delete this check.", key.Name, key.Namespace))
		s.stop()
		return nil
	} else if err != nil {
		return fmt.Errorf("reading Repository %s: %w", key, err)
	}
	s.repo = repo
	if err := r.observeRuns(ctx, s); err != nil {
		return err
	}
	if err := r.observeProfiles(ctx, s); err != nil {
		return err
	}
	if !repo.DeletionTimestamp.IsZero() {
		s.stop() // its finalizer settles what is open
		return nil
	}
	if repo.Spec.Suspend && (s.unhandled() || len(s.openProfiles()) > 0 || s.unacknowledged()) {
		s.stall(prcheckv1.ReasonSuspended, fmt.Sprintf("Repository %s is suspended: unset its spec.suspend to go on.", repo.Name))
	}
	if repo.Spec.Suspend {
		s.stop()
	}
	return nil
}

func (r *Reconciler) observeProfiles(ctx context.Context, s *scope) error {
	names := map[string]bool{}
	for _, p := range s.repo.Spec.Profiles {
		names[p.ProfileRef.Name] = true
	}
	for _, p := range s.status().Profiles {
		names[p.Name] = true
	}
	for name := range names {
		profile := &prcheckv1.CheckProfile{}
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.check.Namespace, Name: name}, profile)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fmt.Errorf("reading CheckProfile %s: %w", name, err)
		default:
			s.profiles[name] = profile
		}
	}
	return nil
}

// observeRuns finds this check's own Jobs, and the pods of those: an earlier check of the same name had another UID.
func (r *Reconciler) observeRuns(ctx context.Context, s *scope) error {
	mine := client.MatchingLabels{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy, prcheckv1.LabelCheck: s.check.Name}
	jobs := &batchv1.JobList{}
	if err := r.Client.List(ctx, jobs, client.InNamespace(s.check.Namespace), mine); err != nil {
		return fmt.Errorf("listing the Jobs of check %s: %w", s.check.Name, err)
	}
	for i := range jobs.Items {
		if metav1.IsControlledBy(&jobs.Items[i], s.check) {
			s.jobs = append(s.jobs, jobs.Items[i])
		}
	}
	if len(s.jobs) == 0 {
		return nil
	}
	pods := &corev1.PodList{}
	if err := r.Client.List(ctx, pods, client.InNamespace(s.check.Namespace), mine); err != nil {
		return fmt.Errorf("listing the pods of check %s: %w", s.check.Name, err)
	}
	for i := range pods.Items {
		run := pods.Items[i].Annotations[prcheckv1.AnnotationRun]
		if job := s.jobOf(run); job != nil && metav1.IsControlledBy(&pods.Items[i], job) {
			s.pods[run] = append(s.pods[run], pods.Items[i])
		}
	}
	return nil
}
