// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/jobspec"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/status"
)

// run looks at the Jobs of the open runs. The admission loop creates them; a run without one waits for its slot.
func (r *Reconciler) run(ctx context.Context, s *scope) error {
	for _, p := range s.openProfiles() {
		if p.Run == "" {
			continue
		}
		job := s.jobOf(p.Run)
		if job == nil && p.Job == "" {
			s.open[p.Name] = r.waitsForSlot(s, p)
			continue
		}
		if job == nil {
			if err := r.missing(ctx, s, p); err != nil {
				return err
			}
			continue
		}
		r.watch(s, p, job)
	}
	return nil
}

// watch judges the Job of an open run.
func (r *Reconciler) watch(s *scope, p *prcheckv1.ProfileStatus, job *batchv1.Job) {
	p.Job = job.Name
	if _, done := jobspec.Shards(job); p.Shards != nil {
		p.Shards.Done = done
	}
	s.open[p.Name] = running(p)
	end := attempt.Judge(job, s.pods[p.Run], s.now, r.Config.ImageWait)
	if end.State != attempt.Running {
		s.ends[p.Name] = end
	} else if !end.Recheck.IsZero() {
		s.wake(end.Recheck.Sub(s.now))
	}
}

// missing judges a run whose Job was seen once and is not in the cache.
func (r *Reconciler) missing(ctx context.Context, s *scope, p *prcheckv1.ProfileStatus) error {
	gone, err := r.gone(ctx, s, p)
	if err != nil {
		return err
	}
	if !gone {
		s.open[p.Name] = running(p)
		return nil
	}
	s.ends[p.Name] = attempt.End{
		State: attempt.Infrastructure, Reason: plan.ReasonInfrastructure, Message: "the Job was deleted",
		Detail: "the Job is gone without having finished; look for who deleted it",
	}
	return nil
}

func running(p *prcheckv1.ProfileStatus) status.Note {
	message := fmt.Sprintf("Profile %s: Job %s runs.", p.Name, p.Job)
	if p.Shards != nil {
		message = fmt.Sprintf("Profile %s: Job %s runs; %d of %d shards are done.", p.Name, p.Job, p.Shards.Done, p.Shards.Total)
	}
	return status.Note{Reason: prcheckv1.ReasonRunning, Message: message}
}

func (r *Reconciler) waitsForSlot(s *scope, p *prcheckv1.ProfileStatus) status.Note {
	why := r.Queue.Reason(p.Run)
	if why == "" {
		why = "it is about to get a Job."
	}
	if p.Failures > 0 {
		return status.Note{Reason: prcheckv1.ReasonRetrying, Message: fmt.Sprintf(
			"Profile %s: the infrastructure failed (%s); attempt %d of %d: %s", p.Name, p.Reason, p.Failures+1, attemptsOf(s.repo), why)}
	}
	return status.Note{Reason: prcheckv1.ReasonWaiting, Message: fmt.Sprintf("Profile %s: %s", p.Name, why)}
}

func attemptsOf(repo *prcheckv1.Repository) int32 {
	if repo.Spec.Policy.Attempts == 0 {
		return 3
	}
	return repo.Spec.Policy.Attempts
}

// gone asks the API server itself whether a Job that the cache does not show is gone.
func (r *Reconciler) gone(ctx context.Context, s *scope, p *prcheckv1.ProfileStatus) (bool, error) {
	job := &batchv1.Job{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.check.Namespace, Name: p.Job}, job)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for Job %s: %w", p.Job, err)
	}
	return !metav1.IsControlledBy(job, s.check), nil
}
