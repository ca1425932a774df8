// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/status"
)

// soon is the delay before a pass that goes on where this one ended: long enough for the cache to see the written status.
const soon = 20 * time.Millisecond

// scope is what one pass knows. Each field says which phase sets it.
type scope struct {
	check *prcheckv1.PullRequestCheck // as read; the phases edit its status
	base  *prcheckv1.PullRequestCheck // as read; untouched
	now   time.Time

	repo     *prcheckv1.Repository              // observe
	profiles map[string]*prcheckv1.CheckProfile // observe: by name; those that exist
	jobs     []batchv1.Job                      // observe: this check's own
	pods     map[string][]corev1.Pod            // observe: by run hash
	provider forge.Provider                     // on first use
	pull     *forge.Pull                        // resolve, plan, report: as the forge told it in this pass
	ends     map[string]attempt.End             // run: by profile; those whose attempt ended

	open       map[string]status.Note    // any: by profile; why its run is open
	waiting    *status.Note              // any: why the pass ended early
	stalls     []status.Note             // any: who must do what
	unreported int                       // report: verdicts that the forge has not acknowledged
	extra      []events.Event            // any: what happened besides what the status shows
	aside      map[string][]events.Event // compare: by profile; what its operator should know of it
	stopped    bool                      // any: the pass ends here
	after      time.Duration             // any: when to look again; 0: when something happens
}

func newScope(check *prcheckv1.PullRequestCheck, now time.Time) *scope {
	return &scope{
		check: check, base: check.DeepCopy(), now: now,
		profiles: map[string]*prcheckv1.CheckProfile{}, pods: map[string][]corev1.Pod{},
		ends: map[string]attempt.End{}, open: map[string]status.Note{}, aside: map[string][]events.Event{},
	}
}

// status is the draft that the phases edit.
func (s *scope) status() *prcheckv1.PullRequestCheckStatus { return &s.check.Status }

// wake asks for another pass after d; the earliest wish counts.
func (s *scope) wake(d time.Duration) {
	d = max(d, soon)
	if s.after == 0 || d < s.after {
		s.after = d
	}
}

// stop ends the pass.
func (s *scope) stop() { s.stopped = true }

// again ends the pass; the next one goes on with what this one wrote.
func (s *scope) again() {
	s.stop()
	s.wake(soon)
}

func (s *scope) stall(reason, message string) {
	s.stalls = append(s.stalls, status.Note{Reason: reason, Message: message})
}

// apply takes over what becomes of the error that ended the pass.
func (s *scope) apply(outcome controllers.Verdict) {
	if outcome.Waiting != nil {
		s.waiting = outcome.Waiting
	}
	if outcome.Stalled != nil {
		s.stalls = append(s.stalls, *outcome.Stalled)
	}
	if outcome.After > 0 {
		s.wake(outcome.After)
	}
}

func (s *scope) events() []events.Event {
	return append(s.extra, events.Of(s.base, s.check)...)
}

// openProfiles returns the profiles without a conclusion, to be edited in place.
func (s *scope) openProfiles() []*prcheckv1.ProfileStatus {
	result := []*prcheckv1.ProfileStatus{}
	for i := range s.check.Status.Profiles {
		if p := &s.check.Status.Profiles[i]; p.Conclusion == "" {
			result = append(result, p)
		}
	}
	return result
}

func (s *scope) jobOf(run string) *batchv1.Job {
	for i := range s.jobs {
		if s.jobs[i].Annotations[prcheckv1.AnnotationRun] == run {
			return &s.jobs[i]
		}
	}
	return nil
}

func (s *scope) repository() forge.Repository {
	return forge.Repository{Owner: s.repo.Spec.Forge.Owner, Name: s.repo.Spec.Forge.Name}
}

// forge returns the provider, made once a pass.
func (r *Reconciler) forge(ctx context.Context, s *scope) (forge.Provider, error) {
	if s.provider == nil {
		provider, err := r.Forges.Provider(ctx, s.repo)
		if err != nil {
			return nil, controllers.From(controllers.PeerForge, err, "connecting to the forge of Repository %s", s.repo.Name)
		}
		s.provider = provider
	}
	return s.provider, nil
}

// readPull reads the pull request, once a pass.
func (r *Reconciler) readPull(ctx context.Context, s *scope) (*forge.Pull, error) {
	if s.pull != nil {
		return s.pull, nil
	}
	provider, err := r.forge(ctx, s)
	if err != nil {
		return nil, err
	}
	pull, err := provider.GetPull(ctx, s.repository(), s.check.Spec.Number)
	if err != nil {
		return nil, controllers.From(controllers.PeerForge, err, "reading pull request %d of %s", s.check.Spec.Number, s.repository())
	}
	s.pull = pull
	return pull, nil
}

// final says whether the conclusion is one that the forge is told for good.
func final(conclusion string) bool {
	return conclusion != "" && conclusion != string(finding.ConclusionSuperseded)
}

// written remembers the versions that we wrote and the cache has not shown yet: what is decided from an older status would be
// undone by the optimistic lock, but not at the forge.
type written struct {
	mu       sync.Mutex
	versions map[types.UID]string
}

func (w *written) note(check *prcheckv1.PullRequestCheck) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.versions == nil {
		w.versions = map[types.UID]string{}
	}
	w.versions[check.UID] = check.ResourceVersion
}

func (w *written) stale(check *prcheckv1.PullRequestCheck) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	version, known := w.versions[check.UID]
	if !known {
		return false
	}
	if order, err := resourceversion.CompareResourceVersion(check.ResourceVersion, version); err == nil && order < 0 {
		return true
	}
	delete(w.versions, check.UID)
	return false
}
