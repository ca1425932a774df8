// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
)

// unhandled says whether somebody asked for a look at the forge that was not taken yet.
func (s *scope) unhandled() bool {
	st := s.status()
	return st.Revision.Head == "" || s.retest() || s.check.Annotations[prcheckv1.AnnotationRequestedAt] != st.LastHandledRequest
}

func (s *scope) retest() bool { return s.check.Spec.Retest != s.status().LastHandledRetest }

// resolve reads the pull request where somebody asked for it, and lets a changed one supersede what runs, in place.
func (r *Reconciler) resolve(ctx context.Context, s *scope) error {
	if !s.unhandled() {
		return r.cancel(ctx, s)
	}
	pull, err := r.readPull(ctx, s)
	if errors.Is(err, forge.ErrNotFound) {
		s.stall(prcheckv1.ReasonPullRequestNotFound, fmt.Sprintf(
			"%s has no pull request %d, or the credentials do not show it: check spec.number, and owner and name in Repository %s.",
			s.repository(), s.check.Spec.Number, s.repo.Name))
		s.stop()
		s.wake(controllers.RecheckStalled)
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.follow(ctx, s, pull); err != nil {
		return err
	}
	s.status().LastHandledRequest = s.check.Annotations[prcheckv1.AnnotationRequestedAt]
	s.status().LastHandledRetest = s.check.Spec.Retest
	return r.cancel(ctx, s)
}

// step is what a look at the forge leads to.
type step int

const (
	keep    step = iota // what stands or runs is right
	restart             // plan anew
	shut                // the pull request is closed: stop what runs, keep what stands
	leave               // policy leaves it out
	merge               // see whether the conflict is gone
)

// decide compares what the forge says with what stands; reason completes "Not checked: …".
func decide(s *scope, pull *forge.Pull) (step, string) {
	st := s.status()
	moved := st.Revision.Head != pull.Head || st.Revision.Branch != pull.BaseBranch
	judged := !moved && len(st.Profiles) > 0 && !slices.ContainsFunc(st.Profiles, func(p prcheckv1.ProfileStatus) bool {
		return !final(p.Conclusion) || p.Conclusion == string(finding.ConclusionSkipped)
	})
	why := leftOut(s.repo, pull)
	switch {
	case pull.Closed:
		return shut, ""
	case why != "" && !moved && !s.retest() && left(st.Profiles, why):
		return keep, ""
	case why != "" && (!judged || s.retest()):
		return leave, why
	case moved, s.retest(), len(st.Profiles) == 0:
		return restart, ""
	case why == "" && withdrawn(st.Profiles):
		return restart, ""
	case conflicted(st.Profiles):
		return merge, ""
	}
	return keep, ""
}

// leftOut says why the repository's policy leaves a pull request out, "" where it does not.
func leftOut(repo *prcheckv1.Repository, pull *forge.Pull) string {
	if len(repo.Spec.Branches) > 0 && !slices.Contains(repo.Spec.Branches, pull.BaseBranch) {
		return "its target branch is not checked"
	}
	for _, label := range repo.Spec.Policy.SkipLabels {
		if slices.Contains(pull.Labels, label) {
			return report.SkippedByLabel(label)
		}
	}
	return ""
}

// left says whether policy left the pull request out already, for the same reason.
func left(profiles []prcheckv1.ProfileStatus, why string) bool {
	return len(profiles) > 0 && !slices.ContainsFunc(profiles, func(p prcheckv1.ProfileStatus) bool {
		return p.Conclusion != string(finding.ConclusionSkipped) || p.Line != notChecked(why)
	})
}

// withdrawn says whether a profile ended without a look, for a reason that is gone now.
func withdrawn(profiles []prcheckv1.ProfileStatus) bool {
	return slices.ContainsFunc(profiles, func(p prcheckv1.ProfileStatus) bool {
		return p.Conclusion == string(finding.ConclusionSkipped) || (p.Conclusion == string(finding.ConclusionSuperseded) && p.Reason == prcheckv1.ReasonClosed)
	})
}

func conflicted(profiles []prcheckv1.ProfileStatus) bool {
	return slices.ContainsFunc(profiles, func(p prcheckv1.ProfileStatus) bool { return p.Reason == prcheckv1.ReasonConflict })
}

// follow makes the status follow the pull request.
func (r *Reconciler) follow(ctx context.Context, s *scope, pull *forge.Pull) error {
	next, why := decide(s, pull)
	if next == merge {
		merged, err := r.merge(ctx, s, pull)
		if err != nil {
			return err
		}
		if merged.State == results.MergeReady {
			next = restart
		}
	}
	switch next {
	case restart:
		return r.restart(ctx, s, pull)
	case shut:
		return r.shut(ctx, s, pull, prcheckv1.ReasonClosed)
	case leave:
		if err := r.restart(ctx, s, pull); err != nil {
			return err
		}
		for _, p := range s.openProfiles() {
			p.Conclusion, p.Reason = string(finding.ConclusionSkipped), prcheckv1.ReasonSkipped
			p.Line = notChecked(why)
		}
	case keep, merge: // what stands is right; the conflict is still there
	}
	return nil
}

// restart begins anew at the pull request's head: every run that is still open is concluded in the store first, so that its
// result can never be taken for the new one's.
func (r *Reconciler) restart(ctx context.Context, s *scope, pull *forge.Pull) error {
	st := s.status()
	open := len(s.openProfiles()) > 0
	if err := r.supersede(ctx, s); err != nil {
		return err
	}
	same := st.Revision.Head == pull.Head && st.Revision.Branch == pull.BaseBranch
	attempts := map[string]int32{}
	if same {
		for _, p := range st.Profiles {
			attempts[p.Name] = p.Attempt
		}
	}
	st.Profiles = nil
	for _, p := range s.repo.Spec.Profiles {
		st.Profiles = append(st.Profiles, prcheckv1.ProfileStatus{
			Name: p.ProfileRef.Name, Context: contextOf(&p), Attempt: attempts[p.ProfileRef.Name] + 1,
		})
	}
	st.Revision = prcheckv1.Revision{Head: pull.Head, Branch: pull.BaseBranch}
	if !open || st.Queue.Since == nil {
		st.Queue.Since = &metav1.Time{Time: s.now.UTC()}
	}
	return nil
}

func contextOf(p *prcheckv1.RepositoryProfile) string {
	if p.Context == "" {
		return "prcheck"
	}
	return p.Context
}

// shut stops what runs, and reports nothing for it; a verdict that stands stays.
func (r *Reconciler) shut(ctx context.Context, s *scope, pull *forge.Pull, reason string) error {
	if pull != nil && (s.status().Revision.Head != pull.Head || len(s.status().Profiles) == 0) {
		if err := r.restart(ctx, s, pull); err != nil {
			return err
		}
	}
	if err := r.supersede(ctx, s); err != nil {
		return err
	}
	for _, p := range s.openProfiles() {
		p.Conclusion, p.Reason, p.Line = string(finding.ConclusionSuperseded), reason, ""
	}
	return nil
}

// supersede concludes the open runs in the store.
func (r *Reconciler) supersede(ctx context.Context, s *scope) error {
	for _, p := range s.openProfiles() {
		if err := r.supersedeRun(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) supersedeRun(ctx context.Context, p *prcheckv1.ProfileStatus) error {
	if p.Run == "" {
		return nil
	}
	_, err := r.Server.Conclude(ctx, p.Run, results.Conclude{
		Conclusion: finding.ConclusionSuperseded, Reason: "Superseded",
		Message: "Another run took over, or the pull request was closed.",
	})
	if errors.Is(err, results.ErrUnknownRun) {
		return nil
	}
	return controllers.From(controllers.PeerServer, err, "superseding run %s", p.Run)
}

// cancel grants the wish spec.cancelled.
func (r *Reconciler) cancel(ctx context.Context, s *scope) error {
	if !s.check.Spec.Cancelled || len(s.openProfiles()) == 0 {
		return nil
	}
	return r.shut(ctx, s, nil, prcheckv1.ReasonCancelled)
}
