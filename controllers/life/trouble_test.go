// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results"
)

func keyOf(o client.Object) client.ObjectKey { return client.ObjectKeyFromObject(o) }

// pod makes the pod that the Job controller and kubelet would have made.
func (w *world) pod(job *batchv1.Job, node string, status corev1.PodStatus) {
	w.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: job.Name + "-x", Labels: job.Spec.Template.Labels, Annotations: job.Spec.Template.Annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "publish", Image: "x"}}},
	}
	w.create(pod)
	pod.Status = status
	if err := w.api.Status().Update(w.t.Context(), pod); err != nil {
		w.t.Fatal(err)
	}
}

func fetchFailed() corev1.PodStatus {
	return corev1.PodStatus{Phase: corev1.PodFailed, InitContainerStatuses: []corev1.ContainerStatus{{
		Name: "fetch", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: "connection refused"}},
	}}}
}

func (w *world) serviceAccount() {
	w.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "default"}})
}

func TestInfrastructureGetsThreeAttempts(t *testing.T) {
	w := newWorld(t)
	w.serviceAccount()
	for _, name := range []string{"w1", "w2", "w3", "w4"} {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: w.namespace + "-" + name}}
		w.create(node)
		node.Spec.Taints = nil // the API server takes a new node for not ready
		if err := w.api.Update(t.Context(), node); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	for attempt := 1; attempt <= 3; attempt++ {
		job := w.job()
		if got := len(keptOff(job)); got != attempt-1 {
			t.Errorf("attempt %d is kept off %v", attempt, keptOff(job))
		}
		w.pod(job, fmt.Sprintf("%s-w%d", w.namespace, attempt), fetchFailed())
		w.endJob(job, batchv1.JobFailureTarget, batchv1.JobFailed)
		w.settle()
		if attempt < 3 && w.get().Status.Conclusion != "" {
			t.Fatalf("attempt %d concluded the check: %+v", attempt, w.get().Status)
		}
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonInfrastructureFailed)
	shown := w.forge.shown(headA)
	if got := shown[len(shown)-1]; got != "error Not checked: the trees could not be fetched (attempt 3 of 3) (our fault, not yours)" {
		t.Errorf("the forge shows %q", got)
	}
	if slices.ContainsFunc(shown[:len(shown)-1], func(s string) bool { return !strings.HasPrefix(s, "pending ") }) {
		t.Errorf("an error before the last attempt: %v", shown)
	}
	if got := w.get().Status.Profiles[0]; len(got.FailedNodes) != 3 || got.Attempt != 3 {
		t.Errorf("got %+v", got)
	}
	if len(w.records()) != 3 || len(w.created) != 3 {
		t.Errorf("%d runs, %d Jobs; each attempt has its own", len(w.records()), len(w.created))
	}
}

func keptOff(job *batchv1.Job) []string {
	nodes := []string{}
	if a := job.Spec.Template.Spec.Affinity; a != nil {
		for _, field := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchFields {
			nodes = append(nodes, field.Values...)
		}
	}
	return nodes
}

func TestALimitIsNotRetried(t *testing.T) {
	w := newWorld(t)
	w.serviceAccount()
	w.settle()
	job := w.job()
	w.pod(job, "w1", corev1.PodStatus{Phase: corev1.PodFailed, InitContainerStatuses: []corev1.ContainerStatus{{
		Name: "scan", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}},
	}}})
	w.endJob(job, batchv1.JobFailureTarget, batchv1.JobFailed)
	w.settle()
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonLimitExceeded)
	shown := w.forge.shown(headA)
	if got := shown[len(shown)-1]; got != "error Not checked: scan needed more memory than the profile allows" {
		t.Errorf("the forge shows %q", got)
	}
}

func TestAJobWithoutAResultIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.settle()
	first := w.job()
	w.endJob(first, batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)
	w.settle()
	if second := w.job(); second.Name == first.Name {
		t.Error("a Job that claims success without a result was believed")
	}
	if got := w.get().Status; got.Conclusion != "" || got.Profiles[0].Failures != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAStoredVerdictStandsWhateverBecameOfThePod(t *testing.T) {
	w := newWorld(t)
	w.settle()
	job := w.job()
	if _, err := w.server.finish(job.Annotations[prcheckv1.AnnotationRun], failure()); err != nil {
		t.Fatal(err)
	}
	w.endJob(job, batchv1.JobFailureTarget, batchv1.JobFailed)
	w.settle()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
}

func TestAJobThatSomebodyDeletesIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.settle()
	first := w.job()
	if err := w.api.Delete(t.Context(), first, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		t.Fatal(err)
	}
	w.collect()
	w.settle()
	if second := w.job(); second.Name == first.Name {
		t.Error("the Job of the same run was made twice")
	}
}

func TestAnEditedProfileAppliesToARunThatWaits(t *testing.T) {
	w := newWorld(t)
	w.loop.Config.MaxRuns = 0
	w.settle()
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionUnknown, prcheckv1.ReasonWaiting)
	before := w.get().Status.Profiles[0]
	profile := w.profile()
	if err := w.api.Get(t.Context(), keyOf(profile), profile); err != nil {
		t.Fatal(err)
	}
	profile.Spec.GateInherited = true
	if err := w.api.Update(t.Context(), profile); err != nil {
		t.Fatal(err)
	}
	w.loop.Config.MaxRuns = 5
	w.settle()
	w.job()
	if after := w.get().Status.Profiles[0]; after.Run == before.Run || after.Snapshot == before.Snapshot {
		t.Errorf("the run was admitted with the old profile: %+v", after)
	}
	if got := w.server.summaries[before.Run].State; got != results.RunSuperseded {
		t.Errorf("the old run is %s in the store", got)
	}
}

func TestNobodyAnswersForAWhile(t *testing.T) {
	for sentence, test := range map[string]struct {
		fail   func(*world, error)
		reason string
	}{
		"the forge":  {func(w *world, err error) { w.forge.err = err }, prcheckv1.ReasonForgeUnavailable},
		"the server": {func(w *world, err error) { w.server.err = err }, prcheckv1.ReasonServerUnavailable},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(t)
			test.fail(w, controllers.From(controllers.PeerServer, errCrash, "dialling"))
			w.pass()
			w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionUnknown, test.reason)
			version := w.get().ResourceVersion
			w.pass()
			if got := w.get().ResourceVersion; got != version {
				t.Error("a failure that stays changes the status each time")
			}
			test.fail(w, nil)
			w.settle()
			w.complete(w.job(), failure())
			test.fail(w, errCrash)
			w.pass()
			if got := w.get().Status; got.Conclusion != "" && w.condition(prcheckv1.ConditionSucceeded).Status == metav1.ConditionTrue {
				t.Errorf("a verdict was shown as reported: %+v", got)
			}
			test.fail(w, nil)
			w.settle()
			if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.forge.err = &forge.RateLimitedError{RetryAfter: 90 * time.Second}
	result, err := w.reconciler.Reconcile(t.Context(), request(w))
	if err != nil || result.RequeueAfter != 90*time.Second {
		t.Errorf("got %v after %s, want a wait of 90 s and no error", err, result.RequeueAfter)
	}
}

// Bad input: each a condition and an event that say what to do (docs/bad-input.md has the same table).
func TestBadInput(t *testing.T) {
	for sentence, test := range map[string]struct {
		spoil  func(*world)
		reason string
		says   []string
		shown  []string // on the forge; nil: not looked at
	}{
		"an unknown repository": {
			spoil:  func(w *world) { w.remove(w.repository()) },
			reason: prcheckv1.ReasonRepositoryNotFound, says: []string{"Repository overlay", "create it"}, shown: []string{},
		},
		"an unknown profile": {
			spoil:  func(w *world) { w.remove(w.profile()) },
			reason: prcheckv1.ReasonProfileNotFound, says: []string{"CheckProfile standard", "create it"},
			shown: []string{"pending Waiting for the maintainers: profile standard cannot be used"},
		},
		"an invalid severity": {
			spoil: func(w *world) {
				w.remove(w.profile())
				profile := w.profile()
				profile.Spec.Severities = map[string]prcheckv1.Severity{"nonexistent-deps": "error"}
				w.create(profile)
			},
			reason: prcheckv1.ReasonInvalidProfile, says: []string{"Edit the profile", `"nonexistent-deps"`},
			shown: []string{"pending Waiting for the maintainers: profile standard cannot be used"},
		},
		"bad credentials": {
			spoil:  func(w *world) { w.forge.err = fmt.Errorf("reading: %w", forge.ErrUnauthorized) },
			reason: prcheckv1.ReasonCredentialsInvalid, says: []string{"spec.credentialsRef", "valid token"}, shown: []string{},
		},
		"a missing permission": {
			spoil:  func(w *world) { w.forge.err = fmt.Errorf("reading: %w", forge.ErrForbidden) },
			reason: prcheckv1.ReasonForbidden, says: []string{"write commit statuses"}, shown: []string{},
		},
		"an unknown pull request": {
			spoil:  func(w *world) { delete(w.forge.pulls, number) },
			reason: prcheckv1.ReasonPullRequestNotFound, says: []string{"pull request 7", "spec.number"}, shown: []string{},
		},
		"a head that vanished": {
			spoil:  func(w *world) { w.server.merge = results.MergeResult{State: results.MergeHeadGone} },
			reason: prcheckv1.ReasonHeadGone, says: []string{"push the branch again"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(t)
			test.spoil(w)
			for range 3 {
				w.pass()
			}
			w.wantCondition(prcheckv1.ConditionStalled, metav1.ConditionTrue, test.reason)
			message := w.condition(prcheckv1.ConditionStalled).Message
			events := w.told()
			if len(events) != 1 || !strings.Contains(events[0], "Warning "+test.reason) {
				t.Errorf("got events %q, want one of reason %s", events, test.reason)
			}
			for _, word := range test.says {
				if !strings.Contains(message, word) || !strings.Contains(strings.Join(events, ""), word) {
					t.Errorf("condition %q or event %q does not say %q", message, events, word)
				}
			}
			if test.shown != nil {
				if diff := cmp.Diff(test.shown, w.forge.shown(headA)); diff != "" {
					t.Error(diff)
				}
			}
			if len(w.jobs()) != 0 {
				t.Error("there is a Job nevertheless")
			}
		})
	}
}

func TestAMissingImageEndsAfterAWhile(t *testing.T) {
	w := newWorld(t)
	w.serviceAccount()
	w.settle()
	for range 3 {
		job := w.job()
		w.pod(job, "w1", corev1.PodStatus{
			Phase: corev1.PodPending, StartTime: &metav1.Time{Time: w.clock.Now()},
			InitContainerStatuses: []corev1.ContainerStatus{{
				Name: "prepare", Image: "example.org/pkgcheck", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "not found"}},
			}},
		})
		w.settle()
		if got := w.job().Name; got != job.Name {
			t.Fatal("the image was given no time")
		}
		w.clock.Step(2 * time.Minute)
		w.settle()
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonImageUnavailable)
	if got := w.condition(prcheckv1.ConditionSucceeded).Message; !strings.Contains(got, "spec.pod.imagePullSecrets of CheckProfile standard") {
		t.Errorf("the condition does not say what to do: %q", got)
	}
	if events := strings.Join(w.told(), "\n"); strings.Count(events, "not found") != 3 {
		t.Errorf("operators were not told thrice what kubelet said:\n%s", events)
	}
	shown := w.forge.shown(headA)
	if got := shown[len(shown)-1]; !strings.HasPrefix(got, "error Not checked: the image could not be pulled") {
		t.Errorf("the forge shows %q", got)
	}
}
