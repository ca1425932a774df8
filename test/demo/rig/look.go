// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"net/http"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
)

// Running says whether a Job of the pull request has a pod that was started.
func (r *Rig) Running(ctx context.Context, number int) (bool, error) {
	jobs, err := r.Jobs(ctx, number)
	if err != nil {
		return false, err
	}
	for _, job := range jobs {
		if job.Status.Active > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Jobs lists the Jobs of a pull request.
func (r *Rig) Jobs(ctx context.Context, number int) ([]batchv1.Job, error) {
	var jobs batchv1.JobList
	err := r.Kube.List(ctx, &jobs, client.InNamespace(Namespace), client.MatchingLabels{v1alpha1.LabelCheck: CheckName(number)})
	return jobs.Items, err
}

// CheckName is the name of a pull request's check.
func CheckName(number int) string { return fmt.Sprintf("%s-%d", Repository, number) }

// GetJSON reads a JSON document over HTTP.
func GetJSON(ctx context.Context, url string, out any) error {
	return call(ctx, http.MethodGet, url, http.NoBody, out)
}

// AwaitBaseline waits until the branches of the Repository have their baselines: pull requests that are opened then find one.
func (r *Rig) AwaitBaseline(ctx context.Context) error {
	r.Say("waiting for the baseline of main")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		var repository v1alpha1.Repository
		if err := r.Kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: Repository}, &repository); err != nil {
			return err
		}
		ready := 0
		for _, b := range repository.Status.Baselines {
			switch b.State {
			case v1alpha1.BaselineReady:
				ready++
			case v1alpha1.BaselineFailed:
				return fmt.Errorf("the baseline of %s failed: %s: %s", b.Branch, b.Reason, b.Message)
			default: // it waits or runs
			}
		}
		if ready > 0 && ready == len(repository.Status.Baselines) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Repository's baselines are not ready: %+v: %w", repository.Status.Baselines, ctx.Err())
		case <-clock.RealClock{}.After(200 * time.Millisecond):
		}
	}
}
