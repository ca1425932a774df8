// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package admission is the single loop, on the leader, that decides which waiting runs get a Job, and creates it: the Job's
// existence is the admission. It decides from the checks, the unfinished Jobs and what it created itself and the cache does
// not show yet; no counter outlives a restart. It writes no status: why a run waits it keeps in memory, and tells the check's
// reconciler when that changes.
package admission

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/jobspec"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/profile"
)

// Config are the operator's wishes.
type Config struct {
	// MaxRuns is how many Jobs may be unfinished at once.
	MaxRuns int
	// RunnerImage and Server go into each Job.
	RunnerImage string
	Server      string
}

// Delays of the loop.
const (
	tick       = 30 * time.Second // a look around although nothing happened
	retryAfter = time.Second      // where a former Job of the name still terminates
	unseenFor  = time.Minute      // an assumed Job that the cache does not show for so long is looked for
)

// Loop admits runs.
type Loop struct {
	Client client.Client
	// Live reads past the cache.
	Live   client.Reader
	Clock  clock.PassiveClock
	Config Config

	reasons reasons
	// assumed are Jobs that were created, and those found at the start, until the cache shows them. Only Reconcile touches them.
	assumed map[types.NamespacedName]assumption
	rebuilt bool
}

type assumption struct {
	repository types.NamespacedName
	at         time.Time
}

// +kubebuilder:rbac:groups="",resources=nodes,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=persistentvolumeclaims,verbs=get

// Reconcile is one pass of the loop. There is one request, whatever happened.
func (l *Loop) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	if err := l.rebuild(ctx); err != nil {
		return reconcile.Result{}, err
	}
	v, err := l.observe(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	decision := Decide(v.waiting, v.load, v.limits)
	result := reconcile.Result{RequeueAfter: tick}
	var failures []error
	for _, run := range decision.Admitted {
		reason, err := l.admit(ctx, v, run)
		if err != nil {
			failures = append(failures, err)
			reason = "its Job could not be created; the manager's log says why."
		}
		if reason != "" {
			decision.Reasons[run.Hash] = reason
			result.RequeueAfter = retryAfter
		}
	}
	l.reasons.replace(v.waiting, decision.Reasons)
	if err := errors.Join(failures...); err != nil {
		return reconcile.Result{}, err
	}
	return result, nil
}

// rebuild fills the assumed set from the API server itself: the cache of a new leader may lag behind what the old one created.
func (l *Loop) rebuild(ctx context.Context) error {
	if l.rebuilt {
		return nil
	}
	jobs := &batchv1.JobList{}
	if err := l.Live.List(ctx, jobs, client.MatchingLabels{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy}); err != nil {
		return fmt.Errorf("listing the Jobs that there are: %w", err)
	}
	l.assumed = map[types.NamespacedName]assumption{}
	for i := range jobs.Items {
		if job := &jobs.Items[i]; holdsSlot(job) {
			l.assumed[client.ObjectKeyFromObject(job)] = assumption{repositoryOf(job), l.Clock.Now()}
		}
	}
	l.rebuilt = true
	return nil
}

// holdsSlot: a terminating Job does, until its pods are gone.
func holdsSlot(job *batchv1.Job) bool {
	return (job.Labels[prcheckv1.LabelCheck] != "" || job.Labels[prcheckv1.LabelBaseline] != "") && !attempt.Ended(job)
}

func repositoryOf(job *batchv1.Job) types.NamespacedName {
	return types.NamespacedName{Namespace: job.Namespace, Name: job.Labels[prcheckv1.LabelRepository]}
}

// view is what one pass knows.
type view struct {
	waiting  []Run
	load     Load
	limits   Limits
	nodes    []corev1.Node
	checks   map[types.NamespacedName]*prcheckv1.PullRequestCheck
	profiles map[types.NamespacedName]*prcheckv1.CheckProfile
	// repositories are those that could have runs.
	repositories map[types.NamespacedName]*prcheckv1.Repository
}

// admit creates the Job of a run. It returns why not, where that is no error.
func (l *Loop) admit(ctx context.Context, v *view, run Run) (string, error) {
	checkProfile, exists := v.profiles[types.NamespacedName{Namespace: run.Repository.Namespace, Name: run.Profile}]
	p := v.planned(run)
	if !exists {
		return fmt.Sprintf("CheckProfile %s is gone: create it again, or set spec.retest after naming another.", run.Profile), nil
	}
	if edited(checkProfile, p.snapshot) {
		return "the profile was edited; the run is planned anew.", nil
	}
	cached, err := l.hasCache(ctx, run.Repository.Namespace)
	if err != nil {
		return "", err
	}
	job, err := jobspec.Build(jobspec.Input{
		Cache: cached, Shards: p.shards.Total, Scanning: p.shards.Scanning,
		Check: p.check, Repository: p.repository, Profile: checkProfile, Run: run.Hash, RunnerImage: l.Config.RunnerImage, Server: l.Config.Server,
		FailedNodes: KeepOff(p.failedNodes, v.nodes, &checkProfile.Spec.Pod),
	})
	if err != nil {
		return "", fmt.Errorf("making the Job of run %s: %w", run.Hash, err)
	}
	return l.create(ctx, p.owner(), job, run)
}

// hasCache says whether runs of a namespace have a cache on the nodes: somebody who may make volumes has made a claim for it.
func (l *Loop) hasCache(ctx context.Context, namespace string) (bool, error) {
	claim := &corev1.PersistentVolumeClaim{}
	err := l.Live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: jobspec.CacheClaim}, claim)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for the claim %s/%s: %w", namespace, jobspec.CacheClaim, err)
	}
	return claim.DeletionTimestamp.IsZero() && claim.Status.Phase == corev1.ClaimBound, nil
}

func (l *Loop) create(ctx context.Context, owner client.Object, job *batchv1.Job, run Run) (string, error) {
	key := client.ObjectKeyFromObject(job)
	err := l.Client.Create(ctx, job)
	switch {
	case apierrors.IsAlreadyExists(err):
		there := &batchv1.Job{}
		if err := l.Live.Get(ctx, key, there); err != nil {
			return "", fmt.Errorf("looking at Job %s, which exists already: %w", key, err)
		}
		if !metav1.IsControlledBy(there, owner) || !there.DeletionTimestamp.IsZero() {
			return fmt.Sprintf("an earlier Job %s is not gone yet.", key.Name), nil
		}
	case err != nil:
		return "", fmt.Errorf("creating Job %s: %w", key, err)
	default:
		log.FromContext(ctx).Info("Created a Job", "job", key.Name, "owner", client.ObjectKeyFromObject(owner).String(), "waited", l.Clock.Since(run.Since).Round(time.Second).String())
	}
	l.assumed[key] = assumption{run.Repository, l.Clock.Now()}
	return "", nil
}

func profileStatus(check *prcheckv1.PullRequestCheck, name string) *prcheckv1.ProfileStatus {
	for i := range check.Status.Profiles {
		if check.Status.Profiles[i].Name == name {
			return &check.Status.Profiles[i]
		}
	}
	return &prcheckv1.ProfileStatus{}
}

// edited says whether the profile is no longer the one that the run was planned with.
func edited(checkProfile *prcheckv1.CheckProfile, digest string) bool {
	snapshot, err := profile.Snapshot(checkProfile)
	if err != nil {
		return true
	}
	now, err := plan.Digest(snapshot)
	return err != nil || now != digest
}
