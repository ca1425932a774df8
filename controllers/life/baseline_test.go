// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers/baseline"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// baseServer is a server whose repository has one branch.
type baseServer struct {
	*fakeServer
	tip    string
	stored map[string]bool // by key
	asked  int
}

func (s *baseServer) Baseline(ctx context.Context, request results.BaselineRequest) (*results.BaselineResult, error) {
	s.asked++
	if request.Findings {
		return s.fakeServer.Baseline(ctx, request)
	}
	branch := request.Branch
	if branch == "" {
		branch = "main"
	}
	p := plan.OfBase(plan.Plan{
		Version: plan.Version, Repository: request.Name, Revision: plan.Revision{Base: s.tip, Branch: branch}, Snapshot: request.Snapshot,
	})
	p.Baseline = &plan.Baseline{Key: "key-" + s.tip + "-" + branch}
	return &results.BaselineResult{State: results.MergeReady, Plan: p, Stored: s.stored[p.Baseline.Key]}, nil
}

// baseWorld is a world in which nobody opens pull requests.
type baseWorld struct {
	*world
	server     *baseServer
	clock      *clocktesting.FakeClock
	reconciler reconcile.Reconciler
}

const settle = 15 * time.Second

func newBaseWorld(t *testing.T) *baseWorld {
	t.Helper()
	w := newWorld(t)
	b := &baseWorld{world: w, server: &baseServer{fakeServer: w.server, tip: "first", stored: map[string]bool{}}, clock: w.clock}
	b.reconciler = reconcile.AsReconciler(client.Client(w.api), &baseline.Reconciler{
		Client: w.api, Live: w.api, Server: b.server, Queue: w.loop, Events: w.recorder, Clock: w.clock,
		Config: baseline.Config{Every: time.Minute, Settle: settle, ImageWait: time.Minute, KeepJobs: 10 * time.Minute},
	})
	return b
}

// turn lets the reconciler and the loop have some turns.
func (b *baseWorld) turn() {
	b.t.Helper()
	for range 3 {
		request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: "overlay"}}
		if _, err := b.reconciler.Reconcile(b.t.Context(), request); err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.loop.Reconcile(b.t.Context(), reconcile.Request{}); err != nil {
			b.t.Fatal(err)
		}
		b.collect()
	}
}

func (b *baseWorld) repository() *prcheckv1.Repository {
	b.t.Helper()
	repo := &prcheckv1.Repository{}
	if err := b.api.Get(b.t.Context(), client.ObjectKey{Namespace: b.namespace, Name: "overlay"}, repo); err != nil {
		b.t.Fatal(err)
	}
	return repo
}

// only returns the only baseline, which must be in a state.
func (b *baseWorld) only(state prcheckv1.BaselineState) prcheckv1.BaselineStatus {
	b.t.Helper()
	all := b.repository().Status.Baselines
	if len(all) != 1 || all[0].State != state {
		b.t.Fatalf("baselines are %+v, want one that is %s", all, state)
	}
	return all[0]
}

// planned lets a tip settle and returns the Job of its baseline.
func (b *baseWorld) planned() *batchv1.Job {
	b.t.Helper()
	b.turn()
	b.clock.Step(settle)
	b.turn()
	return b.job()
}

// made ends a baseline's Job well.
func (b *baseWorld) made(job *batchv1.Job) {
	b.t.Helper()
	b.server.stored[b.only(prcheckv1.BaselineRunning).Key] = true
	b.complete(job, verdict.Verdict{Conclusion: finding.ConclusionSuccess})
	b.turn()
}

func TestABaselineIsMadeWhenItsBranchMoved(t *testing.T) {
	b := newBaseWorld(t)
	b.turn()
	if jobs := b.jobs(); len(jobs) != 0 {
		t.Fatalf("a branch that may move on has %d Jobs", len(jobs))
	}
	b.clock.Step(settle)
	b.turn()
	job := b.job()
	repo := b.repository()
	if !metav1.IsControlledBy(job, repo) || len(job.OwnerReferences) != 1 || job.Labels[prcheckv1.LabelCheck] != "" || job.Labels[prcheckv1.LabelBaseline] != "overlay" {
		t.Errorf("the Job belongs to %+v and is labelled %v", job.OwnerReferences, job.Labels)
	}
	running := b.only(prcheckv1.BaselineRunning)
	if want := plan.BaselineHash(string(repo.UID), "key-first-main", 1); running.Run != want || job.Annotations[prcheckv1.AnnotationRun] != want || running.Base != "first" || running.Branch != "main" {
		t.Errorf("the baseline is %+v", running)
	}
	// Whatever becomes of pull requests, it goes on.
	b.remove(b.check())
	b.turn()
	if got := b.job(); !got.DeletionTimestamp.IsZero() {
		t.Error("a pull request that is gone took the baseline's Job with it")
	}
	b.made(job)
	if got := b.only(prcheckv1.BaselineReady); got.Failures != 0 || got.RetryAt != nil || got.Base != "first" {
		t.Errorf("the baseline is %+v", got)
	}
	if told := b.told(); !slices.ContainsFunc(told, func(e string) bool { return strings.Contains(e, "BaselineMade") }) {
		t.Errorf("nobody was told: %q", told)
	}
	b.clock.Step(9 * time.Minute)
	b.turn()
	b.job()
	b.clock.Step(2 * time.Minute)
	b.turn()
	if jobs := b.jobs(); len(jobs) != 0 {
		t.Errorf("%d Jobs stay for ever", len(jobs))
	}
	b.only(prcheckv1.BaselineReady)
}

func TestABranchThatMovesOftenGetsOneBaselineAtATime(t *testing.T) {
	b := newBaseWorld(t)
	for _, tip := range []string{"a", "b", "c"} {
		b.server.tip = tip
		b.turn()
		b.clock.Step(settle - time.Second)
	}
	b.turn()
	if jobs := b.jobs(); len(jobs) != 0 {
		t.Fatalf("a branch that moves all the time has %d Jobs", len(jobs))
	}
	job := b.planned()
	b.server.tip = "d"
	b.turn()
	b.clock.Step(time.Hour)
	b.turn()
	if got := b.only(prcheckv1.BaselineRunning); got.Base != "c" || len(b.jobs()) != 1 {
		t.Errorf("beside the one that runs: %+v, %d Jobs", got, len(b.jobs()))
	}
	b.made(job)
	b.clock.Step(settle)
	b.turn()
	if got := b.only(prcheckv1.BaselineRunning); got.Base != "d" {
		t.Errorf("the next one is %+v", got)
	}
}

func TestABaselineThatWaitsGivesWayToTheNewTip(t *testing.T) {
	b := newBaseWorld(t)
	b.loop.Config.MaxRuns = 0
	b.turn()
	b.clock.Step(settle)
	b.turn()
	first := b.only(prcheckv1.BaselineWaiting)
	if first.Message == "" {
		t.Error("nobody is told why it waits")
	}
	b.server.tip = "second"
	b.turn()
	b.clock.Step(settle)
	b.turn()
	if got := b.only(prcheckv1.BaselineWaiting); got.Base != "second" || got.Run == first.Run {
		t.Errorf("what waits is %+v", got)
	}
	if summary, err := b.server.GetRun(t.Context(), first.Run); err != nil || summary.State != results.RunSuperseded {
		t.Errorf("the former run is %+v, %v", summary, err)
	}
	b.loop.Config.MaxRuns = 5
	b.turn()
	if got := b.job(); got.Annotations[prcheckv1.AnnotationRun] == first.Run {
		t.Error("the former run has a Job")
	}
}

func TestAFailedBaselineIsShownAndTriedAgain(t *testing.T) {
	for sentence, fail := range map[string]func(*baseWorld, *batchv1.Job){
		"the base does not scan": func(b *baseWorld, job *batchv1.Job) {
			b.complete(job, verdict.Verdict{Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonBrokenBase, Message: "it is broken"})
		},
		"the Job came to nothing": func(b *baseWorld, job *batchv1.Job) { b.endJob(job, batchv1.JobFailureTarget, batchv1.JobFailed) },
		"the Job left no result": func(b *baseWorld, job *batchv1.Job) {
			b.endJob(job, batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)
		},
		"somebody deleted the Job": func(b *baseWorld, job *batchv1.Job) { b.remove(job); b.collect() },
	} {
		t.Run(sentence, func(t *testing.T) {
			b := newBaseWorld(t)
			fail(b, b.planned())
			b.turn()
			failed := b.only(prcheckv1.BaselineFailed)
			if failed.Failures != 1 || failed.Reason == "" || failed.RetryAt == nil {
				t.Errorf("the baseline is %+v", failed)
			}
			c := meta.FindStatusCondition(b.repository().Status.Conditions, prcheckv1.ConditionBaselineFailing)
			if c == nil || c.Status != metav1.ConditionTrue || c.Reason != failed.Reason || !strings.Contains(c.Message, "main") {
				t.Errorf("the condition is %+v", c)
			}
			if told := b.told(); !slices.ContainsFunc(told, func(e string) bool { return strings.Contains(e, "Warning BaselineFailed") }) {
				t.Errorf("nobody was told: %q", told)
			}
			b.clock.Step(30 * time.Second)
			b.turn()
			b.only(prcheckv1.BaselineFailed)
			b.clock.Step(31 * time.Second)
			b.turn()
			again := b.only(prcheckv1.BaselineRunning)
			if again.Attempt != 2 || again.Run == failed.Run {
				t.Fatalf("the second try is %+v", again)
			}
			job := b.jobs()[slices.IndexFunc(b.jobs(), func(j batchv1.Job) bool { return j.Annotations[prcheckv1.AnnotationRun] == again.Run })]
			b.made(&job)
			b.only(prcheckv1.BaselineReady)
			if c := meta.FindStatusCondition(b.repository().Status.Conditions, prcheckv1.ConditionBaselineFailing); c != nil {
				t.Errorf("the condition stays: %+v", c)
			}
		})
	}
}

func TestALostNodeIsKeptOff(t *testing.T) {
	b := newBaseWorld(t)
	for _, node := range []string{"worker-1", "worker-2"} {
		b.create(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node + "-" + b.namespace}})
	}
	job := b.planned()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: b.namespace, Name: job.Name, Labels: job.Spec.Template.Labels, Annotations: job.Spec.Template.Annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Spec: corev1.PodSpec{NodeName: "worker-1-" + b.namespace, Containers: []corev1.Container{{Name: "publish", Image: "example.org/x"}}},
	}
	b.create(pod)
	pod.Status.Phase = corev1.PodFailed
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager"}}
	if err := b.api.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	b.turn()
	failed := b.only(prcheckv1.BaselineFailed)
	if failed.Reason != plan.ReasonInfrastructure || !slices.Equal(failed.FailedNodes, []string{"worker-1-" + b.namespace}) {
		t.Errorf("the baseline is %+v", failed)
	}
	if attempt.Ended(job) {
		t.Fatal("the Job was to be seen before it ended")
	}
}

func TestBaselinesCanBeSwitchedOff(t *testing.T) {
	b := newBaseWorld(t)
	b.loop.Config.MaxRuns = 0
	b.turn()
	b.clock.Step(settle)
	b.turn()
	waits := b.only(prcheckv1.BaselineWaiting)
	repo := b.repository()
	repo.Spec.Policy.Baselines = prcheckv1.BaselinesOff
	if err := b.api.Update(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	b.loop.Config.MaxRuns = 5
	asked := b.server.asked
	b.turn()
	if all := b.repository().Status.Baselines; len(all) != 0 || len(b.jobs()) != 0 || b.server.asked != asked {
		t.Errorf("there are %+v and %d Jobs; the server was asked %d times", all, len(b.jobs()), b.server.asked-asked)
	}
	if summary, err := b.server.GetRun(t.Context(), waits.Run); err != nil || summary.State != results.RunSuperseded {
		t.Errorf("what waited is %+v, %v", summary, err)
	}
}

// TestAForgetfulManagerMakesNoSecondJob: with the status lost, the run that stands is found again.
func TestAForgetfulManagerMakesNoSecondJob(t *testing.T) {
	b := newBaseWorld(t)
	b.planned()
	repo := b.repository()
	repo.Status.Baselines = nil
	if err := b.api.Status().Update(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	b.turn()
	b.clock.Step(settle)
	b.turn()
	b.job()
	if n := b.created[b.job().Name]; n != 1 {
		t.Errorf("the Job was created %d times", n)
	}
}
