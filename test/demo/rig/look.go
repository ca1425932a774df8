// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"net/http"

	batchv1 "k8s.io/api/batch/v1"
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
