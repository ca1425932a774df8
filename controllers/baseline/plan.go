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
	wants, err := r.wants(ctx, s)
	if err != nil {
		return err
	}
	for i := range wants {
		w := &wants[i]
		answer, err := r.Server.Baseline(ctx, results.BaselineRequest{
			Namespace: s.repo.Namespace, Repository: s.repo.Name, Name: s.repo.Spec.RepositoryName, Branch: w.branch, Base: w.base, Snapshot: w.tool.snapshot,
			Findings: w.kind == prcheckv1.BaselineFindings,
		})
		if err != nil {
			return controllers.From(controllers.PeerServer, err, "asking for the baseline of branch %q", w.branch)
		}
		if answer.State != results.MergeReady {
			s.wake(askAgain)
			return nil
		}
		wanted[nameOf(w.kind, w.tool.profile, answer.Plan.Revision.Branch)] = true
		if err := r.consider(ctx, s, w, answer); err != nil {
			return err
		}
	}
	return r.prune(ctx, s, wanted)
}

// prune forgets the baselines that nobody wants any more. A run that only waits is taken back.
func (r *Reconciler) prune(ctx context.Context, s *scope, wanted map[string]bool) error {
	name := func(b *prcheckv1.BaselineStatus) string { return nameOf(b.Kind, b.Profile, b.Branch) }
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

func nameOf(kind prcheckv1.BaselineKind, profile, branch string) string {
	return string(kind) + " " + profile + " " + branch
}

// branches are those that pull requests are checked against; with none named, the one that the forge shows first.
func branches(repo *prcheckv1.Repository) []string {
	if len(repo.Spec.Branches) == 0 {
		return []string{""}
	}
	return repo.Spec.Branches
}

// consider decides what becomes of the baseline of one branch and toolchain.
func (r *Reconciler) consider(ctx context.Context, s *scope, w *want, answer *results.BaselineResult) error {
	branch, key := answer.Plan.Revision.Branch, answer.Plan.Baseline.Key
	b := s.entry(w.kind, w.tool.profile, branch)
	if b != nil && open(b) && (b.Key != key || b.Snapshot != w.tool.digest || answer.Stored) {
		if err := r.supersede(ctx, b); err != nil {
			return err
		}
	}
	under := s.running()
	if under != nil && under != b && w.awaited() && !under.Awaited && !answer.Stored { // nobody waits for that one
		if err := r.supersede(ctx, under); err != nil {
			return err
		}
		under = nil
	}
	switch {
	case answer.Stored:
		r.stored(s, w, answer)
		return nil
	case b != nil && open(b):
		b.Awaited = b.Awaited || w.awaited()
		return nil // it waits for its Job
	case b != nil && b.Key == key && b.State == prcheckv1.BaselineFailed && b.RetryAt != nil && b.RetryAt.After(s.now):
		s.wake(b.RetryAt.Sub(s.now))
		return nil
	case under != nil:
		return nil // its turn comes
	}
	if left := r.moves.settled(s.repo.UID, nameOf(w.kind, w.tool.profile, branch), key, s.now, r.Config.Settle); left > 0 && !w.awaited() {
		s.wake(left)
		return nil
	}
	return r.record(ctx, s, w, answer)
}

// edit returns the entry of a toolchain and branch, and makes it where there is none.
func (s *scope) edit(kind prcheckv1.BaselineKind, profileName, branch string) *prcheckv1.BaselineStatus {
	if b := s.entry(kind, profileName, branch); b != nil {
		return b
	}
	s.repo.Status.Baselines = append(s.repo.Status.Baselines, prcheckv1.BaselineStatus{Kind: kind, Profile: profileName, Branch: branch})
	slices.SortFunc(s.repo.Status.Baselines, func(a, b prcheckv1.BaselineStatus) int {
		return cmp.Or(cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Profile, b.Profile))
	})
	return s.entry(kind, profileName, branch)
}

// stored writes down that the server has what is wanted, whoever made it.
func (r *Reconciler) stored(s *scope, w *want, answer *results.BaselineResult) {
	b := s.edit(w.kind, w.tool.profile, answer.Plan.Revision.Branch)
	if b.State == prcheckv1.BaselineReady && b.Key == answer.Plan.Baseline.Key {
		return
	}
	*b = prcheckv1.BaselineStatus{
		Kind: b.Kind, Profile: b.Profile, Branch: b.Branch, Base: answer.Plan.Revision.Base, Key: answer.Plan.Baseline.Key, State: prcheckv1.BaselineReady,
		Snapshot: w.tool.digest,
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
func (r *Reconciler) record(ctx context.Context, s *scope, w *want, answer *results.BaselineResult) error {
	b := s.edit(w.kind, w.tool.profile, answer.Plan.Revision.Branch)
	key := answer.Plan.Baseline.Key
	if b.Key != key {
		b.Attempt = 0
	}
	for range maxPlanned {
		b.Attempt++
		record := r.runRecord(s, w, answer, int(b.Attempt))
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
		b.Base, b.Key, b.Snapshot, b.State = answer.Plan.Revision.Base, key, w.tool.digest, prcheckv1.BaselineWaiting
		b.Run, b.Job, b.Since, b.RetryAt = record.Hash, "", &metav1.Time{Time: s.now.Truncate(time.Second)}, nil
		b.Reason, b.Message, b.Awaited = prcheckv1.ReasonWaiting, "", w.awaited()
		log.FromContext(ctx).Info("Planned a baseline", "branch", b.Branch, "base", b.Base, "run", plan.Short(b.Run), "attempt", b.Attempt)
		return nil
	}
	return fmt.Errorf("planning the baseline of branch %s: the last %d attempts were all settled", b.Branch, maxPlanned)
}

func (r *Reconciler) runRecord(s *scope, w *want, answer *results.BaselineResult, attempt int) results.RunRecord {
	p := answer.Plan
	if p.Clock.IsZero() {
		p.Clock = s.now.UTC().Truncate(time.Second)
	}
	p.Snapshot = w.tool.snapshot
	return results.RunRecord{
		Hash:      plan.BaselineHash(string(s.repo.UID), p.Baseline.Key, attempt),
		Namespace: s.repo.Namespace, Repository: s.repo.Name, CheckUID: string(s.repo.UID),
		Title: "Baseline of " + p.Revision.Branch, Profile: w.tool.profile, Attempt: attempt, Created: s.now.UTC().Truncate(time.Second), Plan: p,
		GitURL: fmt.Sprintf("%s/%s/%s.git", s.repo.Spec.Forge.URL, s.repo.Spec.Forge.Owner, s.repo.Spec.Forge.Name),
	}
}
