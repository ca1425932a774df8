// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
)

// Delays of an answer that is not there.
const askAgain = 2 * time.Second

// maxPlanned bounds the search for an attempt number that the store has not settled.
const maxPlanned = 100

// plan looks at the target branches and plans a run for the first baseline that is missing. While one runs, nothing is planned; one that
// only waits gives way to the branch's new tip.
func (r *Reconciler) plan(ctx context.Context, s *scope) error {
	under := s.running()
	if under != nil && (under.State == prcheckv1.BaselineRunning || s.jobOf(under.Run) != nil) {
		return nil
	}
	wanted := map[string]bool{}
	if r.Config.Off || s.repo.Spec.Policy.Baselines == prcheckv1.BaselinesOff {
		return r.prune(ctx, s, wanted)
	}
	s.wake(r.Config.Every)
	for _, branch := range branches(s.repo) {
		for _, tool := range s.toolchains {
			answer, err := r.Server.Baseline(ctx, results.BaselineRequest{
				Namespace: s.repo.Namespace, Repository: s.repo.Name, Name: s.repo.Spec.RepositoryName, Branch: branch, Snapshot: tool.snapshot,
			})
			if err != nil {
				return controllers.From(controllers.PeerServer, err, "asking for the baseline of branch %q", branch)
			}
			if answer.State != results.MergeReady {
				s.wake(askAgain)
				return nil
			}
			wanted[tool.profile+" "+answer.Plan.Revision.Branch] = true
			if err := r.consider(ctx, s, tool, answer); err != nil {
				return err
			}
		}
	}
	return r.prune(ctx, s, wanted)
}

// prune forgets the baselines that nobody wants any more. A run that only waits is taken back.
func (r *Reconciler) prune(ctx context.Context, s *scope, wanted map[string]bool) error {
	name := func(b *prcheckv1.BaselineStatus) string { return b.Profile + " " + b.Branch }
	if b := s.running(); b != nil && !wanted[name(b)] {
		if err := r.supersede(ctx, b); err != nil {
			return err
		}
	}
	s.repo.Status.Baselines = slices.DeleteFunc(s.repo.Status.Baselines, func(b prcheckv1.BaselineStatus) bool { return !wanted[name(&b)] })
	if len(s.repo.Status.Baselines) == 0 {
		s.repo.Status.Baselines = nil
	}
	return nil
}

// branches are those that pull requests are checked against; with none named, the one that the forge shows first.
func branches(repo *prcheckv1.Repository) []string {
	if len(repo.Spec.Branches) == 0 {
		return []string{""}
	}
	return repo.Spec.Branches
}

// consider decides what becomes of the baseline of one branch and toolchain.
func (r *Reconciler) consider(ctx context.Context, s *scope, tool toolchain, answer *results.BaselineResult) error {
	branch, key := answer.Plan.Revision.Branch, answer.Plan.Baseline.Key
	b, under := s.entry(tool.profile, branch), s.running()
	if b != nil && open(b) && (b.Key != key || b.Snapshot != tool.digest || answer.Stored) {
		if err := r.supersede(ctx, b); err != nil {
			return err
		}
		under = nil
	}
	switch {
	case answer.Stored:
		r.stored(s, tool, answer)
		return nil
	case b != nil && open(b):
		return nil // it waits for its Job
	case b != nil && b.Key == key && b.State == prcheckv1.BaselineFailed && b.RetryAt != nil && b.RetryAt.After(s.now):
		s.wake(b.RetryAt.Sub(s.now))
		return nil
	case under != nil:
		return nil // its turn comes
	}
	if left := r.moves.settled(s.repo.UID, tool.profile+" "+branch, key, s.now, r.Config.Settle); left > 0 {
		s.wake(left)
		return nil
	}
	return r.record(ctx, s, tool, answer)
}

// edit returns the entry of a toolchain and branch, and makes it where there is none.
func (s *scope) edit(profileName, branch string) *prcheckv1.BaselineStatus {
	if b := s.entry(profileName, branch); b != nil {
		return b
	}
	s.repo.Status.Baselines = append(s.repo.Status.Baselines, prcheckv1.BaselineStatus{Profile: profileName, Branch: branch})
	slices.SortFunc(s.repo.Status.Baselines, func(a, b prcheckv1.BaselineStatus) int {
		return cmp.Or(cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Profile, b.Profile))
	})
	return s.entry(profileName, branch)
}

// stored writes down that the server has what is wanted, whoever made it.
func (r *Reconciler) stored(s *scope, tool toolchain, answer *results.BaselineResult) {
	b := s.edit(tool.profile, answer.Plan.Revision.Branch)
	if b.State == prcheckv1.BaselineReady && b.Key == answer.Plan.Baseline.Key {
		return
	}
	*b = prcheckv1.BaselineStatus{
		Profile: b.Profile, Branch: b.Branch, Base: answer.Plan.Revision.Base, Key: answer.Plan.Baseline.Key, State: prcheckv1.BaselineReady,
		Snapshot: tool.digest,
	}
}

// supersede takes a run back that has no Job.
func (r *Reconciler) supersede(ctx context.Context, b *prcheckv1.BaselineStatus) error {
	_, err := r.Server.Conclude(ctx, b.Run, results.Conclude{Conclusion: finding.ConclusionSuperseded, Reason: "Superseded", Message: "The branch moved before the run began."})
	if err != nil && !errors.Is(err, results.ErrUnknownRun) {
		return controllers.From(controllers.PeerServer, err, "taking back baseline run %s", b.Run)
	}
	b.State, b.Run, b.Job, b.Reason, b.Message = "", "", "", "", ""
	return nil
}

// record registers a run. A number whose run was settled is passed over.
func (r *Reconciler) record(ctx context.Context, s *scope, tool toolchain, answer *results.BaselineResult) error {
	b := s.edit(tool.profile, answer.Plan.Revision.Branch)
	key := answer.Plan.Baseline.Key
	if b.Key != key {
		b.Attempt = 0
	}
	for range maxPlanned {
		b.Attempt++
		record := r.runRecord(s, tool, answer, int(b.Attempt))
		summary, err := r.Server.PutRun(ctx, record)
		if errors.Is(err, results.ErrDifferentRun) { // another clock: the one that stands is the run
			summary, err = r.Server.GetRun(ctx, record.Hash)
		}
		if err != nil {
			return controllers.From(controllers.PeerServer, err, "registering baseline run %s", record.Hash)
		}
		if summary.State != results.RunPlanned {
			continue
		}
		b.Base, b.Key, b.Snapshot, b.State = answer.Plan.Revision.Base, key, tool.digest, prcheckv1.BaselineWaiting
		b.Run, b.Job, b.Since, b.RetryAt = record.Hash, "", &metav1.Time{Time: s.now.Truncate(time.Second)}, nil
		b.Reason, b.Message = prcheckv1.ReasonWaiting, ""
		log.FromContext(ctx).Info("Planned a baseline", "branch", b.Branch, "base", b.Base, "run", plan.Short(b.Run), "attempt", b.Attempt)
		return nil
	}
	return fmt.Errorf("planning the baseline of branch %s: the last %d attempts were all settled", b.Branch, maxPlanned)
}

func (r *Reconciler) runRecord(s *scope, tool toolchain, answer *results.BaselineResult, attempt int) results.RunRecord {
	p := answer.Plan
	p.Clock, p.Snapshot = s.now.UTC().Truncate(time.Second), tool.snapshot
	return results.RunRecord{
		Hash:      plan.BaselineHash(string(s.repo.UID), p.Baseline.Key, attempt),
		Namespace: s.repo.Namespace, Repository: s.repo.Name, CheckUID: string(s.repo.UID),
		Title: "Baseline of " + p.Revision.Branch, Profile: tool.profile, Attempt: attempt, Created: p.Clock, Plan: p,
		GitURL: fmt.Sprintf("%s/%s/%s.git", s.repo.Spec.Forge.URL, s.repo.Spec.Forge.Owner, s.repo.Spec.Forge.Name),
	}
}
