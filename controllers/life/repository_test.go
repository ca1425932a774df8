// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers/checkprofile"
	"github.com/prcheck/prcheck/controllers/repository"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/jobspec"
)

func (w *world) repositories() reconcile.Reconciler {
	return reconcile.AsReconciler(client.Client(w.api), &repository.Reconciler{
		Client: w.api, Live: w.api, Forges: w.forge, Events: w.recorder, Clock: w.clock,
		CA:     func(context.Context) (string, error) { return "the authority", nil },
		Server: "https://prcheck-server-internal.prcheck-system.svc:8443",
	})
}

func (w *world) look(r reconcile.Reconciler, name string) (reconcile.Result, *prcheckv1.Repository) {
	w.t.Helper()
	key := client.ObjectKey{Namespace: w.namespace, Name: name}
	result, err := r.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: key})
	if err != nil {
		w.t.Logf("repository: %v", err)
	}
	repo := &prcheckv1.Repository{}
	if err := w.api.Get(w.t.Context(), key, repo); client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	return result, repo
}

func (w *world) credentials(data map[string]string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "credentials"}, StringData: data}
}

func TestARepositorySaysWhatIsWrong(t *testing.T) {
	for sentence, test := range map[string]struct {
		spoil  func(*world)
		reason string
		says   string
	}{
		"nothing":                  {func(*world) {}, prcheckv1.ReasonReady, "is watched"},
		"no Secret":                {func(w *world) { w.remove(w.credentials(nil)) }, prcheckv1.ReasonCredentialsInvalid, "There is no Secret credentials"},
		"no profile":               {func(w *world) { w.remove(w.profile()) }, prcheckv1.ReasonProfileNotFound, "There is no CheckProfile standard"},
		"the forge refuses us":     {func(w *world) { w.forge.err = forge.ErrUnauthorized }, prcheckv1.ReasonCredentialsInvalid, "valid token"},
		"the forge is away":        {func(w *world) { w.forge.err = forge.ErrUnavailable }, prcheckv1.ReasonForgeUnavailable, "tries again"},
		"a repository not shown":   {func(w *world) { w.forge.err = forge.ErrNotFound }, prcheckv1.ReasonForbidden, "shows no repository o/r"},
		"half a GitHub App":        {func(w *world) { w.replaceSecret(map[string]string{"appID": "1"}) }, prcheckv1.ReasonCredentialsInvalid, `lacks the key "installationID"`},
		"no webhook secret":        {func(w *world) { w.hook("absent") }, prcheckv1.ReasonCredentialsInvalid, "There is no Secret absent"},
		"a webhook secret, no key": {func(w *world) { w.hook("credentials") }, prcheckv1.ReasonCredentialsInvalid, `has no key "secret"`},
		"an invalid profile": {func(w *world) {
			w.remove(w.profile())
			profile := w.profile()
			profile.Spec.Severities = map[string]prcheckv1.Severity{"bad-name": "error"}
			w.create(profile)
		}, prcheckv1.ReasonInvalidProfile, `"bad-name"`},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(t)
			w.create(w.credentials(map[string]string{"token": "t"}))
			test.spoil(w)
			r := w.repositories()
			_, repo := w.look(r, "overlay")
			ready := meta.FindStatusCondition(repo.Status.Conditions, prcheckv1.ConditionReady)
			if ready == nil || ready.Reason != test.reason || !strings.Contains(ready.Message, test.says) ||
				(ready.Status == metav1.ConditionTrue) != (test.reason == prcheckv1.ReasonReady) {
				t.Errorf("got %+v, want reason %s saying %q", ready, test.reason, test.says)
			}
			if events := w.told(); len(events) != 1 || !strings.Contains(events[0], test.reason) {
				t.Errorf("got events %q", events)
			}
			_, again := w.look(r, "overlay")
			if again.ResourceVersion != repo.ResourceVersion || len(w.told()) != 0 {
				t.Error("the same look again wrote something")
			}
		})
	}
}

func (w *world) replaceSecret(data map[string]string) {
	w.remove(w.credentials(nil))
	w.create(w.credentials(data))
}

func (w *world) hook(secret string) {
	w.t.Helper()
	repo := w.repository()
	if err := w.api.Get(w.t.Context(), keyOf(repo), repo); err != nil {
		w.t.Fatal(err)
	}
	repo.Spec.Triggers.Webhook = &prcheckv1.WebhookTrigger{SecretRef: prcheckv1.SecretReference{Name: secret}}
	if err := w.api.Update(w.t.Context(), repo); err != nil {
		w.t.Fatal(err)
	}
}

func TestTwoRepositoriesShareWhatRunPodsNeed(t *testing.T) {
	w := newWorld(t)
	w.create(w.credentials(map[string]string{"token": "t"}))
	second := w.repository()
	second.Name = "other"
	w.create(second)
	r := w.repositories()
	w.look(r, "overlay")
	w.look(r, "other")
	for object, name := range map[client.Object]string{
		&corev1.ServiceAccount{}: jobspec.ServiceAccount, &corev1.ConfigMap{}: jobspec.CAConfigMap, &networkingv1.NetworkPolicy{}: jobspec.NetworkPolicy,
	} {
		if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, object); err != nil {
			t.Fatal(err)
		}
		if len(object.GetOwnerReferences()) != 2 {
			t.Errorf("%T %s is owned by %v, want both Repositories", object, name, object.GetOwnerReferences())
		}
		switch o := object.(type) {
		case *corev1.ConfigMap:
			if o.Data[jobspec.CAKey] != "the authority" {
				t.Errorf("the ConfigMap holds %v", o.Data)
			}
		case *corev1.ServiceAccount:
			if o.AutomountServiceAccountToken == nil || *o.AutomountServiceAccountToken {
				t.Error("the ServiceAccount's token is mounted by itself")
			}
		case *networkingv1.NetworkPolicy:
			if got := o.Spec.Egress[1].To[0].NamespaceSelector.MatchLabels[corev1.LabelMetadataName]; got != "prcheck-system" || len(o.Spec.Ingress) != 0 {
				t.Errorf("the NetworkPolicy is %+v", o.Spec)
			}
		}
	}
}

func TestADeletedRepositorySettlesItsStatuses(t *testing.T) {
	w := newWorld(t)
	w.create(w.credentials(map[string]string{"token": "t"}))
	r := w.repositories()
	_, repo := w.look(r, "overlay")
	w.settle()
	if err := w.api.Delete(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	w.forge.err = errCrash
	result, repo := w.look(r, "overlay")
	if result.RequeueAfter == 0 || repo.Name == "" {
		t.Fatal("the Repository went although the forge was away")
	}
	w.forge.err = nil
	w.look(r, "overlay")
	want := []string{"pending Waiting for a free slot", "pending Checking aaaaaaa", "error Not checked: prcheck no longer watches this repository"}
	if diff := cmp.Diff(want, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	if err := w.api.Get(t.Context(), keyOf(w.repository()), repo); !apierrors.IsNotFound(err) {
		t.Errorf("the Repository is still there: %v", err)
	}
}

func TestADeletedRepositoryDoesNotWaitForEver(t *testing.T) {
	w := newWorld(t)
	w.create(w.credentials(map[string]string{"token": "t"}))
	r := w.repositories()
	_, repo := w.look(r, "overlay")
	w.settle()
	if err := w.api.Delete(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	w.forge.err = errCrash
	w.look(r, "overlay")
	w.clock.Step(11 * time.Minute)
	w.look(r, "overlay")
	if err := w.api.Get(t.Context(), keyOf(w.repository()), repo); !apierrors.IsNotFound(err) {
		t.Errorf("the Repository is still there: %v", err)
	}
}

func TestAProfileSaysWhetherItCanBeUsed(t *testing.T) {
	w := newWorld(t)
	r := reconcile.AsReconciler(client.Client(w.api), &checkprofile.Reconciler{Client: w.api, Events: w.recorder, Clock: w.clock})
	bad := w.profile()
	bad.Name, bad.Spec.Severities = "bad", map[string]prcheckv1.Severity{"bad-name": "error"}
	w.create(bad)
	odd := w.profile()
	odd.Name, odd.Spec.Severities = "odd", map[string]prcheckv1.Severity{"NonexistentDep": "error", "NonexistentDeps": "error"}
	odd.Spec.Pkgcheck.Keywords = []string{"-Novelty"}
	w.create(odd)
	for name, want := range map[string]string{"standard": prcheckv1.ReasonReady, "bad": prcheckv1.ReasonInvalidProfile, "odd": prcheckv1.ReasonReady} {
		key := client.ObjectKey{Namespace: w.namespace, Name: name}
		if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); err != nil {
			t.Fatal(err)
		}
		profile := &prcheckv1.CheckProfile{}
		if err := w.api.Get(t.Context(), key, profile); err != nil {
			t.Fatal(err)
		}
		if ready := meta.FindStatusCondition(profile.Status.Conditions, prcheckv1.ConditionReady); ready == nil || ready.Reason != want {
			t.Errorf("profile %s: got %+v, want %s", name, ready, want)
		}
		events := w.told()
		if len(events) == 0 || !strings.Contains(events[0], want) {
			t.Errorf("profile %s: got events %q", name, events)
		}
		wantOdd(t, profile, name == "odd", events[1:])
		if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); err != nil {
			t.Fatal(err)
		}
		if again := w.told(); len(again) != 0 {
			t.Errorf("profile %s: told again %q", name, again)
		}
	}
	if err := w.api.Get(t.Context(), keyOf(odd), odd); err != nil {
		t.Fatal(err)
	}
	odd.Spec.Severities, odd.Spec.Pkgcheck.Keywords = nil, nil
	if err := w.api.Update(t.Context(), odd); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: keyOf(odd)}); err != nil {
		t.Fatal(err)
	}
	if err := w.api.Get(t.Context(), keyOf(odd), odd); err != nil {
		t.Fatal(err)
	}
	wantOdd(t, odd, false, w.told())
}

// wantOdd wants the condition and event about keywords that are none, or neither.
func wantOdd(t *testing.T, profile *prcheckv1.CheckProfile, odd bool, events []string) {
	t.Helper()
	got := meta.FindStatusCondition(profile.Status.Conditions, prcheckv1.ConditionKeywordsUnknown)
	if !odd {
		if got != nil || len(events) != 0 {
			t.Errorf("profile %s: got %+v and events %q about keywords", profile.Name, got, events)
		}
		return
	}
	const fields = "spec.pkgcheck.keywords: -Novelty; spec.severities.NonexistentDep. Correct it"
	if got == nil || got.Status != metav1.ConditionTrue || got.Reason != prcheckv1.ReasonUnknownKeyword || !strings.Contains(got.Message, fields) {
		t.Errorf("profile %s: got %+v, want it to name %s", profile.Name, got, fields)
	}
	if len(events) != 1 || !strings.Contains(events[0], "Warning "+prcheckv1.ReasonUnknownKeyword) || !strings.Contains(events[0], fields) {
		t.Errorf("profile %s: got events %q", profile.Name, events)
	}
}

// What a run found out about the profile's keywords and the tool's rules is told once, and fails nothing.
func TestOperatorsAreToldOfRulesThatNobodyKnows(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.told()
	v := failure()
	v.Head.UnknownRules, v.Rules.NoKeyword = []string{"FutureWord"}, []string{"NoSuchKeyword"}
	w.complete(w.job(), v)
	w.settle()
	w.ask("again")
	w.settle()
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionTrue, prcheckv1.ReasonVerdict)
	events := strings.Join(w.told(), "\n")
	for _, want := range []string{prcheckv1.ReasonUnknownRules, prcheckv1.ReasonUnknownKeyword, "FutureWord", "NoSuchKeyword"} {
		if strings.Count(events, want) != 1 {
			t.Errorf("operators were not told once of %s:\n%s", want, events)
		}
	}
}
