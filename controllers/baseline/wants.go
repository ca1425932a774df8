// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// want is a baseline that should be there.
type want struct {
	kind prcheckv1.BaselineKind
	tool toolchain
	// branch is the target branch; empty: the one that the forge shows first.
	branch string
	// base is that of a check that waits; empty: the branch's tip.
	base string
}

// awaited says whether a check waits for it.
func (w *want) awaited() bool { return w.base != "" }

// wants lists what should be there: what checks wait for first, then a kit for each branch and toolchain, then the findings of profiles
// that always look at everything.
func (r *Reconciler) wants(ctx context.Context, s *scope) ([]want, error) {
	result, err := r.awaited(ctx, s)
	if err != nil {
		return nil, err
	}
	awaited := map[string]bool{}
	for _, w := range result {
		awaited[w.tool.profile] = true // one of a profile at a time
	}
	for _, branch := range branches(s.repo) {
		for _, tool := range s.toolchains {
			if tool.stands {
				result = append(result, want{kind: prcheckv1.BaselineKit, tool: tool, branch: branch})
			}
		}
	}
	for _, branch := range branches(s.repo) {
		for _, tool := range s.toolchains {
			if tool.snapshot.FullScope && tool.snapshot.Sharding == nil && !awaited[tool.profile] {
				result = append(result, want{kind: prcheckv1.BaselineFindings, tool: tool, branch: branch})
			}
		}
	}
	return result, nil
}

// awaited lists what checks wait for: for each profile what is waited for longest.
func (r *Reconciler) awaited(ctx context.Context, s *scope) ([]want, error) {
	checks := &prcheckv1.PullRequestCheckList{}
	if err := r.Client.List(ctx, checks, client.InNamespace(s.repo.Namespace), client.MatchingFields{"spec.repositoryRef.name": s.repo.Name}); err != nil {
		return nil, fmt.Errorf("listing the checks of Repository %s: %w", s.repo.Name, err)
	}
	waiting := []prcheckv1.ProfileStatus{}
	for i := range checks.Items {
		for _, p := range checks.Items[i].Status.Profiles {
			if checks.Items[i].DeletionTimestamp.IsZero() && p.Awaits != nil && p.Run == "" && p.Conclusion == "" {
				waiting = append(waiting, p)
			}
		}
	}
	slices.SortStableFunc(waiting, func(a, b prcheckv1.ProfileStatus) int {
		return cmp.Or(a.Awaits.Since.Compare(b.Awaits.Since.Time), cmp.Compare(a.Awaits.Key, b.Awaits.Key))
	})
	result := []want{}
	for _, p := range waiting {
		i := slices.IndexFunc(s.toolchains, func(t toolchain) bool { return t.profile == p.Name })
		if i >= 0 && !slices.ContainsFunc(result, func(w want) bool { return w.tool.profile == p.Name }) {
			result = append(result, want{kind: prcheckv1.BaselineFindings, tool: s.toolchains[i], branch: p.Awaits.Branch, base: p.Awaits.Base})
		}
	}
	return result, nil
}
