// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

const payloadText = `{"action":"opened","pull_request":{"number":7,"state":"open","head":{"sha":"a"},"base":{"ref":"main"},"labels":[]},"repository":{"id":1,"full_name":"Octo/Overlay"}}`

type world struct {
	kube    client.Client
	handler http.Handler
	rc      *Receiver
	fail    bool // creating fails
}

func newWorld(t *testing.T) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	repo := &v1alpha1.Repository{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "overlay", UID: "u"}, Spec: v1alpha1.RepositorySpec{
		Forge: v1alpha1.Forge{Owner: "octo", Name: "overlay"}, Branches: []string{"main"},
		Triggers: v1alpha1.Triggers{Webhook: &v1alpha1.WebhookTrigger{SecretRef: v1alpha1.SecretReference{Name: "hook"}}},
	}}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "hook"}, Data: map[string][]byte{"secret": []byte("s")}}
	w := &world{}
	w.kube = fake.NewClientBuilder().WithScheme(scheme).WithObjects(repo, secret).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if w.fail {
				return errors.New("the API server is away")
			}
			return c.Create(ctx, o, opts...)
		},
	}).Build()
	db, err := store.Open(t.Context(), t.TempDir(), clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.rc = &Receiver{Repositories: w.kube, Secrets: w.kube, Store: db, Waker: &wake.Waker{Client: w.kube, Live: w.kube, Clock: clock.RealClock{}}, Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{path...}", w.rc)
	w.handler = mux
	return w
}

func (w *world) post(path, body, key, id, event string) int {
	req := httptest.NewRequest(http.MethodPost, "/hooks/"+path, strings.NewReader(body))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	req.Header.Set("X-GitHub-Delivery", id)
	req.Header.Set("X-GitHub-Event", event)
	req.Header.Set("Content-Type", "application/json")
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, req)
	return out.Code
}

func (w *world) check(t *testing.T) *v1alpha1.PullRequestCheck {
	t.Helper()
	check := &v1alpha1.PullRequestCheck{}
	if err := w.kube.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "overlay-7"}, check); err != nil {
		return nil
	}
	return check
}

func TestAnswers(t *testing.T) {
	w := newWorld(t)
	cases := map[string]struct {
		path, body, key, id, event string
		want                       int
	}{
		"a delivery":              {"ns/overlay", payloadText, "s", "1", "pull_request", 202},
		"an unknown path":         {"ns/other", payloadText, "s", "2", "pull_request", 404},
		"a wrong secret":          {"ns/overlay", payloadText, "x", "3", "pull_request", 401},
		"an empty secret":         {"ns/overlay", payloadText, "", "4", "pull_request", 401},
		"no delivery id":          {"ns/overlay", payloadText, "s", "", "pull_request", 400},
		"another event":           {"ns/overlay", `{}`, "s", "5", "push", 200},
		"no JSON":                 {"ns/overlay", `x`, "s", "6", "pull_request", 400},
		"no number":               {"ns/overlay", `{}`, "s", "7", "pull_request", 400},
		"another repository":      {"ns/overlay", strings.Replace(payloadText, "Overlay", "Else", 1), "s", "8", "pull_request", 200},
		"too large":               {"ns/overlay", strings.Repeat(" ", maxPayload+1), "s", "9", "pull_request", 413},
		"garbage, wrongly signed": {"ns/overlay", `x`, "x", "10", "pull_request", 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := w.post(c.path, c.body, c.key, c.id, c.event); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestDeliveryIsWorkedOffOnce(t *testing.T) {
	w := newWorld(t)
	w.fail = true
	if code := w.post("ns/overlay", payloadText, "s", "1", "pull_request"); code != http.StatusAccepted {
		t.Fatal(code)
	}
	w.rc.workOff(t.Context())
	if w.check(t) != nil {
		t.Fatal("created although the API server was away")
	}
	w.fail = false
	w.rc.workOff(t.Context()) // as after a restart: the delivery is still stored
	check := w.check(t)
	if check == nil || !metav1.IsControlledBy(check, &v1alpha1.Repository{ObjectMeta: metav1.ObjectMeta{UID: "u"}}) || check.Labels[v1alpha1.LabelRepository] != "overlay" {
		t.Fatalf("check = %+v", check)
	}
	if code := w.post("ns/overlay", payloadText, "s", "1", "pull_request"); code != http.StatusOK {
		t.Errorf("the same delivery: %d", code)
	}
	w.rc.workOff(t.Context())
	if again := w.check(t); again.ResourceVersion != check.ResourceVersion {
		t.Error("the same delivery woke the check again")
	}
	w.post("ns/overlay", payloadText, "s", "2", "pull_request")
	w.rc.workOff(t.Context())
	if again := w.check(t); again.Annotations[v1alpha1.AnnotationRequestedAt] <= check.Annotations[v1alpha1.AnnotationRequestedAt] {
		t.Error("another delivery did not wake the check")
	}
}
