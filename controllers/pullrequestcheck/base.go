// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/status"
)

// lookAgain is how often a check looks whether what it awaits is there.
const lookAgain = 5 * time.Second

// awaitBase finds what an earlier run found on the base where a run is to look at everything, and says whether the profile waits for it: one
// run on the base is then enough for all checks. After a while, or where that run failed, the check looks at the base itself.
func (r *Reconciler) awaitBase(ctx context.Context, s *scope, p *ready, merged *results.MergeResult) (waits bool, err error) {
	if !r.sharesBase(s, p, merged) {
		p.status.Awaits = nil
		return false, nil
	}
	rev := merged.Revision
	answer, err := r.Server.Baseline(ctx, results.BaselineRequest{
		Namespace: s.check.Namespace, Repository: s.repo.Name, Name: s.repo.Spec.RepositoryName, Branch: rev.Branch, Snapshot: p.snapshot,
		Findings: true, Base: rev.Base, Masters: merged.Masters,
	})
	if err != nil {
		return false, controllers.From(controllers.PeerServer, err, "asking what was found on base %s", rev.Base)
	}
	if answer.State != results.MergeReady {
		return false, nil
	}
	if answer.Stored {
		p.base, p.status.Awaits = &answer.Plan, nil
		return false, nil
	}
	since := metav1.Time{Time: s.now.Truncate(time.Second)}
	if p.status.Awaits != nil {
		since = p.status.Awaits.Since
	}
	key := answer.Plan.Baseline.Key
	if s.now.Sub(since.Time) >= r.Config.BaselineWait || baselineFailed(s.repo, key) {
		p.status.Awaits = nil
		return false, nil
	}
	p.status.Awaits = &prcheckv1.AwaitedBaseline{Key: key, Branch: rev.Branch, Base: rev.Base, Since: since}
	s.open[p.status.Name] = status.Note{Reason: prcheckv1.ReasonWaiting, Message: fmt.Sprintf(
		"Profile %s: a run on branch %s at %s looks at the whole base, once for all checks that need it.", p.status.Name, rev.Branch, plan.Short(rev.Base))}
	s.wake(lookAgain)
	return true, nil
}

// sharesBase says whether a run of the profile would scan the whole base. Runs that are divided scan both sides shard by shard.
func (r *Reconciler) sharesBase(s *scope, p *ready, merged *results.MergeResult) bool {
	return merged.State == results.MergeReady && !r.Config.NoBaselines && s.repo.Spec.Policy.Baselines != prcheckv1.BaselinesOff &&
		p.snapshot.Sharding == nil && plannedScope(p.snapshot.FullScope, merged.Changed).Kind == plan.ScopeFull
}

func baselineFailed(repo *prcheckv1.Repository, key string) bool {
	return slices.ContainsFunc(repo.Status.Baselines, func(b prcheckv1.BaselineStatus) bool {
		return b.Key == key && b.State == prcheckv1.BaselineFailed
	})
}
