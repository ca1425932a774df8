// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/jobspec"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
	"github.com/prcheck/prcheck/test/kube"
)

var cluster *rest.Config

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	kube.Main(m, func(c *rest.Config) { cluster = c })
}

// resultsAPI is the server's internal API for one run.
type resultsAPI struct {
	mu      sync.Mutex
	summary results.Summary
}

func (a *resultsAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer the-token" {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	var answer any = &a.summary
	switch {
	case r.URL.Path == "/internal/v1/merges":
		var request results.MergeRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer = results.MergeResult{State: results.MergeReady, Revision: plan.Revision{
			Base: strings.Repeat("0", 40), Head: request.Head, Branch: request.Branch, Merge: strings.Repeat("1", 40), Tree: strings.Repeat("2", 40),
		}}
	case r.Method == http.MethodPut:
		a.summary = results.Summary{Hash: filepath.Base(r.URL.Path), State: results.RunPlanned, ReportURL: "https://prcheck.example.org/run/1"}
	case a.summary.Hash != filepath.Base(r.URL.Path):
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func (a *resultsAPI) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.summary.State, a.summary.Conclusion = results.RunFinished, finding.ConclusionFailure
	a.summary.Line, a.summary.Counts = "1 new problem in dev-libs/a", verdict.Counts{New: 1}
}

// eventually waits for something that the manager does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(time.Minute), time.NewTicker(50*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("after a minute there is still no %s", what)
		case <-tick.C:
		}
	}
}

// The whole manager, with its caches and watches, against a real API server and a GitHub that checks every request: nobody but
// the events of the cluster moves it on.
func TestTheManagerTakesACheckToItsReport(t *testing.T) {
	gh := emutest.Start(t)
	gh.Repo(t, "octo/overlay", "")
	number := gh.Pull(t, "octo/overlay", "Bump", map[string]githubemu.File{"a": {Text: "b"}})
	api := &resultsAPI{}
	server := httptest.NewServer(api)
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("the-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kubeClient, err := client.New(cluster, client.Options{Scheme: newScheme()})
	if err != nil {
		t.Fatal(err)
	}
	install(t, kubeClient, gh)
	o := &options{
		serverURL: server.URL, serverTokenFile: token, serverCAFile: filepath.Join(t.TempDir(), "ca.crt"), tlsSecret: "team/tls",
		tlsDNSName: "server.team.svc", runnerImage: "example.org/runner:1", maxRuns: 1, concurrentChecks: 2, jobTTL: time.Hour,
		imageWait: time.Minute, passTimeout: time.Minute, leaderElect: true, leaderNamespace: "team", metricsAddress: "0", probeAddress: "0",
	}
	ended := make(chan error, 1)
	go func() { ended <- start(t.Context(), cluster, o, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Errorf("the manager ended: %v", err)
		}
	})

	check := &prcheckv1.PullRequestCheck{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "overlay-1", Annotations: map[string]string{prcheckv1.AnnotationRequestedAt: "1"}},
		Spec:       prcheckv1.PullRequestCheckSpec{RepositoryRef: prcheckv1.RepositoryReference{Name: "overlay"}, Number: int64(number)},
	}
	create(t, kubeClient, check)
	jobs := &batchv1.JobList{}
	eventually(t, "Job", func() bool {
		return kubeClient.List(t.Context(), jobs, client.InNamespace("team")) == nil && len(jobs.Items) == 1
	})
	api.finish()
	complete(t, kubeClient, &jobs.Items[0])
	eventually(t, "verdict", func() bool {
		return kubeClient.Get(t.Context(), client.ObjectKeyFromObject(check), check) == nil && settled(check)
	})
	shown, err := gh.Statuses("octo/overlay", check.Status.Revision.Head)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 3 || check.Status.Conclusion != "failure" || check.Status.Counts.New != 1 {
		t.Errorf("GitHub was told %+v, the status is %+v", shown, check.Status)
	}
	for name, object := range map[string]client.Object{jobspec.ServiceAccount: &corev1.ServiceAccount{}, jobspec.CAConfigMap: &corev1.ConfigMap{}} {
		eventually(t, name, func() bool {
			return kubeClient.Get(t.Context(), client.ObjectKey{Namespace: "team", Name: name}, object) == nil
		})
	}
}

func settled(check *prcheckv1.PullRequestCheck) bool {
	for _, c := range check.Status.Conditions {
		if c.Type == prcheckv1.ConditionSucceeded {
			return c.Status == metav1.ConditionTrue
		}
	}
	return false
}

func create(t *testing.T, c client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

func install(t *testing.T, c client.Client, gh *emutest.Emulator) {
	t.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "team", Name: name} }
	create(
		t, c,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}},
		&corev1.Secret{ObjectMeta: meta("tls")},
		&corev1.Secret{ObjectMeta: meta("credentials"), StringData: map[string]string{"token": gh.Token}},
		&prcheckv1.CheckProfile{ObjectMeta: meta("standard"), Spec: prcheckv1.CheckProfileSpec{
			Image: "example.org/pkgcheck@sha256:" + strings.Repeat("ab", 32), Pkgcheck: &prcheckv1.Pkgcheck{},
		}},
		&prcheckv1.Repository{ObjectMeta: meta("overlay"), Spec: prcheckv1.RepositorySpec{
			Forge:          prcheckv1.Forge{Type: prcheckv1.ForgeGitHub, URL: gh.URL, Owner: "octo", Name: "overlay"},
			CredentialsRef: prcheckv1.SecretReference{Name: "credentials"}, RepositoryName: "overlay",
			Profiles: []prcheckv1.RepositoryProfile{{ProfileRef: prcheckv1.ProfileReference{Name: "standard"}}},
		}},
	)
}

func complete(t *testing.T, c client.Client, job *batchv1.Job) {
	t.Helper()
	now := metav1.Now()
	job.Status.StartTime, job.Status.CompletionTime, job.Status.Succeeded = &now, &now, 1
	for _, kind := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	if err := c.Status().Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}
