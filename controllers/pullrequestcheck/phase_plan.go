// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/profile"
	"github.com/prcheck/prcheck/internal/results"
	planner "github.com/prcheck/prcheck/internal/scope"
	"github.com/prcheck/prcheck/internal/status"
)

// Delays of a merge that is not there.
const (
	askAgain    = time.Second      // the server waited for us already
	headGoneFor = 30 * time.Second // a forge may show a new head before git serves it
)

// maxConflicts is how many conflicting paths the status names; the report names all.
const maxConflicts = 100

// maxPlanned bounds the search for an attempt number that the store has not settled.
const maxPlanned = 100

// ready is a profile that can be planned.
type ready struct {
	status   *prcheckv1.ProfileStatus
	snapshot plan.Snapshot
	digest   string
	base     *plan.Plan // of what an earlier run found on the whole base; nil: the run looks at both sides
}

// plan has the head merged and registers a run for every profile without one.
func (r *Reconciler) plan(ctx context.Context, s *scope) error {
	profiles, err := r.unplanned(ctx, s)
	if err != nil || len(profiles) == 0 {
		return err
	}
	pull, err := r.readPull(ctx, s)
	if err != nil {
		return err
	}
	if changed, err := r.overtaken(ctx, s, pull); changed || err != nil {
		return err
	}
	merged, err := r.merge(ctx, s, pull)
	if err != nil {
		return err
	}
	switch merged.State {
	case results.MergeReady, results.MergeConflict:
	case results.MergeHeadGone:
		s.stall(prcheckv1.ReasonHeadGone, fmt.Sprintf("The forge shows head %s and does not serve it to git: push the branch again, or restore the fork.", plan.Short(pull.Head)))
		s.stop()
		s.wake(headGoneFor)
		return nil
	default:
		s.waiting = &status.Note{Reason: prcheckv1.ReasonResolving, Message: "The server fetches the repository to merge the pull request."}
		s.stop()
		s.wake(askAgain)
		return nil
	}
	s.status().Revision = revision(merged)
	for i := range profiles {
		waits, err := r.awaitBase(ctx, s, &profiles[i], merged)
		if err != nil {
			return err
		}
		if waits {
			continue
		}
		if err := r.record(ctx, s, &profiles[i], pull, merged); err != nil {
			return err
		}
	}
	return nil
}

// overtaken handles a pull request that changed since the status was written: the next pass goes on with the new head.
func (r *Reconciler) overtaken(ctx context.Context, s *scope, pull *forge.Pull) (bool, error) {
	st := s.status()
	if pull.Head == st.Revision.Head && pull.BaseBranch == st.Revision.Branch && (!pull.Closed || len(s.openProfiles()) == 0) {
		return false, nil
	}
	if err := r.follow(ctx, s, pull); err != nil {
		return true, err
	}
	s.again()
	return true, nil
}

// unplanned returns the open profiles that need a run and can have one. What stands in the way of the others goes into s.stalls.
func (r *Reconciler) unplanned(ctx context.Context, s *scope) ([]ready, error) {
	result := []ready{}
	for _, p := range s.openProfiles() {
		if p.Run != "" && (p.Job != "" || s.jobOf(p.Run) != nil) {
			continue // it has its Job; edits apply to what comes after
		}
		snapshot, digest, err := s.snapshot(p.Name)
		switch {
		case err != nil && p.Run == "":
			s.stall(problem(err, s, p.Name))
			continue
		case err != nil, p.Run != "" && p.Snapshot == digest:
			continue
		}
		if err := r.supersedeRun(ctx, p); err != nil { // the profile was edited while the run waited
			return nil, err
		}
		p.Run = ""
		result = append(result, ready{status: p, snapshot: snapshot, digest: digest})
	}
	return result, nil
}

// errNoProfile: a profileRef names nothing.
var errNoProfile = errors.New("there is no such CheckProfile")

func (s *scope) snapshot(name string) (plan.Snapshot, string, error) {
	checkProfile, exists := s.profiles[name]
	if !exists {
		return plan.Snapshot{}, "", errNoProfile
	}
	snapshot, err := profile.Snapshot(checkProfile)
	if err != nil {
		return plan.Snapshot{}, "", err
	}
	digest, err := plan.Digest(snapshot)
	return snapshot, digest, err
}

// problem says who must do what about a profile that cannot be used.
func problem(err error, s *scope, name string) (reason, message string) {
	if errors.Is(err, errNoProfile) {
		return prcheckv1.ReasonProfileNotFound, fmt.Sprintf(
			"There is no CheckProfile %s in namespace %s: create it, or name another in spec.profiles of Repository %s and set spec.retest.",
			name, s.check.Namespace, s.repo.Name)
	}
	return prcheckv1.ReasonInvalidProfile, fmt.Sprintf("Edit the profile: %v.", err)
}

func (r *Reconciler) merge(ctx context.Context, s *scope, pull *forge.Pull) (*results.MergeResult, error) {
	merged, err := r.Server.Merge(ctx, results.MergeRequest{
		Namespace: s.check.Namespace, Repository: s.repo.Name, Number: s.check.Spec.Number, Head: pull.Head, Branch: pull.BaseBranch,
	})
	return merged, controllers.From(controllers.PeerServer, err, "merging pull request %d", s.check.Spec.Number)
}

func revision(merged *results.MergeResult) prcheckv1.Revision {
	conflicts := slices.Sorted(slices.Values(merged.Conflicts))
	if len(conflicts) == 0 {
		conflicts = nil
	}
	rev := merged.Revision
	return prcheckv1.Revision{
		Head: rev.Head, Base: rev.Base, Merge: rev.Merge, Tree: rev.Tree, Branch: rev.Branch,
		Conflicts: conflicts[:min(len(conflicts), maxConflicts)],
	}
}

// record registers the run of one profile. A number whose run was settled without a verdict (superseded) is passed over; a verdict
// that stands already for the very same merge, profile and attempt is the verdict: an earlier manager did not come to write it down.
func (r *Reconciler) record(ctx context.Context, s *scope, p *ready, pull *forge.Pull, merged *results.MergeResult) error {
	for range maxPlanned {
		record := r.runRecord(s, p, pull, merged)
		summary, err := r.putRun(ctx, record)
		if err == nil && merged.State == results.MergeConflict && summary.State == results.RunPlanned {
			summary, err = r.concludeConflict(ctx, record.Hash, merged)
		}
		if err != nil {
			return err
		}
		if divided(summary) {
			p.status.Continues = record.Hash
		}
		if summary.State == results.RunSuperseded || summary.Conclusion == finding.ConclusionSuperseded {
			p.status.Attempt++
			continue
		}
		p.status.Run, p.status.Snapshot, p.status.Job, p.status.ReportURL = record.Hash, p.digest, "", summary.ReportURL
		p.status.Shards = shardsOf(summary)
		log.FromContext(ctx).Info("Planned a run", "pullRequest", pull.Number, "headSHA", pull.Head, "run", plan.Short(record.Hash), "attempt", record.Attempt)
		if summary.State == results.RunFinished {
			settle(p.status, summary)
		}
		return nil
	}
	return fmt.Errorf("planning profile %s: the last %d attempts were all superseded", p.status.Name, maxPlanned)
}

// putRun registers a run. A different record under the same hash differs in its clock only: the one that stands is the run.
func (r *Reconciler) putRun(ctx context.Context, record results.RunRecord) (*results.Summary, error) {
	summary, err := r.Server.PutRun(ctx, record)
	if errors.Is(err, results.ErrDifferentRun) {
		summary, err = r.Server.GetRun(ctx, record.Hash)
	}
	return summary, controllers.From(controllers.PeerServer, err, "registering run %s", record.Hash)
}

func (r *Reconciler) concludeConflict(ctx context.Context, hash string, merged *results.MergeResult) (*results.Summary, error) {
	summary, err := r.Server.Conclude(ctx, hash, results.Conclude{
		Conclusion: finding.ConclusionNeutral, Reason: prcheckv1.ReasonConflict,
		Message: "Head and target branch changed the same lines.", Conflicts: merged.Conflicts,
	})
	return summary, controllers.From(controllers.PeerServer, err, "concluding run %s as a conflict", hash)
}

// under puts what an earlier run found on the whole base into a plan: both sides are judged under its clock.
func (p *ready) under(planned plan.Plan) plan.Plan {
	if p.base != nil {
		planned.BaseFindings, planned.Clock = p.base.Baseline.Key, p.base.Clock
	}
	return planned
}

func (r *Reconciler) runRecord(s *scope, p *ready, pull *forge.Pull, merged *results.MergeResult) results.RunRecord {
	rev := merged.Revision
	judged := rev.Merge
	if merged.State == results.MergeConflict {
		judged = "conflict:" + rev.Base + ":" + rev.Head // stands for the merge commit that there is none of
	}
	return results.RunRecord{
		Hash:      plan.RunHash(string(s.check.UID), p.digest, judged, int(p.status.Attempt)),
		Namespace: s.check.Namespace, Repository: s.repo.Name, Check: s.check.Name, CheckUID: string(s.check.UID),
		Number: s.check.Spec.Number, Title: pull.Title, Author: pull.Author, PullURL: pull.URL,
		GitURL:  fmt.Sprintf("%s/%s/%s.git", s.repo.Spec.Forge.URL, s.repo.Spec.Forge.Owner, s.repo.Spec.Forge.Name),
		Profile: p.status.Name, Context: p.status.Context, Attempt: int(p.status.Attempt),
		Created: s.now.UTC().Truncate(time.Second), Continues: p.status.Continues,
		Plan: p.under(plan.Plan{
			Version: plan.Version, Repository: s.repo.Spec.RepositoryName, Revision: rev, Masters: merged.Masters,
			Scope:   plannedScope(p.snapshot.FullScope, merged.Changed),
			Changed: merged.Changed, Clock: s.now.UTC().Truncate(time.Second), Snapshot: p.snapshot,
		}),
	}
}

// plannedScope is what is known of the scope before the run, which alone has both sides' metadata: that it is the whole repository, or nothing.
func plannedScope(asked bool, changed []string) plan.Scope {
	if asked {
		return plan.Scope{Kind: plan.ScopeFull, Reason: "the profile asks for the whole repository"}
	}
	if reason, full := planner.CertainlyFull(changed); full {
		return plan.Scope{Kind: plan.ScopeFull, Reason: reason}
	}
	return plan.Scope{Kind: plan.ScopeAuto}
}

// shardsOf is how the server divided a run; nil where it did not.
func shardsOf(summary *results.Summary) *prcheckv1.ShardStatus {
	if summary.Shards == 0 {
		return nil
	}
	return &prcheckv1.ShardStatus{Total: count(summary.Shards), Scanning: count(summary.Scanning), Done: count(summary.Shards - summary.Scanning)}
}

// settle writes a verdict down.
func settle(p *prcheckv1.ProfileStatus, summary *results.Summary) {
	p.Conclusion, p.Reason, p.Line, p.ReportURL = string(summary.Conclusion), summary.Reason, summary.Line, summary.ReportURL
	c := summary.Counts
	p.Counts = prcheckv1.FactCounts{
		New: count(c.New), Existing: count(c.Existing), Fixed: count(c.Fixed), Inherited: count(c.Inherited),
		Unveiled: count(c.Unveiled), Hidden: count(c.Hidden), Unstable: count(c.Unstable),
	}
}

// count fits a number into the API's.
func count(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}
