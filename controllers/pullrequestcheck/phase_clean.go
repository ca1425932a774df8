// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// clean deletes Jobs that are no longer of use: those of runs that were concluded in the store (superseded, failed), and
// finished ones some time after the forge has acknowledged their verdict.
func (r *Reconciler) clean(ctx context.Context, s *scope) error {
	for i := range s.jobs {
		job := &s.jobs[i]
		if !job.DeletionTimestamp.IsZero() {
			continue
		}
		due, known := s.due(job, r.Config.KeepJobs)
		switch {
		case !known:
			continue
		case due.After(s.now):
			s.wake(due.Sub(s.now))
		default:
			if err := r.deleteJob(ctx, job); err != nil {
				return err
			}
		}
	}
	return nil
}

// due says when a Job is to be deleted, if that can be said yet.
func (s *scope) due(job *batchv1.Job, keep time.Duration) (time.Time, bool) {
	run := job.Annotations[prcheckv1.AnnotationRun]
	for i := range s.status().Profiles {
		p := &s.status().Profiles[i]
		if p.Run != run {
			continue
		}
		switch {
		case p.Conclusion == "":
			return time.Time{}, false
		case !final(p.Conclusion):
			return s.now, true
		case !s.reported(p):
			return time.Time{}, false
		}
		return ended(job).Add(keep), true
	}
	return s.now, true
}

func ended(job *batchv1.Job) time.Time {
	last := job.CreationTimestamp.Time
	for _, c := range job.Status.Conditions {
		if c.LastTransitionTime.After(last) {
			last = c.LastTransitionTime.Time
		}
	}
	return last
}

// deleteJob deletes in the foreground: the Job holds its slot until its pods are gone.
func (r *Reconciler) deleteJob(ctx context.Context, job *batchv1.Job) error {
	err := r.Client.Delete(
		ctx, job,
		client.PropagationPolicy(metav1.DeletePropagationForeground),
		client.Preconditions{UID: &job.UID},
	)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting Job %s: %w", job.Name, err)
	}
	log.FromContext(ctx).Info("Deleted a Job", "job", job.Name)
	return nil
}
