// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// baselinesLast is how long a baseline lets every pull request pass before it: long enough for slots to become free, and short enough that a
// cluster which is always busy gets the baselines that would make it less so.
const baselinesLast = 10 * time.Minute

// observeRepositories reads the limits of Repositories, and which baselines wait.
func (l *Loop) observeRepositories(ctx context.Context, v *view, jobs map[types.NamespacedName]bool) error {
	list := &prcheckv1.RepositoryList{}
	if err := l.Client.List(ctx, list); err != nil {
		return fmt.Errorf("listing Repositories: %w", err)
	}
	for i := range list.Items {
		repository := &list.Items[i]
		if !repository.DeletionTimestamp.IsZero() || repository.Spec.Suspend {
			continue
		}
		key := client.ObjectKeyFromObject(repository)
		v.repositories[key] = repository
		v.limits.ByRepository[key] = int(max(repository.Spec.Policy.Concurrency, 1))
		for j := range repository.Status.Baselines {
			if run, waits := l.baselineOf(key, &repository.Status.Baselines[j]); waits && !jobs[jobKey(run)] {
				v.waiting = append(v.waiting, run)
			}
		}
	}
	return nil
}

// baselineOf returns the run of a baseline that waits for its Job.
func (l *Loop) baselineOf(repository types.NamespacedName, b *prcheckv1.BaselineStatus) (Run, bool) {
	if b.State != prcheckv1.BaselineWaiting || b.Run == "" || b.Job != "" {
		return Run{}, false
	}
	run := Run{Repository: repository, Profile: b.Profile, Hash: b.Run, Baseline: true}
	if b.Since != nil {
		run.Since = b.Since.Time
	}
	run.Last = !b.Awaited && l.Clock.Since(run.Since) < baselinesLast
	return run, true
}

// planned is what the status says of a waiting run.
type planned struct {
	check       *prcheckv1.PullRequestCheck
	repository  *prcheckv1.Repository // of a baseline
	snapshot    string
	failedNodes []string
	shards      prcheckv1.ShardStatus // of a run that is divided
}

func (v *view) planned(run Run) planned {
	if !run.Baseline {
		check := v.checks[run.Check]
		p := profileStatus(check, run.Profile)
		waiting := planned{check: check, snapshot: p.Snapshot, failedNodes: p.FailedNodes}
		if p.Shards != nil {
			waiting.shards = *p.Shards
		}
		return waiting
	}
	repository := v.repositories[run.Repository]
	for i := range repository.Status.Baselines {
		if b := &repository.Status.Baselines[i]; b.Run == run.Hash {
			return planned{repository: repository, snapshot: b.Snapshot, failedNodes: b.FailedNodes}
		}
	}
	return planned{repository: repository}
}

func (p planned) owner() client.Object {
	if p.repository != nil {
		return p.repository
	}
	return p.check
}
