// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// observe reads what waits and what runs, from the cache.
func (l *Loop) observe(ctx context.Context) (*view, error) {
	v := &view{
		limits:   Limits{Total: l.Config.MaxRuns, ByRepository: map[types.NamespacedName]int{}},
		load:     Load{ByRepository: map[types.NamespacedName]int{}},
		checks:   map[types.NamespacedName]*prcheckv1.PullRequestCheck{},
		profiles: map[types.NamespacedName]*prcheckv1.CheckProfile{},

		repositories: map[types.NamespacedName]*prcheckv1.Repository{},
	}
	jobs, err := l.observeJobs(ctx, v)
	if err != nil {
		return nil, err
	}
	if err := l.observeChecks(ctx, v, jobs); err != nil {
		return nil, err
	}
	if err := l.observeRepositories(ctx, v, jobs); err != nil {
		return nil, err
	}
	if len(v.waiting) == 0 {
		return v, nil
	}
	return v, l.observeRest(ctx, v)
}

// observeJobs counts slots and returns the names of the Jobs that there are, seen or assumed.
func (l *Loop) observeJobs(ctx context.Context, v *view) (map[types.NamespacedName]bool, error) {
	list := &batchv1.JobList{}
	if err := l.Client.List(ctx, list, client.MatchingLabels{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy}); err != nil {
		return nil, fmt.Errorf("listing Jobs: %w", err)
	}
	there := map[types.NamespacedName]bool{}
	take := func(repository types.NamespacedName) {
		v.load.Total++
		v.load.ByRepository[repository]++
	}
	for i := range list.Items {
		job := &list.Items[i]
		key := client.ObjectKeyFromObject(job)
		there[key] = true
		delete(l.assumed, key)
		if holdsSlot(job) {
			take(repositoryOf(job))
		}
	}
	for key, assumed := range l.assumed {
		gone, err := l.gone(ctx, key, assumed)
		if err != nil {
			return nil, err
		}
		if gone {
			delete(l.assumed, key)
			continue
		}
		there[key] = true
		take(assumed.repository)
	}
	return there, nil
}

// gone looks for an assumed Job that the cache should show by now: it may have been deleted before the cache ever saw it.
func (l *Loop) gone(ctx context.Context, key types.NamespacedName, assumed assumption) (bool, error) {
	if l.Clock.Since(assumed.at) < unseenFor {
		return false, nil
	}
	err := l.Live.Get(ctx, key, &batchv1.Job{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for Job %s: %w", key, err)
	}
	l.assumed[key] = assumption{assumed.repository, l.Clock.Now()}
	return false, nil
}

func (l *Loop) observeChecks(ctx context.Context, v *view, jobs map[types.NamespacedName]bool) error {
	list := &prcheckv1.PullRequestCheckList{}
	if err := l.Client.List(ctx, list); err != nil {
		return fmt.Errorf("listing checks: %w", err)
	}
	for i := range list.Items {
		check := &list.Items[i]
		if !check.DeletionTimestamp.IsZero() {
			continue
		}
		for j := range check.Status.Profiles {
			if run, waits := waitingOf(check, &check.Status.Profiles[j]); waits && !jobs[jobKey(run)] {
				v.waiting = append(v.waiting, run)
				v.checks[run.Check] = check
			}
		}
	}
	return nil
}

// observeRest reads what is needed only where something waits.
func (l *Loop) observeRest(ctx context.Context, v *view) error {
	profiles, nodes := &prcheckv1.CheckProfileList{}, &corev1.NodeList{}
	for _, list := range []client.ObjectList{profiles, nodes} {
		if err := l.Client.List(ctx, list); err != nil {
			return fmt.Errorf("listing %T: %w", list, err)
		}
	}
	for i := range profiles.Items {
		v.profiles[client.ObjectKeyFromObject(&profiles.Items[i])] = &profiles.Items[i]
	}
	v.nodes = nodes.Items
	return nil
}
