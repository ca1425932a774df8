// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers/admission"
	"github.com/prcheck/prcheck/controllers/pullrequestcheck"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/kube"
)

const (
	number = 7
	headA  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	headB  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

var config *rest.Config

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	kube.Main(m, func(c *rest.Config) { config = c })
}

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(prcheckv1.AddToScheme(s))
	return s
}()

var namespaces atomic.Int32

// world is one check with all that is around it.
type world struct {
	t         *testing.T
	namespace string
	fuse      *fuse
	forge     *fakeForge
	server    *fakeServer
	clock     *clocktesting.FakeClock
	api       client.WithWatch // the test's own, never failing
	recorder  *events.FakeRecorder
	created   map[string]int // Jobs by name

	reconciler reconcile.Reconciler
	loop       *admission.Loop
}

func newWorld(t *testing.T) *world {
	t.Helper()
	api, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	f := &fuse{}
	w := &world{
		t: t, namespace: fmt.Sprintf("life-%d", namespaces.Add(1)), fuse: f, forge: newForge(f), server: newServer(f),
		clock: clocktesting.NewFakeClock(time.Now().Truncate(time.Second)), api: api, created: map[string]int{},
	}
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}})
	w.create(w.profile())
	w.create(w.repository())
	w.create(w.check())
	w.forge.setPull(func(p *forge.Pull) {
		*p = forge.Pull{Number: number, Title: "Add a-1.1", Author: "author", URL: "https://example.org/o/r/pull/7", Head: headA, BaseBranch: "main"}
	})
	w.start()
	return w
}

func (w *world) profile() *prcheckv1.CheckProfile {
	return &prcheckv1.CheckProfile{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "standard"},
		Spec: prcheckv1.CheckProfileSpec{
			Image: "example.org/pkgcheck@sha256:" + strings.Repeat("ab", 32), Pkgcheck: &prcheckv1.Pkgcheck{},
		},
	}
}

func (w *world) repository() *prcheckv1.Repository {
	return &prcheckv1.Repository{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "overlay"},
		Spec: prcheckv1.RepositorySpec{
			Forge:          prcheckv1.Forge{Type: prcheckv1.ForgeGitHub, Owner: "o", Name: "r"},
			CredentialsRef: prcheckv1.SecretReference{Name: "credentials"}, RepositoryName: "overlay",
			Profiles: []prcheckv1.RepositoryProfile{{ProfileRef: prcheckv1.ProfileReference{Name: "standard"}}},
		},
	}
}

func (w *world) check() *prcheckv1.PullRequestCheck {
	return &prcheckv1.PullRequestCheck{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: "overlay-7", Annotations: map[string]string{prcheckv1.AnnotationRequestedAt: "1"},
		},
		Spec: prcheckv1.PullRequestCheckSpec{RepositoryRef: prcheckv1.RepositoryReference{Name: "overlay"}, Number: number},
	}
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := w.api.Create(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

// start makes a manager that remembers nothing. Its writes go through the fuse.
func (w *world) start() {
	w.fuse.mend()
	fused := interceptor.NewClient(w.api, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return w.fuse.write("create "+o.GetName(), func() error {
				err := c.Create(ctx, o, opts...)
				if err == nil {
					w.created[o.GetName()]++
				}
				return err
			})
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return w.fuse.write("delete "+o.GetName(), func() error { return c.Delete(ctx, o, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			return w.fuse.write("patch status", func() error { return c.SubResource(sub).Patch(ctx, o, p, opts...) })
		},
	})
	w.recorder = events.NewFakeRecorder(1000)
	w.loop = &admission.Loop{
		Client: client.NewNamespacedClient(fused, w.namespace), Live: client.NewNamespacedClient(w.api, w.namespace), Clock: w.clock,
		Config: admission.Config{MaxRuns: 5, RunnerImage: "example.org/runner@sha256:" + strings.Repeat("cd", 32), Server: "https://server.prcheck.svc:8443"},
	}
	w.reconciler = reconcile.AsReconciler(client.Client(fused), &pullrequestcheck.Reconciler{
		Client: fused, Live: w.api, Forges: w.forge, Server: w.server, Queue: w.loop, Events: w.recorder, Clock: w.clock,
		Config: pullrequestcheck.Config{ImageWait: time.Minute, KeepJobs: 10 * time.Minute, BaselineWait: 20 * time.Minute},
	})
}

// pass lets the reconciler and the loop have one turn each. Errors are the controllers' business: they would try again.
func (w *world) pass() {
	w.t.Helper()
	request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: "overlay-7"}}
	if _, err := w.reconciler.Reconcile(w.t.Context(), request); err != nil {
		w.t.Logf("reconcile: %v", err)
	}
	if w.fuse.isBlown() {
		return
	}
	if _, err := w.loop.Reconcile(w.t.Context(), reconcile.Request{}); err != nil {
		w.t.Logf("admit: %v", err)
	}
	w.collect()
}

// settle passes until nothing is written any more.
func (w *world) settle() {
	w.t.Helper()
	for range 30 {
		before := w.fuse.count()
		w.pass()
		if w.fuse.isBlown() || w.fuse.count() == before {
			return
		}
	}
	w.t.Fatalf("the controllers never come to rest; last writes: %s", strings.Join(w.fuse.log[max(0, len(w.fuse.log)-10):], ", "))
}

// collect does what the garbage collector would: Jobs that are deleted in the foreground go when their pods are gone.
func (w *world) collect() {
	w.t.Helper()
	for _, job := range w.jobs() {
		if !job.DeletionTimestamp.IsZero() {
			job.Finalizers = nil
			if err := w.api.Update(w.t.Context(), &job); client.IgnoreNotFound(err) != nil {
				w.t.Fatal(err)
			}
		}
	}
}

func (w *world) jobs() []batchv1.Job {
	w.t.Helper()
	list := &batchv1.JobList{}
	if err := w.api.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

// job returns the only Job.
func (w *world) job() *batchv1.Job {
	w.t.Helper()
	jobs := w.jobs()
	if len(jobs) != 1 {
		w.t.Fatalf("got %d Jobs, want one; writes: %s", len(jobs), strings.Join(w.fuse.log, ", "))
	}
	return &jobs[0]
}

// endJob sets what the Job controller would.
func (w *world) endJob(job *batchv1.Job, kinds ...batchv1.JobConditionType) {
	w.t.Helper()
	now := metav1.Time{Time: w.clock.Now()}
	job.Status.StartTime = &now
	for _, kind := range kinds {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{
			Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now, LastProbeTime: now,
		})
		if kind == batchv1.JobComplete {
			job.Status.CompletionTime, job.Status.Succeeded = &now, 1
		}
	}
	if err := w.api.Status().Update(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
}

// complete stores a verdict as the pod's publish would, and ends the Job.
func (w *world) complete(job *batchv1.Job, v verdict.Verdict) {
	w.t.Helper()
	if _, err := w.server.finish(job.Annotations[prcheckv1.AnnotationRun], v); err != nil {
		w.t.Fatal(err)
	}
	w.endJob(job, batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)
}

func failure() verdict.Verdict {
	return verdict.Verdict{
		Conclusion: finding.ConclusionFailure, Counts: verdict.Counts{New: 2, Fixed: 1, Existing: 40},
		Problems: verdict.Problems{Gating: 2, Fixed: 1},
	}
}

func (w *world) get() *prcheckv1.PullRequestCheck {
	w.t.Helper()
	check := &prcheckv1.PullRequestCheck{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "overlay-7"}, check); err != nil {
		w.t.Fatal(err)
	}
	return check
}

// ask does what the server does when the forge said that something happened.
func (w *world) ask(word string) {
	w.t.Helper()
	w.edit(func(c *prcheckv1.PullRequestCheck) { c.Annotations[prcheckv1.AnnotationRequestedAt] = word })
}

func (w *world) edit(edit func(*prcheckv1.PullRequestCheck)) {
	w.t.Helper()
	check := w.get()
	edit(check)
	if err := w.api.Update(w.t.Context(), check); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) condition(kind string) *metav1.Condition {
	w.t.Helper()
	for _, c := range w.get().Status.Conditions {
		if c.Type == kind {
			return &c
		}
	}
	return nil
}

func (w *world) wantCondition(kind string, status metav1.ConditionStatus, reason string) {
	w.t.Helper()
	got := w.condition(kind)
	if got == nil || got.Status != status || got.Reason != reason {
		w.t.Errorf("condition %s is %+v, want %s with reason %s", kind, got, status, reason)
	}
}

// told returns the events so far.
func (w *world) told() []string {
	lines := []string{}
	for {
		select {
		case line := <-w.recorder.Events:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

func (w *world) records() []results.RunRecord {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	list := []results.RunRecord{}
	for _, record := range w.server.records {
		list = append(list, record)
	}
	return list
}

func (w *world) remove(object client.Object) {
	w.t.Helper()
	if err := w.api.Delete(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

func request(w *world) reconcile.Request {
	return reconcile.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: "overlay-7"}}
}
