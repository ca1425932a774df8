// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package receiver takes webhook deliveries. Each is checked, stored, and only then acknowledged; a worker turns it into
// "look at (repository, number)". The payload's word is never taken for more than that, so order and repetition do no harm.
//
// Only pull_request events have an effect. Pushes to a target branch do not wake its open checks: a verdict names the base it
// is true for, and looking again at every push would run everything again.
package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge/github"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

// maxPayload is what GitHub sends at most.
const maxPayload = 25 << 20

// secretFor is how long a webhook secret is remembered: strangers must not be able to make us read Secrets at will.
const secretFor = 10 * time.Second

// secretKey is the key of a webhook's Secret.
const secretKey = "secret"

// Receiver is an http.Handler for POST /hooks/{path...}.
type Receiver struct {
	Repositories client.Reader // a cache
	Secrets      client.Reader // live
	Store        *store.Store
	Waker        *wake.Waker
	Clock        clock.WithTicker
	Log          *slog.Logger
	Metrics      *Metrics

	once    sync.Once
	arrived chan struct{}
	mu      sync.Mutex
	secrets map[types.NamespacedName]secret
}

type secret struct {
	key   []byte
	until time.Time
}

func (rc *Receiver) init() {
	rc.once.Do(func() {
		rc.arrived = make(chan struct{}, 1)
		rc.secrets = map[types.NamespacedName]secret{}
	})
}

// ServeHTTP takes one delivery.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rc.init()
	code, text := rc.receive(w, r)
	rc.Metrics.delivery(code)
	if code >= http.StatusBadRequest {
		http.Error(w, text, code)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	if _, err := io.WriteString(w, text+"\n"); err != nil {
		rc.Log.DebugContext(r.Context(), "The sender of a delivery went away", "error", err)
	}
}

func (rc *Receiver) receive(w http.ResponseWriter, r *http.Request) (int, string) {
	ctx := r.Context()
	path := r.PathValue("path")
	repos, err := rc.at(r, path)
	if err != nil {
		rc.Log.ErrorContext(ctx, "Cannot look up a webhook's Repository", "error", err)
		return http.StatusServiceUnavailable, "try again later"
	}
	if len(repos) == 0 {
		return http.StatusNotFound, "nothing is listening here"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge, "the payload is too large"
	}
	if err != nil {
		return http.StatusBadRequest, "the payload breaks off"
	}
	repo, signal, err := rc.signer(r, repos, body)
	switch {
	case err == nil:
		return rc.accept(ctx, path, repo, signal)
	case errors.Is(err, github.ErrSignature):
		rc.Log.WarnContext(ctx, "A delivery's signature is wrong: the forge's webhook and the Secret named by spec.triggers.webhook.secretRef must hold the same secret", "path", path)
		return http.StatusUnauthorized, "the signature is missing or wrong"
	case errors.Is(err, github.ErrIgnored):
		return http.StatusOK, "ignored: nothing is done about this event"
	case errors.Is(err, github.ErrMalformed):
		return http.StatusBadRequest, err.Error()
	default:
		rc.Log.ErrorContext(ctx, "Cannot check a delivery's signature", "path", path, "error", err)
		return http.StatusServiceUnavailable, "the webhook's secret cannot be read now"
	}
}

// at returns the Repositories that listen at a path.
func (rc *Receiver) at(r *http.Request, path string) ([]*v1alpha1.Repository, error) {
	list := &v1alpha1.RepositoryList{}
	if err := rc.Repositories.List(r.Context(), list); err != nil {
		return nil, err
	}
	var found []*v1alpha1.Repository
	for i := range list.Items {
		repo := &list.Items[i]
		hook := repo.Spec.Triggers.Webhook
		if hook != nil && (hook.Path == path || (hook.Path == "" && repo.Namespace+"/"+repo.Name == path)) {
			found = append(found, repo)
		}
	}
	return found, nil
}

// signer returns the Repository whose secret signed the body, and what the delivery says. Where none did, the error is
// github.ErrSignature, or why a secret could not be read.
func (rc *Receiver) signer(r *http.Request, repos []*v1alpha1.Repository, body []byte) (*v1alpha1.Repository, github.Signal, error) {
	var trouble error
	for _, repo := range repos {
		key, err := rc.key(r, types.NamespacedName{Namespace: repo.Namespace, Name: repo.Spec.Triggers.Webhook.SecretRef.Name})
		if err != nil {
			trouble = err
			continue
		}
		signal, err := github.ParseWebhook(key, r, body)
		if !errors.Is(err, github.ErrSignature) {
			return repo, signal, err
		}
	}
	if trouble != nil {
		return nil, github.Signal{}, trouble
	}
	return nil, github.Signal{}, github.ErrSignature
}

func (rc *Receiver) key(r *http.Request, name types.NamespacedName) ([]byte, error) {
	now := rc.Clock.Now()
	rc.mu.Lock()
	kept, ok := rc.secrets[name]
	rc.mu.Unlock()
	if ok && now.Before(kept.until) {
		return kept.key, nil
	}
	object := &corev1.Secret{}
	if err := rc.Secrets.Get(r.Context(), name, object); client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	key := object.Data[secretKey] // empty where Secret or key is missing: then no signature is right
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.secrets[name] = secret{key: key, until: now.Add(secretFor)}
	return key, nil
}

// accept stores a delivery of a good signature.
func (rc *Receiver) accept(ctx context.Context, path string, repo *v1alpha1.Repository, signal github.Signal) (int, string) {
	if f := repo.Spec.Forge; !strings.EqualFold(signal.FullName, f.Owner+"/"+f.Name) {
		return http.StatusOK, "ignored: this webhook is for another repository"
	}
	payload, err := json.Marshal(signal)
	if err != nil {
		return http.StatusInternalServerError, "the payload cannot be stored"
	}
	fresh, err := rc.Store.AddDelivery(ctx, store.Delivery{
		ID: path + " " + signal.DeliveryID, Path: path, Event: signal.Event, Namespace: repo.Namespace, Repository: repo.Name, Payload: string(payload),
	})
	if err != nil {
		rc.Log.ErrorContext(ctx, "Cannot store a delivery", "error", err)
		return http.StatusServiceUnavailable, "the delivery cannot be stored now"
	}
	if !fresh {
		return http.StatusOK, "had it already"
	}
	select {
	case rc.arrived <- struct{}{}:
	default: // the worker is told already
	}
	return http.StatusAccepted, "stored"
}
