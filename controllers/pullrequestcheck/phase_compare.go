// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/jobspec"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/status"
)

// compare reads the verdicts of ended attempts from the store. A verdict is believed wherever it stands, even if the pod
// came to grief after it had been stored; a Job that claims success without one has failed.
func (r *Reconciler) compare(ctx context.Context, s *scope) error {
	for _, p := range s.openProfiles() {
		end, ended := s.ends[p.Name]
		if !ended {
			continue
		}
		summary, err := r.Server.GetRun(ctx, p.Run)
		if err != nil && !errors.Is(err, results.ErrUnknownRun) {
			return controllers.From(controllers.PeerServer, err, "reading the verdict of run %s", p.Run)
		}
		if err == nil && summary.State == results.RunFinished && !ours(summary, end) {
			settle(p, summary)
			s.aside[p.Name] = events.Rules(summary.UnknownRules, summary.NoKeywords)
			log.FromContext(ctx).Info("Verdict", "job", p.Job, "conclusion", p.Conclusion, "line", p.Line)
			continue
		}
		if err == nil && divided(summary) {
			log.FromContext(ctx).Info("Everything is in scope: the scan is divided", "job", p.Job)
			s.goOn(p, "everything is in scope; the scan is divided among several pods.")
			continue
		}
		if err := r.attemptFailed(ctx, s, p, unstored(end)); err != nil {
			return err
		}
	}
	return nil
}

// unstored is the end of an attempt without a verdict: a Job that completed failed nevertheless.
func unstored(end attempt.End) attempt.End {
	if end.State != attempt.Complete {
		return end
	}
	return attempt.End{
		State: attempt.Infrastructure, Reason: plan.ReasonPublishFailed, Message: "the result was not stored", Node: end.Node,
		Detail: "the Job completed, but the server has no result of its run; look at the server's log and volume",
	}
}

// attemptFailed decides between another attempt and giving up.
func (r *Reconciler) attemptFailed(ctx context.Context, s *scope, p *prcheckv1.ProfileStatus, end attempt.End) error {
	attempts := attemptsOf(s.repo)
	last := end.State == attempt.Limit || p.Failures+1 >= attempts
	message := end.Message
	if end.State == attempt.Infrastructure && attempts > 1 {
		message = fmt.Sprintf("%s (attempt %d of %d)", end.Message, p.Failures+1, attempts)
	}
	conclude := results.Conclude{Conclusion: finding.ConclusionError, Reason: end.Reason, Message: message}
	summary, err := r.Server.Conclude(ctx, p.Run, conclude)
	if err != nil {
		return controllers.From(controllers.PeerServer, err, "concluding run %s", p.Run)
	}
	if summary.Conclusion != conclude.Conclusion || summary.Reason != conclude.Reason {
		settle(p, summary) // a result came in at the last moment: it stands
		return nil
	}
	s.extra = append(s.extra, events.AttemptFailed(status.ErrorReason(end.Reason), jobspec.Name(p.Run), end.Node, end.Detail))
	log.FromContext(ctx).Info("Attempt failed", "job", jobspec.Name(p.Run), "reason", end.Reason, "node", end.Node, "detail", end.Detail)
	for _, node := range append(end.Nodes, end.Node) {
		if node != "" && !slices.Contains(p.FailedNodes, node) && len(p.FailedNodes) < maxFailedNodes {
			p.FailedNodes = append(p.FailedNodes, node)
		}
	}
	if last {
		settle(p, summary)
		return nil
	}
	p.Failures++
	p.Reason = end.Reason
	s.goOn(p, fmt.Sprintf("the infrastructure failed (%s); attempt %d of %d is planned.", end.Reason, p.Failures+1, attempts))
	return nil
}

// maxFailedNodes is how many the API takes.
const maxFailedNodes = 10

// ours says whether what stands is the conclusion of this very end, written by a manager that died before it could say so in the status: the
// attempt is still to be counted.
func ours(summary *results.Summary, end attempt.End) bool {
	return end.State == attempt.Infrastructure && summary.Conclusion == finding.ConclusionError && summary.Reason == end.Reason
}

// divided says whether a run ended because all is in scope, and is to be divided.
func divided(summary *results.Summary) bool {
	return summary.State == results.RunSuperseded && summary.Reason == plan.ReasonDivide
}

// goOn has the next attempt planned, which goes on with what this one found.
func (s *scope) goOn(p *prcheckv1.ProfileStatus, why string) {
	p.Attempt++
	p.Continues, p.Run, p.Job, p.Shards = p.Run, "", "", nil
	s.open[p.Name] = status.Note{Reason: prcheckv1.ReasonRetrying, Message: fmt.Sprintf("Profile %s: %s", p.Name, why)}
	s.wake(soon)
}
