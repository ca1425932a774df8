// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
)

// follow looks at the Job of the baseline that is under way, and at what became of it.
func (r *Reconciler) follow(ctx context.Context, s *scope) error {
	b := s.running()
	if b == nil {
		return nil
	}
	job := s.jobOf(b.Run)
	switch {
	case job == nil && b.Job == "":
		b.Reason, b.Message = prcheckv1.ReasonWaiting, r.Queue.Reason(b.Run)
		return nil
	case job == nil:
		gone, err := r.gone(ctx, s, b)
		if err != nil || !gone {
			return err
		}
		return r.ended(ctx, s, b, attempt.End{
			State: attempt.Infrastructure, Reason: plan.ReasonInfrastructure, Message: "the Job was deleted", Detail: "the Job is gone without having finished; look for who deleted it",
		})
	}
	b.Job, b.State, b.Reason, b.Message = job.Name, prcheckv1.BaselineRunning, prcheckv1.ReasonRunning, ""
	end := attempt.Judge(job, s.pods[b.Run], s.now, r.Config.ImageWait)
	if end.State == attempt.Running {
		if !end.Recheck.IsZero() {
			s.wake(end.Recheck.Sub(s.now))
		}
		return nil
	}
	return r.ended(ctx, s, b, end)
}

// gone asks the API server itself whether a Job that the cache does not show is gone.
func (r *Reconciler) gone(ctx context.Context, s *scope, b *prcheckv1.BaselineStatus) (bool, error) {
	job := &batchv1.Job{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.repo.Namespace, Name: b.Job}, job)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for Job %s: %w", b.Job, err)
	}
	return !metav1.IsControlledBy(job, s.repo), nil
}

// ended believes what the server has of the run; a Job without a result has failed.
func (r *Reconciler) ended(ctx context.Context, s *scope, b *prcheckv1.BaselineStatus, end attempt.End) error {
	summary, err := r.Server.GetRun(ctx, b.Run)
	if err != nil && !errors.Is(err, results.ErrUnknownRun) {
		return controllers.From(controllers.PeerServer, err, "reading the result of baseline run %s", b.Run)
	}
	if err != nil || summary.State == results.RunPlanned {
		if end.State == attempt.Complete {
			end.Reason, end.Message = plan.ReasonPublishFailed, "the result was not stored"
		}
		summary, err = r.Server.Conclude(ctx, b.Run, results.Conclude{Conclusion: finding.ConclusionError, Reason: end.Reason, Message: end.Message})
		if err != nil && !errors.Is(err, results.ErrUnknownRun) {
			return controllers.From(controllers.PeerServer, err, "concluding baseline run %s", b.Run)
		}
		if err != nil {
			summary = &results.Summary{Conclusion: finding.ConclusionError, Reason: end.Reason, Message: end.Message}
		}
	}
	r.settle(ctx, s, b, summary, end)
	return nil
}

// settle writes down what became of a run.
func (r *Reconciler) settle(ctx context.Context, s *scope, b *prcheckv1.BaselineStatus, summary *results.Summary, end attempt.End) {
	logger := log.FromContext(ctx).WithValues("branch", b.Branch, "base", b.Base, "run", plan.Short(b.Run))
	if summary.Conclusion == finding.ConclusionSuccess {
		count(outcomeMade)
		b.State, b.Reason, b.Message, b.Failures, b.FailedNodes, b.RetryAt, b.Awaited = prcheckv1.BaselineReady, "", "", 0, nil, nil, false
		s.events = append(s.events, events.BaselineMade(string(b.Kind), b.Branch, b.Base, b.Profile))
		logger.Info("Made a baseline")
		return
	}
	count(outcomeFailed)
	b.Failures++
	wait := retryAfter(b.Failures)
	b.State, b.Reason, b.RetryAt = prcheckv1.BaselineFailed, summary.Reason, &metav1.Time{Time: s.now.Add(wait).Truncate(time.Second)}
	b.Message = clip(summary.Message)
	if end.Node != "" && end.State == attempt.Infrastructure && !slices.Contains(b.FailedNodes, end.Node) {
		b.FailedNodes = append(b.FailedNodes, end.Node)
		b.FailedNodes = b.FailedNodes[max(0, len(b.FailedNodes)-maxNodes):]
	}
	logger.Info("A baseline failed", "reason", b.Reason, "message", b.Message, "detail", end.Detail, "node", end.Node, "retryAfter", wait.String())
}

// What the API takes of these.
const (
	maxNodes   = 16
	maxMessage = 1024
)

func clip(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage - len("…")
	for cut > 0 && text[cut]&0xC0 == 0x80 { // not within a character
		cut--
	}
	return text[:cut] + "…"
}

// retryAfter doubles with each failure in a row.
func retryAfter(failures int32) time.Duration {
	wait := firstRetry
	for ; failures > 1 && wait < lastRetry; failures-- {
		wait = min(2*wait, lastRetry)
	}
	return wait
}

// clean deletes finished Jobs some time after their end, and those that nobody waits for any more. The server has acknowledged, or was told,
// what became of them.
func (r *Reconciler) clean(ctx context.Context, s *scope) error {
	under := s.running()
	for i := range s.jobs {
		job := &s.jobs[i]
		if !job.DeletionTimestamp.IsZero() || under != nil && under.Run == job.Annotations[prcheckv1.AnnotationRun] {
			continue
		}
		if due := ended(job).Add(r.Config.KeepJobs); attempt.Ended(job) && due.After(s.now) {
			s.wake(due.Sub(s.now))
			continue
		}
		err := r.Client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationForeground), client.Preconditions{UID: &job.UID})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting Job %s: %w", job.Name, err)
		}
		log.FromContext(ctx).Info("Deleted a Job", "job", job.Name)
	}
	return nil
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
