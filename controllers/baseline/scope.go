// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/profile"
	"github.com/prcheck/prcheck/internal/status"
)

// scope is what one pass knows.
type scope struct {
	repo *prcheckv1.Repository // as read; the phases edit its status
	base *prcheckv1.Repository // as read; untouched
	now  time.Time

	toolchains []toolchain             // observe: of the Repository's profiles
	jobs       []batchv1.Job           // observe: this Repository's baselines
	pods       map[string][]corev1.Pod // observe: by run hash
	events     []events.Event          // any: what happened
	after      time.Duration           // any: when to look again; 0: when something happens
}

// toolchain is a profile that can be used.
type toolchain struct {
	// stands says that it is the first with its image: kits of all such profiles are the same.
	stands   bool
	profile  string
	snapshot plan.Snapshot
	digest   string
}

// wake asks for another pass after d; the earliest wish counts.
func (s *scope) wake(d time.Duration) {
	d = max(d, time.Millisecond)
	if s.after == 0 || d < s.after {
		s.after = d
	}
}

// observe does all reads of the cluster. They come from the cache.
func (r *Reconciler) observe(ctx context.Context, s *scope) error {
	if err := r.observeToolchains(ctx, s); err != nil {
		return err
	}
	mine := client.MatchingLabels{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy, prcheckv1.LabelBaseline: s.repo.Name}
	jobs := &batchv1.JobList{}
	if err := r.Client.List(ctx, jobs, client.InNamespace(s.repo.Namespace), mine); err != nil {
		return fmt.Errorf("listing the baseline Jobs of Repository %s: %w", s.repo.Name, err)
	}
	for i := range jobs.Items {
		if metav1.IsControlledBy(&jobs.Items[i], s.repo) {
			s.jobs = append(s.jobs, jobs.Items[i])
		}
	}
	s.pods = map[string][]corev1.Pod{}
	if len(s.jobs) == 0 {
		return nil
	}
	pods := &corev1.PodList{}
	if err := r.Client.List(ctx, pods, client.InNamespace(s.repo.Namespace), mine); err != nil {
		return fmt.Errorf("listing the baseline pods of Repository %s: %w", s.repo.Name, err)
	}
	for i := range pods.Items {
		run := pods.Items[i].Annotations[prcheckv1.AnnotationRun]
		if job := s.jobOf(run); job != nil && metav1.IsControlledBy(&pods.Items[i], job) {
			s.pods[run] = append(s.pods[run], pods.Items[i])
		}
	}
	return nil
}

// observeToolchains takes the profiles as runs would have them. One that cannot be used has no baseline; its own conditions say why.
func (r *Reconciler) observeToolchains(ctx context.Context, s *scope) error {
	for _, p := range s.repo.Spec.Profiles {
		checkProfile := &prcheckv1.CheckProfile{}
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.repo.Namespace, Name: p.ProfileRef.Name}, checkProfile)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading CheckProfile %s: %w", p.ProfileRef.Name, err)
		}
		snapshot, err := profile.Snapshot(checkProfile)
		if err != nil {
			continue
		}
		digest, err := plan.Digest(snapshot)
		if err != nil {
			return err
		}
		known := slices.ContainsFunc(s.toolchains, func(t toolchain) bool { return t.snapshot.Image == snapshot.Image })
		s.toolchains = append(s.toolchains, toolchain{!known, checkProfile.Name, snapshot, digest})
	}
	return nil
}

func (s *scope) jobOf(run string) *batchv1.Job {
	for i := range s.jobs {
		if s.jobs[i].Annotations[prcheckv1.AnnotationRun] == run {
			return &s.jobs[i]
		}
	}
	return nil
}

// entry returns the baseline of a profile and branch, to be edited in place; nil where there is none.
func (s *scope) entry(kind prcheckv1.BaselineKind, profileName, branch string) *prcheckv1.BaselineStatus {
	for i := range s.repo.Status.Baselines {
		if b := &s.repo.Status.Baselines[i]; b.Kind == kind && b.Profile == profileName && b.Branch == branch {
			return b
		}
	}
	return nil
}

func open(b *prcheckv1.BaselineStatus) bool {
	return b.State == prcheckv1.BaselineWaiting || b.State == prcheckv1.BaselineRunning
}

// running returns the baseline that is under way: there is one at most.
func (s *scope) running() *prcheckv1.BaselineStatus {
	for i := range s.repo.Status.Baselines {
		if b := &s.repo.Status.Baselines[i]; open(b) {
			return b
		}
	}
	return nil
}

// problem says what is wrong with the baselines, if anything is.
func (s *scope) problem() *status.Note {
	var note status.Note
	failing := []string{}
	for i := range s.repo.Status.Baselines {
		if b := &s.repo.Status.Baselines[i]; b.Failures > 0 {
			note.Reason = b.Reason
			failing = append(failing, fmt.Sprintf("branch %s, the %s for profile %s (%s)", b.Branch, strings.ToLower(string(b.Kind)), b.Profile, b.Reason))
		}
	}
	if len(failing) == 0 {
		return nil
	}
	note.Message = "The last baseline failed for " + strings.Join(failing, ", ") + "; checks do without and take longer. The Repository's status.baselines says more."
	return &note
}

// moves remembers where branches were seen last. It is only a matter of time: a new manager waits once more.
type moves struct {
	mu   sync.Mutex
	seen map[types.UID]map[string]move
}

type move struct {
	key   string
	since time.Time
}

// settled says for how long a baseline must still stay what it is.
func (m *moves) settled(repo types.UID, what, key string, now time.Time, settle time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[types.UID]map[string]move{}
	}
	if m.seen[repo] == nil {
		m.seen[repo] = map[string]move{}
	}
	if m.seen[repo][what].key != key {
		m.seen[repo][what] = move{key, now}
	}
	return settle - now.Sub(m.seen[repo][what].since)
}

func (m *moves) forget(repo types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, repo)
}
